"""Django's `{% url %}` for every template, which looks an address without arguments up once instead of at every use."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.template import Library
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch, URLResolver, get_resolver, get_script_prefix, get_urlconf, reverse
from django.utils.html import conditional_escape

register = Library()


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    """As in Django: `{% url 'security' %}`, `{% url 'picture' digest %}`, `{% url 'security' as here %}`."""
    node = django_url(parser, token)
    is_fixed = not node.args and not node.kwargs and ":" not in node.view_name.token
    return FixedAddressNode(node.view_name, node.args, node.kwargs, node.asvar) if is_fixed else node


class FixedAddressNode(URLNode):
    """The address of a view that takes no arguments."""

    def render(self, context: Context) -> Any:
        """The address, or nothing with `as`; Django's own node says what is wrong with a name nobody knows."""
        name = self.view_name.resolve(context)
        address = known_address(name, get_resolver(get_urlconf()), get_script_prefix())
        if address is None:
            return super().render(context)
        if self.asvar:
            context[self.asvar] = address
            return ""
        return conditional_escape(address) if context.autoescape else address


@lru_cache(maxsize=512)
def known_address(name: str, resolver: URLResolver, prefix: str) -> str | None:  # noqa: ARG001 (what it depends on)
    """The address of a view by name; None for a name that has none without arguments."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
