"""The organisation's logo, as an administrator uploads it."""

from __future__ import annotations

import io
import warnings
from typing import Final

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

MAX_BYTES: Final = 2_000_000
SIZE: Final = (512, 256)  # pixels; shown 36 high, so this is sharp on every screen
_MAX_PIXELS: Final = 40_000_000
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")


def png(file: UploadedFile[bytes]) -> bytes:
    """The uploaded image written anew: a PNG of at most 512 by 256 pixels with nothing of the original file left.

    Believes the content, not the name or the type the browser says. Raises ValidationError.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 (megabytes in every worker, for what few requests do)

    if (file.size or 0) > MAX_BYTES:
        raise ValidationError(
            _("This file is too large: at most %(megabytes)s MB.") % {"megabytes": MAX_BYTES // 1_000_000}
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file, formats=_FORMATS)
            if image.width * image.height > _MAX_PIXELS:
                raise ValidationError(_("This picture has too many pixels: at most 40 million."))
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except ValidationError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Warning) as error:
        raise ValidationError(_("This file is not a picture we can read. Use a PNG, JPEG, WebP or GIF.")) from error
    upright.thumbnail(SIZE, Image.Resampling.LANCZOS)
    clean = Image.new("RGBA", upright.size)
    clean.paste(upright)
    output = io.BytesIO()
    clean.save(output, "PNG", optimize=True)
    return output.getvalue()
