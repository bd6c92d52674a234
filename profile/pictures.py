"""The profile picture: uploaded, from Gravatar, or the person's initials. The only place that knows Pillow."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myaccount.activity.kinds import EventKind
from myaccount.activity.services import Origin, record
from myaccount.users.models import User
from profile.models import UploadedPicture

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose  # only for types: Pillow is loaded when a picture comes

GRAVATAR_ORIGIN: Final = "https://www.gravatar.com"
SIDE: Final = 256  # pixels
DIGEST_LENGTH: Final = 32  # characters of a picture's digest in its address
_MAX_PIXELS: Final = 25_000_000  # held in memory, 4 bytes each
_ORIENTATION: Final = 0x0112  # the EXIF tag
_TURNS: Final = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
GRAVATAR_STYLES: Final = {
    "mp": gettext_lazy("Silhouette"),
    "identicon": gettext_lazy("Pattern"),
    "monsterid": gettext_lazy("Monster"),
    "wavatar": gettext_lazy("Face"),
    "retro": gettext_lazy("Pixels"),
    "robohash": gettext_lazy("Robot"),
}


@dataclass(frozen=True)
class Gravatar:
    """A picture Gravatar would show for an address, in one of its styles when it has none of that address."""

    address: str
    style: str
    style_label: str
    url: str

    @property
    def key(self) -> str:
        return f"{self.style}:{self.address}"


def square(file: UploadedFile[bytes], *, max_bytes: int) -> bytes:
    """The uploaded image written anew: WebP, 256 pixels square, upright, with nothing of the original file left.

    Believes the content, not the name or the type the browser says. Raises ValidationError.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 (megabytes in every worker, for what few requests do)

    if (file.size or 0) > max_bytes:
        raise ValidationError(
            _("This file is too large: at most %(megabytes)s MB.") % {"megabytes": max_bytes // 1_000_000}
        )
    too_many = ValidationError(
        _("This picture has too many pixels: at most %(millions)s million.") % {"millions": _MAX_PIXELS // 1_000_000}
    )
    try:
        image = Image.open(file, formats=_FORMATS)
        image.draft("RGB", (SIDE * 2, SIDE * 2))  # JPEG only: as many pixels as are needed, however large it is
        if image.width * image.height > _MAX_PIXELS:
            raise too_many
        image.load()
        upright = _upright(image)
        fitted = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_many from error
    except Exception as error:
        text = _("This file is not a picture we can read. Use a JPEG, PNG, WebP or GIF.")
        raise ValidationError(text) from error
    output = io.BytesIO()
    fitted.save(output, "WEBP", quality=85, method=4)
    return output.getvalue()


def _upright(image: Image) -> Image:
    """The first frame in colour with transparency, no larger than needed, turned as the camera was held."""
    try:
        turn = _turn(image)
    except Exception:  # noqa: BLE001 (a picture with broken metadata is a picture still)
        turn = None
    factor = min(image.size) // (SIDE * 2)
    if factor > 1 and image.mode in ("RGB", "RGBA", "L"):
        image = image.reduce(factor)
    colour = image.convert("RGBA")
    return colour if turn is None else colour.transpose(turn)


def _turn(image: Image) -> Transpose | None:
    from PIL.Image import Transpose  # noqa: PLC0415 (megabytes in every worker, for what few requests do)

    name = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    return Transpose[name] if name else None


def gravatars(user: User) -> list[Gravatar]:
    """The choices Gravatar offers for the person's proven addresses."""
    addresses = [user.email] if user.email and user.email_verified_at else []
    return [
        Gravatar(address, style, str(label), _gravatar_url(address, style))
        for address in addresses
        for style, label in GRAVATAR_STYLES.items()
    ]


def _gravatar_url(address: str, style: str) -> str:
    digest = hashlib.sha256(address.strip().lower().encode()).hexdigest()
    return f"{GRAVATAR_ORIGIN}/avatar/{digest}?{urlencode({'s': SIDE, 'd': style, 'r': 'g'})}"


@transaction.atomic
def use_upload(*, user: User, image: bytes, origin: Origin, now: datetime) -> None:
    """Show an uploaded picture, as `square` has written it."""
    digest = hashlib.sha256(image).hexdigest()
    UploadedPicture.objects.update_or_create(user=user, defaults={"image": image, "digest": digest})
    _show(user, reverse("picture", args=[digest[:DIGEST_LENGTH]]), origin=origin, now=now)


@transaction.atomic
def use_gravatar(*, user: User, key: str, origin: Origin, now: datetime) -> None:
    """Show one of the person's Gravatars. Raises ValidationError for any other key."""
    chosen = next((gravatar for gravatar in gravatars(user) if gravatar.key == key), None)
    if chosen is None:
        raise ValidationError(_("Choose one of the pictures."))
    UploadedPicture.objects.filter(user=user).delete()
    _show(user, chosen.url, origin=origin, now=now)


@transaction.atomic
def use_initials(*, user: User, origin: Origin, now: datetime) -> None:
    """Show initials; an uploaded picture is deleted."""
    UploadedPicture.objects.filter(user=user).delete()
    _show(user, "", origin=origin, now=now)


def _show(user: User, url: str, *, origin: Origin, now: datetime) -> None:
    if user.picture != url:
        user.picture = url
        user.save(update_fields=["picture"])
        record(EventKind.PICTURE_CHANGED, user=user, origin=origin, now=now)
