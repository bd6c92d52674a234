"""Issues receipts, and lets them go when the organisation no longer has to keep them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from consent import keys
from consent.purposes.selectors import controller
from consent.receipts.document import Agreement, build, serialized
from consent.receipts.models import ConsentReceipt, PurgePermit
from myaccount.schedule.batches import SIZE
from myaccount.users.models import User

TYPE: Final = "consent-receipt+jwt"  # the header's `typ`: no other signed document of ours passes for a receipt


@transaction.atomic
def issue(*, agreement: Agreement, user: User, now: datetime, is_revocation: bool = False) -> ConsentReceipt:
    """Issue the next receipt of a consent, naming the one it supersedes, signed with the key in use.

    Called while the consent's row is locked, so that its receipts are a chain; the database refuses a second
    successor all the same.
    """
    earlier = ConsentReceipt.objects.filter(consent_uuid=agreement.consent_uuid).order_by("-version")
    before = earlier.values_list("uuid", flat=True).first()
    uuid = uuid4()
    document = build(
        agreement,
        uuid=uuid,
        supersedes=before,
        principal=user.username,
        controller=controller(),
        public_key=keys.signing_key().as_dict(private=False),
        now=now,
        is_revocation=is_revocation,
    )
    return ConsentReceipt.objects.create(
        uuid=uuid,
        consent_uuid=agreement.consent_uuid,
        user_uuid=user.uuid,
        issued_at=now,
        version=agreement.version,
        supersedes=before,
        is_revocation=is_revocation,
        document=document,
        signed=keys.sign(serialized(document), type=TYPE),
    )


@transaction.atomic
def purge(*, before: datetime, living: QuerySet[Any], batch: int = SIZE) -> int:
    """Delete receipts that were superseded, or recorded the end of their consent, before that moment. Returns how many.

    `living`: keys of the consents there still are; receipts of any other count from the day they were issued. The
    only way past the database's refusal: a permit in this transaction, gone before it ends.
    """
    successors = ConsentReceipt.objects.filter(supersedes=OuterRef("uuid"))
    is_of_living = Exists(living.filter(pk=OuterRef("consent_uuid")))
    over = Exists(successors.filter(issued_at__lt=before)) | (
        ~Exists(successors) & (Q(is_revocation=True) | ~is_of_living) & Q(issued_at__lt=before)
    )
    old = ConsentReceipt.objects.filter(over, issued_at__lt=before).order_by("issued_at")
    chosen = list(old.values_list("pk", flat=True)[:batch])
    if not chosen:
        return 0
    permit = PurgePermit.objects.create()
    gone = ConsentReceipt.objects.filter(pk__in=chosen).delete()[0]
    permit.delete()
    return gone
