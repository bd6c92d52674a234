"""The captcha: right, ours, this session's, for this action, not older than five minutes, and once (security 46)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from myaccount.limits.models import AttemptBudget
from myaccount.users.models import User
from security import pending
from security.captcha import services as captcha
from security.captcha.models import CaptchaSolution
from security.captcha.services import CaptchaRefused
from security.recovery import tasks
from sessions_app.models import LoginSession
from tests.support.browsing import SIGN_IN, new_browser, sign_in
from tests.support.captcha import CHALLENGE, pack, solve, solved, unpack
from tests.support.hashers import CountingPasswordHasher
from tests.support.parallel import in_parallel
from tests.support.people import PASSPHRASE, make_person

WRONG = "not the password at all"
SESSION = "what ties a challenge to one browser"


def new_challenge(action: str = captcha.SIGN_IN, binding: str = SESSION) -> dict[str, Any]:
    return captcha.issue(action=action, binding=binding, now=timezone.now())


def check(payload: str, *, action: str = captcha.SIGN_IN, binding: str = SESSION) -> None:
    captcha.check(payload=payload, action=action, binding=binding, now=timezone.now())


def refused(payload: str, reason: str, **more: str) -> None:
    """It does not count, for this reason, and leaves nothing behind."""
    before = CaptchaSolution.objects.count()
    with pytest.raises(CaptchaRefused) as caught:
        check(payload, **more)
    assert reason in caught.value.reason
    assert CaptchaSolution.objects.count() == before


# What counts


def test_a_solved_challenge_counts_once(db: None) -> None:
    """Security 46: replayed."""
    payload = solve(new_challenge())
    check(payload)
    refused(payload, "it was used")


def test_the_same_solution_written_otherwise_is_the_same(db: None) -> None:
    """Security 46: replayed, with other spaces, other letters, and more beside it."""
    payload = solve(new_challenge())
    check(payload)
    answer = unpack(payload)
    answer["solution"] = {"derivedKey": answer["solution"]["derivedKey"].upper(), "counter": -1, "time": 5}
    answer["challenge"]["parameters"]["cost"] = float(answer["challenge"]["parameters"]["cost"])
    refused(pack({"more": "of it", **answer}), "it was used")
    refused(payload[:20] + "\n" + payload[20:], "it was used")


def test_two_challenges_are_two(db: None) -> None:
    for _ in range(2):
        check(solve(new_challenge()))
    assert CaptchaSolution.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_hand_one_in_at_once_one_gets_through(on_postgresql: None) -> None:
    """Security 38, 46."""
    payload = solve(new_challenge())
    results = in_parallel(lambda _: check(payload), 20)
    assert results.count(None) == 1, results
    assert all(isinstance(result, CaptchaRefused) for result in results if result is not None), results


@pytest.mark.django_db(transaction=True)
def test_a_rollback_makes_no_captcha_whole_again() -> None:
    """Security 46, 57: it is marked in a transaction of its own, and never inside another."""
    payload = solve(new_challenge())
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        check(payload)
    check(payload)
    with pytest.raises(ValueError, match="later"), transaction.atomic():
        raise ValueError("later")
    refused(payload, "it was used")


# What does not


@pytest.mark.parametrize("payload", ["", " ", "\x00", "é", "x", "x" * 5000, "====", "bnVsbA==", "W10=", "InRleHQi"])
def test_garbage_is_refused(db: None, payload: str) -> None:
    """Security 46, 90: omitted, or no answer at all."""
    refused(payload, "there is none" if not payload else "it is no answer")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"challenge": None, "solution": None},
        {"challenge": [], "solution": []},
        {"challenge": {"parameters": []}, "solution": {}},
        {"challenge": {"parameters": {}}, "solution": {"counter": 1, "derivedKey": ""}},
        {"challenge": "x", "solution": "y"},
    ],
)
def test_an_answer_of_another_shape_is_refused(db: None, answer: Any) -> None:
    """Security 46, 90."""
    refused(pack(answer), "it is no answer")


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
)
_PLACES = [
    ("challenge", "signature"),
    ("solution", "counter"),
    ("solution", "derivedKey"),
    *(("challenge", "parameters", name) for name in ("algorithm", "nonce", "salt", "cost", "keyLength", "keyPrefix")),
    *(("challenge", "parameters", name) for name in ("keySignature", "expiresAt", "data", "memoryCost")),
]


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(_PLACES), value=_JSON)
def test_whatever_stands_in_an_answer_is_taken_or_refused(db: None, place: tuple[str, ...], value: Any) -> None:
    """Security 46, 90: never an error of ours. Only the counter is nobody's business: the key is what counts."""
    answer = unpack(solve(new_challenge()))
    part = answer
    for name in place[:-1]:
        part = part[name]
    is_as_it_was = part.get(place[-1]) == value
    part[place[-1]] = value
    if place == ("solution", "counter") or is_as_it_was:
        return
    with pytest.raises(CaptchaRefused):
        check(pack(answer))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cost", 2),
        ("keyPrefix", ""),
        ("keyPrefix", "00"),
        ("expiresAt", 4_000_000_000),
        ("nonce", "00" * 16),
        ("salt", "00" * 16),
        ("keySignature", None),
        ("algorithm", "SHA-256"),
        ("data", {"action": captcha.RECOVER, "session": "x"}),
    ],
)
def test_a_challenge_that_was_tampered_with_is_refused(db: None, name: str, value: Any) -> None:
    """Security 46: an easier one, one that lasts longer, one for something else."""
    answer = unpack(solve(new_challenge()))
    answer["challenge"]["parameters"][name] = value
    refused(pack(answer), "it is not ours")


def test_a_challenge_somebody_else_signed_is_refused(db: None, settings: Settings) -> None:
    """Security 46: made and solved with another secret, or signed by nobody."""
    secret = settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 10
    payload = solve(new_challenge())
    settings.SECRET_KEY = secret
    refused(payload, "it is not ours")
    answer = unpack(solve(new_challenge()))
    del answer["challenge"]["signature"]
    refused(pack(answer), "it is not ours")


def test_a_wrong_solution_is_refused_and_the_right_one_still_counts(db: None) -> None:
    """Security 46: another challenge's key, an empty one, and no key but the right number."""
    right, other = unpack(solve(new_challenge())), unpack(solve(new_challenge()))
    for key in (other["solution"]["derivedKey"], "", right["challenge"]["parameters"]["keyPrefix"], None):
        solution = {**right["solution"], "derivedKey": key}
        refused(pack({"challenge": right["challenge"], "solution": solution}), "it is not solved")
    check(pack(right))


def test_an_answer_counts_for_five_minutes(db: None, time_machine: Any) -> None:
    """Security 46: expired."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    early, late = solve(new_challenge()), solve(new_challenge())
    time_machine.shift(299)
    check(early)
    time_machine.shift(1)
    refused(late, "it is too old")
    time_machine.shift(3600)
    refused(late, "it is too old")


def test_how_late_it_is_is_what_the_caller_says(db: None) -> None:
    payload = solve(new_challenge())
    with pytest.raises(CaptchaRefused):
        captcha.check(payload=payload, action=captcha.SIGN_IN, binding=SESSION, now=timezone.now() + captcha.LIFE)


def test_an_answer_is_for_one_action_of_one_session(db: None) -> None:
    """Security 46: another action's, another session's, no session's."""
    payload = solve(new_challenge())
    refused(payload, "for something else", action=captcha.RECOVER)
    refused(payload, "another session's", binding="another browser's")
    refused(payload, "another session's", binding="")
    refused(solve(new_challenge(binding="")), "another session's", binding="")
    check(payload)


def test_people_read_the_same_words_for_every_reason(db: None) -> None:
    words = set()
    for payload in ("", "x", pack({}), solve(new_challenge(binding="another"))):
        with pytest.raises(CaptchaRefused) as caught:
            check(payload)
        words.add(str(caught.value))
    assert words == {"We could not see that you are not a robot. Wait until the check says “Done”, then try again."}


def test_there_is_no_captcha_for_what_nobody_asks_one_for() -> None:
    with pytest.raises(ValueError, match="no captcha is for"):
        new_challenge("take over the world")


def test_a_challenge_is_about_a_second_of_work_and_little_of_ours(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page says of it holds: browsers count up to at most 511, and each number costs 5,000 rounds."""
    monkeypatch.undo()
    parameters = new_challenge()["parameters"]
    assert (parameters["algorithm"], parameters["cost"]) == ("PBKDF2/SHA-256", 5000)
    assert len(parameters["keyPrefix"]) == 32  # so that one number only will do
    assert (captcha.COUNTERS.start, captcha.COUNTERS.stop) == (0, 512)


def test_a_challenge_tells_nothing_of_the_session(db: None) -> None:
    assert SESSION not in str(new_challenge())
    sessions = [new_challenge(binding=binding)["parameters"]["data"]["session"] for binding in (SESSION, "another")]
    assert sessions[0] != sessions[1]


def test_marks_go_when_what_they_mark_is_too_old_anyway(db: None, time_machine: Any) -> None:
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    first = solve(new_challenge())
    check(first)
    time_machine.shift(200)
    check(solve(new_challenge()))
    time_machine.shift(100)
    tasks.forget_old(timezone.now())
    refused(first, "it is too old")
    assert CaptchaSolution.objects.count() == 2
    time_machine.shift(1)
    tasks.forget_old(timezone.now())
    assert CaptchaSolution.objects.count() == 1


# The address that hands challenges out


def test_a_stranger_gets_a_challenge_for_their_own_session(browser: Client, db: None) -> None:
    """Security 46."""
    payload = solved(browser, captcha.RECOVER)
    binding = pending.known_binding(browser.session)
    assert binding
    refused(payload, "another session's", action=captcha.RECOVER)
    check(payload, action=captcha.RECOVER, binding=binding)
    assert "no-store" in browser.post(CHALLENGE, {"action": captcha.RECOVER})["Cache-Control"]


@pytest.mark.parametrize("action", ["", "sign-out", "SIGN-IN", "\x00"])
def test_a_challenge_for_anything_else_is_not_found(browser: Client, db: None, action: str) -> None:
    assert browser.post(CHALLENGE, {"action": action}).status_code == 404
    assert browser.get(CHALLENGE).status_code == 405


def test_a_challenge_is_asked_for_from_our_own_pages(db: None) -> None:
    """Security 12."""
    browser = new_browser(enforce_csrf_checks=True)
    assert browser.post(CHALLENGE, {"action": captcha.SIGN_IN}).status_code == 403


def test_a_network_gets_so_many_challenges_a_minute(db: None, time_machine: Any) -> None:
    """Security 44, 46: and another network gets its own."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    ask = {"action": captcha.SIGN_IN}
    browser = new_browser()
    for _ in range(captcha.PER_MINUTE.free_attempts):
        assert browser.post(CHALLENGE, ask).status_code == 200
    response = browser.post(CHALLENGE, ask)
    assert response.status_code == 429
    assert int(response["Retry-After"]) <= 60
    assert new_browser(address="198.51.100.7").post(CHALLENGE, ask).status_code == 200
    time_machine.shift(60)
    assert browser.post(CHALLENGE, ask).status_code == 200


# The way past a back-off


def try_in(client: Client, identifier: str = "alice", password: str = WRONG, **form: str) -> Any:
    return client.post(SIGN_IN, {"identifier": identifier, "password": password, **form})


def block_place(address: str = "192.0.2.10") -> None:
    """Somebody guesses until the account, as seen from this network, is paused."""
    for _ in range(5):
        try_in(new_browser(address=address))


def block_account() -> None:
    """Somebody guesses from everywhere until the account is paused for all who were never there before."""
    for number in range(30):
        try_in(new_browser(address=f"198.51.{number}.1"))


@pytest.mark.parametrize("block", [block_place, block_account])
def test_with_a_captcha_the_owner_passes_whatever_strangers_do(alice: User, settings: Settings, block: Any) -> None:
    """Security 5: from a new browser, in the strangers' own network or another, and where axes has locked it, too."""
    settings.AXES_FAILURE_LIMIT = 3
    block()
    owner = new_browser()
    assert try_in(owner, "alice", PASSPHRASE).status_code == 422
    assert try_in(owner, "alice", PASSPHRASE, captcha=solved(owner, captcha.SIGN_IN)).status_code == 302
    assert LoginSession.objects.get().user == alice


def test_each_captcha_buys_one_attempt(alice: User, settings: Settings) -> None:
    """Security 5, 46: looked at with a new one, not with the one before nor with none."""
    block_place()
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    make_person("other")  # so that the hasher is in use
    browser = new_browser()

    def looked_at(**form: str) -> int:
        before = CountingPasswordHasher.calls
        assert try_in(browser, **form).status_code == 422
        return CountingPasswordHasher.calls - before

    assert looked_at() == 0
    for _ in range(3):
        payload = solved(browser, captcha.SIGN_IN)
        assert looked_at(captcha=payload) > 0
        assert looked_at(captcha=payload) == 0
        assert looked_at() == 0


@pytest.mark.parametrize("payload", ["", "x", "\x00", "W10=", "é" * 100])
def test_what_is_no_captcha_lets_nobody_past(alice: User, payload: str) -> None:
    """Security 46: omitted, garbage."""
    block_place()
    assert try_in(new_browser(), "alice", PASSPHRASE, captcha=payload).status_code == 422


def test_a_captcha_of_elsewhere_or_before_lets_nobody_past(alice: User, time_machine: Any) -> None:
    """Security 46: another session's, another action's, expired, replayed in another session."""
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)
    block_account()
    browser, other = new_browser(), new_browser()
    for payload in (solved(other, captcha.SIGN_IN), solved(browser, captcha.RECOVER)):
        assert try_in(browser, "alice", PASSPHRASE, captcha=payload).status_code == 422
    late = solved(browser, captcha.SIGN_IN)
    time_machine.shift(301)
    block_account()
    assert try_in(browser, "alice", PASSPHRASE, captcha=late).status_code == 422
    assert not LoginSession.objects.exists()


def test_where_nothing_is_blocked_a_bad_captcha_is_as_good_as_none(alice: User) -> None:
    assert try_in(new_browser(), "alice", PASSPHRASE, captcha="left over from before").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_with_one_captcha_are_looked_at_once(on_postgresql: None, settings: Settings) -> None:
    """Security 3, 46: none of the others gets past the pause."""
    make_person("alice")
    block_place()
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    browser = new_browser()
    payload, cookie = solved(browser, captcha.SIGN_IN), browser.cookies["session"].value

    def guess(number: int) -> int:
        tab = new_browser()
        tab.cookies["session"] = cookie
        return int(try_in(tab, password=f"guess {number}", captcha=payload).status_code)

    before = AttemptBudget.objects.get(key__startswith="account:").failures
    assert in_parallel(guess, 20) == [422] * 20
    assert AttemptBudget.objects.get(key__startswith="account:").failures == before + 1


def test_a_networks_pause_holds_with_captchas_too(alice: User) -> None:
    """Security 3, 5: guessing at everybody from one place is slowed down, whatever it solves."""
    AttemptBudget.objects.create(key="network:192.0.2.10", failures=59, last_attempt_at=timezone.now())
    browser = new_browser()
    assert try_in(browser, "nobody", captcha=solved(browser, captcha.SIGN_IN)).status_code == 422
    blocked = AttemptBudget.objects.get(key="network:192.0.2.10")
    assert blocked.blocked_until
    assert try_in(browser, "alice", PASSPHRASE, captcha=solved(browser, captcha.SIGN_IN)).status_code == 422
    assert not LoginSession.objects.exists()
    elsewhere = new_browser(address="198.51.100.7")
    assert try_in(elsewhere, "alice", PASSPHRASE, captcha=solved(elsewhere, captcha.SIGN_IN)).status_code == 302


def test_guesses_with_a_captcha_are_counted_like_any_other(alice: User) -> None:
    """Security 3, 5: against account, place and network, and all but the network's are forgiven at the success."""
    block_place()
    browser = new_browser()
    for _ in range(3):
        try_in(browser, captcha=solved(browser, captcha.SIGN_IN))
    assert set(AttemptBudget.objects.exclude(key__startswith="captchas:").values_list("failures", flat=True)) == {8}
    assert try_in(browser, "alice", PASSPHRASE, captcha=solved(browser, captcha.SIGN_IN)).status_code == 302
    left = AttemptBudget.objects.exclude(key__startswith="captchas:")
    assert list(left.values_list("key", "failures")) == [("network:192.0.2.10", 8)]


def test_a_known_browser_waits_for_its_own_failures(alice: User) -> None:
    """Security 3: those are nobody else's, and with its cookie there would be no network to count against."""
    owner = sign_in(new_browser())
    owner.post("/myaccount/sign-out/")
    for _ in range(10):
        try_in(owner)
    assert try_in(owner, "alice", PASSPHRASE, captcha=solved(owner, captcha.SIGN_IN)).status_code == 422


def test_the_page_offers_the_captcha_after_every_refusal_and_not_before(alice: User) -> None:
    """Security 1, 5: so that neither an account nor a pause is told apart."""
    for nothing_tried in (new_browser().get(SIGN_IN), try_in(new_browser(), "alice", ""), try_in(new_browser(), "")):
        assert "data-captcha" not in nothing_tried.content.decode()
    make_person("victim")
    AttemptBudget.objects.create(
        key="network:198.51.100.7", failures=99, last_attempt_at=timezone.now(),
        blocked_until=timezone.now() + timedelta(minutes=9),
    )  # fmt: skip
    pages = [
        try_in(new_browser(), "alice"),
        try_in(new_browser(), "nobody"),
        try_in(new_browser(address="198.51.100.7"), "victim"),
        new_browser().post(f"{SIGN_IN}passkey/", {"challenge": "", "credential": ""}),
    ]
    widgets = {re.search(r'<div class="captcha".*?</div>\s*<button.*?</div>', p.content.decode(), re.S) for p in pages}
    texts = {widget[0] for widget in widgets if widget}
    assert len(texts) == 1
    assert len([widget for widget in widgets if widget]) == len(pages)
    assert 'data-action="sign-in"' in texts.pop()


def test_without_script_the_page_says_what_to_do_instead(alice: User) -> None:
    page = try_in(new_browser()).content.decode()
    without = re.search(r"<noscript>(.*?)</noscript>", page, re.S)
    assert without
    assert "JavaScript is switched off in this browser: wait a few minutes" in without[1]
    assert re.search(r'<script type="module" src="/static/js/captcha\.js"></script>', page)
