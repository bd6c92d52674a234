"""The door to administration is the portal's own, and every page behind it works."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM, record
from myaccount.outbox import services as outbox
from myaccount.schedule.models import JobRun
from myaccount.schedule.services import run_due
from myaccount.users.models import User
from tests.deletion.support import ask_for_deletion
from tests.support.browsing import SECOND_STEP, SIGN_IN, new_browser
from tests.support.factors import code_of
from tests.support.people import PASSPHRASE

PAGES = [
    "/admin/",
    "/admin/users/user/",
    "/admin/web/portalsettings/1/change/",
    "/admin/activity/event/",
    "/admin/no/such/",
]


CANNOT_BE_ADDED = {
    "web_portalsettings",
    "activity_event",
    "outbox_message",
    "schedule_jobrun",
    "sessions_app_loginsession",
    "linked_accounts_locallink",
    "security_signinpolicy",
    "security_recoverysettings",
    "registration_registration",
    "registration_registrationsettings",
    "security_question",
    "consent_consent",
    "consent_consentreceipt",
    "consent_controller",
    "approvals_approvalrequest",
    "linked_accounts_federatedidentity",
    "deletion_accountdeletion",
    "deletion_deletionsettings",
}


def admin_pages(*, rows: int = 25) -> list[str]:
    """Of every model registered: the list, the form for a new row, and the page of so many rows."""
    paths = ["/admin/"]
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        paths += [f"/admin/{model._meta.app_label}/", reverse(f"admin:{name}_changelist")]
        if name not in CANNOT_BE_ADDED:
            paths.append(reverse(f"admin:{name}_add"))
        for number, row in enumerate(model._default_manager.all()[:rows]):
            pages = ("change", "history") if number == 0 else ("change",)
            paths += [reverse(f"admin:{name}_{page}", args=[row.pk]) for page in pages]
    return paths


@pytest.mark.parametrize("path", PAGES)
def test_strangers_come_to_the_portals_sign_in_and_then_to_where_they_wanted(
    browser: Client, db: None, path: str
) -> None:
    response = browser.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith(f"{SIGN_IN}?next=%2Fadmin%2F")


def test_signing_in_leads_on_to_administration(ada: User, browser: Client) -> None:
    location = browser.get("/admin/users/user/")["Location"]
    assert 'name="next" value="/admin/users/user/"' in browser.get(location).content.decode()
    data = {"identifier": "ada", "password": PASSPHRASE, "next": "/admin/users/user/"}
    assert browser.post(SIGN_IN, data)["Location"] == SECOND_STEP
    response = browser.post(f"{SECOND_STEP}totp/", {"code": code_of()}, follow=True)
    assert response.redirect_chain[-1][0] == "/admin/users/user/"
    assert response.status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/admin/jsi18n/"])
def test_people_who_are_no_administrators_are_told_so(alices: Client, path: str) -> None:
    response = alices.get(path)
    assert response.status_code == 403
    assert "This page is for administrators." in response.content.decode()


def test_administration_has_no_sign_in_page_of_its_own(ada: User, browser: Client) -> None:
    """Security 6: one door, one set of limits."""
    response = browser.post("/admin/login/", {"username": "ada", "password": PASSPHRASE})
    assert response.status_code == 302
    assert browser.get("/admin/").status_code == 302


def test_a_disabled_administrator_is_out_at_the_next_request(ada: User, adas: Client) -> None:
    """Security 18."""
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert adas.get("/admin/")["Location"].startswith(SIGN_IN)


def test_log_out_signs_out_of_the_portal(ada: User, adas: Client) -> None:
    response = adas.post("/admin/logout/")
    assert response.status_code == 307
    assert response["Location"] == "/myaccount/sign-out/"
    adas.post(response["Location"])
    assert adas.get("/admin/").status_code == 302
    assert Event.objects.filter(user_uuid=ada.uuid, kind=EventKind.SIGNED_OUT).exists()


def test_log_out_by_a_link_only_asks(adas: Client) -> None:
    """Security 12."""
    adas.get("/admin/logout/", follow=True)
    assert adas.get("/admin/").status_code == 200


def test_a_forged_log_out_is_refused(ada: User) -> None:
    """Security 12."""
    browser = new_browser(enforce_csrf_checks=True)
    assert browser.post("/admin/logout/").status_code == 403


def test_change_password_leads_to_the_portals(adas: Client) -> None:
    response = adas.get("/admin/password_change/", follow=True)
    assert response.redirect_chain[-1][0] == "/myaccount/security/?edit=password#id_current_password"
    assert "Confirm new password" in response.content.decode()


def test_every_page_works_with_rows_of_every_kind(alice: User, adas: Client) -> None:
    now = timezone.now()
    outbox.send_email("password_changed", to="alice@example.org", user=alice, now=now,
                      context={"browser": "Firefox", "ip": "192.0.2.1", "at": "now"})  # fmt: skip
    run_due(now=now)
    record(EventKind.SIGN_IN_FAILED, user=None, origin=SYSTEM, now=now)
    ask_for_deletion(alice)
    assert JobRun.objects.exists()
    for path in admin_pages():
        response = adas.get(path, follow=True)
        assert response.status_code == 200, path


def test_lists_can_be_filtered_and_searched(alice: User, adas: Client) -> None:
    for query in ("q=alice", "q=ALICE%40example.org", f"q={alice.uuid}", "q=nobody", "q=%00", "state=ended",
                  "kind=nonsense", "is_active__exact=1", "p=9", "o=1", "at__gte=yesterday"):  # fmt: skip
        for name in ("users_user", "activity_event", "outbox_message", "sessions_app_loginsession", "claims_claim"):
            response = adas.get(f"{reverse(f'admin:{name}_changelist')}?{query}", follow=True)
            assert response.status_code in (200, 400), (name, query)


def test_the_index_is_grouped_and_hides_what_nobody_needs(adas: Client) -> None:
    groups = [[model["object_name"] for model in app["models"]] for app in adas.get("/admin/").context["app_list"]]
    assert groups == [
        ["User", "Group", "Claim", "LoginSession", "Registration", "AccountDeletion"],
        [
            "PortalSettings",
            "SignInPolicy",
            "AuthenticationChain",
            "RecoverySettings",
            "QuestionSet",
            "RegistrationSettings",
            "DeletionSettings",
        ],
        ["Application", "Consent", "ConsentReceipt", "Controller", "Purpose", "PurposeCategory"],
        ["Workflow", "ApprovalRequest"],
        ["LocalLink", "IdentityProvider", "FederatedIdentity"],
        ["Event", "Message", "JobRun"],
    ]


def test_it_is_called_after_the_product(adas: Client) -> None:
    assert "My Account administration" in adas.get("/admin/").content.decode()


def test_each_helper_sees_only_what_their_group_allows(helpdesks: Client) -> None:
    groups = [[model["object_name"] for model in app["models"]] for app in helpdesks.get("/admin/").context["app_list"]]
    assert groups == [["User", "LoginSession"], ["Event", "Message"]]
    for path in ("web/portalsettings/1/change/", "claims/claim/", "schedule/jobrun/", "auth/group/"):
        assert helpdesks.get(f"/admin/{path}").status_code == 403, path
