"""Fixtures of the tests of security."""

from __future__ import annotations

import pytest

from security.captcha import services as captcha


@pytest.fixture(autouse=True)
def captchas_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work, less of it."""
    monkeypatch.setattr(captcha, "ROUNDS", 1)
