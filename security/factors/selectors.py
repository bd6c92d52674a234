"""Reads of a person's factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import BooleanField, CharField, Count, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone

from myaccount.users.models import User
from myaccount.web import formats
from security.factors.kinds import SECOND, Authenticator
from security.factors.models import (
    BackupCodes,
    Factor,
    SecurityDevice,
    SmsDevice,
    TotpDevice,
    TrustedBrowser,
)
from sessions_app.selectors import describe_user_agent

MODELS: Final[dict[Authenticator, type[Factor]]] = {
    model.authenticator: model for model in (SecurityDevice, TotpDevice, SmsDevice, BackupCodes)
}
FEW_BACKUP_CODES: Final = 4  # fewer than these, and the person is told to make new ones


@dataclass(frozen=True)
class StoredFactor:
    """One factor a person has."""

    authenticator: Authenticator
    pk: int
    name: str
    created_at: datetime
    last_used_at: datetime | None
    device_kind: str  # of a security device
    aaguid: str  # of a security device
    is_passwordless: bool
    is_backed_up: bool
    codes_left: int  # of backup codes


@dataclass(frozen=True)
class Enrolled:
    """All factors of a person, and which of them is asked for first."""

    factors: tuple[StoredFactor, ...]
    chosen: str  # what the person chose to be asked for first, if anything

    def of(self, authenticator: Authenticator) -> list[StoredFactor]:
        """Those of one kind, the oldest first."""
        return [factor for factor in self.factors if factor.authenticator == authenticator]

    @property
    def codes_left(self) -> int:
        return sum(factor.codes_left for factor in self.factors)

    @property
    def kinds(self) -> list[Authenticator]:
        """What the person can be asked for, the one asked for first in front."""
        usable: set[Authenticator] = {
            f.authenticator for f in self.factors if f.authenticator != Authenticator.BACKUP_CODE
        }
        if usable and self.codes_left:
            usable.add(Authenticator.BACKUP_CODE)
        return sorted((kind for kind in SECOND if kind in usable), key=lambda kind: kind != self.chosen)

    @property
    def real(self) -> list[StoredFactor]:
        """Without the backup codes, which are no factor of their own."""
        return [factor for factor in self.factors if factor.authenticator != Authenticator.BACKUP_CODE]


def enrolled(user: User) -> Enrolled:
    """All of a person's factors, and which they chose to be asked for first. One query."""
    parts = [_rows(model, user) for model in MODELS.values()]
    rows = list(parts[0].union(*parts[1:], all=True))
    found = (StoredFactor(Authenticator(row[0]), *row[1:-1]) for row in rows)
    factors = sorted(found, key=lambda factor: (factor.created_at, factor.pk))
    return Enrolled(tuple(factors), chosen=(rows[0][-1] or "") if rows else "")


def has_factor(user: User) -> bool:
    """Whether the person has a second factor beside backup codes. One query."""
    real = [model for kind, model in MODELS.items() if kind != Authenticator.BACKUP_CODE]
    kinds = [model.objects.filter(user=user).values("pk") for model in real]
    return kinds[0].union(*kinds[1:], all=True).exists()


@dataclass(frozen=True)
class BrowserRow:
    """One trusted browser as the page shows it."""

    uuid: str
    title: str
    ip: str
    until: str


def trusted_browsers(user: User, *, now: datetime) -> list[TrustedBrowser]:
    """The browsers that are not asked for a second step, the newest first. One query."""
    return list(TrustedBrowser.objects.filter(user=user, expires_at__gt=now).order_by("-created_at")[:50])


def browser_rows(user: User, *, now: datetime) -> list[BrowserRow]:
    """The browsers a person trusts. One query."""
    return [_browser(row) for row in trusted_browsers(user, now=now)]


def _browser(row: TrustedBrowser) -> BrowserRow:
    return BrowserRow(
        uuid=str(row.uuid),
        title=describe_user_agent(row.user_agent),
        ip=row.ip or "",
        until=formats.day(timezone.localtime(row.expires_at)),
    )


def own_factor(user: User, authenticator: str, pk: int) -> Factor | None:
    """One of the person's own factors; None for anybody else's."""
    model = MODELS.get(Authenticator(authenticator)) if authenticator in Authenticator.values else None
    return model.objects.filter(user=user, pk=pk).first() if model else None


def _rows(model: type[Factor], user: User) -> QuerySet[Any, Any]:
    """The same columns for every kind, so that all can be read at once."""
    is_device, is_codes = model is SecurityDevice, model is BackupCodes
    text, no = CharField(), Cast(Value(value=False), BooleanField())
    rows = model.objects.filter(user=user).order_by()
    if is_codes:
        left: Any = Count("each", filter=Q(each__used_at=None))
    else:
        left = Value(0, output_field=IntegerField())
    same_columns: QuerySet[Any, Any] = rows.annotate(
        a_kind=Value(model.authenticator.value, output_field=text),
        a_device_kind=F("kind") if is_device else Value("", output_field=text),
        an_aaguid=F("aaguid") if is_device else Value("", output_field=text),
        a_passwordless=F("is_passwordless") if is_device else no,
        a_backed_up=F("is_backed_up") if is_device else no,
        a_left=left,
        a_choice=F("user__preferred_factor__authenticator"),
    ).values_list(
        "a_kind", "pk", "name", "created_at", "last_used_at",
        "a_device_kind", "an_aaguid", "a_passwordless", "a_backed_up", "a_left", "a_choice",
    )  # fmt: skip
    return same_columns


def first_factors_of(user: User) -> int:
    """In how many ways of this area somebody can sign in: the password, and each passkey. One query."""
    passkeys = SecurityDevice.objects.filter(user=user, is_passwordless=True).count()
    return passkeys + (1 if user.has_usable_password() else 0)
