"""Which captchas were handed in."""

from __future__ import annotations

from django.db import models


class CaptchaSolution(models.Model):
    """A captcha that was solved and handed in; none counts twice (security 46)."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]
