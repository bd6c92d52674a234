"""What attributes are used for, and who answers for it: the words of consent pages and receipts."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.purposes.builtin import WORDS
from myaccount.web.texts import translated


def check_translations(translations: Any) -> None:
    """Refuse translations of another shape. Raises ValidationError."""
    if not isinstance(translations, dict) or not all(isinstance(texts, dict) for texts in translations.values()):
        raise ValidationError({"translations": _('Give texts per language, like {"de": {"name": "…"}}.')})


class PurposeCategory(models.Model):
    """A kind of purpose, as consent receipts name it."""

    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        verbose_name = _("purpose category")
        verbose_name_plural = _("purpose categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Purpose(models.Model):
    """What an attribute is used for. A change of what it says is a new version, and people are asked anew."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("What is done with the data, in plain words.")
    )
    translations = models.JSONField(
        _("translations"),
        default=dict,
        blank=True,
        help_text=_('Per language: {"de": {"name": "Lieferung", "description": "…"}}.'),
    )
    categories = models.ManyToManyField(PurposeCategory, related_name="+", verbose_name=_("categories"))
    is_primary = models.BooleanField(
        _("primary purpose"), default=True, help_text=_("What the service is for, rather than something beside it.")
    )
    third_party = models.CharField(_("passed on to"), max_length=200, blank=True, help_text=_("Empty: to nobody else."))
    is_of_account = models.BooleanField(default=False, editable=False)  # the system consent's; there is always one
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_of_account"], condition=models.Q(is_of_account=True), name="one_purpose_of_the_account"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse translations of another shape."""
        check_translations(self.translations)

    @property
    def shown_name(self) -> str:
        """The name in the active language."""
        own = translated(self.translations, "name")
        return own or (str(WORDS[self.name].name) if self.name in WORDS else self.name)

    @property
    def shown_description(self) -> str:
        """The description in the active language, perhaps empty."""
        own, words = translated(self.translations, "description"), WORDS.get(self.name)
        is_ours = words is not None and words.stored == self.description
        return own or (str(words.description) if words and is_ours else self.description)


class Controller(models.Model):
    """Who answers for the data: one row. Receipts hold it as it was when they were issued."""

    name = models.CharField(_("organisation"), max_length=200, default="My Organisation")
    contact = models.CharField(
        _("contact person"), max_length=200, default="Data protection officer", help_text=_("A name or an office.")
    )
    email = models.EmailField(_("e-mail address"), default="privacy@localhost")
    phone = models.CharField(_("telephone"), max_length=50, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    locality = models.CharField(_("town"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("Two letters, like DE."))
    url = models.URLField(_("web address"), blank=True, validators=[URLValidator(["https", "http"])])
    policy_url = models.URLField(_("privacy policy"), blank=True, validators=[URLValidator(["https", "http"])])
    is_on_behalf = models.BooleanField(_("acts on behalf of another organisation"), default=False)
    jurisdiction = models.CharField(
        _("jurisdiction"), max_length=100, default="EU", help_text=_("Whose law applies, like DE or EU.")
    )
    receipt_years = models.PositiveSmallIntegerField(
        _("years receipts are kept"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Counted from the day a receipt was superseded or its consent was revoked."),
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("data controller")
        verbose_name_plural = _("data controller")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="controller_one_row")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep it one row, and count its versions."""
        self.pk = 1
        self.version += 1
        super().save(*args, **kwargs)
