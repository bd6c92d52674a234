"""Loads our templates without the indentation that only their authors need: a tenth less to send on every page."""

from __future__ import annotations

import re
from typing import Final

from django.template import Origin
from django.template.loaders.filesystem import Loader as FileSystemLoader

_INDENTATION: Final = re.compile(r"^[ \t]+", re.MULTILINE)


class Loader(FileSystemLoader):
    """Drops the spaces that begin a line of a page. The line breaks stay, and so do the line numbers of errors."""

    def get_contents(self, origin: Origin) -> str:
        """The template's text; messages' plain texts and pages with preformatted text as they are."""
        text: str = super().get_contents(origin)
        is_page = origin.name.endswith(".html") and "<pre" not in text
        return _INDENTATION.sub("", text) if is_page else text
