"""Backup codes: for the day nothing else is at hand, each good once (security 60)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from myaccount.activity.services import Origin
from myaccount.users.models import User
from security.factors import telling
from security.factors.models import BackupCode, BackupCodes
from security.factors.selectors import has_factor

HOW_MANY: Final = 10
LENGTH: Final = 16  # characters of 5 bits: 80 bits
_GROUP: Final = 4
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l and o, which look like digits, and u
_DASHES: Final = "-\u2010\u2011\u2013"
_LOOK_ALIKES: Final = str.maketrans("ilo", "110")


class NeedsAnotherFactor(Exception):  # noqa: N818
    """Backup codes stand in for another factor, and the person has none."""


class MadeMeanwhile(Exception):  # noqa: N818
    """The form was sent twice, or new codes were made elsewhere since it was opened."""


@transaction.atomic
def make(*, user: User, replaces: int | None = None, origin: Origin, now: datetime) -> list[str]:
    """Make ten new codes; any old ones no longer work. Only digests are kept: this is the one time they are known.

    `replaces` is the set the person saw, 0 for none: raises MadeMeanwhile when it is not that any more. Raises
    NeedsAnotherFactor.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if not has_factor(user):
        raise NeedsAnotherFactor
    if replaces is not None and replaces != current_set(user):
        raise MadeMeanwhile
    BackupCodes.objects.filter(user=user).delete()
    made = BackupCodes.objects.create(user=user, salt=secrets.token_bytes(16), created_at=now)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(LENGTH)) for _ in range(HOW_MANY)]
    BackupCode.objects.bulk_create(BackupCode(codes=made, digest=_digest(made, code)) for code in codes)
    telling.codes_made(user, origin=origin, now=now)
    return [_grouped(code) for code in codes]


@transaction.atomic
def burn(codes: BackupCodes, token: str) -> bool:
    """Whether this is a code of the set that has not been used; it is used then.

    The whole code has to match; spaces, dashes and capitals do not matter. Of any number of parallel uses
    exactly one wins.
    """
    code = _bare(token)
    if not codes.confirmed or len(code) != LENGTH:
        return False
    now = timezone.now()
    if not BackupCode.objects.filter(codes=codes, digest=_digest(codes, code), used_at=None).update(used_at=now):
        return False
    BackupCodes.objects.filter(pk=codes.pk).update(last_used_at=now)
    codes.last_used_at = now
    return True


def current_set(user: User) -> int:
    """Which set the person has; 0 for none. No two sets are ever the same."""
    return BackupCodes.objects.filter(user=user).values_list("pk", flat=True).first() or 0


def _grouped(code: str) -> str:
    return " ".join(code[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))


def _bare(token: str) -> str:
    folded = "".join(
        character for character in token if not character.isspace() and character not in "-\u2010\u2011\u2013"
    )
    return folded.lower().translate(_LOOK_ALIKES)


def _digest(codes: BackupCodes, code: str) -> str:
    """Quick to compute, which is enough for 80 random bits; salted, so that one table serves for one set only."""
    return hashlib.sha256(bytes(codes.salt) + code.encode()).hexdigest()
