"""The only place that knows the mail server (Django's back-end) and the SMS gateway (Apprise)."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from myaccount.outbox.models import Channel, Message

logger = logging.getLogger(__name__)


class DeliveryFailed(Exception):  # noqa: N818
    """The message did not leave. The text says why, without secrets."""


def send(message: Message) -> None:
    """Hand one message to its carrier, or raise DeliveryFailed."""
    if message.channel == Channel.EMAIL:
        _send_email(message)
    else:
        _send_sms(message)


def _send_email(message: Message) -> None:
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.recipient],
        headers={
            "Message-ID": f"<{message.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(message.html, "text/html")
    try:
        mail.send()
    except (SMTPException, OSError, ValueError) as error:  # ValueError: an address no header can hold
        code = getattr(error, "smtp_code", "")
        raise DeliveryFailed(f"{type(error).__name__} {code}".strip()) from error


def _send_sms(message: Message) -> None:
    if not settings.SMS_URL:
        if settings.DEVELOPMENT:
            return  # shown at /outbox/
        raise DeliveryFailed("SMS_URL is not set")
    import apprise  # noqa: PLC0415 (megabytes in every worker, for what the background worker does)

    gateway = apprise.Apprise()
    if not gateway.add(settings.SMS_URL.replace("{to}", quote(message.recipient, safe=""))):
        raise DeliveryFailed("SMS_URL cannot be read by Apprise")
    if not gateway.notify(body=message.text, body_format=apprise.NotifyFormat.TEXT):
        raise DeliveryFailed("the gateway refused or did not answer")
