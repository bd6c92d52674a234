"""The shape of the code: its arrows, the name `profile`, and what every service is."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import apps
from django.core.management import call_command
from importlinter.application import use_cases
from importlinter.configuration import configure

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("myaccount", "profile", "security", "sessions_app", "consent", "linked_accounts", "approvals")
SOURCES = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py") if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


# The arrows


def test_no_arrow_points_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The contracts of pyproject.toml. The linter looks for packages by their spec, and ours has the library's."""
    import profile

    spec = ModuleSpec("profile", None, is_package=True)
    spec.submodule_search_locations = [str(ROOT / "profile")]
    monkeypatch.setattr(profile, "__spec__", spec)
    configure()
    kept = use_cases.lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)
    assert kept, capsys.readouterr().out


def test_nothing_is_imported_inside_a_function_to_hide_an_arrow() -> None:
    """Where Django makes it necessary, the line says why."""
    for path in SOURCES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.Import | ast.ImportFrom) and node.col_offset:
                assert "#" in lines[node.lineno - 1], f"{name_of(path)}:{node.lineno}"


def test_modules_stay_small() -> None:
    """One that passes 400 lines is split by noun."""
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


# The name `profile` (docs/adr/0002-the-name-profile.md)


def test_the_profile_package_has_no_init() -> None:
    assert not (ROOT / "profile" / "__init__.py").exists()
    assert (ROOT / "tests" / "__init__.py").exists()


def test_pythons_own_profile_still_works() -> None:
    import cProfile

    import profile

    assert callable(cProfile.run)
    assert profile.Profile.__module__ == "profile"
    assert Path(str(profile.__file__)).parent != ROOT / "profile"


def test_our_profile_is_importable_as_a_package() -> None:
    models = import_module("profile.models")
    assert Path(str(models.__file__)).parent == ROOT / "profile"
    assert apps.get_app_config("profile").path == str(ROOT / "profile")


def test_nobody_imports_from_the_bare_name() -> None:
    """`from profile import X` would look in the standard library's module."""
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    for path in files:
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "from profile import" in text else ():
            assert not (isinstance(node, ast.ImportFrom) and node.module == "profile"), name_of(path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "cProfile", "-o", os.devnull, "manage.py", "check"],
        ["-c", "import cProfile; import myaccount; import profile.apps; cProfile.run('1')"],
        ["-c", "import myaccount; import profile.apps; import cProfile; cProfile.run('1')"],
    ],
)
def test_the_portal_can_be_profiled(arguments: list[str]) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "myaccount.settings.test"}
    result = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


# Services


def service_modules() -> Iterator[ModuleType]:
    for path in SOURCES:
        if path.name in ("services.py", "contacts.py", "pictures.py") and path.parts[-2] != "web":
            yield import_module(name_of(path))
    yield import_module("myaccount.web.services")


def public_functions(module: ModuleType) -> list[tuple[str, Callable[..., object]]]:
    return [
        (f"{module.__name__}.{name}", function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == module.__name__
    ]


SERVICES = [entry for module in service_modules() for entry in public_functions(module)]
by_service = pytest.mark.parametrize("function", [f for _, f in SERVICES], ids=[name for name, _ in SERVICES])

# What is not atomic as a whole, and why it must not or need not be.
NOT_ATOMIC = {
    "approvals.requests.services.forget_old": "a batch at a time",
    "myaccount.activity.services.record": "one statement, in the transaction of the change it tells of",
    "profile.pictures.square": "saves an image to memory, no row",
    "myaccount.limits.services.reserve": "commits by itself before the guess is looked at",
    "myaccount.limits.services.forgive": "one statement",
    "myaccount.limits.services.forget_old": "one statement",
    "myaccount.outbox.services.attempt": "claims in one statement, then waits for a server",
    "myaccount.outbox.services.forget_old": "one statement",
    "myaccount.outbox.services.forget_finished_jobs": "one statement",
    "myaccount.schedule.services.run_due": "each job is its own",
    "myaccount.schedule.services.run_soon": "one statement",
    "profile.contacts.prove_by_code": "counts the try before it looks at the code",
    "profile.contacts.prove_by_token": "accepts in one transaction of its own",
    "profile.contacts.request_change": "reserves the sending before the transaction",
    "profile.contacts.resend": "reserves the sending before the transaction",
    "profile.contacts.forget_old": "one statement",
    "security.password.services.check_current_password": "reserves the attempt before it looks",
    "security.sign_in.services.check_password": "reserves the attempt before it looks",
    "security.sign_in.services.confirm_by_password": "reserves the attempt before it looks",
    "security.factors.services.verify_code": "reserves the attempt before it looks",
    "security.factors.services.verify_device": "takes the challenge out before it looks",
    "security.recovery.services.prove_by_code": "counts the try before it looks at the code",
    "security.recovery.services.prove_by_link": "accepts in one transaction of its own",
    "security.recovery.services.request_usernames": "queues one job",
    "security.policy.services.chain_changed": "one statement, in the transaction of the change it tells of",
    "sessions_app.services.touch": "one statement",
    "sessions_app.services.sweep": "each session is ended by itself",
    "sessions_app.services.forget_old": "rows of no use to anybody, a batch at a time",
}
WRITES = (
    "create",
    "save",
    "update",
    "delete",
    "bulk_create",
    "get_or_create",
    "update_or_create",
    "record",
    "enqueue",
    "send_email",
    "send_sms",
)


def calls_of(function: Callable[..., object]) -> set[str]:
    """The names of what a function calls itself."""
    tree = ast.parse(inspect.getsource(function).lstrip())
    calls = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def is_atomic(function: Callable[..., object]) -> bool:
    """Decorated with `transaction.atomic`, or with all its writes in a `with transaction.atomic()`."""
    tree = ast.parse(inspect.getsource(inspect.unwrap(function)).lstrip())
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    if any("atomic" in ast.unparse(decorator) for decorator in definition.decorator_list):
        return True
    blocks = [
        node for node in ast.walk(definition) if isinstance(node, ast.With) and "atomic" in ast.unparse(node.items[0])
    ]
    inside = {id(node) for block in blocks for node in ast.walk(block)}
    writes = [
        node
        for node in ast.walk(definition)
        if isinstance(node, ast.Call) and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) in WRITES
    ]
    return bool(blocks) and all(id(write) in inside for write in writes)


@by_service
def test_a_service_says_its_rule(function: Callable[..., object]) -> None:
    assert function.__doc__
    assert function.__doc__.strip()[0].isupper()
    assert function.__doc__.strip().split("\n")[0].rstrip().endswith((".", ",", ":", ";")) or "\n" in function.__doc__


@by_service
def test_a_service_is_typed(function: Callable[..., object]) -> None:
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())


@by_service
def test_a_service_that_writes_is_atomic_or_says_why_not(
    function: Callable[..., object], request: pytest.FixtureRequest
) -> None:
    """Change, event and message commit together; what is not atomic is listed above with its reason."""
    name = f"{function.__module__}.{function.__name__}"
    writes = calls_of(inspect.unwrap(function)) & set(WRITES)
    if name in NOT_ATOMIC:
        assert not any("atomic" in line for line in inspect.getsource(function).split("def ")[0].splitlines()), (
            "listed in vain"
        )
    else:
        assert is_atomic(function) or not writes, name


def test_the_list_of_exceptions_names_nothing_that_is_gone() -> None:
    assert set(NOT_ATOMIC) <= {name for name, _ in SERVICES}


# Django


def test_the_models_have_their_migrations(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_project_passes_djangos_checks(db: None) -> None:
    call_command("check", "--fail-level", "WARNING")


def test_mypy_and_the_import_system_agree_on_where_profile_is() -> None:
    spec = importlib.util.find_spec("profile.models")
    assert spec is not None
    assert spec.origin == str(ROOT / "profile" / "models.py")
