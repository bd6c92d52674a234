"""What the documents say is still so: paths, variables, commands, decisions, tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from myaccount.schedule.registry import jobs
from myaccount.web.features import FEATURES

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
TOP_LEVEL = {
    "approvals",
    "bench",
    "consent",
    "docs",
    "examples",
    "linked_accounts",
    "locale",
    "myaccount",
    "profile",
    "requirements",
    "scripts",
    "security",
    "sessions_app",
    "static",
    "templates",
    "tests",
}
# Read by Django, not by our settings.
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_blocks(text: str) -> str:
    """A document's text without its fenced blocks, which show examples."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def paths_in(text: str) -> Iterator[str]:
    """What stands in back-quotes and looks like a path of ours."""
    for code in re.findall(r"`([^`\n]+)`", without_blocks(text)):
        if "/" in code and re.fullmatch(r"[\w./-]+", code) and code.split("/")[0] in TOP_LEVEL:
            yield code


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_paths_named_in_a_document_exist(document: Path) -> None:
    missing = [path for path in paths_in(document.read_text(encoding="utf-8")) if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_of_a_document_lead_somewhere(document: Path) -> None:
    broken = []
    text = without_blocks(document.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r' src(?:set)?="([^"]+)"', text):
        if re.match(r"https?:", target):
            continue
        file, _, anchor = target.partition("#")
        page = (document.parent / file).resolve() if file else document
        if not page.exists() or (anchor and anchor not in anchors_of(page)):
            broken.append(target)
    assert broken == []


def anchors_of(page: Path) -> set[str]:
    """The anchors the usual renderers give to headings."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_environment_variable_is_documented_for_operators() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", operators(), flags=re.MULTILINE))
    assert documented - NOT_OURS == set(variables_read())


def operators() -> str:
    return (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")


def variables_read() -> Iterator[str]:
    """The first argument of everything in the settings that reads an environment variable, where it is a plain text."""
    for file in (ROOT / "myaccount" / "settings").glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            names, defaults = function.args.args, function.args.defaults
            for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
                if name.arg == "name" and isinstance(default, ast.Constant):
                    yield str(default.value)
        for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
            if not call.args or not isinstance(call.args[0], ast.Constant) or not isinstance(call.args[0].value, str):
                continue
            if re.fullmatch(
                r"env(\.\w+)?|os\.environ\.get|required|networks|origin|sms|key_file|readable_file|region|sender",
                ast.unparse(call.func),
            ):
                yield call.args[0].value


def test_commands_of_the_documents_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    used: set[str] = set()
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for line in re.findall(r"^(?:[A-Z]+=\S+ )*make ([a-z][a-z -]*)", text, flags=re.MULTILINE):
            used |= set(line.split())
        used |= set(re.findall(r"`(?:[A-Z]+=\S+ )?make ([a-z][a-z-]*)`", text))
    assert {"run", "test"} <= used <= targets


def test_management_commands_of_the_documents_exist() -> None:
    from django.core.management import get_commands

    used = {
        name
        for document in DOCUMENTS
        for name in re.findall(r"manage\.py ([a-z_]+)", document.read_text(encoding="utf-8"))
    }
    assert used <= set(get_commands())


@pytest.mark.parametrize("decision", DECISIONS, ids=named)
def test_a_decision_has_its_three_parts_and_is_short(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    assert re.match(rf"# {decision.name[:4]}: \S", text)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 25


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(decision.name[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_every_periodic_job_is_listed_for_operators() -> None:
    assert set(re.findall(r"^\| `([a-z]+: [^`]+)` \|", operators(), flags=re.MULTILINE)) == {job.name for job in jobs()}


def test_every_feature_is_listed_for_administrators() -> None:
    text = (ROOT / "docs" / "administrators.md").read_text(encoding="utf-8")
    assert [str(feature.label) for feature in FEATURES if f"| {feature.label} |" not in text] == []


def test_the_readme_is_short_and_names_the_demo_people() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    for name in ("alice", "bob", "carol", "admin"):
        assert f"`{name}-demo-passphrase`" in text


def test_the_security_page_names_tests_that_name_the_requirement() -> None:
    rows = re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", (ROOT / "docs" / "security.md").read_text(), flags=re.MULTILINE)
    assert rows
    for number, shown_by in rows:
        for path in re.findall(r"`(tests/[^`]+)`", shown_by):
            assert int(number) in requirements_named_in((ROOT / path).read_text(encoding="utf-8")), (number, path)


def requirements_named_in(text: str) -> set[int]:
    """The numbers after "Security" in a text: "Security 3 to 5, 56" names four."""
    numbers: set[int] = set()
    for listed in re.findall(r"[Ss]ecurity ((?:\d+(?:,| and| to)? ?)+)", text):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", listed):
            numbers |= set(range(int(first), int(last or first) + 1))
    return numbers
