"""The applications people sign in to through us, and the attributes each of them asks for."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from oauth2_provider.models import AbstractApplication

from consent.applications import uris
from consent.purposes.models import Purpose
from myaccount.claims.models import Claim


class SubjectType(models.TextChoices):
    """What an application knows a person by (OpenID Connect Core 1.0, section 8)."""

    PAIRWISE = "pairwise", _("An identifier of its own, which no other application knows")
    PUBLIC = "public", _("The same identifier as other applications")


class Application(AbstractApplication):
    """A relying party. Made by administrators only."""

    uuid = models.UUIDField(_("identifier"), default=uuid.uuid4, unique=True, editable=False)
    description = models.CharField(
        _("description"), max_length=300, blank=True, help_text=_("What it is for, in a sentence people understand.")
    )
    logo = models.BinaryField(_("logo"), default=bytes, blank=True)
    policy_url = models.URLField(_("privacy policy"), blank=True, validators=[URLValidator(["https", "http"])])
    access_url = models.URLField(
        _("address"), blank=True, validators=[URLValidator(["https", "http"])], help_text=_("Where people open it.")
    )
    is_discoverable = models.BooleanField(
        _("listed"), default=False, help_text=_("Listed on the Applications page of the people who may open it.")
    )
    groups = models.ManyToManyField(
        Group, blank=True, related_name="+", verbose_name=_("only for members of"), help_text=_("None: for everybody.")
    )
    is_first_party = models.BooleanField(
        _("of your organisation"),
        default=False,
        help_text=_("Said on the consent page. Consent is asked all the same."),
    )
    is_active = models.BooleanField(
        pgettext_lazy("application", "active"),
        default=True,
        help_text=_("Nobody signs in to an application that is not active, and its tokens no longer work."),
    )
    may_work_offline = models.BooleanField(
        _("may ask for offline access"),
        default=False,
        help_text=_("It may then go on while a person is not signed in, until they end that."),
    )
    subject_type = models.CharField(
        _("how it knows people"), max_length=10, choices=SubjectType.choices, default=SubjectType.PAIRWISE
    )
    sector = models.CharField(
        _("sector"),
        max_length=200,
        blank=True,
        help_text=_("Applications of one sector share their identifiers. Empty: the host of its redirect URIs."),
    )
    backchannel_logout_uri = models.URLField(
        _("back-channel logout URI"),
        blank=True,
        validators=[URLValidator(["https", "http"])],
        help_text=_("Told, server to server, when a session ends."),
    )

    class Meta(AbstractApplication.Meta):
        abstract = False
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["name", "pk"]

    def clean(self) -> None:
        """Refuse addresses no code and no message should be sent to (security 76), in place of the library's checks."""
        errors: dict[str, list[str]] = {}
        for name, check in (
            ("redirect_uris", uris.check_redirect_uri),
            ("post_logout_redirect_uris", uris.check_redirect_uri),
            ("backchannel_logout_uri", uris.check_backchannel_uri),
        ):
            for uri in getattr(self, name).split():
                try:
                    check(uri)
                except ValidationError as error:
                    errors.setdefault(name, []).extend(error.messages)
        if errors:
            raise ValidationError(errors)

    def is_usable(self, request: Any) -> bool:  # noqa: ARG002 (the library's)
        """django-oauth-toolkit asks this before anything else is done for an application."""
        return self.is_active


class ApplicationClaim(models.Model):
    """An attribute an application asks for, and what for."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="claims")
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="+", verbose_name=_("attribute"))
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+", verbose_name=_("purpose"))
    is_mandatory = models.BooleanField(
        _("mandatory"), default=False, help_text=_("Without it the application cannot be used.")
    )

    class Meta:
        verbose_name = _("attribute asked for")
        verbose_name_plural = _("attributes asked for")
        constraints = [models.UniqueConstraint(fields=["application", "claim"], name="one_application_claim")]

    def __str__(self) -> str:
        return str(self.claim)


class Favourite(models.Model):
    """An application a person wants to find first."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "application"], name="one_favourite")]

    def __str__(self) -> str:
        return f"{self.application_id} of {self.user_id}"


class ApplicationAccess(models.Model):
    """An application used in a sign-in session."""

    login_session = models.ForeignKey(
        "sessions_app.LoginSession", on_delete=models.CASCADE, related_name="+", verbose_name=_("sign-in session")
    )
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="+", verbose_name=_("application")
    )
    first_at = models.DateTimeField(_("first access"))
    last_at = models.DateTimeField(_("last access"))

    class Meta:
        verbose_name = _("application used")
        verbose_name_plural = _("applications used")
        constraints = [models.UniqueConstraint(fields=["login_session", "application"], name="one_application_access")]

    def __str__(self) -> str:
        return str(self.application)


class PairwiseSubject(models.Model):
    """What the applications of one sector know a person by. Kept: nothing it could be derived from lasts as long."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sector = models.CharField(_("sector"), max_length=255)
    subject = models.UUIDField(_("identifier"), default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "sector"], name="one_subject_a_sector")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.sector}"
