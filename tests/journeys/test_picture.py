"""Manual, “Add and update profile picture”."""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import FilePayload, Locator, expect

from myaccount.users.models import User
from profile.models import UploadedPicture
from tests.journeys.visitor import PERSONAL_INFO, Visitor


def picture_of(alice: User) -> str:
    return User.objects.get(pk=alice.pk).picture


def a_photograph() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (640, 480), (30, 120, 90)).save(output, "JPEG")
    return output.getvalue()


def is_drawn(image: Locator) -> bool:
    """Whether the browser could load and show it."""
    drawn: bool = image.evaluate("async (i) => { await i.decode(); return i.naturalWidth > 0 }")
    return drawn


def test_a_person_chooses_a_gravatar(alice: User, visitor: Visitor) -> None:
    """Personal info, the camera icon, choose a Gravatar image in the pop-up, Save."""
    page = visitor.sign_in()
    visitor.go_to("Personal info")
    page.get_by_role("link", name="Change picture").click()
    dialog = page.get_by_role("dialog", name="Profile picture")
    expect(dialog).to_be_visible()
    assert visitor.gravatar_requests == [], "nobody is told before the person asks"
    dialog.get_by_role("link", name="Choose a Gravatar").click()
    choices = page.get_by_role("radio")
    expect(choices).not_to_have_count(0)
    for image in page.locator(".choice img").all():
        assert is_drawn(image)
    page.get_by_role("radio", name="Robot").check()
    page.get_by_role("button", name="Save").click()
    visitor.expect_message("Your profile picture was updated.")
    assert picture_of(alice).startswith("https://www.gravatar.com/avatar/")
    assert "d=robohash" in picture_of(alice)
    assert is_drawn(page.get_by_role("banner").locator("img.avatar"))
    visitor.go_to("Security")
    assert is_drawn(page.get_by_role("banner").locator("img.avatar"))


def test_a_person_uploads_a_picture_and_goes_back_to_initials(alice: User, visitor: Visitor) -> None:
    page = visitor.sign_in()
    visitor.go_to("Personal info")
    page.get_by_role("link", name="Change picture").click()
    dialog = page.get_by_role("dialog")
    expect(visitor.field("Image file")).to_be_focused()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_visible()
    assert visitor.field("Image file").evaluate("input => input.validity.valueMissing")
    photograph: FilePayload = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": a_photograph()}
    visitor.field("Image file").set_input_files(photograph)
    dialog.get_by_role("button", name="Save").click()
    visitor.expect_message("Your profile picture was updated.")
    assert UploadedPicture.objects.get().user == alice
    assert is_drawn(visitor.section("Profile").locator("img.avatar"))
    page.get_by_role("link", name="Change picture").click()
    page.get_by_role("button", name="Use my initials").click()
    visitor.expect_message("Your profile picture was updated.")
    expect(page.locator("img.avatar")).to_have_count(0)
    assert not UploadedPicture.objects.exists()
    assert visitor.gravatar_requests == []


def test_a_file_that_is_no_picture_is_refused_with_the_reason(alice: User, visitor: Visitor) -> None:
    page = visitor.already_signed_in()
    visitor.open(f"{PERSONAL_INFO}picture/")
    fake: FilePayload = {"name": "me.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"}
    visitor.field("Image file").set_input_files(fake)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("This file is not a picture we can read.")
    expect(page.get_by_role("alert")).to_be_focused()
    assert picture_of(alice) == ""
