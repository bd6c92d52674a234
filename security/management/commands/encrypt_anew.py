"""`manage.py encrypt_anew`: close what is kept encrypted with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from myaccount.web.encryption import encrypt_everything_anew


class Command(BaseCommand):
    help = (
        "Closes the seeds of authenticator apps and the secrets of identity providers with SECRET_KEY. Run it after "
        "the key was replaced and the old one put into SECRET_KEY_FALLBACKS; once it says that nothing is left, the "
        "old one can be taken away."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """In batches, each a transaction of its own, so that nobody who signs in waits long."""
        closed, lost = encrypt_everything_anew()
        self.stdout.write(f"Closed with the newest key: {closed}.")
        if lost:
            raise CommandError(
                f"No key opens {lost} of the seeds and secrets: keep every old key in SECRET_KEY_FALLBACKS until this "
                "is done."
            )
