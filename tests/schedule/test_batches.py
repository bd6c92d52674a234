"""Clean-up in small steps."""

from __future__ import annotations

from django.contrib.auth.models import Group

from myaccount.schedule.batches import MOST_AT_ONCE, delete_batch, until_done


def test_a_batch_takes_the_first_rows_and_no_more(db: None) -> None:
    Group.objects.bulk_create(Group(name=name) for name in "dacb")
    assert delete_batch(Group.objects.order_by("name"), size=3) == 3
    assert [group.name for group in Group.objects.all()] == ["d"]
    assert delete_batch(Group.objects.order_by("name"), size=3) == 1
    assert delete_batch(Group.objects.order_by("name"), size=3) == 0


def test_steps_are_taken_until_nothing_is_left() -> None:
    left = [5, 5, 2, 0, 7]
    until_done(lambda: left.pop(0))
    assert left == [7]


def test_a_job_that_never_ends_waits_for_its_next_run() -> None:
    steps: list[int] = []
    until_done(lambda: steps.append(1) or 1)  # type: ignore[func-returns-value]
    assert len(steps) == MOST_AT_ONCE
