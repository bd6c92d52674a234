"""Background work of account recovery."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone, translation
from django_tasks import task

from myaccount.schedule.batches import until_done
from myaccount.schedule.registry import periodic


@task()
def deliver_code(recovery_id: str, language: str = "") -> None:
    """Make and send a code, if there is an account it can be sent to.

    `language`: the page's, for people who have chosen none.
    """
    from security.recovery import services  # noqa: PLC0415 (services queue this job)

    with translation.override(language or settings.LANGUAGE_CODE):
        services.make_and_send_code(recovery_id, now=timezone.now())


@task()
def send_usernames(address: str, language: str = "") -> None:
    """Tell an address which user name it belongs to, or that it belongs to none.

    `language`: the page's, for people who have chosen none, and for nobody.
    """
    from security.recovery import usernames  # noqa: PLC0415

    with translation.override(language or settings.LANGUAGE_CODE):
        usernames.send(address, now=timezone.now())


@periodic("security: tell people that their waiting time is over", every=timedelta(minutes=5))
def announce_ready(now: datetime) -> None:
    """Everybody whose wait is over hears of it, at every address."""
    from security.recovery import waiting  # noqa: PLC0415

    until_done(lambda: waiting.announce(now=now))


@periodic("security: forget recoveries and captchas that ran out", every=timedelta(minutes=10))
def forget_old(now: datetime) -> None:
    """Rows that no longer mean anything go, a batch at a time."""
    from security.captcha import services as captcha  # noqa: PLC0415
    from security.recovery import services, waiting  # noqa: PLC0415

    until_done(lambda: services.forget_old(now=now))
    until_done(lambda: captcha.forget_old(now=now))
    until_done(lambda: waiting.forget_old(now=now))
