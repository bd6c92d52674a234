"""Template tags for the small parts every page is made of. Builtins: no `{% load %}` needed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol
from zlib import crc32

from django.forms import BaseForm, BoundField
from django.template import Library
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from myaccount.web import icons

register = Library()

# Icons that point somewhere, and so turn round where people read from right to left.
DIRECTIONAL = ("arrow-left", "arrow-right", "arrow-top-right", "arrow-uturn", "chevron-left", "chevron-right")

# Django's message levels wear the tones of the notices.
TONES = {"success": "good", "warning": "warn", "error": "bad", "debug": "info"}
TONE_ICONS = {
    "info": "information-circle",
    "good": "check-circle",
    "warn": "exclamation-triangle",
    "bad": "exclamation-circle",
}

AVATAR_PIXELS = {"s": 32, "m": 40, "l": 72}
AVATAR_HUES = 6


class Person(Protocol):
    """What an avatar needs to know of somebody."""

    username: str
    initials: str
    picture_url: str


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: int = 20) -> SafeString:
    """One of `myaccount.web.icons`, hidden from screen readers: the words stand beside it."""
    if name not in icons.NAMES:
        raise ValueError(f"no icon is called {name}: add it to myaccount.web.icons")
    css_class = "icon flip" if name.startswith(DIRECTIONAL) else "icon"
    return format_html(
        '<svg class="{}" width="{}" height="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        css_class, size, size, static("pictures.svg"), name,
    )  # fmt: skip


@register.simple_tag
def avatar(person: Person, size: str = "m") -> SafeString:
    """The person's picture, or their initials on a colour that stays theirs."""
    pixels = AVATAR_PIXELS[size]
    if person.picture_url:
        return format_html(
            '<img class="avatar avatar-{}" src="{}" alt="" width="{}" height="{}">',
            size, person.picture_url, pixels, pixels,
        )  # fmt: skip
    hue = crc32(str(person.username).encode()) % AVATAR_HUES
    return format_html(
        '<span class="avatar avatar-{} avatar-hue-{}" aria-hidden="true">{}</span>', size, hue, person.initials
    )


@register.simple_tag
def badge(text: str, tone: str = "neutral") -> SafeString:
    """A word or two about a thing's state."""
    return format_html('<span class="badge badge-{}">{}</span>', tone, text)


@register.simple_tag
def field(bound_field: BoundField) -> SafeString:
    """Label, help, error and input of one field, as `forms/field.html` lays them out."""
    return bound_field.as_field_group()


@register.simple_tag
def error_summary(form: BaseForm) -> SafeString:
    """What is wrong with the form, each line a link to its field; nothing when all is well."""
    if not form.errors:
        return SafeString("")
    return render_to_string("components/error_summary.html", {"lines": error_lines(form)})


def error_lines(form: BaseForm) -> list[dict[str, str]]:
    """Each error with the id of the input to go to; empty for errors of the form as a whole."""
    lines = [{"target": "", "text": str(text)} for text in form.non_field_errors()]
    for bound_field in form:
        target = bound_field.id_for_label or f"{bound_field.auto_id}_0"  # a group's first choice
        lines += [{"target": target, "text": str(text)} for text in bound_field.errors]
    return lines


@register.simple_tag
def progress_ring(done: int, total: int) -> SafeString:
    """How much of something is done, as a ring with the figures inside."""
    arc = ""
    if done > 0:
        arc = format_html('<circle class="ring-done" cx="36" cy="36" r="31" pathLength="{}" stroke-dasharray="{} {}"/>', total, done, total)  # fmt: skip  # noqa: E501
    return format_html(
        '<svg class="ring{}" width="72" height="72" viewBox="0 0 72 72" role="img" aria-label="{}">'
        '<circle cx="36" cy="36" r="31"/>{}<text x="36" y="36" dy=".35em">{}/{}</text></svg>',
        " ring-full" if done >= total else "",
        gettext("%(done)s of %(total)s done") % {"done": done, "total": total},
        arc,
        done,
        total,
    )


@register.simple_block_tag
def notice(content: str, tone: str = "info", title: str = "", icon: str = "") -> SafeString:
    """Something to know, in a tone; Django's message levels are understood, too."""
    tone = TONES.get(tone, tone)
    heading = format_html('<p class="notice-title">{}</p>', title) if title else ""
    return format_html(
        '<div class="notice notice-{}">{}<div class="notice-text">{}{}</div></div>',
        tone,
        icon_svg(icon or TONE_ICONS[tone]),
        heading,
        mark_safe(content),
    )


@register.simple_block_tag
def empty(content: str, icon: str = "inbox", title: str = "") -> SafeString:
    """What stands where there is nothing yet: why, and what to do."""
    return format_html(
        '<div class="empty">{}<p class="empty-title">{}</p><div class="empty-text">{}</div></div>',
        icon_svg(icon, 28),
        title,
        mark_safe(content),
    )


icon_svg: Any = icon  # the block tags have a parameter of that name
