"""The last stage of signing in to an account that is about to be deleted: keep it, or leave it to go."""

from __future__ import annotations

from typing import Final

from myaccount.deletion.selectors import under_way
from security.sign_in.stages import Situation, Stage


def _is_kept(situation: Situation) -> bool:
    return under_way(situation.user) is None


DELETION: Final = Stage("deletion of the account", "deletion-at-sign-in", _is_kept)
