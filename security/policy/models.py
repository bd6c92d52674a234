"""What the organisation asks of people who sign in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from security.factors.kinds import ENROLLABLE, Authenticator


class Requirement(models.TextChoices):
    """Who has to have a second factor."""

    OPTIONAL = "optional", _("Nobody: each person decides")
    STAFF = "staff", _("Administrators, when they open Django admin")
    GROUPS = "groups", _("Administrators, and the groups chosen below")
    EVERYONE = "everyone", _("Everybody")


def _all_methods() -> list[str]:
    return [Authenticator.DEVICE, Authenticator.TOTP, Authenticator.SMS, Authenticator.BACKUP_CODE]


class SignInPolicy(models.Model):
    """The rules for second factors: one row."""

    requirement = models.CharField(
        _("who has to have a second factor"), max_length=10, choices=Requirement.choices, default=Requirement.STAFF
    )
    groups = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("groups"))
    grace_days = models.PositiveSmallIntegerField(
        _("days people have to set one up"), default=14, validators=[MaxValueValidator(365)]
    )
    required_since = models.DateTimeField(default=timezone.now, editable=False)
    allowed_methods = models.JSONField(_("allowed methods"), default=_all_methods)
    trust_days = models.PositiveSmallIntegerField(
        _("days a browser can be trusted"), default=30, validators=[MaxValueValidator(90)]
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("sign-in policy")
        verbose_name_plural = _("sign-in policy")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="sign_in_policy_one_row")]

    def __str__(self) -> str:
        return str(_("sign-in policy"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep it one row, and count its versions."""
        self.pk = 1
        self.version += 1
        super().save(*args, **kwargs)

    def allows(self, authenticator: str) -> bool:
        """Whether people may use this as a second factor."""
        return authenticator in self.allowed_methods

    @property
    def enrollable(self) -> list[Authenticator]:
        """What people may set up, the safest first."""
        return [kind for kind in ENROLLABLE if self.allows(kind)]


class AuthenticationChain(models.Model):
    """Ordered steps of signing in, to the portal or to one application, for whom its conditions fit."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    application = models.CharField(
        _("application"),
        max_length=100,
        blank=True,
        help_text=_("The client ID of the application it is for. Empty: the portal itself."),
    )
    order = models.PositiveSmallIntegerField(
        _("order"), default=10, help_text=_("The first chain whose conditions fit is used.")
    )
    is_active = models.BooleanField(pgettext_lazy("chain", "active"), default=True)
    groups = models.ManyToManyField(
        Group, blank=True, related_name="+", verbose_name=_("only for members of"), help_text=_("None: for everybody.")
    )
    only_new_browser = models.BooleanField(
        _("only in a new browser"),
        default=False,
        help_text=_("Only where the person has not signed in with this browser before."),
    )

    class Meta:
        verbose_name = _("authentication chain")
        verbose_name_plural = _("authentication chains")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class ChainStep(models.Model):
    """One step: any one of its authenticators satisfies it."""

    chain = models.ForeignKey(AuthenticationChain, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    authenticators = models.JSONField(_("authenticators"), default=list)

    class Meta:
        verbose_name = pgettext_lazy("authentication chain", "step")
        verbose_name_plural = pgettext_lazy("authentication chain", "steps")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return ", ".join(str(Authenticator(value).label) for value in self.authenticators)
