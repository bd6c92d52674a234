"""`make run`, as a newcomer meets it: the portal answers, the demo people can sign in, stopping stops everything."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest
from django.conf import settings

from tests.support.servers import free_port

ROOT = Path(settings.BASE_DIR)
Start = Callable[[int], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the runner on a port, with a database of its own. Whatever happens, it is ended."""
    started = []

    def run(port: int) -> subprocess.Popen[str]:
        environment = {**os.environ, "PORT": str(port), "DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}"}
        for name in ("DJANGO_SETTINGS_MODULE", "CACHE_URL", "EMAIL_URL", "SMS_URL", "PUBLIC_URL"):
            environment.pop(name, None)
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "scripts.run"],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    lines = ""
    for line in process.stdout:
        lines += line
        if "Press Ctrl-C" in line:
            return lines
    raise AssertionError(f"it ended: {lines}")


def sign_in(address: str, username: str) -> OpenerDirector:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{address}/myaccount/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    fields = {
        "csrfmiddlewaretoken": token.group(1),
        "identifier": username,
        "password": f"{username}-demo-passphrase",
    }
    answer = browser.open(Request(f"{address}/myaccount/sign-in/", urlencode(fields).encode()))
    assert answer.url == f"{address}/myaccount/", answer.read().decode()
    return browser


def wait_for(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_demonstration_runs_and_stops(start: Start) -> None:
    port = free_port()
    address = f"http://localhost:{port}"
    process = start(port)
    printed = wait_until_ready(process)
    assert f"{address}/myaccount/" in printed
    pickup = re.search(r"(http://localhost:\d+)/\n", printed.split("Pickup", 1)[1])
    assert pickup
    for name in ("alice", "bob", "carol", "admin"):
        assert name in printed
        browser = sign_in(address, name)

    # The example application is registered and leads to the portal's question.
    asked = browser.open(f"{pickup[1]}/sign-in")
    assert asked.url.startswith(f"{address}/oauth2/authorize/?"), asked.url
    assert "Pickup" in asked.read().decode()

    # The worker runs beside it: the mails about new browsers leave.
    wait_for(lambda: "alice@example.org" in browser.open(f"{address}/outbox/").read().decode())

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # nobody of the group is left
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(pickup[1].rpartition(":")[2]))) != 0


def test_a_port_that_is_taken_is_said_so_with_another_to_try(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        printed, _ = start(port).communicate(timeout=30)
    assert re.fullmatch(rf"Port {port} cannot be used .*\. Choose another: PORT={port + 1} make run\n", printed)


@pytest.mark.parametrize("port", ["eighty", "-1", "0", "70000"])
def test_a_port_that_is_none_is_said_so(port: str) -> None:
    environment = {**os.environ, "PORT": port}
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.run"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == f"PORT is {port!r}, which is no port: give a number, like PORT=8001.\n"
