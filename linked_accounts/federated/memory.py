"""What is remembered of an identity provider for a short while: in this request, and in the cache if there is one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache import cache

logger = logging.getLogger(__name__)


class Memory:
    """A cache that is lost or hangs makes us forgetful, and nothing else: it is asked once in a request, no more."""

    def __init__(self, issuer: str) -> None:
        self._of = hashlib.sha256(issuer.encode()).hexdigest()
        self._here: dict[str, Any] = {}
        self._is_lost = False

    def get(self, what: str) -> Any:
        """What is remembered; None where there is nothing."""
        if what not in self._here:
            self._here[what] = self._asked(lambda: cache.get(self._key(what)))
        return self._here[what]

    def keep(self, what: str, value: Any, *, seconds: int) -> None:
        """Remember it for so long."""
        self._here[what] = value
        self._asked(lambda: cache.set(self._key(what), value, seconds))

    def forget(self, names: Iterable[str]) -> None:
        """As if it had never been there."""
        self._here.update(dict.fromkeys(names))
        self._asked(lambda: cache.delete_many([self._key(what) for what in names]))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        if self._is_lost:
            return None
        try:
            return ask()
        except Exception:
            self._is_lost = True
            logger.warning("the cache does not answer", exc_info=True)
            return None

    def _key(self, what: str) -> str:
        return f"identity-provider:{what}:{self._of}"
