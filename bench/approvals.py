"""An approver's lists: among a hundred tasks, and among a hundred thousand, all of which are asked of that person.

Made in the database itself: one in four tasks decided by the approver, one in ten claimed, the rest ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bench import databases
from bench.comparing import Ratio, pages_in_turn
from bench.servers import Server
from bench.sites import CROWDED, PORTAL

FEW: Final = 100
MANY: Final = 100_000
LISTS: Final = {
    "Approvals, ready": "/myaccount/approvals/",
    "Approvals, reserved": "/myaccount/approvals/?state=reserved",
    "Approvals, completed": "/myaccount/approvals/?state=completed",
    "Approvals, all": "/myaccount/approvals/?state=all",
    "Approvals, filtered": "/myaccount/approvals/?state=all&operation=update-claims&since=2020-01-01",
    "Approvals, searched": "/myaccount/approvals/?state=all&q=crowd7",
    "Approvals, searched in vain": "/myaccount/approvals/?state=all&q=zz",
    "Approvals, before there were any": "/myaccount/approvals/?state=all&until=2020-01-01",
    "Side panel of an approver": "/myaccount/applications/",
}

_REQUESTS: Final = """
INSERT INTO approvals_approvalrequest (uuid, action, kind, subject_uuid, subject_name, requester_id, requester_name,
    payload, attributes, claims, digest, search, workflow_name, description, priority, state, reason, created_at,
    attempts)
SELECT gen_random_uuid(), 'bench.change', 'update-claims', uuid, username, id, username, '{{"value": "Tea"}}', '{{}}',
    '["department"]', n::text, username, 'Departments', '', 'normal', 'waiting', '', now() - n * interval '1 minute', 0
FROM generate_series(1, {tasks}) AS n, LATERAL (
    SELECT * FROM users_user WHERE username = 'crowd' || (1 + n % 20)
) AS people
"""
_STEPS: Final = """
INSERT INTO approvals_requeststep (request_id, "order", needed, opened_at, done_at)
SELECT id, 1, 1, now(), CASE WHEN id % 4 = 0 THEN now() END FROM approvals_approvalrequest
"""
_CANDIDATES: Final = """
INSERT INTO approvals_candidate (step_id, group_id, is_escalation, is_asked)
SELECT approvals_requeststep.id, auth_group.id, false, done_at IS NULL FROM approvals_requeststep, auth_group
WHERE auth_group.name = 'Approvers'
"""
_TASKS: Final = """
INSERT INTO approvals_approvaltask (request_id, step_id, state, is_offered, claimed_by_id, decided_by_id, decided_at,
    reason)
SELECT request_id, approvals_requeststep.id,
    CASE WHEN request_id % 4 = 0 THEN 'approved' WHEN request_id % 10 = 1 THEN 'reserved' ELSE 'ready' END,
    request_id % 4 <> 0 AND request_id % 10 <> 1, CASE WHEN request_id % 10 = 1 THEN users_user.id END,
    CASE WHEN request_id % 4 = 0 THEN users_user.id END, done_at, ''
FROM approvals_requeststep, users_user WHERE users_user.username = 'approver'
"""


def fill(database: str, *, is_large: bool) -> None:
    """Add the tasks, after the crowd, who ask."""
    for statement in (_REQUESTS, _STEPS, _CANDIDATES, _TASKS):
        databases.execute(database, statement.format(tasks=MANY if is_large else FEW))
    databases.execute(database, "VACUUM ANALYZE")


def measure(
    portal: Server, crowded: Server, cookies: Mapping[str, str], *, rounds: int, seconds: float
) -> dict[str, Ratio]:
    """How long each list takes among many tasks, beside few."""
    few, many = replace(PORTAL, cookies=dict(cookies)), replace(CROWDED, cookies=dict(cookies))
    ratios = {}
    for name, path in LISTS.items():
        small, large = (portal, few.get(path)), (crowded, many.get(path))
        (comparison,), _ = pages_in_turn(small, [large], rounds=rounds, seconds=seconds, connections=1)
        ratios[name] = comparison.p50
    return ratios
