"""A gate in place of the area of approvals: what it holds is kept here until a test has it carried out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID, uuid4

from django.utils import timezone

from myaccount.activity.services import Origin
from myaccount.operations import services
from myaccount.operations.kinds import OperationKind
from myaccount.operations.registry import Execution, Submission, action_of
from myaccount.operations.services import Kept, Waiting


class Desk:
    """What waits, and somebody who agrees to all of it."""

    def __init__(self, kinds: Collection[OperationKind], claims: Collection[str]) -> None:
        self.kinds = kinds
        self.claims = claims
        self.waiting: list[Kept] = []

    def gate(self, submission: Submission, origin: Origin, now: datetime) -> Waiting | None:
        """Keeps what it holds."""
        is_of_other_claims = self.claims and not submission.claims & {*self.claims}
        if action_of(submission).kind not in self.kinds or is_of_other_claims:
            return None
        self.waiting.append(Kept(uuid4(), submission))
        return Waiting(self.waiting[-1].request_uuid)

    def about(self, user_uuid: UUID, kind: OperationKind) -> list[Kept]:
        """What waits of this kind about this person."""
        return [
            kept
            for kept in self.waiting
            if kept.submission.subject_uuid == user_uuid and action_of(kept.submission).kind == kind
        ]

    @property
    def asked(self) -> Submission:
        """The one that waits."""
        (kept,) = self.waiting
        return kept.submission

    def agree(self, submission: Submission | None = None) -> object:
        """Carry out what waits."""
        one = submission or self.asked
        requester = one.requester
        if requester:
            requester = type(requester).objects.filter(pk=requester.pk).first()
        result = services.carry_out(one, Execution(by=requester, now=timezone.now()))
        self.waiting = [kept for kept in self.waiting if kept.submission is not one]
        return result


@contextmanager
def held(*kinds: OperationKind, claims: Collection[str] = ()) -> Iterator[Desk]:
    """Let these operations wait, those on attributes for some attributes only where some are named."""
    before = [*services._gate], [*services._reader]
    desk = Desk(kinds, claims)
    services.install_gate(desk.gate)
    services.register_waiting_reader(desk.about)
    try:
        yield desk
    finally:
        services._gate[:], services._reader[:] = before
