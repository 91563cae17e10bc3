"""Real databases for the connectors: PostgreSQL, MariaDB and SQLite, started once per process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import mariadb, postgres, stores


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stores.Servers]:
    if postgres.programs() is None or not mariadb.there():
        pytest.skip("PostgreSQL and MariaDB are not installed: ./dev test installs them on Debian")
    with stores.servers(tmp_path_factory.mktemp("stores")) as found:
        yield found


@pytest.fixture
def example(tmp_path: Path) -> stores.Example:
    """The example on SQLite alone: quick, for what is the same everywhere."""
    return stores.example(None, tmp_path / "example")
