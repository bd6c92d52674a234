"""Production starts with everything it needs, or ends with one line that says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.keys import key_file

ROOT = Path(__file__).resolve().parent.parent
GOOD = {
    "DJANGO_SETTINGS_MODULE": "myaccount.settings.prod",
    "SECRET_KEY": "k" * 64,
    "PUBLIC_URL": "https://account.example.org",
    "DATABASE_URL": "postgresql://portal:sesame@db.example.org/portal",
    "EMAIL_URL": "smtp+tls://portal:sesame@mail.example.org:587",
    "SMS_URL": "json://sms.example.org/{to}",
    "TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::7",
    "OIDC_KEY_FILE": key_file(),
}


def start(*, code: str = "print('started')", **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Read the settings in a new process, with these changes to a good environment; None takes one away."""
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment |= {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            f"import myaccount; from django.conf import settings; settings.DEBUG; {code}",
        ],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Reads the settings in this process, which is quicker, and returns what the refusal to start says."""

    def read(**changes: str | None) -> str:
        for name in (*GOOD, *changes, "CACHE_URL", "EMAIL_FROM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {**GOOD, **changes}.items():
            if value is not None:
                monkeypatch.setenv(name, value)
        for module in ("myaccount.settings.base", "myaccount.settings.prod"):
            monkeypatch.delitem(sys.modules, module, raising=False)
        try:
            import_module("myaccount.settings.prod")
        except SystemExit as end:
            return str(end.code)
        finally:
            for module in ("myaccount.settings.base", "myaccount.settings.prod"):
                sys.modules.pop(module, None)
        return ""

    return read


def test_a_complete_environment_starts() -> None:
    result = start()
    assert (result.returncode, result.stdout, result.stderr) == (0, "started\n", "")


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_optional_may_be_left_out_or_empty(refusal: Callable[..., str], nothing: str | None) -> None:
    names = ("SMS_URL", "TRUSTED_PROXIES", "CACHE_URL", "BREACHED_PASSWORDS_FILE", "DEFAULT_PHONE_REGION", "EMAIL_FROM")
    assert refusal(**dict.fromkeys(names, nothing)) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY_FILE", "/no/such/file"),
        ("PUBLIC_URL", None),
        ("PUBLIC_URL", "account.example.org"),
        ("PUBLIC_URL", "http://account.example.org"),
        ("PUBLIC_URL", "https://account.example.org/portal"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://account.example.org:port"),
        ("PUBLIC_URL", "https://user@account.example.org"),
        ("PUBLIC_URL", "https://account.example.org/?x"),
        ("PUBLIC_URL", "https://[::1"),
        ("DATABASE_URL", None),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "nonsense://db/portal"),
        ("DATABASE_URL", "mysql://portal@db/portal"),
        ("DATABASE_URL", "postgresql://db.example.org"),
        ("DATABASE_URL", "postgresql://db:port/portal"),
        ("DATABASE_STATEMENT_TIMEOUT", "for ever"),
        ("EMAIL_URL", None),
        ("EMAIL_URL", "mail.example.org"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "nonsense://mail.example.org"),
        ("EMAIL_URL", "smtp://mail.example.org:port"),
        ("SMS_URL", "json://sms.example.org/"),
        ("SMS_URL", "no address {to}"),
        ("CACHE_URL", "memcache://localhost"),
        ("CACHE_URL", "nonsense"),
        ("TRUSTED_PROXIES", "everybody"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("BREACHED_PASSWORDS_FILE", "/no/such/file"),
        ("DEFAULT_PHONE_REGION", "Atlantis"),
        ("EMAIL_FROM", "nobody at all"),
        ("OIDC_KEY_FILE", None),
        ("OIDC_KEY_FILE", "/no/such/file"),
        ("OIDC_KEY_FILE", __file__),
    ],
)
def test_what_is_missing_or_wrong_is_named_in_one_line(
    refusal: Callable[..., str], name: str, value: str | None
) -> None:
    line = refusal(**{name: value})
    assert line.startswith(f"{name} ")
    assert len(line.splitlines()) == 1
    assert len(line.split(": ", 1)[1]) > 10, "says how to mend it"
    assert "sesame" not in line


def test_the_first_key_signs_and_the_others_verify() -> None:
    code = (
        "keys = settings.OAUTH2_PROVIDER;"
        "print(len([keys['OIDC_RSA_PRIVATE_KEY']]), len(keys['OIDC_RSA_PRIVATE_KEYS_INACTIVE']))"
    )
    assert start(OIDC_KEY_FILE=key_file(3), code=code).stdout == "1 2\n"


def test_a_weak_key_is_refused(tmp_path: Path, refusal: Callable[..., str]) -> None:
    key = generate_private_key(public_exponent=65537, key_size=1024)
    file = tmp_path / "weak.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert "at least 2048 bits" in refusal(OIDC_KEY_FILE=str(file))


def test_the_line_is_all_that_is_said() -> None:
    result = start(PUBLIC_URL=None)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == ("PUBLIC_URL is not set: give the address people open, like https://account.example.org.\n")


def test_a_secret_may_be_in_a_file(tmp_path: Path, refusal: Callable[..., str]) -> None:
    file = tmp_path / "key"
    file.write_text("k" * 64 + "\n")
    assert refusal(SECRET_KEY=None, SECRET_KEY_FILE=str(file)) == ""
    file.write_text("short\n")
    assert refusal(SECRET_KEY=None, SECRET_KEY_FILE=str(file)).startswith("SECRET_KEY")


@pytest.mark.parametrize(
    ("value", "kept"),
    [(None, []), ("", []), ("old", ["old"]), ("newer,older", ["newer", "older"]), ("a, b,", ["a", "b"])],
)
def test_earlier_secret_keys_are_still_accepted(value: str | None, kept: list[str]) -> None:
    result = start(SECRET_KEY_FALLBACKS=value, code="print(settings.SECRET_KEY_FALLBACKS)")
    assert (result.returncode, result.stdout) == (0, f"{kept}\n")


def test_servers_start_with_the_production_settings() -> None:
    environment = {**GOOD, "PATH": os.environ["PATH"]}
    del environment["DJANGO_SETTINGS_MODULE"]
    code = (
        "from myaccount import asgi, wsgi; from django.conf import settings;"
        "print(settings.SETTINGS_MODULE, callable(asgi.application), callable(wsgi.application))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.stdout == "myaccount.settings.prod True True\n", result.stderr
