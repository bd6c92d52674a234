"""Changes to the shared person that no area owns."""

from __future__ import annotations

from django.db import transaction

from myaccount.users.models import User


@transaction.atomic
def set_language(*, user: User, language: str) -> None:
    """Remember the language a person wants to read, one of settings.LANGUAGES."""
    user.language = language
    user.save(update_fields=["language"])
