"""Visits the portal under its production settings, and prints what came back as JSON.

Run as a program of its own: settings cannot be changed in a process that has read them. Only the
static files' storage is another one, since nothing was collected.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import myaccount  # noqa: F401


def visit() -> dict[str, Any]:
    import django
    from django.conf import settings

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    django.setup()
    from django.test import Client

    seen: dict[str, Any] = {}

    def note(name: str, response: Any) -> Any:
        cookies = {
            cookie.key: {"value": cookie.value, **{k: v for k, v in cookie.items() if v != ""}}
            for cookie in response.cookies.values()
        }
        headers = {key.lower(): value for key, value in response.headers.items()}
        body = "" if response.streaming else response.content.decode(errors="replace")
        seen[name] = {"status": response.status_code, "headers": headers, "cookies": cookies, "body": body}
        return response

    browser = Client(
        enforce_csrf_checks=True,
        raise_request_exception=False,
        HTTP_HOST="account.example.org",
        REMOTE_ADDR="198.51.100.3",
        HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    )

    def get(name: str, path: str, **more: Any) -> Any:
        return note(name, browser.get(path, **{"secure": True, **more}))

    def post(name: str, path: str, form: dict[str, str]) -> Any:
        token = browser.cookies["__Host-csrf"].value if "__Host-csrf" in browser.cookies else ""
        headers = {"origin": "https://account.example.org"}
        return note(name, browser.post(path, {**form, "csrfmiddlewaretoken": token}, secure=True, headers=headers))

    get("health", "/health", secure=False)
    get("ready", "/ready", secure=False)
    if "without-people" in sys.argv:
        get("sign-in page", "/myaccount/sign-in/")
        return seen

    from django.core.management import call_command
    from django.utils import timezone

    from myaccount.users.models import User

    call_command("migrate", verbosity=0)
    person = User.objects.create_user("alice", "alice@example.org", "seven quiet wooden lanterns")
    seen["password hash"] = person.password
    User.objects.filter(pk=person.pk).update(email_verified_at=timezone.now(), is_staff=True, is_superuser=True)
    get("sign-in page", "/myaccount/sign-in/")
    post("passkey options", "/myaccount/sign-in/passkey/options/", {})
    get("overview of a stranger", "/myaccount/")
    get("plain http", "/myaccount/", secure=False)
    get("forged https", "/myaccount/", secure=False, headers={"x-forwarded-proto": "https"})
    get(
        "https of a proxy", "/myaccount/", secure=False, headers={"x-forwarded-proto": "https"}, REMOTE_ADDR="127.0.0.1"
    )
    get("foreign host", "/myaccount/", HTTP_HOST="evil.example")
    get("forged host", "/myaccount/sign-in/", headers={"x-forwarded-host": "evil.example"})
    get("not found", "/nope/")
    get("nul", "/myaccount/%00")
    get("huge", "/myaccount/sign-in/", CONTENT_LENGTH=str(10**9))
    get("outbox", "/outbox/")
    get("gallery", "/_components/")
    note("no token", browser.post("/myaccount/sign-in/", {}, secure=True))
    form = {"identifier": "alice", "password": "seven quiet wooden lanterns"}
    post("refused", "/myaccount/sign-in/", {**form, "password": "wrong"})
    post("language", "/myaccount/language/", {"language": "en"})
    post("signed in", "/myaccount/sign-in/", form)
    get("overview", "/myaccount/")
    get("security", "/myaccount/security/")
    get("admin", "/admin/")
    post("signed out", "/myaccount/sign-out/", {})
    get("afterwards", "/myaccount/")
    return seen


if __name__ == "__main__":
    json.dump(visit(), sys.stdout)
