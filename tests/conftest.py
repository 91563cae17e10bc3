"""What every test may count on: both databases, key files, and the marks that choose runs."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NEEDS_DATABASE = {"db", "transactional_db", "client", "admin_client", "live_server", "django_user_model"}
ALSO_ON_POSTGRES = ("apps", "security", "connectors")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        room = item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
        if room == "e2e":
            item.add_marker(pytest.mark.e2e)
        if not _uses_database(item):
            continue
        _give_both_databases(item)
        if room in ALSO_ON_POSTGRES:
            item.add_marker(pytest.mark.postgres)


def _uses_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & NEEDS_DATABASE)


def _give_both_databases(item: pytest.Item) -> None:
    """Keys live in a database of their own; pytest-django opens only `default` unless told."""
    marker = item.get_closest_marker("django_db")
    options = dict(marker.kwargs) if marker else {}
    if "live_server" in getattr(item, "fixturenames", ()):
        options.setdefault("transaction", True)
    options.setdefault("databases", ["default", "keys"])
    item.add_marker(pytest.mark.django_db(**options), append=False)


@pytest.fixture(scope="session", autouse=True)
def key_files() -> Path:
    """Fresh key files in this process's data folder."""
    from django.conf import settings

    from duecause.apps.vault import keyring

    folder = Path(settings.DATA) / "keys"
    keyring.create(folder)
    return folder


@pytest.fixture(autouse=True)
def no_anchor_of_another_test(key_files: Path) -> None:
    """Each test begins with an empty ledger; what another one published would forbid it to sign."""
    shutil.rmtree(key_files.parent / "ledger", ignore_errors=True)


@pytest.fixture(autouse=True)
def no_month_key_of_another_test() -> None:
    from duecause.apps.vault.actions import forget_keys

    forget_keys()


@pytest.fixture(autouse=True)
def no_policies_of_another_test() -> None:
    from duecause.apps.gate import policies

    if policies.running() is not policies.packaged():
        policies.forget()


@pytest.fixture(autouse=True)
def no_due_count_of_another_test() -> None:
    from duecause.apps.evidence.queries import forget_due

    forget_due()


@pytest.fixture(autouse=True)
def no_language_of_another_test() -> None:
    """A request leaves the language of its reader active in this thread."""
    from django.utils import translation

    translation.deactivate()


def _counts(reporter: pytest.TerminalReporter) -> dict[str, int]:
    kinds = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    return {kind: len(reporter.stats[kind]) for kind in kinds if reporter.stats.get(kind)}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """`./dev test` runs twice and wants one total: the first run leaves its counts in a file."""
    counts_file = os.environ.get("DUECAUSE_TEST_COUNTS")
    if not counts_file:
        return
    database = "PostgreSQL" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"
    path = Path(counts_file)
    runs = json.loads(path.read_text()) if path.exists() else {}
    runs[database] = _counts(terminalreporter)
    path.write_text(json.dumps(runs))
    terminalreporter.section("runs")
    for name, counts in runs.items():
        terminalreporter.write_line(f"{name}: {_spoken(counts)}")
    if len(runs) > 1:
        total: Counter[str] = Counter()
        for counts in runs.values():
            total.update(counts)
        terminalreporter.write_line(f"total: {_spoken(total)}")


def _spoken(counts: dict[str, int] | Counter[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in counts.items()) or "no tests"
