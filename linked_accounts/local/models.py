"""Two accounts of the portal that belong to one person."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class LocalLink(models.Model):
    """A pair of accounts between which one may switch. Never more than a pair: links are not transitive."""

    first = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("account")
    )  # the smaller key
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("other account")
    )
    linked_at = models.DateTimeField(_("linked"))
    # When the two were last mailed that somebody entered the one from the other.
    told_of_first_at = models.DateTimeField(null=True, editable=False)
    told_of_second_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("linked accounts")
        verbose_name_plural = _("linked accounts")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="local_link_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="local_link_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"
