"""A logo is written anew, whatever was uploaded."""

from __future__ import annotations

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from myaccount.web.logos import MAX_BYTES, png


def upload(content: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def picture(kind: str = "PNG", *, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    output = io.BytesIO()
    Image.new(mode, size, "red").save(output, kind, **options)
    return output.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_usual_kind_becomes_a_png(kind: str) -> None:
    image = Image.open(io.BytesIO(png(upload(picture(kind)))))
    assert (image.format, image.size) == ("PNG", (40, 20))


def test_a_large_picture_is_made_small_and_keeps_its_proportions() -> None:
    assert Image.open(io.BytesIO(png(upload(picture(size=(3000, 1000)))))).size == (512, 171)
    assert Image.open(io.BytesIO(png(upload(picture(size=(1000, 1000)))))).size == (256, 256)


def test_nothing_of_the_original_file_is_left() -> None:
    """What somebody wrote into the file, such as where it was made, does not become public."""
    notes = PngInfo()
    notes.add_text("Comment", "made at home")
    assert b"made at home" in picture(pnginfo=notes)
    assert b"made at home" not in png(upload(picture(pnginfo=notes)))
    assert b"profile" not in png(upload(picture(icc_profile=b"profile" * 20)))


def test_transparency_stays() -> None:
    image = Image.open(io.BytesIO(png(upload(picture(mode="RGBA")))))
    assert image.mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an image",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        picture()[:40],
        picture("BMP"),
        picture("TIFF"),
    ],
    ids=["empty", "text", "svg", "broken", "cut off", "bmp", "tiff"],
)
def test_what_is_no_picture_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ValidationError, match="not a picture we can read"):
        png(upload(content))


def test_too_large_a_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(ValidationError, match="too large: at most 2 MB"):
        png(upload(b"x" * (MAX_BYTES + 1)))


def test_a_small_file_that_claims_to_be_a_huge_picture_is_refused() -> None:
    bomb = picture(size=(20_000, 10_000), mode="1")
    assert len(bomb) < MAX_BYTES
    with pytest.raises(ValidationError):
        png(upload(bomb))
