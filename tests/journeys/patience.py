"""People act on a page once it is there. A driven browser waits neither for its styles nor for its script, and before the
script a link that opens a dialog is just a link."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Keyboard, Locator, Page

_ACTIONS = ("check", "clear", "click", "fill", "focus", "press", "select_option", "set_input_files", "uncheck")


def wait_before_acting(patch: pytest.MonkeyPatch) -> None:
    """Let everything one does with a page, by pointer or keyboard, wait until the page is loaded."""
    for name in _ACTIONS:
        patch.setattr(Locator, name, _once_loaded(getattr(Locator, name)))
    patch.setattr(Page, "keyboard", property(_keyboard_once_loaded(Page.keyboard)))


def _once_loaded(action: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(action)
    def act(target: Locator, *arguments: Any, **options: Any) -> Any:
        target.page.wait_for_load_state()
        return action(target, *arguments, **options)

    return act


def _keyboard_once_loaded(keyboard: property) -> Callable[[Page], Keyboard]:
    def get(page: Page) -> Keyboard:
        page.wait_for_load_state()
        return keyboard.__get__(page, Page)

    return get
