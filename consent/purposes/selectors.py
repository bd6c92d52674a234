"""Reads of the controller and the purposes."""

from __future__ import annotations

from consent.purposes.models import Controller, Purpose


def controller() -> Controller:
    """Who answers for the data; the defaults while no administrator has saved it. One query."""
    return Controller.objects.filter(pk=1).first() or Controller(pk=1)


def account_purpose() -> Purpose:
    """What the organisation itself keeps attributes for: the purpose of the system consent. One query."""
    return Purpose.objects.get(is_of_account=True)
