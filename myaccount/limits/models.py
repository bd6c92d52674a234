"""Budgets of failed attempts."""

from __future__ import annotations

from django.db import models


class AttemptBudget(models.Model):
    """How many attempts in a row failed for one key: an account seen from one place, an address, a factor."""

    key = models.CharField(max_length=100, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_attempt_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["last_attempt_at"])]

    def __str__(self) -> str:
        return self.key
