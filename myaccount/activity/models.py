"""The event: written once, never changed."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

USER_AGENT_MAX_LENGTH = 512


class AppendOnly(TypeError):  # noqa: N818
    """Somebody tried to change or delete what is written once."""


class EventQuerySet(models.QuerySet["Event"]):
    """Reads only; the sanctioned purge is `activity.services.purge`."""

    def update(self, **values: Any) -> NoReturn:
        raise AppendOnly("Events are never changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Events are never deleted one by one; see activity.services.purge.")


class Event(models.Model):
    """Something that happened to an account. Outlives the account: no foreign keys."""

    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("kind"), max_length=60)
    user_uuid = models.UUIDField(_("person"), null=True)
    by_uuid = models.UUIDField(_("done by"), null=True)
    session_uuid = models.UUIDField(_("session"), null=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=USER_AGENT_MAX_LENGTH, blank=True)
    data = models.JSONField(_("details"), default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        indexes = [
            models.Index(fields=["user_uuid", "-id"], name="event_person_newest"),
            models.Index(fields=["at"], name="event_time"),
            models.Index(
                fields=["by_uuid"], condition=~models.Q(by_uuid=models.F("user_uuid")), name="event_done_to_others"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Events are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Events are never deleted.")
