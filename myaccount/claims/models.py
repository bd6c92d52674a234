"""One row an attribute, built-in and custom alike."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from myaccount.claims.builtin import KEPT_ELSEWHERE, WORDS
from myaccount.web.texts import translated


class ClaimType(models.TextChoices):
    """What kind of value an attribute has."""

    TEXT = "text", pgettext_lazy("kind of attribute", "Text")
    LONG_TEXT = "long-text", pgettext_lazy("kind of attribute", "Long text")
    EMAIL = "email", pgettext_lazy("kind of attribute", "E-mail address")
    PHONE = "phone", pgettext_lazy("kind of attribute", "Telephone number")
    MOBILE = "mobile", pgettext_lazy("kind of attribute", "Mobile number")
    URL = "url", pgettext_lazy("kind of attribute", "Web address")
    DATE = "date", pgettext_lazy("kind of attribute", "Date")
    COUNTRY = "country", pgettext_lazy("kind of attribute", "Country")
    LANGUAGE = "language", pgettext_lazy("kind of attribute", "Language")
    TIME_ZONE = "time-zone", pgettext_lazy("kind of attribute", "Time zone")
    CHOICE = "choice", pgettext_lazy("kind of attribute", "One of a list")
    BOOLEAN = "boolean", pgettext_lazy("kind of attribute", "Yes or no")


class Claim(models.Model):
    """An attribute the organisation keeps: its words, its rules, and what others call it.

    The profile form, and later consent, ID tokens, the export and SCIM all read this table.
    """

    name = models.CharField(
        _("name"),
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$", _("Use lower-case letters, digits and underscores."))],
        help_text=_("Never changes: applications and stored values know the attribute by it."),
    )
    label = models.CharField(_("label"), max_length=60, blank=True, help_text=_("Empty: the portal's own word."))
    help_text = models.CharField(_("help text"), max_length=200, blank=True)
    translations = models.JSONField(
        _("translations"),
        default=dict,
        blank=True,
        help_text=_('Per language: {"de": {"label": "Personalnummer", "help_text": "…"}}.'),
    )
    type = models.CharField(_("kind"), max_length=10, choices=ClaimType.choices, default=ClaimType.TEXT)
    choices = models.JSONField(
        _("list"), default=list, blank=True, help_text=_('For “One of a list”: ["Red", "Green"].')
    )
    is_required = models.BooleanField(_("required"), default=False)
    is_read_only = models.BooleanField(
        _("read-only"), default=False, help_text=_("People see it; only administrators change it.")
    )
    pattern = models.CharField(
        _("pattern"), max_length=200, blank=True, help_text=_("A regular expression the whole value must match.")
    )
    pattern_hint = models.CharField(
        _("what the pattern means"), max_length=200, blank=True, help_text=_("Said when a value does not match.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=1000)
    is_in_profile = models.BooleanField(_("shown in the profile"), default=True)
    is_asked_at_registration = models.BooleanField(
        _("asked at registration"),
        default=False,
        help_text=_("When people register themselves. Username and e-mail address are asked for in any case."),
    )
    openid_name = models.CharField(_("OpenID claim"), max_length=100, blank=True)
    scim_path = models.CharField(_("SCIM path"), max_length=150, blank=True)
    is_built_in = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return str(self.shown_label)

    def clean(self) -> None:
        """Refuse a pattern that is none, a list that is none, translations of another shape, and asking people for
        what they may not give."""
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValidationError({"pattern": _("This is not a regular expression: %s") % error}) from error
        is_list = isinstance(self.choices, list) and all(isinstance(choice, str) and choice for choice in self.choices)
        if not is_list or (self.type == ClaimType.CHOICE and not self.choices):
            raise ValidationError({"choices": _('Give a list of texts, like ["Red", "Green"].')})
        is_map = isinstance(self.translations, dict) and all(isinstance(t, dict) for t in self.translations.values())
        if not is_map:
            raise ValidationError({"translations": _('Give texts per language, like {"de": {"label": "…"}}.')})
        if self.is_asked_at_registration and self.is_fixed:
            raise ValidationError({"is_asked_at_registration": _("People cannot be asked for what is read-only.")})

    @property
    def is_fixed(self) -> bool:
        """Whether people see it without being able to change it themselves."""
        return self.is_read_only or self.name in KEPT_ELSEWHERE

    @property
    def shown_label(self) -> str | Promise:
        """The label in the active language."""
        own = translated(self.translations, "label") or self.label
        return own or (WORDS[self.name].label if self.name in WORDS else self.name)

    @property
    def own_help_text(self) -> str:
        """What an administrator wrote to it, in the active language; perhaps nothing."""
        return translated(self.translations, "help_text") or self.help_text

    @property
    def shown_help_text(self) -> str | Promise:
        """The help text in the active language, perhaps empty."""
        return self.own_help_text or (WORDS[self.name].help_text if self.name in WORDS else "")
