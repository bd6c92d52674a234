"""The ZIP: the same file with the picture and every receipt beside it, written without ever being whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from stat import S_IFREG
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.template.loader import render_to_string
from django.utils import timezone

import consent.export as consents
import profile.export as profiles
from myaccount.export.contents import PARTS, Asked
from myaccount.export.schema import schema_file
from myaccount.export.writing import document, encoded, user_info
from myaccount.web import formats
from myaccount.web.selectors import portal_settings

FILE: Final = "userInfo.json"
SCHEMA_FILE: Final = "userInfo.schema.json"


class _Outlet:
    """What the archive is written to: nothing that could be gone back in; holds what was not fetched yet."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def fetch(self) -> bytes:
        """Everything since the last time."""
        data, self._waiting = b"".join(self._waiting), []
        return data


def archive(asked: Asked) -> Iterator[bytes]:
    """The archive in pieces. Its table of contents comes last: one that broke off on the way cannot be opened."""
    outlet = _Outlet()
    with ZipFile(outlet, "w") as opened:  # type: ignore[call-overload]
        for name, content in _files(asked):
            is_compressed = name != profiles.PICTURE_FILE
            with opened.open(_entry(name, asked.now, is_compressed=is_compressed), "w") as entry:
                for piece in content:
                    entry.write(piece)
                    yield outlet.fetch()
            yield outlet.fetch()
    yield outlet.fetch()


def _files(asked: Asked) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Names of our own only, whatever people call themselves or their files."""
    picture = profiles.picture_file(asked.user)
    yield "README.txt", iter([_explanation(asked, has_picture=bool(picture)).encode()])
    yield FILE, encoded(user_info(asked))
    yield SCHEMA_FILE, iter([schema_file()])
    if picture:
        yield profiles.PICTURE_FILE, iter([picture])
    for uuid, receipt, signed in consents.receipts(asked.user):
        yield f"receipts/{uuid}.json", encoded(iter([document(receipt)]))
        yield f"receipts/{uuid}.jws", iter([signed.encode()])


def _explanation(asked: Asked, *, has_picture: bool) -> str:
    context = {
        "product_name": portal_settings().product_name,
        "name": asked.user.name,
        "made_on": formats.moment(asked.now),
        "parts": PARTS,
        "has_picture": has_picture,
    }
    return render_to_string("export/readme.txt", context).strip() + "\n"


def _entry(name: str, now: datetime, *, is_compressed: bool) -> ZipInfo:
    entry = ZipInfo(name, timezone.localtime(now).timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED if is_compressed else ZIP_STORED
    entry.external_attr = (S_IFREG | 0o600) << 16  # for its owner only, once it is unpacked
    return entry
