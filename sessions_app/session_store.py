"""Sessions in the database alone: they can be ended, and the loss of a cache does not touch them.

Reading one brings the sign-in session and the person along, so a signed-in page
pays one query for all three.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db.models.expressions import Combinable
from django.utils import timezone

from myaccount.web.kept_queries import Given, KeptQuery
from sessions_app.models import BrowserSession, LoginSession

LOGIN_SESSION_KEY = "login_session"
_besides: dict[str, Callable[[], Combinable]] = {}
_SESSION: Final = KeptQuery(
    lambda: (
        BrowserSession.objects.select_related("login_session__user")
        .filter(session_key=Given("key"), expire_date__gt=Given("now"))
        .annotate(**{name: expression() for name, expression in _besides.items()})
    )
)


def bring_along(name: str, expression: Callable[[], Combinable]) -> None:
    """Read this with every session, as `login_session.<name>`: for what the shell shows, and then without a query.

    Before the first request. The row it is worked out for is the browser's: its person is `login_session__user`.
    """
    _besides[name] = expression


class SessionStore(DatabaseSessionStore):
    """Keeps the sign-in session's id in a column of its own (Django documents this way of extending)."""

    login_session: LoginSession | None = None

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        return BrowserSession

    def _validate_session_key(self, key: str | None) -> bool:
        """A cookie that no key of ours looks like is not asked about: some of it no database would take."""
        is_long_enough: bool = super()._validate_session_key(key)  # type: ignore[misc]  # (missing in the stubs)
        return bool(is_long_enough) and str(key).isascii() and str(key).isalnum()

    def _get_session_from_db(self) -> BrowserSession | None:
        row = next(iter(_SESSION.fetch(key=self.session_key, now=timezone.now())), None)
        if row is None:
            self._session_key = None
            return None
        self.login_session = row.login_session
        if self.login_session is not None:
            for name in _besides:
                setattr(self.login_session, name, getattr(row, name))
        return row

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        row = cast("BrowserSession", super().create_model_instance(data))
        row.login_session_id = data.get(LOGIN_SESSION_KEY)
        return row
