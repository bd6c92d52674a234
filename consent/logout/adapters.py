"""The only place that connects to an application: one POST, in bounded time, to an address that was looked at.

Knows no database: it is called in threads.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from myaccount.web import outgoing
from myaccount.web.outgoing import Limits

CONNECT_WITHIN: Final = 2.0  # seconds
READ_WITHIN: Final = 5.0  # seconds
ALL_WITHIN: Final = CONNECT_WITHIN + READ_WITHIN  # seconds, from the first packet to the status line
_ACCEPTED: Final = (200, 204)


class NotDelivered(Exception):  # noqa: N818
    """The application was not told. The text says why, for administrators."""


class NoAnswer(NotDelivered):
    """It could not be reached, or did not answer in time: trying again at once is in vain."""


def tell(uri: str, logout_token: str, *, allows_private: bool) -> None:
    """Post a logout token. Raises NotDelivered. Of the answer nothing but its status is read."""
    try:
        answer = outgoing.send(
            "POST",
            uri,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"logout_token": logout_token}).encode(),
            limits=Limits(connect=CONNECT_WITHIN, read=READ_WITHIN, altogether=ALL_WITHIN),
            allows_private=allows_private,
        )
    except outgoing.NoAnswer as error:
        raise NoAnswer(str(error)) from error
    except outgoing.NotSent as error:
        raise NotDelivered(str(error)) from error
    if answer.status not in _ACCEPTED:
        raise NotDelivered(f"answered {answer.status}")
