"""People act on a page once it is there. A driven browser waits neither for its styles nor for its script, and before
the script a link that opens a dialog is just a link."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import getattr_static
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

_ACTS = ("check", "clear", "click", "fill", "focus", "press", "select_option", "set_input_files", "uncheck")
_READS = ("all", "all_inner_texts", "bounding_box", "count", "evaluate", "get_attribute", "inner_text", "is_visible")


def wait_for_pages(patch: pytest.MonkeyPatch) -> None:
    """Let everything one does with a page, by pointer or keyboard, or reads of it at once, wait until it is loaded.
    What `expect` says of it need not: it asks again."""
    for name in (*_ACTS, *_READS):
        patch.setattr(Locator, name, _once_loaded(getattr(Locator, name)))
    for name in ("content", "evaluate"):
        patch.setattr(Page, name, _once_loaded(getattr(Page, name)))
    patch.setattr(Page, "keyboard", property(_once_loaded(getattr_static(Page, "keyboard").fget)))


def _once_loaded(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(target: Locator | Page, *arguments: Any, **options: Any) -> Any:
        page = target if isinstance(target, Page) else target.page
        page.wait_for_load_state()
        return method(target, *arguments, **options)

    return call
