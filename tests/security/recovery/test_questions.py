"""Security questions: the words, the answers, who is asked what, and what administrators do with them."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from myaccount.activity.kinds import EventKind
from myaccount.activity.models import Event
from myaccount.activity.services import SYSTEM
from myaccount.limits.services import TooManyAttempts
from myaccount.outbox.models import Message
from myaccount.users.models import User
from myaccount.web.models import PortalSettings
from security.recovery.models import Answer, Question, QuestionSet, RecoverySettings
from security.recovery.questions import data, rules, selectors, services
from security.recovery.questions.admin import MAX_QUESTIONS
from security.recovery.questions.forms import AnswerForm
from security.recovery.questions.rules import fold
from tests.support.admin_forms import filled_in
from tests.support.browsing import SIGN_IN, make_stale, new_browser, sign_in
from tests.support.hashers import CountingPasswordHasher
from tests.support.parallel import in_parallel
from tests.support.people import CHROME, PASSPHRASE, make_person

EDIT = "/myaccount/security/recovery/questions/"
REMOVE = f"{EDIT}remove/"
SECTION = "/myaccount/security/#recovery"
SETS = "/admin/security/questionset/"
ARGON2 = "myaccount.users.hashers.PortalArgon2PasswordHasher"


@pytest.fixture(autouse=True)
def shipped(db: None) -> None:
    """The two sets every portal begins with, and questions turned on."""
    data.add(apps, None)
    RecoverySettings(question_recovery=True).save()


def sets() -> list[QuestionSet]:
    return list(QuestionSet.objects.all())


def question(set_number: int, number: int) -> Question:
    return sets()[set_number].questions.all()[number]


def answer_all(user: User, *texts: str) -> list[Question]:
    """Answer the first question of each set, and return them."""
    chosen = [question(number, 0) for number in range(len(texts))]
    answers = {q.set_id: (q.pk, text) for q, text in zip(chosen, texts, strict=True)}
    assert services.save_answers(user=user, answers=answers, origin=SYSTEM, now=timezone.now())
    return chosen


def refused(user: User, *texts: str) -> dict[int, str]:
    """Why these answers to the first question of each set are not kept, by the number of the set."""
    try:
        answer_all(user, *texts)
    except services.AnswersRefused as error:
        pks = [row.pk for row in sets()]
        return {pks.index(pk): reason for pk, reason in error.reasons.items()}
    return {}


def form_of(client: Client, path: str = EDIT) -> dict[str, Any]:
    """What a browser would send from the page, and nothing filled in."""
    response = client.get(path)
    assert response.status_code == 200, (response.status_code, response.headers)
    form = response.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def typed(client: Client, *answers: str, path: str = EDIT) -> dict[str, Any]:
    """The page's form with the first question of each set chosen and answered."""
    fields = form_of(client, path)
    numbers = [name.removeprefix("answer_") for name in fields if name.startswith("answer_")]
    for pk, answer in zip(numbers, answers, strict=True):
        first = Question.objects.filter(set_id=int(pk))[0]
        fields |= {f"question_{pk}": fields[f"question_{pk}"] or first.pk, f"answer_{pk}": answer}
    return fields


def check(user: User | None, answers: dict[int, str], *, key: str = "somebody", now: Any = None) -> bool:
    return services.check_answers(user=user, key=key, answers=answers, now=now or timezone.now())


# The words


def test_two_sets_of_eight_questions_in_nine_languages_are_shipped() -> None:
    assert [row.name for row in sets()] == ["First question set", "Second question set"]
    for row in sets():
        questions = list(row.questions.all())
        assert len(questions) >= 8
        for one in questions:
            assert set(one.texts) == set(data.LANGUAGES)
    for language in data.LANGUAGES:
        texts = [one.texts[language] for one in Question.objects.all()]
        assert len(set(texts)) == len(texts), language


@pytest.mark.parametrize(
    ("language", "script"),
    [("si", "SINHALA"), ("ta", "TAMIL"), ("ja", "CJK HIRAGANA KATAKANA"), ("zh-hans", "CJK"), ("en", "LATIN")],
)
def test_a_text_is_in_the_script_of_its_language(language: str, script: str) -> None:
    for one in Question.objects.all():
        text = one.texts[language]
        letters = [c for c in text if unicodedata.category(c) in ("Lo", "Ll", "Lu")]
        assert all(unicodedata.name(c).split()[0] in script for c in letters), text
        assert unicodedata.is_normalized("NFC", text), text
        assert text.rstrip()[-1] in "?？"
        assert len(text) <= 200


def test_conjuncts_of_sinhala_are_spelled_with_their_joiner() -> None:
    """Without it they fall apart on screen: ප්‍ර and ද්‍ය."""
    for one in Question.objects.all():
        text = one.texts["si"]
        for apart in ("\u0dca\u0dbb", "\u0dca\u0dba"):
            assert apart not in text, text


def test_adding_them_again_changes_nothing() -> None:
    Question.objects.filter(pk=question(0, 0).pk).update(texts={"en": "Ours?"})
    data.add(apps, None)
    assert QuestionSet.objects.count() == 2
    assert question(0, 0).texts == {"en": "Ours?"}
    data.remove(apps, None)
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("si", "si"), ("SI", "si"), ("pt-br", "pt"), ("de_AT", "de"), ("zh-cn", "zh-hans"), ("zh-sg", "zh-hans"),
        ("zh-hans", "zh-hans"), ("nl", "en"), ("", "en"), ("x", "en"),
    ],
)  # fmt: skip
def test_a_language_is_found_or_the_one_closest_to_it(language: str, found: str) -> None:
    one = question(0, 0)
    assert selectors.shown(one, language) == selectors.ShownQuestion(one.texts[found], found)
    assert selectors.text_for(one, language) == one.texts[found]


def test_a_question_without_the_text_is_asked_in_english() -> None:
    one = Question(texts={"en": "Where?", "si": ""})
    assert selectors.shown(one, "si") == selectors.ShownQuestion("Where?", "en")


# Folding


@pytest.mark.parametrize(
    ("kept", "typed_later"),
    [
        ("Frau Müller", "  FRAU   mu\u0308ller. "),
        ("Straße 7", "STRASSE 7"),
        ("O\u2019Brien", "o'brien"),
        ("Jean\u2010Luc", "jean-luc"),
        ("Québec", "QUE\u0301BEC!"),
        ("Ἀθῆναι", "ἈΘΗ͂ΝΑΙ"),
        ("東京タワー", "東京ﾀﾜｰ"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("小猫咪", "小猫咪。"),
        ("ශ්\u200dරී පාද", "ශ්රී  පාද"),
        ("ප්‍රියංකා", "ප්රියංකා?"),
        ("கொழும்பு", "க\u0bc6\u0bbeழும்பு ."),
        ("가나다", "\u1100\u1161\u1102\u1161\u1103\u1161"),
        ("Иван", "ИВАН"),
        ("بيت جدي", "\u200fبيت\u00a0جدي؟"),
        ("Istanbul\tcity", "istanbul\r\ncity"),
        ("☎\ufe0f box", "☎ box"),
        ("What?!", "what"),
    ],
)
def test_what_people_do_not_remember_makes_no_difference(kept: str, typed_later: str) -> None:
    """Security 50: case, spaces, width, composing, joiners, typographic marks, punctuation at the end."""
    assert fold(kept) == fold(typed_later)
    assert len(fold(kept)) >= 3


@pytest.mark.parametrize(
    ("one", "other"),
    [("Miller", "Muller"), ("José", "Jose"), ("さくら", "サクラ"), ("St. Mary", "St Mary"), ("ab c", "abc")],
)
def test_different_answers_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(max_size=50))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(f"  {text} ") == fold(text)


@pytest.mark.parametrize("text", ["", " ", "?!.", "ab", "a.", "\u200b\u200d\u200e", "桜", "é"])
def test_an_answer_that_is_too_short_is_refused(alice: User, text: str) -> None:
    """Security 50."""
    assert refused(alice, text, "Long enough") == {0: "Use at least 3 characters."}
    assert not Answer.objects.exists()


@pytest.mark.parametrize("text", ["abc", "東京", "さく", "කඩය", "கோவை", "x" * 200])
def test_an_answer_that_is_long_enough_is_kept(alice: User, text: str) -> None:
    assert refused(alice, text, "Long enough") == {}


def test_an_answer_that_is_too_long_is_refused(alice: User) -> None:
    """Some characters stand for a whole phrase."""
    assert refused(alice, "x" * 201, "ﷺ" * 30) == dict.fromkeys((0, 1), "Use at most 200 characters.")


# What may be an answer


@pytest.mark.parametrize(
    "text", ["alice", "ALICE.", "Alice@Example.org", "alice  liddell", "ＡＬＩＣＥ ＬＩＤＤＥＬＬ", "ali\u200dce"]
)
def test_an_answer_is_nothing_the_account_says(alice: User, text: str) -> None:
    """Security 50."""
    assert "username" in refused(alice, text, "Long enough")[0]


@pytest.mark.parametrize("language", data.LANGUAGES)
def test_an_answer_is_not_the_question(alice: User, language: str) -> None:
    """Security 50: in none of its languages."""
    text = question(1, 0).texts[language].upper()
    assert "question" in refused(alice, "Long enough", text)[1]


def test_the_answers_differ_from_each_other(alice: User) -> None:
    """Security 50: among those typed, and from those that are kept."""
    assert "another question" in refused(alice, "Long enough", " LONG  enough!")[1]
    first, second = answer_all(alice, "Long enough", "Another one")
    with pytest.raises(services.AnswersRefused) as error:
        services.save_answers(
            user=alice, answers={second.set_id: (second.pk, "long ENOUGH")}, origin=SYSTEM, now=timezone.now()
        )
    assert list(error.value.reasons) == [second.set_id]
    assert check(alice, {first.pk: "Long enough", second.pk: "Another one"})


def test_answers_may_change_places(alice: User) -> None:
    first, second = answer_all(alice, "Long enough", "Another one")
    answer_all(alice, "Another one", "Long enough")
    assert check(alice, {first.pk: "Another one", second.pk: "Long enough"})


@pytest.mark.parametrize("how", ["other set", "inactive", "inactive set", "gone"])
def test_a_question_that_is_not_offered_is_refused(alice: User, how: str) -> None:
    first, second = question(0, 0), question(1, 0)
    set_pk, pk = first.set_id, first.pk
    if how == "other set":
        pk = second.pk
    elif how == "inactive":
        Question.objects.filter(pk=pk).update(is_active=False)
    elif how == "inactive set":
        QuestionSet.objects.filter(pk=set_pk).update(is_active=False)
    else:
        pk = 999_999
    with pytest.raises(services.AnswersRefused):
        services.save_answers(user=alice, answers={set_pk: (pk, "Long enough")}, origin=SYSTEM, now=timezone.now())
    assert not Answer.objects.exists()


# Keeping


def test_answers_are_hashed_like_passwords(alice: User, settings: Any) -> None:
    """Security 50."""
    settings.PASSWORD_HASHERS = [ARGON2]
    chosen = answer_all(alice, "Frau Müller", "Rosenweg")
    digests = [answer.digest for answer in Answer.objects.all()]
    assert all(digest.startswith("argon2$argon2id$") for digest in digests)
    assert len(set(digests)) == 2
    assert check(alice, {chosen[0].pk: "frau mu\u0308ller", chosen[1].pk: " ROSENWEG. "})
    assert not check(alice, {chosen[0].pk: "Frau Müller", chosen[1].pk: "Rosengasse"})


def test_nothing_tells_an_answer(alice: User, alices: Client) -> None:
    """Security 50: neither events nor mails nor pages."""
    alices.post(EDIT, typed(alices, "Frau Zwiebelbaum", "Rosenweg"))
    assert Answer.objects.count() == 2
    told = str(list(Message.objects.values())) + str(list(Event.objects.values())) + str(list(Answer.objects.values()))
    told += "".join(alices.get(path).content.decode() for path in ("/myaccount/security/", one_path(0), one_path(1)))
    assert "wiebelbaum" not in told
    assert "osenweg" not in told


def test_a_change_is_told_of_once(alice: User) -> None:
    """Security 47: event and mail; the same answers again change nothing."""
    chosen = answer_all(alice, "Frau Müller", "Rosenweg")
    answers = {one.set_id: (one.pk, text) for one, text in zip(chosen, ("frau müller", "ROSENWEG"), strict=True)}
    assert not services.save_answers(user=alice, answers=answers, origin=SYSTEM, now=timezone.now())
    assert Event.objects.filter(kind=EventKind.RECOVERY_QUESTIONS_CHANGED, user_uuid=alice.uuid).count() == 1
    assert Message.objects.filter(topic="recovery_changed", recipient="alice@example.org").count() == 1
    assert services.remove_answers(user=alice, origin=SYSTEM, now=timezone.now())
    assert not services.remove_answers(user=alice, origin=SYSTEM, now=timezone.now())
    assert Event.objects.filter(kind=EventKind.RECOVERY_QUESTIONS_CHANGED).count() == 2
    assert Message.objects.filter(topic="recovery_changed").count() == 2


# Comparing


def test_every_answer_has_to_be_right(alice: User, bob: User) -> None:
    chosen = answer_all(alice, "Frau Müller", "Rosenweg")
    first, second = (one.pk for one in chosen)
    assert check(alice, {first: "Frau Müller"}, key="a")
    assert check(alice, {first: "Frau Müller", second: "Rosenweg"}, key="a")
    for number, wrong in enumerate(
        [{}, {first: ""}, {first: "Rosenweg"}, {first: "Frau Müller", second: "Frau Müller"}, {999_999: "Rosenweg"}]
    ):
        assert not check(alice, wrong, key=f"b{number}")
    assert not check(bob, {first: "Frau Müller", second: "Rosenweg"}, key="c")
    assert not check(None, {first: "Frau Müller", second: "Rosenweg"}, key="d")


def test_an_answer_of_a_set_that_is_switched_off_does_not_count(alice: User) -> None:
    first, _second = answer_all(alice, "Frau Müller", "Rosenweg")
    QuestionSet.objects.filter(pk=first.set_id).update(is_active=False)
    assert not check(alice, {first.pk: "Frau Müller"})


@pytest.mark.parametrize("key", ["f" * 64, "somebody"])
def test_five_wrong_answers_a_day_close_this_way_only(alice: User, key: str) -> None:
    """Security 51: the same for people there are and for others; the account stays open."""
    first, _second = answer_all(alice, "Frau Müller", "Rosenweg")
    now = timezone.now()
    for user in (alice, None):
        for _try in range(5):
            assert not check(user, {first.pk: "wrong"}, key=f"{key}{bool(user)}", now=now)
        for later in (timedelta(0), timedelta(hours=23, minutes=59)):
            with pytest.raises(TooManyAttempts):
                check(user, {first.pk: "Frau Müller"}, key=f"{key}{bool(user)}", now=now + later)
    assert check(alice, {first.pk: "Frau Müller"}, key=f"{key}True", now=now + timedelta(hours=24, seconds=1))
    assert new_browser().post(SIGN_IN, {"identifier": "alice", "password": PASSPHRASE}).status_code == 302


def test_knowing_one_answer_wins_no_guesses_at_another(alice: User) -> None:
    """Security 51: asked one at a time, the right one gives its own try back and no more."""
    first, second = (one.pk for one in answer_all(alice, "Frau Müller", "Rosenweg"))
    for _try in range(5):
        assert check(alice, {first: "Frau Müller"})
        assert not check(alice, {second: "wrong"})
    for answers in ({first: "Frau Müller"}, {second: "wrong"}):
        with pytest.raises(TooManyAttempts):
            check(alice, answers)


def test_slow_guessing_is_no_way_round(alice: User) -> None:
    """Security 51: never more than five wrong ones within a day."""
    first, _second = answer_all(alice, "Frau Müller", "Rosenweg")
    start, looked_at = timezone.now(), []
    for hours in range(0, 24 * 5, 3):
        now = start + timedelta(hours=hours)
        try:
            check(alice, {first.pk: "wrong"}, now=now)
        except TooManyAttempts:
            continue
        looked_at.append(now)
    for moment in looked_at:
        assert sum(moment <= other < moment + timedelta(hours=24) for other in looked_at) <= 5


def test_unknown_people_cost_as_much_as_others(alice: User, settings: Any) -> None:
    """Security 36, 51: as many hashes, right or wrong, known or not, and as many queries."""
    settings.PASSWORD_HASHERS = ["tests.support.hashers.CountingPasswordHasher"]
    bob = make_person("bob")
    first, second = (one.pk for one in answer_all(alice, "Frau Müller", "Rosenweg"))
    counts = []
    for number, (user, text) in enumerate([(alice, "Frau Müller"), (alice, "wrong"), (bob, "wrong"), (None, "wrong")]):
        before = CountingPasswordHasher.calls
        check(user, {first: text, second: "Rosenweg"}, key=f"k{number}")
        counts.append(CountingPasswordHasher.calls - before)
    assert counts == [2, 2, 2, 2]


def test_asking_unknown_people_takes_the_same_queries(alice: User, django_assert_num_queries: Any) -> None:
    """Security 36, 51."""
    answer_all(alice, "Frau Müller", "Rosenweg")
    for user in (alice, None):
        with django_assert_num_queries(3):
            selectors.asked_questions(user=user, key="k", how_many=2)


# Who is asked what


def test_people_are_asked_what_they_answered(alice: User) -> None:
    chosen = answer_all(alice, "Frau Müller", "Rosenweg")
    assert selectors.asked_questions(user=alice, key="k", how_many=2) == chosen
    one = selectors.asked_questions(user=alice, key="k", how_many=1)
    assert len(one) == 1
    assert one[0] in chosen
    assert {tuple(selectors.asked_questions(user=alice, key="k", how_many=1)) for _ in range(5)} == {tuple(one)}
    drawn = {selectors.asked_questions(user=alice, key=f"k{n}", how_many=1)[0] for n in range(30)}
    assert drawn == set(chosen)


def test_unknown_people_are_asked_stable_questions() -> None:
    """Security 51: one of each set, always the same for the same name, and all of them for some name."""
    drawn = [selectors.stable_fake_questions(f"nobody-{n}") for n in range(200)]
    assert drawn == [selectors.stable_fake_questions(f"nobody-{n}") for n in range(200)]
    assert all([one.set_id for one in pair] == [row.pk for row in sets()] for pair in drawn)
    assert {one.pk for pair in drawn for one in pair} == set(Question.objects.values_list("pk", flat=True))
    assert selectors.asked_questions(user=None, key="nobody-1", how_many=2) == drawn[1]


def test_who_answered_too_few_is_asked_like_nobody(alice: User, bob: User) -> None:
    """Security 51: and can answer none of it."""
    answer_all(alice, "Frau Müller")
    for user in (alice, bob, None):
        assert selectors.asked_questions(user=user, key="k", how_many=2) == selectors.stable_fake_questions("k")


def test_fewer_sets_than_questions_to_answer_ask_nothing(alice: User) -> None:
    answer_all(alice, "Frau Müller", "Rosenweg")
    for user in (alice, None):
        assert selectors.asked_questions(user=user, key="k", how_many=3) == []
        assert selectors.asked_questions(user=user, key="k", how_many=0) == []


def test_a_new_question_changes_few_draws() -> None:
    """Security 51: else everybody whose questions did not change would be known to be real."""
    before = [selectors.stable_fake_questions(f"nobody-{n}")[0] for n in range(200)]
    Question.objects.create(set=sets()[0], texts={"en": "New?"})
    after = [selectors.stable_fake_questions(f"nobody-{n}")[0] for n in range(200)]
    changed = [now for then, now in zip(before, after, strict=True) if then != now]
    assert 5 < len(changed) < 50
    assert {str(one) for one in changed} == {"New?"}


def test_what_is_no_longer_offered_is_still_asked_of_everybody(alice: User) -> None:
    """Security 51: a question switched off does not tell who is real."""
    chosen = answer_all(alice, "Frau Müller", "Rosenweg")
    Question.objects.filter(pk__in=[chosen[0].pk, question(0, 1).pk]).update(is_active=False)
    assert selectors.asked_questions(user=alice, key="k", how_many=2) == chosen
    drawn = {selectors.stable_fake_questions(f"nobody-{n}")[0].pk for n in range(300)}
    assert chosen[0].pk in drawn
    assert question(0, 1).pk not in drawn, "nobody has answered it"


def test_a_set_that_is_switched_off_is_asked_of_nobody(alice: User) -> None:
    _first, second = answer_all(alice, "Frau Müller", "Rosenweg")
    QuestionSet.objects.filter(pk=sets()[0].pk).update(is_active=False)
    assert selectors.asked_questions(user=alice, key="k", how_many=1) == [second]
    assert [one.set_id for one in selectors.stable_fake_questions("k")] == [second.set_id]


def test_before_proof_the_page_says_which_language(alice: User) -> None:
    """Security 51: an account's own language would tell it from others."""
    alice.language = "si"
    assert selectors.language_of(alice) == "si"
    assert selectors.language_of(None) == "en"
    alice.language = ""
    with translation.override("de"):
        assert (selectors.language_of(alice), selectors.language_of(None)) == ("de", "de")


def test_the_questions_are_answered_in_the_persons_language(alice: User) -> None:
    chosen = answer_all(alice, "Frau Müller", "Rosenweg")
    form = AnswerForm(
        {f"answer_{chosen[0].pk}": " Frau Müller", f"answer_{chosen[1].pk}": ""}, questions=chosen, language="si"
    )
    assert [field.label for field in form] == [f'<span lang="si">{one.texts["si"]}</span>' for one in chosen]
    assert list(form.errors) == [f"answer_{chosen[1].pk}"]
    form = AnswerForm({f"answer_{chosen[0].pk}": "Frau Müller"}, questions=chosen[:1], language="si")
    assert form.is_valid()
    assert form.answers() == {chosen[0].pk: "Frau Müller"}


# The pages


def one_path(set_number: int) -> str:
    return f"{EDIT}{sets()[set_number].pk}/"


def test_questions_are_off_until_an_administrator_turns_them_on(alices: Client) -> None:
    """Security 49: off by default, and after a link by e-mail unless an administrator lifts that."""
    assert not RecoverySettings().question_recovery
    assert RecoverySettings().email_before_questions
    RecoverySettings.objects.all().delete()
    for path in (EDIT, one_path(0), REMOVE):
        assert alices.get(path).status_code == 404
        assert alices.post(path).status_code == 404


def test_questions_are_added_changed_and_removed(alice: User, alices: Client) -> None:
    page = alices.get(EDIT).content.decode()
    assert "Add security questions" in page
    assert page.count("<select") == 2
    response = alices.post(EDIT, typed(alices, "Frau Müller", "Rosenweg"))
    assert (response.status_code, response["Location"]) == (302, SECTION)
    kept = selectors.chosen_questions(alice)
    assert [one.text for one in kept] == [question(0, 0).texts["en"], question(1, 0).texts["en"]]
    assert alices.get(EDIT)["Location"] == SECTION, "nothing is left to add"

    fields = typed(alices, "Herr Schmidt", path=one_path(0))
    assert str(question(0, 0).pk) in fields.values(), "the question they have is chosen"
    assert alices.post(one_path(0), fields)["Location"] == SECTION
    assert check(alice, {question(0, 0).pk: "Herr Schmidt", question(1, 0).pk: "Rosenweg"})

    fields = {**typed(alices, "Mausi", path=one_path(0)), f"question_{sets()[0].pk}": question(0, 1).pk}
    assert alices.post(one_path(0), fields)["Location"] == SECTION
    assert selectors.chosen_questions(alice)[0].text == question(0, 1).texts["en"]
    assert Answer.objects.filter(user=alice).count() == 2

    assert "Remove your security questions?" in alices.get(REMOVE).content.decode()
    assert Answer.objects.filter(user=alice).count() == 2, "asking changes nothing"
    assert alices.post(REMOVE)["Location"] == SECTION
    assert not Answer.objects.exists()
    assert Event.objects.filter(kind=EventKind.RECOVERY_QUESTIONS_CHANGED).count() == 4


def test_who_speaks_sinhala_chooses_in_sinhala(alice: User, alices: Client) -> None:
    User.objects.filter(pk=alice.pk).update(language="si")
    page = unescape(alices.get(EDIT).content.decode())
    for one in Question.objects.all():
        assert one.texts["si"] in page
        assert one.texts["en"] not in page
    assert f'<option value="{question(0, 0).pk}" lang="si">' in page, "read aloud in Sinhala on a page in English"
    alices.post(EDIT, typed(alices, "සිරිසේන මහත්තයා", "ගම්පහ"))
    alice.refresh_from_db()
    kept = selectors.chosen_questions(alice)
    assert [(one.text, one.language) for one in kept] == [(question(n, 0).texts["si"], "si") for n in (0, 1)]
    assert check(alice, {question(0, 0).pk: "සිරිසේන  මහත්තයා.", question(1, 0).pk: "ගම්පහ"})


def test_english_stands_in_for_a_missing_text(alice: User, alices: Client) -> None:
    User.objects.filter(pk=alice.pk).update(language="si")
    Question.objects.create(set=sets()[0], texts={"en": "Which <b>river</b>?"}, order=1)
    page = alices.get(EDIT).content.decode()
    assert "Which &lt;b&gt;river&lt;/b&gt;?" in page
    assert "<b>river" not in page


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (("", ""), "Enter your answer."),
        (("ab", "Rosenweg"), "Use at least 3 characters."),
        (("alice", "Rosenweg"), "This is your username"),
        (("Rosenweg", "rosenweg"), "You have given this answer to another question."),
        (("x" * 201, "Rosenweg"), "200"),
    ],
)
def test_what_will_not_do_is_said_at_its_answer(alices: Client, answers: tuple[str, str], says: str) -> None:
    """Security 50."""
    response = alices.post(EDIT, typed(alices, *answers))
    assert response.status_code == 422
    assert says in unescape(response.content.decode())
    assert not Answer.objects.exists()


@pytest.mark.parametrize("chosen", ["", "999999", "x", "other set"])
def test_a_question_has_to_be_one_of_its_set(alices: Client, chosen: str) -> None:
    value = str(question(1, 0).pk) if chosen == "other set" else chosen
    fields = {**typed(alices, "Frau Müller", "Rosenweg"), f"question_{sets()[0].pk}": value}
    assert alices.post(EDIT, fields).status_code == 422
    assert not Answer.objects.exists()


def test_a_set_added_later_is_offered_alone(alice: User, alices: Client) -> None:
    answer_all(alice, "Frau Müller", "Rosenweg")
    third = QuestionSet.objects.create(name="Third", order=30)
    assert alices.get(EDIT)["Location"] == SECTION, "it has no question yet"
    Question.objects.create(set=third, texts={"en": "Which river?"})
    assert alices.get(EDIT).content.decode().count("<select") == 1
    assert alices.post(EDIT, typed(alices, "The Isar")).status_code == 302
    assert len(selectors.chosen_questions(alice)) == 3


def test_a_question_switched_off_stays_with_who_has_it(alice: User, alices: Client) -> None:
    first, _second = answer_all(alice, "Frau Müller", "Rosenweg")
    Question.objects.filter(pk=first.pk).update(is_active=False)
    assert alices.post(one_path(0), typed(alices, "Herr Schmidt", path=one_path(0))).status_code == 302
    assert check(alice, {first.pk: "Herr Schmidt"})
    assert first.texts["en"] not in unescape(
        sign_in(new_browser(), make_person("bob").username).get(EDIT).content.decode()
    )


@pytest.mark.parametrize("pk", [999_999, 0])
def test_there_is_no_page_for_other_sets(alices: Client, pk: int) -> None:
    assert alices.get(f"{EDIT}{pk}/").status_code == 404


def test_a_form_sent_twice_saves_once(alice: User, alices: Client) -> None:
    fields = typed(alices, "Frau Müller", "Rosenweg")
    for _time in range(2):
        response = alices.post(EDIT, fields, follow=True)
        assert "Your security questions were saved." in response.content.decode()
    assert Event.objects.filter(kind=EventKind.RECOVERY_QUESTIONS_CHANGED).count() == 1


@pytest.mark.parametrize("page", ["all", "one"])
def test_a_form_opened_before_another_change_overwrites_nothing(alice: User, alices: Client, page: str) -> None:
    """Security 28."""
    if page == "one":
        answer_all(alice, "Frau Meier", "Bachgasse")
    path = one_path(0) if page == "one" else EDIT
    old = typed(alices, *(["Herr Schmidt"] if page == "one" else ["Herr Schmidt", "Bergstraße"]), path=path)
    answer_all(alice, "Frau Müller", "Rosenweg")
    response = alices.post(path, old, follow=True)
    assert "were changed elsewhere meanwhile" in response.content.decode()
    assert check(alice, {question(0, 0).pk: "Frau Müller", question(1, 0).pk: "Rosenweg"})


def test_fresh_proof_is_asked_for_on_the_post(alices: Client) -> None:
    """Security 20."""
    fields = typed(alices, "Frau Müller", "Rosenweg")
    make_stale(alices)
    for path in (EDIT, one_path(0), REMOVE):
        assert alices.get(path)["Location"].startswith("/myaccount/confirm/")
        assert alices.post(path, fields)["Location"].startswith("/myaccount/confirm/")
    assert not Answer.objects.exists()


def test_answers_are_not_kept_until_the_proof(alices: Client) -> None:
    """Security 50: the form waits in the session, the answers in it do not."""
    fields = typed(alices, "Frau Zwiebelbaum", "Rosenweg")
    make_stale(alices)
    alices.post(EDIT, fields)
    kept = str(dict(alices.session))
    assert f"question_{sets()[0].pk}" in kept
    assert "wiebelbaum" not in kept


def test_hostile_words_are_text(alice: User, alices: Client) -> None:
    """Security 23: an administrator's words and a person's answers."""
    mark = "<b id=hostile>"
    one = Question.objects.create(set=sets()[0], texts={"en": mark, "si": mark}, order=1)
    User.objects.filter(pk=alice.pk).update(language="si")
    assert mark not in alices.get(EDIT).content.decode()
    response = alices.post(EDIT, typed(alices, mark, "ab"))
    assert response.status_code == 422
    assert mark not in response.content.decode()
    assert mark not in str(AnswerForm(questions=[one], language="si"))


def test_the_section_can_be_closed(alices: Client) -> None:
    PortalSettings(features={"security.recovery": "read-only"}).save()
    assert alices.post(EDIT, {}).status_code == 403
    PortalSettings.objects.all().delete()
    PortalSettings(features={"security.recovery": "off"}).save()
    assert alices.get(EDIT).status_code == 404


def test_answers_belong_to_one_person(alice: User, bob: User, alices: Client) -> None:
    answer_all(bob, "Frau Müller", "Rosenweg")
    assert selectors.chosen_questions(alice) == []
    alices.post(REMOVE)
    assert Answer.objects.filter(user=bob).count() == 2


# Django admin


@pytest.fixture
def adas(db: None) -> Client:
    """A browser of an administrator with all rights."""
    make_person("ada", is_staff=True, is_superuser=True)
    return sign_in(new_browser(CHROME, address="192.0.2.99"), "ada")


def set_form(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send from a set's page, its rows included."""
    fields = filled_in(client, path)
    formset = client.get(path).context["inline_admin_formsets"][0].formset
    for bound in (formset.management_form, *formset.forms):
        fields |= {bound.add_prefix(name): bound[name].value() for name in bound.fields if bound[name].value()}
    return fields


def changes() -> list[Any]:
    events = Event.objects.filter(kind=EventKind.RECOVERY_SETTINGS_CHANGED).order_by("id")
    return [(event.data["changed"][0], event.data["name"]) for event in events]


def test_a_set_is_made_with_its_questions(alices: Client, adas: Client) -> None:
    """Security 88: with an event."""
    fields = {
        "name": "Third", "order": "30", "is_active": "on", "questions-TOTAL_FORMS": "2", "questions-INITIAL_FORMS": "0",
        "questions-0-text_en": "Which river?", "questions-0-order": "10", "questions-0-is_active": "on",
        "questions-1-order": "10", "questions-1-is_active": "on",
    }  # fmt: skip
    assert adas.post(f"{SETS}add/", fields).status_code == 302
    assert [one.texts for one in QuestionSet.objects.get(name="Third").questions.all()] == [{"en": "Which river?"}]
    assert "Which river?" in alices.get(EDIT).content.decode()
    assert changes() == [("question_set.added", "Third")]


def test_a_question_gets_its_words_in_every_language(adas: Client) -> None:
    one = question(0, 0)
    Question.objects.filter(pk=one.pk).update(texts={**one.texts, "tlh": "nuq?"})
    path = reverse("admin:security_question_change", args=[one.pk])
    page = adas.get(path).content.decode()
    assert one.texts["si"] in page
    assert "සිංහල" in page
    response = adas.post(path, filled_in(adas, path, text_si="ඔබේ පළමු ගුරුවරයා කවුද?", text_de=None))
    assert response["Location"] == f"{SETS}{one.set_id}/change/"
    texts = Question.objects.get(pk=one.pk).texts
    assert texts["si"] == "ඔබේ පළමු ගුරුවරයා කවුද?"
    assert "de" not in texts
    assert (texts["en"], texts["tlh"]) == (one.texts["en"], "nuq?"), "what the form does not show stays"
    assert changes() == [("question.changed", one.texts["en"])]
    adas.post(path, filled_in(adas, path))
    assert len(changes()) == 1, "nothing changed"


@pytest.mark.parametrize("text", ["", "x" * 201, "a\u202eb?"])
def test_words_that_will_not_do_are_refused(adas: Client, text: str) -> None:
    """English is what everybody falls back to."""
    path = reverse("admin:security_question_change", args=[question(0, 0).pk])
    assert adas.post(path, {**filled_in(adas, path), "text_en": text}).status_code == 200
    assert not changes()


def test_english_and_order_are_changed_in_the_list(adas: Client) -> None:
    one = question(0, 0)
    path = f"{SETS}{one.set_id}/change/"
    fields = {**set_form(adas, path), "questions-0-text_en": "Who taught you first?"}
    assert adas.post(path, fields).status_code == 302
    assert Question.objects.get(pk=one.pk).texts == {**one.texts, "en": "Who taught you first?"}
    assert changes() == [("question_set.changed", "First question set")]
    adas.post(path, set_form(adas, path))
    assert len(changes()) == 1


def test_a_set_may_be_long(adas: Client) -> None:
    """Its form stays below the number of fields a request may have."""
    row = sets()[0]
    for number in range(MAX_QUESTIONS - row.questions.count()):
        Question.objects.create(set=row, texts={"en": f"Question {number}?"})
    path = f"{SETS}{row.pk}/change/"
    assert adas.post(path, {**set_form(adas, path), "questions-24-text_en": "The last one?"}).status_code == 302
    assert row.questions.filter(texts__en="The last one?").exists()


def test_what_people_answered_is_switched_off_and_not_deleted(alice: User, adas: Client) -> None:
    first, second = answer_all(alice, "Frau Müller", "Rosenweg")
    path = f"{SETS}{first.set_id}/change/"
    response = adas.post(path, {**set_form(adas, path), "questions-0-DELETE": "on"})
    assert "Switch it off instead" in response.content.decode()
    for page in (f"{SETS}{first.set_id}/delete/", f"/admin/security/question/{first.pk}/delete/"):
        assert adas.post(page, {"post": "yes"}).status_code == 403
    adas.post(SETS, {"action": "delete_selected", "_selected_action": [first.set_id], "post": "yes"})
    assert Answer.objects.count() == 2
    assert adas.post(path, {**set_form(adas, path), "questions-1-DELETE": "on"}).status_code == 302
    assert adas.post(f"/admin/security/question/{question(0, 1).pk}/delete/", {"post": "yes"}).status_code == 302
    assert sets()[0].questions.count() == 6
    services.remove_answers(user=alice, origin=SYSTEM, now=timezone.now())
    assert adas.post(f"{SETS}{second.set_id}/delete/", {"post": "yes"}).status_code == 302
    assert changes()[-1] == ("question_set.deleted", "Second question set")


def test_a_set_keeps_something_to_choose(adas: Client) -> None:
    path = f"{SETS}{sets()[0].pk}/change/"
    fields = {name: value for name, value in set_form(adas, path).items() if not name.endswith("-is_active")}
    assert "at least one active question" in adas.post(path, fields).content.decode()


def test_administrators_see_no_answers(alice: User, adas: Client) -> None:
    """Security 50, 88: nor how they are kept."""
    answer_all(alice, "Frau Zwiebelbaum", "Rosenweg")
    digests = Answer.objects.values_list("digest", flat=True)
    paths = [SETS, f"{SETS}{sets()[0].pk}/change/", reverse("admin:security_question_change", args=[question(0, 0).pk])]
    paths += [f"/admin/users/user/{alice.pk}/change/", "/admin/activity/event/", "/admin/outbox/message/"]
    for path in paths:
        page = adas.get(path).content.decode()
        assert not any(secret in page for secret in ("Zwiebelbaum", *digests)), path
    assert "/admin/security/answer/" not in adas.get("/admin/").content.decode()


def test_questions_are_reached_by_their_set(adas: Client) -> None:
    index = adas.get("/admin/").content.decode()
    assert SETS in index
    assert "/admin/security/question/" not in index
    assert (
        reverse("admin:security_question_change", args=[question(0, 0).pk])
        in adas.get(f"{SETS}{sets()[0].pk}/change/").content.decode()
    )
    assert adas.get("/admin/security/question/add/").status_code == 403


def test_who_may_only_look_changes_nothing(db: None) -> None:
    """Security 88."""
    watcher = make_person("wanda", is_staff=True)
    watcher.user_permissions.set(Permission.objects.filter(codename__in=["view_questionset", "view_question"]))
    browser = sign_in(new_browser(CHROME), "wanda")
    one = question(0, 0)
    for path in (f"{SETS}{one.set_id}/change/", reverse("admin:security_question_change", args=[one.pk])):
        assert browser.get(path).status_code == 200
        assert browser.post(path, {"name": "x", "text_en": "x?"}).status_code == 403
    assert Question.objects.get(pk=one.pk).texts == one.texts


# At the same moment


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_five(on_postgresql: None, alice: User) -> None:
    """Security 51: the tries are counted before they are looked at."""
    first, _second = answer_all(alice, "Frau Müller", "Rosenweg")
    results = in_parallel(lambda number: check(alice, {first.pk: f"wrong {number}"}), 20)
    assert sum(result is False for result in results) == 5
    assert sum(isinstance(result, TooManyAttempts) for result in results) == 15


@pytest.mark.django_db(transaction=True)
def test_the_right_answer_among_guesses_opens_no_more_of_them(on_postgresql: None, alice: User) -> None:
    """Security 51: a try given back is one try."""
    first, second = (one.pk for one in answer_all(alice, "Frau Müller", "Rosenweg"))

    def guess(number: int) -> bool:
        if number % 2:
            return check(alice, {second: "Rosenweg"}) and False
        return not check(alice, {first: f"wrong {number}"})

    results = [*in_parallel(guess, 20), *in_parallel(guess, 20)]
    assert sum(result is True for result in results) <= 5


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_many_times_at_once_saves_once(on_postgresql: None, alice: User) -> None:
    first, second = question(0, 0), question(1, 0)
    answers = {first.set_id: (first.pk, "Frau Müller"), second.set_id: (second.pk, "Rosenweg")}

    def save(number: int) -> bool:
        return services.save_answers(user=alice, answers=answers, opened_with={}, origin=SYSTEM, now=timezone.now())

    results = in_parallel(save, 8)
    assert sorted(map(str, results)) == ["False"] * 7 + ["True"]
    assert Answer.objects.count() == 2
    assert Event.objects.filter(kind=EventKind.RECOVERY_QUESTIONS_CHANGED).count() == 1
    assert Message.objects.filter(topic="recovery_changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_different_forms_sent_at_once_one_wins(on_postgresql: None, alice: User) -> None:
    """Security 28."""
    answer_all(alice, "Frau Müller", "Rosenweg")
    one = question(0, 0)
    version = selectors.offers(alice)[0].version

    def save(number: int) -> bool:
        answers = {one.set_id: (one.pk, f"Teacher {number}")}
        versions = {one.set_id: version}
        return services.save_answers(
            user=alice, answers=answers, opened_with=versions, origin=SYSTEM, now=timezone.now()
        )

    results = in_parallel(save, 8)
    assert sum(result is True for result in results) == 1
    assert sum(isinstance(result, services.ChangedMeanwhile) for result in results) == 7


# The rules by themselves


def test_people_without_an_address_or_a_name_can_answer() -> None:
    rules.check(fold("Rosenweg"), user=User(username="x"), question=Question(texts={"en": "Where?"}))
    with pytest.raises(ValidationError):
        rules.check("", user=User(username="x"), question=Question(texts={"en": "Where?"}))
