"""The profile picture: what is made of an upload, who sees it, and when Gravatar is asked."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from profile.models import UploadedPicture
from profile.pictures import square
from tests.profile.support import ask, prove, sent_code
from tests.support.browsing import new_browser, sign_in

PAGE = "/myaccount/personal-info/"
CHOICE = f"{PAGE}picture/"
RED, GREEN, BLUE, WHITE = (200, 20, 20), (20, 160, 40), (20, 40, 200), (255, 255, 255)
MAX_BYTES = 5_000_000


def quarters(width: int = 400, height: int = 400) -> Image.Image:
    """Red and green above, blue and white below: shows which way up a picture is."""
    image = Image.new("RGB", (width, height), WHITE)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2, height // 2), RED)
    draw.rectangle((width // 2, 0, width, height // 2), GREEN)
    draw.rectangle((0, height // 2, width // 2, height), BLUE)
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def made_of(content: bytes, name: str = "me.jpg", content_type: str = "image/jpeg") -> Image.Image:
    """What `square` writes, read again."""
    written = square(SimpleUploadedFile(name, content, content_type), max_bytes=MAX_BYTES)
    image = Image.open(io.BytesIO(written))
    image.load()
    return image


def refusal(content: bytes, name: str = "me.png", content_type: str = "image/png") -> str:
    with pytest.raises(ValidationError) as refused:
        square(SimpleUploadedFile(name, content, content_type), max_bytes=MAX_BYTES)
    return refused.value.messages[0]


def colours(image: Image.Image) -> list[str]:
    """The colour of each quarter, clockwise from above on the left."""
    names = {RED: "red", GREEN: "green", BLUE: "blue", WHITE: "white"}

    def nearest(pixel: Any) -> str:
        return names[min(names, key=lambda c: sum(abs(a - b) for a, b in zip(c, pixel, strict=False)))]

    places = [(64, 64), (192, 64), (192, 192), (64, 192)]
    rgb = image.convert("RGB")
    return [nearest(rgb.getpixel(place)) for place in places]


UPRIGHT = ["red", "green", "white", "blue"]


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "P"),
        ("PNG", "1"), ("PNG", "I;16"), ("WEBP", "RGB"), ("WEBP", "RGBA"), ("GIF", "P"),
    ],
)  # fmt: skip
def test_pictures_of_every_kind_become_a_small_square_webp(kind: str, mode: str) -> None:
    image = quarters().convert("L").convert("I;16") if mode == "I;16" else quarters().convert(mode)
    result = made_of(saved(image, kind))
    assert (result.format, result.size) == ("WEBP", (256, 256))
    if mode not in ("L", "LA", "1", "I;16"):
        assert colours(result) == UPRIGHT


def test_transparency_stays() -> None:
    image = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    pixel: Any = made_of(saved(image, "PNG")).convert("RGBA").getpixel((10, 10))
    assert pixel[3] == 0


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2000), (2000, 3), (500, 400), (256, 256), (4000, 3000)])
def test_pictures_of_any_shape_are_cut_to_a_square(width: int, height: int) -> None:
    assert made_of(saved(Image.new("RGB", (width, height), RED), "PNG")).size == (256, 256)


def test_an_animation_becomes_its_first_picture() -> None:
    others = [Image.new("RGB", (400, 400), colour) for colour in (RED, GREEN)]
    for kind in ("GIF", "WEBP"):
        result = made_of(saved(quarters(), kind, save_all=True, append_images=others, duration=50))
        assert getattr(result, "n_frames", 1) == 1
        assert colours(result) == UPRIGHT


# How a camera that was held this way stores what it saw: EXIF orientation → what undoes it on the stored pixels.
STORED = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("orientation", list(STORED))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_stands_upright_however_the_camera_was_held(kind: str, orientation: int) -> None:
    turn = STORED[orientation]
    stored = quarters() if turn is None else quarters().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert colours(made_of(saved(stored, kind, exif=exif))) == UPRIGHT


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_the_original_file_is_left(kind: str) -> None:
    """Where it was taken, with what, and what was written into it."""
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif[0x9C9C] = "secret comment".encode("utf-16le")
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 12.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    options = {"exif": exif, "icc_profile": b"secret profile" * 10}
    if kind == "JPEG":
        options["comment"] = b"secret comment"
    original = saved(quarters(), kind, **options)
    assert b"ecret" in original or kind == "PNG"
    written = square(SimpleUploadedFile("x", original), max_bytes=MAX_BYTES)
    image = Image.open(io.BytesIO(written))
    assert b"ecret" not in written
    assert b"EXIF" not in written
    assert not image.getexif()
    assert not image.info.get("icc_profile")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("me.png", b"<!doctype html><script>alert(1)</script>"),
        ("me.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("me.png", b"GIF89a<script>alert(1)</script>"),
        ("me.jpg", b"\xff\xd8\xff\xe0" + b"<script>" * 20),
        ("me.png", b"\x89PNG\r\n\x1a\n"),
        ("me.pdf", b"%PDF-1.7\n"),
        ("me.png", b"x"),
        ("me.png", b"\x00" * 1000),
        ("me.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"),
    ],
)
def test_what_only_pretends_to_be_a_picture_is_refused(name: str, content: bytes) -> None:
    assert refusal(content, name) == "This file is not a picture we can read. Use a JPEG, PNG, WebP or GIF."


def test_an_archive_called_a_picture_is_refused() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("me.png", saved(quarters(), "PNG"))
    assert "not a picture" in refusal(output.getvalue())


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "ICO", "PPM", "TGA", "PCX"])
def test_kinds_nobody_needs_are_refused(kind: str) -> None:
    """Fewer decoders, fewer holes."""
    assert "not a picture" in refusal(saved(quarters(), kind))


def test_the_content_is_believed_and_not_the_name() -> None:
    assert made_of(saved(quarters(), "PNG"), "me.exe", "text/html").format == "WEBP"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_file_that_ends_too_early_is_refused(kind: str, part: float) -> None:
    content = saved(Image.effect_noise((400, 400), 80).convert("RGB"), kind)
    assert "not a picture" in refusal(content[: int(len(content) * part)])


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises this many pixels and holds none."""
    head = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\x00\x00\x00"
    data = b"IDAT" + zlib.compress(b"\x00" * 1000)
    chunks = [(len(part) - 4).to_bytes(4) + part for part in (head, data, b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk + zlib.crc32(chunk[4:]).to_bytes(4) for chunk in chunks)


@pytest.mark.parametrize(
    ("width", "height"), [(5001, 5000), (12_000, 12_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_small_file_with_huge_dimensions_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    """A decompression bomb."""
    assert refusal(png_header(width, height)) in (
        "This picture has too many pixels: at most 25 million.",
        "This file is not a picture we can read. Use a JPEG, PNG, WebP or GIF.",
    )


def test_a_real_bomb_is_refused() -> None:
    content = saved(Image.new("1", (9000, 9000)), "PNG")
    assert len(content) < 50_000
    assert refusal(content) == "This picture has too many pixels: at most 25 million."


def test_a_large_photograph_is_fine() -> None:
    content = saved(Image.new("RGB", (8000, 6000), GREEN), "JPEG", quality=30)
    assert made_of(content).size == (256, 256)


def test_a_file_above_five_megabytes_is_refused() -> None:
    assert refusal(b"x" * (MAX_BYTES + 1)) == "This file is too large: at most 5 MB."


SEEDS = [
    saved(quarters(40, 30), kind, **({"exif": b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03"}
    if kind != "GIF" else {}))
    for kind in ("JPEG", "PNG", "WEBP", "GIF")
]  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=20), st.data())
def test_no_damaged_file_does_other_than_be_read_or_refused(
    seed: bytes, changes: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Security 90."""
    content = bytearray(seed)
    for place, value in changes:
        content[place % len(content)] = value
    end = data.draw(st.integers(1, len(content)))
    try:
        square(SimpleUploadedFile("x", bytes(content[:end])), max_bytes=MAX_BYTES)
    except ValidationError as refused:
        assert refused.messages  # noqa: PT017 (either outcome will do)


# The pages


def upload(client: Client, content: bytes, name: str = "me.png") -> Any:
    return client.post(f"{CHOICE}upload/", {"picture": SimpleUploadedFile(name, content, "image/png")})


def reload(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_a_person_uploads_a_picture_and_sees_it(alice: User, alices: Client) -> None:
    assert upload(alices, saved(quarters(), "PNG"))["Location"] == f"{PAGE}#profile"
    page = alices.get(PAGE).content.decode()
    assert "Your profile picture was updated." in page
    address = reload(alice).picture
    assert f'src="{address}"' in page
    response = alices.get(address)
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "public" not in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert colours(Image.open(io.BytesIO(response.content))) == UPRIGHT
    assert Event.objects.filter(kind=EventKind.PICTURE_CHANGED).count() == 1


def test_a_new_picture_has_a_new_address_and_the_old_one_is_gone(alice: User, alices: Client) -> None:
    upload(alices, saved(quarters(), "PNG"))
    old = reload(alice).picture
    upload(alices, saved(Image.new("RGB", (9, 9), RED), "PNG"))
    assert reload(alice).picture != old
    assert alices.get(old).status_code == 404
    assert UploadedPicture.objects.count() == 1


def test_nobody_else_sees_an_uploaded_picture(alice: User, bob: User, alices: Client) -> None:
    upload(alices, saved(quarters(), "PNG"))
    address = reload(alice).picture
    assert sign_in(new_browser(), "bob").get(address).status_code == 404
    assert "/sign-in/" in new_browser().get(address)["Location"]


def test_a_part_of_the_address_is_not_enough(alice: User, alices: Client) -> None:
    upload(alices, saved(quarters(), "PNG"))
    address = reload(alice).picture
    for wrong in (address[:-2] + "/", address[:-32] + "/", "/myaccount/picture/x/", "/myaccount/picture/%C3%A9/"):
        assert alices.get(wrong).status_code == 404, wrong


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg/>", "This file is not a picture we can read. Use a JPEG, PNG, WebP or GIF."),
        (b"", "This file is empty."),
        (b"x" * (MAX_BYTES + 1), "This file is too large: at most 5 MB."),
    ],
)
def test_a_refused_file_says_why_and_leaves_the_old_picture(
    alice: User, alices: Client, content: bytes, said: str
) -> None:
    upload(alices, saved(quarters(), "PNG"))
    before = reload(alice).picture
    response = upload(alices, content)
    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert page.count(said) == 2
    assert "Error:" in page[: page.index("</title>")]
    assert reload(alice).picture == before
    assert alices.get(before).status_code == 200


def test_sending_no_file_says_so(alices: Client) -> None:
    response = alices.post(f"{CHOICE}upload/")
    assert response.status_code == 422
    assert "Choose a file." in response.content.decode()


def test_a_file_above_what_any_form_takes_is_refused_before_it_is_read(alices: Client) -> None:
    assert upload(alices, b"x" * 6_100_000).status_code == 413


def test_the_name_of_the_file_is_never_used(alice: User, alices: Client) -> None:
    upload(alices, saved(quarters(), "PNG"), name="../../<script>alert(1)</script>.png")
    assert "script" not in reload(alice).picture


def test_initials_take_the_picture_away(alice: User, alices: Client) -> None:
    upload(alices, saved(quarters(), "PNG"))
    address = reload(alice).picture
    alices.post(f"{CHOICE}initials/")
    assert reload(alice).picture == ""
    assert not UploadedPicture.objects.exists()
    assert alices.get(address).status_code == 404
    assert ">AL<" in alices.get(PAGE).content.decode()


def test_choosing_the_same_again_is_no_event(alices: Client) -> None:
    alices.post(f"{CHOICE}initials/")
    assert not Event.objects.filter(kind=EventKind.PICTURE_CHANGED).exists()


# Gravatar


def image_sources(response: object) -> str:
    policy: str = response["Content-Security-Policy"]  # type: ignore[index]
    return next(part for part in policy.split("; ") if part.startswith("img-src"))


def gravatar_of(alice: User) -> str:
    return "https://www.gravatar.com/avatar/" + hashlib.sha256(alice.email.encode()).hexdigest()


def test_gravatar_is_offered_in_several_styles_and_shown_before_saving(alice: User, alices: Client) -> None:
    page = alices.get(f"{CHOICE}gravatar/").content.decode()
    assert page.count(gravatar_of(alice)) >= 4
    assert page.count('type="radio"') >= 4


def test_the_chosen_gravatar_is_the_picture(alice: User, alices: Client) -> None:
    """Security 25: the address is made by us from a proven address; the server asks nobody (sockets are blocked)."""
    response = alices.post(f"{CHOICE}gravatar/use/", {"gravatar": f"retro:{alice.email}"})
    assert response["Location"] == f"{PAGE}#profile"
    assert reload(alice).picture.startswith(gravatar_of(alice))
    assert "d=retro" in reload(alice).picture
    assert gravatar_of(alice) in alices.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "retro",
        "retro:bob@example.org",
        "https://evil.example/x.png",
        "evil:alice@example.org",
        "retro:\x00",
        "x" * 9999,
    ],
)
def test_no_other_address_becomes_the_picture(alice: User, bob: User, alices: Client, key: str) -> None:
    """Security 25."""
    response = alices.post(f"{CHOICE}gravatar/use/", {"gravatar": key})
    assert response.status_code == 422
    assert "Choose one of the pictures." in response.content.decode()
    assert reload(alice).picture == ""


def test_gravatar_is_offered_for_proven_addresses_only(alice: User, alices: Client) -> None:
    User.objects.filter(pk=alice.pk).update(email_verified_at=None)
    for page in (CHOICE, f"{CHOICE}gravatar/"):
        content = alices.get(page).content.decode()
        assert "Add an e-mail address to your profile and prove it" in content
        assert "gravatar.com/avatar" not in content
    assert alices.post(f"{CHOICE}gravatar/use/", {"gravatar": f"retro:{alice.email}"}).status_code == 422


def test_only_who_chose_gravatar_and_only_the_chooser_may_load_from_there(
    alice: User, bob: User, alices: Client
) -> None:
    """Security 25: the hash tells a third party who visits, so nobody's browser asks before they chose it."""
    pages = ["/myaccount/", PAGE, CHOICE, "/myaccount/security/", "/myaccount/security/history/", "/myaccount/confirm/"]
    for path in pages:
        response = alices.get(path)
        assert image_sources(response) == "img-src 'self'", path
        assert "gravatar.com/" not in response.content.decode(), path
    assert "https://www.gravatar.com" in image_sources(alices.get(f"{CHOICE}gravatar/"))
    alices.post(f"{CHOICE}gravatar/use/", {"gravatar": f"mp:{alice.email}"})
    for path in pages:
        assert image_sources(alices.get(path)) == "img-src 'self' https://www.gravatar.com", path
    bobs = sign_in(new_browser(), "bob")
    assert image_sources(bobs.get(PAGE)) == "img-src 'self'"
    assert image_sources(new_browser().get("/myaccount/sign-in/")) == "img-src 'self'"
    alices.post(f"{CHOICE}initials/")
    assert image_sources(alices.get(PAGE)) == "img-src 'self'"


def test_a_gravatar_goes_with_the_address_it_belongs_to(alice: User, alices: Client) -> None:
    """Security 25: the new address's hash is told to nobody before the person chooses so."""
    alices.post(f"{CHOICE}gravatar/use/", {"gravatar": f"mp:{alice.email}"})
    ask(alices)
    prove(alices, sent_code())
    assert reload(alice).picture == ""
    assert image_sources(alices.get(PAGE)) == "img-src 'self'"


def test_an_uploaded_picture_stays_when_the_address_changes(alice: User, alices: Client) -> None:
    upload(alices, saved(quarters(), "PNG"))
    ask(alices)
    prove(alices, sent_code())
    assert reload(alice).picture != ""


@pytest.mark.parametrize(("state", "status"), [("read-only", 403), ("off", 404)])
def test_an_administrator_switches_pictures_off(alice: User, alices: Client, state: str, status: int) -> None:
    PortalSettings(features={"personal-info.picture": state}).save()
    for path in ("upload/", "initials/", "gravatar/use/"):
        assert alices.post(CHOICE + path).status_code == status
    assert "Change picture" not in alices.get(PAGE).content.decode()
    assert reload(alice).picture == ""


def test_nobody_chooses_without_signing_in(browser: Client, db: None) -> None:
    for path in ("upload/", "initials/", "gravatar/use/"):
        assert "/sign-in/" in browser.post(CHOICE + path)["Location"]
    for path in ("", "gravatar/"):
        assert "/sign-in/" in browser.get(CHOICE + path)["Location"]
