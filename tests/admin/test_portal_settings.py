"""What an administrator sets in the portal's settings is what people get at their next request."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.users.models import User
from myaccount.web import colours
from myaccount.web.admin_forms import FEATURE_NAMES
from myaccount.web.features import BY_ID, FEATURES, Feature, FeatureState, choices_for
from myaccount.web.models import PortalSettings
from myaccount.web.selectors import portal_settings
from tests.support.admin_forms import errors_of, filled_in

FORM = "/admin/web/portalsettings/1/change/"
INPUT_OF = {feature_id: name for name, feature_id in FEATURE_NAMES.items()}
URLS = {
    "overview": "/myaccount/",
    "personal-info": "/myaccount/personal-info/",
    "security": "/myaccount/security/",
    "applications": "/myaccount/applications/",
    "approvals": "/myaccount/approvals/",
}
PAGE_OF = {feature.id: URLS[feature.page_id] for feature in FEATURES}
NOBODYS = "5e2a9c1e-7d0f-4a53-9d6c-0d2b6f0f2b11"
# What stands on its page only while the section is on.
MARKS = {
    "overview.profile-completion": 'id="profile-completion"',
    "overview.check-up": 'id="check-up"',
    "overview.this-session": 'id="this-session"',
    "overview.recent-activity": 'id="recent-activity"',
    "personal-info.profile": 'id="profile"',
    "personal-info.picture": "/myaccount/personal-info/picture/",
    "personal-info.linked-accounts": 'id="linked-accounts"',
    "personal-info.export": 'id="export-profile"',
    "personal-info.delete-account": 'id="delete-account"',
    "security.change-password": 'id="change-password"',
    "security.active-sessions": 'id="active-sessions"',
    "security.multi-factor": 'id="multi-factor"',
    "security.recovery": 'id="recovery"',
    "security.history": 'id="security-history"',
    "security.manage-consent": 'id="manage-consent"',
    "applications.open": 'id="open-applications"',
    "applications.authorized": 'id="authorized-applications"',
    "approvals.tasks": "state=reserved",
    "approvals.requests": "/myaccount/approvals/requests/",
}


def save(client: Client, **changes: Any) -> Any:
    """Save the settings form with these changes, and expect it to be taken."""
    response = client.post(FORM, filled_in(client, FORM, **changes))
    assert response.status_code == 302, errors_of(response)
    return response


def logo(kind: str = "PNG", size: tuple[int, int] = (60, 20)) -> SimpleUploadedFile:
    output = io.BytesIO()
    Image.new("RGB", size, "navy").save(output, kind)
    return SimpleUploadedFile("logo.png", output.getvalue(), content_type="image/png")


def settings_events() -> list[Event]:
    return list(Event.objects.filter(kind=EventKind.SETTINGS_CHANGED).order_by("id"))


def navigation(page: str) -> list[str]:
    return re.findall(r'href="(/myaccount/[^"]*)"', page[page.index("<nav") : page.index("</nav>")])


def test_there_is_one_row_and_the_list_leads_to_it(adas: Client) -> None:
    assert not PortalSettings.objects.exists()
    assert adas.get("/admin/web/portalsettings/")["Location"] == FORM
    assert adas.get(FORM).status_code == 200
    assert adas.get("/admin/web/portalsettings/add/").status_code == 403
    assert adas.post("/admin/web/portalsettings/1/delete/", {"post": "yes"}).status_code == 403
    assert adas.get("/admin/web/portalsettings/2/change/").status_code == 302
    save(adas, product_name="Wonderland")
    save(adas, product_name="Wonderland II")
    assert [row.pk for row in PortalSettings.objects.all()] == [1]


def test_the_product_name_is_on_every_page_at_the_next_request(alices: Client, adas: Client) -> None:
    save(adas, product_name="Wonderland <ID>")
    for browser, path in ((alices, "/myaccount/"), (Client(), "/myaccount/sign-in/"), (adas, "/admin/")):
        page = browser.get(path).content.decode()
        assert "Wonderland &lt;ID&gt;" in page, path
        assert "Wonderland <ID>" not in page
    assert "My Account" not in Client().get("/myaccount/sign-in/").content.decode()


def test_footer_and_support_link_are_on_every_page(alices: Client, adas: Client) -> None:
    save(adas, footer="Wonderland Press, Oxford", support_url="help.example.org/me")
    page = alices.get("/myaccount/").content.decode()
    assert "Wonderland Press, Oxford" in page
    assert 'href="https://help.example.org/me"' in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "ftp://example.org/", "//"]
)
def test_a_support_link_is_a_web_address(adas: Client, url: str) -> None:
    """Security 24."""
    response = adas.post(FORM, filled_in(adas, FORM, support_url=url))
    assert "support_url" in errors_of(response)
    assert not PortalSettings.objects.exists()


def test_the_accent_colour_becomes_a_theme_with_a_new_address(alices: Client, adas: Client) -> None:
    assert "theme.css" not in alices.get("/myaccount/").content.decode()
    save(adas, accent_color="#AA3355")
    first = re.search(r'href="(/myaccount/theme.css[^"]*)"', alices.get("/myaccount/").content.decode())
    assert first
    assert alices.get(first[1]).content.decode() == colours.theme_css("#aa3355")
    save(adas, accent_color="#11aa33")
    second = re.search(r'href="(/myaccount/theme.css[^"]*)"', alices.get("/myaccount/").content.decode())
    assert second
    assert second[1] != first[1]
    assert alices.get(second[1]).content.decode() == colours.theme_css("#11aa33")


def test_the_standard_colour_needs_no_theme_and_one_can_go_back_to_it(alices: Client, adas: Client) -> None:
    assert filled_in(adas, FORM)["accent_color"] == colours.STANDARD
    save(adas, footer="Something else")
    assert portal_settings().accent_color == ""
    save(adas, accent_color="#aa3355")
    save(adas, use_standard_color="on")
    assert portal_settings().accent_color == ""
    assert "theme.css" not in alices.get("/myaccount/").content.decode()


def test_the_standard_colour_is_the_tokens_own() -> None:
    lightness, chroma, hue = colours.oklch(colours.STANDARD)
    assert (round(lightness, 2), round(chroma, 2), round(hue)) == (0.47, 0.16, 262)


@pytest.mark.parametrize("colour", ["red", "#12", "#gggggg", "#112233;} body{display:none", ""])
def test_a_colour_is_a_colour(adas: Client, colour: str) -> None:
    response = adas.post(FORM, {**filled_in(adas, FORM), "accent_color": colour})
    assert portal_settings().accent_color == ""
    if colour:
        assert "accent_color" in errors_of(response)


def test_a_logo_takes_the_place_of_the_mark_until_it_is_removed(alices: Client, adas: Client) -> None:
    save(adas, new_logo=logo())
    page = alices.get("/myaccount/").content.decode()
    address = re.search(r'class="logo" src="([^"]+)"', page)
    assert address
    image = alices.get(address[1])
    assert image["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(image.content)).size == (60, 20)
    assert f'src="{address[1]}"' in adas.get(FORM).content.decode()
    save(adas, footer="The logo stays.")
    assert portal_settings().logo
    data = {**filled_in(adas, FORM), "new_logo-clear": "on"}
    assert adas.post(FORM, data).status_code == 302
    assert 'class="logo"' not in alices.get("/myaccount/").content.decode()
    assert alices.get("/myaccount/logo").status_code == 404


@pytest.mark.parametrize(
    "content", [b"<svg onload='alert(1)'/>", b"MZ", b"%PDF-1.7"], ids=["svg", "program", "document"]
)
def test_a_file_that_is_no_picture_is_refused_in_words(adas: Client, content: bytes) -> None:
    upload = SimpleUploadedFile("logo.png", content, content_type="image/png")
    response = adas.post(FORM, filled_in(adas, FORM, new_logo=upload))
    assert errors_of(response) == {
        "new_logo": ["This file is not a picture we can read. Use a PNG, JPEG, WebP or GIF."]
    }
    assert not PortalSettings.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("session_idle_minutes", 4), ("session_idle_minutes", 61), ("session_absolute_hours", 25),
     ("session_absolute_hours", 0), ("product_name", ""), ("product_name", "x" * 61),
     ("product_name", "My\u202eAccount"), ("footer", "a\u200bb"), ("footer", "x" * 201),
     ("feature_security", "maybe"), ("feature_security_history", "read-only")],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused_at_its_field(adas: Client, field: str, value: Any) -> None:
    """Security 14: a session never lasts longer than an hour idle or a day in all."""
    response = adas.post(FORM, {**filled_in(adas, FORM), field: value})
    assert field in errors_of(response)
    assert not PortalSettings.objects.exists()


def test_session_limits_and_proof_are_stored(adas: Client) -> None:
    save(adas, session_idle_minutes=10, session_absolute_hours=8, prove_contact_changes=None)
    row = portal_settings()
    assert (row.session_idle_minutes, row.session_absolute_hours, row.prove_contact_changes) == (10, 8, False)


def test_there_is_a_choice_for_every_feature(adas: Client) -> None:
    form = adas.get(FORM).context["adminform"].form
    for feature in FEATURES:
        field = form.fields[INPUT_OF[feature.id]]
        assert field.choices == choices_for(feature)
        assert form[INPUT_OF[feature.id]].value() == FeatureState.ON


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.id)
def test_a_feature_switched_off_is_gone_from_page_and_panel(alices: Client, adas: Client, feature: Feature) -> None:
    before = alices.get(PAGE_OF[feature.id]).content.decode()
    assert feature.id in URLS or MARKS[feature.id] in before
    save(adas, **{INPUT_OF[feature.id]: "off"})
    url = PAGE_OF[feature.id]
    if feature.id not in URLS:
        assert MARKS[feature.id] not in alices.get(url).content.decode()
        return
    after = alices.get("/myaccount/personal-info/" if feature.id != "personal-info" else "/myaccount/security/")
    assert url in navigation(before)
    assert url not in navigation(after.content.decode())
    assert alices.get(url).status_code == (302 if feature.id == "overview" else 404)


@pytest.mark.parametrize("feature", [f for f in FEATURES if f.changes_something], ids=lambda feature: feature.id)
def test_a_read_only_feature_is_shown_and_takes_no_forms(alices: Client, adas: Client, feature: Feature) -> None:
    save(adas, **{INPUT_OF[feature.id]: "read-only"})
    assert alices.get(PAGE_OF[feature.id]).status_code == 200
    posts = {
        "personal-info": reverse("change-attribute", args=["given_name"]),
        "personal-info.profile": reverse("change-attribute", args=["given_name"]),
        "personal-info.picture": "/myaccount/personal-info/picture/initials/",
        "personal-info.delete-account": "/myaccount/personal-info/delete-account/",
        "personal-info.linked-accounts": reverse("link-account"),
        "approvals": reverse("claim-task", args=[1]),
        "approvals.tasks": reverse("claim-task", args=[1]),
        "approvals.requests": reverse("withdraw-request", args=[NOBODYS]),
        "security": "/myaccount/security/change-password/",
        "security.change-password": "/myaccount/security/change-password/",
        "security.active-sessions": "/myaccount/security/sessions/terminate-all/",
        "security.multi-factor": reverse("prefer-factor"),
        "security.recovery": reverse("remove-recovery-address"),
        "security.manage-consent": reverse("revoke-consent", args=[NOBODYS]),
        "applications": reverse("remove-application", args=[NOBODYS]),
        "applications.open": reverse("toggle-favourite", args=[NOBODYS]),
        "applications.authorized": reverse("remove-application", args=[NOBODYS]),
    }
    assert alices.post(posts[feature.id]).status_code == 403


def test_a_section_is_never_freer_than_its_page(alices: Client, adas: Client) -> None:
    save(adas, feature_security="read-only", feature_security_history="on")
    assert alices.post("/myaccount/security/change-password/").status_code == 403


def test_the_form_remembers_and_on_is_not_stored(adas: Client) -> None:
    save(adas, feature_security_history="off", feature_personal_info="read-only")
    assert portal_settings().features == {"security.history": "off", "personal-info": "read-only"}
    save(adas, feature_personal_info="on")
    assert portal_settings().features == {"security.history": "off"}


def test_each_save_leaves_an_event_that_names_what_changed_and_not_how(ada: User, adas: Client) -> None:
    """Security 88: changes are audited."""
    save(adas, product_name="Wonderland", feature_security_history="off", new_logo=logo())
    (event,) = settings_events()
    assert event.data == {"changed": ["product_name", "logo", "features.security.history"]}
    assert (event.user_uuid, event.by_uuid, event.ip) == (None, ada.uuid, "192.0.2.99")
    assert "Wonderland" not in str(event.data)


def test_a_save_that_changes_nothing_writes_nothing(adas: Client) -> None:
    save(adas, footer="x")
    version = portal_settings().version
    save(adas)
    assert len(settings_events()) == 1
    assert portal_settings().version == version


def test_no_event_no_change(adas: Client) -> None:
    """A change and its event commit together."""

    def no_room_for_events(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "activity_event"'):
            raise RuntimeError("the disk is full")
        return execute(sql, *rest)

    data = filled_in(adas, FORM, product_name="Wonderland")
    with connection.execute_wrapper(no_room_for_events), pytest.raises(RuntimeError):
        adas.post(FORM, data)
    assert portal_settings().product_name == "My Account"


def test_of_two_administrators_the_second_is_told_and_loses_nothing_of_the_first(adas: Client) -> None:
    """Security 28."""
    stale = filled_in(adas, FORM, footer="Mine")
    save(adas, footer="Theirs")
    response = adas.post(FORM, stale, follow=True)
    assert "Somebody else changed the settings meanwhile. Nothing was saved" in response.content.decode()
    assert portal_settings().footer == "Theirs"
    assert len(settings_events()) == 1


def test_posted_extras_are_ignored(adas: Client) -> None:
    """Security 22."""
    data = {**filled_in(adas, FORM), "version": 99, "id": 7, "features": '{"security": "off"}', "logo": "x"}
    assert adas.post(FORM, data).status_code == 302
    assert portal_settings().features == {}
    assert not PortalSettings.objects.exclude(pk=1).exists()


def test_every_feature_belongs_to_a_group_of_the_form(adas: Client) -> None:
    shown = {name for _, options in adas.get(FORM).context["adminform"].fieldsets for name in options["fields"]}
    assert shown >= set(FEATURE_NAMES)
    assert set(FEATURE_NAMES.values()) == set(BY_ID)
