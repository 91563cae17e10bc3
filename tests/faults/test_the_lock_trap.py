"""No second SQLite library touches a live database file.

A process that opens the file a second time through another library (DuckDB's SQLite scanner, an ADBC driver)
and closes it drops the POSIX locks that `sqlite3` holds on it: another writer then overwrites rows while
`integrity_check` says ok. So DuckDB gets Arrow tables only, and may open no file at all.
"""

from __future__ import annotations

import ast
import fcntl
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from duecause.engine import memory_database

PACKAGE = Path(settings.PACKAGE)
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
SECOND_LIBRARIES = {"apsw", "adbc_driver_sqlite", "pysqlite3", "sqlcipher3", "chdb", "polars", "connectorx"}
SCANNERS = re.compile(r"sqlite_scan|sqlite_attach|\battach\b[^\n]*sqlite|(install|load)\s+sqlite", re.I)
TAKES_A_LOCK = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
try:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0x40000000)
except OSError:
    print("held")
else:
    print("free")
"""


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_one_module_alone_opens_duckdb_and_none_another_sqlite():
    opens = re.compile(r"duckdb\.connect")
    assert [str(path.relative_to(PACKAGE)) for path in SOURCES if opens.search(path.read_text())] == [
        "engine/memory_database.py"
    ]
    assert {
        str(path): imports(path) & SECOND_LIBRARIES for path in SOURCES if imports(path) & SECOND_LIBRARIES
    } == {}


def test_no_statement_asks_duckdb_for_its_sqlite_scanner():
    texts = [*SOURCES, *PACKAGE.rglob("*.sql")]
    assert [str(path) for path in texts if SCANNERS.search(path.read_text())] == []
    assert SCANNERS.search("INSTALL sqlite; SELECT * FROM sqlite_scan('a', 'b')")


def test_only_django_opens_the_database_files():
    """`sqlite3.connect` of the same library would be safe beside Django, closing a plain `open` would not."""
    opens = re.compile(r"sqlite3\.connect|open\([^)]*(sqlite3|DATABASES)")
    assert [str(path) for path in SOURCES if opens.search(path.read_text())] == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM sqlite_scan('{path}', 'kept')",
        "ATTACH '{path}' AS live (TYPE sqlite)",
        "ATTACH '{path}' AS live",
        "INSTALL sqlite",
        "LOAD sqlite",
        "SELECT * FROM read_blob('{path}')",
        "COPY (SELECT 1) TO '{path}'",
        "SET enable_external_access = true",
    ],
)
def test_a_database_in_memory_may_open_no_file_and_cannot_be_told_to(tmp_path, statement):
    path = tmp_path / "live.sqlite3"
    with sqlite3.connect(path) as live:
        live.execute("CREATE TABLE kept (n)")
    live.close()
    before = path.read_bytes()
    with memory_database.connect(memory="64MB", threads=1) as db:
        assert db.execute("SELECT current_setting('enable_external_access')").fetchone() == (False,)
        with pytest.raises(memory_database.duckdb.Error):
            db.execute(statement.format(path=path))
    assert path.read_bytes() == before


def test_the_trap_is_real_here(tmp_path):
    """Why: closing any descriptor of a file drops every lock of this process on it (POSIX fcntl)."""
    path = tmp_path / "file"
    path.write_bytes(b"x")

    def seen_from_outside() -> str:
        words = [sys.executable, "-c", TAKES_A_LOCK, str(path)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    with path.open("r+b") as mine:
        fcntl.lockf(mine, fcntl.LOCK_EX, 1, 0x40000000)
        assert seen_from_outside() == "held"
        os.close(os.open(path, os.O_RDONLY))  # what a second library does when it is done
        assert seen_from_outside() == "free"
