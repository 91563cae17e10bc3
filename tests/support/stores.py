"""The example of examples/rights in databases of its own, and statements to look into them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url

from duecause.apps.rights.foreign.configuring import read_stores
from duecause.apps.rights.foreign.folder import Folder
from duecause.apps.rights.foreign.running import Outcome, Run
from duecause.engine.datamap.request import read_request
from tests.support import mariadb, postgres

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/rights"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
STORES = ("billing", "crm", "dialler")
DATABASES = {"billing": "postgresql", "crm": "mariadb", "dialler": "sqlite"}


def engine(url: str) -> Engine:
    return sa.create_engine(url, poolclass=sa.NullPool)


def execute(url: str, statements: str) -> None:
    with engine(url).begin() as connection:
        for each in statements.split(";\n"):
            if each.strip():
                connection.exec_driver_sql(each.replace("%", "%%") if "%" in each else each)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with engine(url).connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


@dataclass
class Servers:
    """Makes empty databases, by kind. `numbers`: no two have one name."""

    postgres: str
    mariadb: Path | None
    folder: Path
    numbers: Iterator[int]

    def database(self, kind: str) -> str:
        name = f"d{next(self.numbers)}"
        if kind == "sqlite":
            path = self.folder / f"{name}.sqlite"
            path.touch()
            return f"sqlite:///{path}"
        if kind == "postgresql":
            server = make_url("postgresql+psycopg://").update_query_dict(
                {"host": str(postgres.folder_of(self.postgres))}
            )
            address = server.set(username=postgres.USER, database=postgres.DATABASES[0])
        else:
            assert self.mariadb is not None
            address = make_url(mariadb.url(self.mariadb, "mysql"))
        with sa.create_engine(address, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return address.set(database=name).render_as_string(hide_password=False)


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        on_postgres = stack.enter_context(postgres.cluster())
        on_mariadb = stack.enter_context(mariadb.server()) if mariadb.there() else None
        yield Servers(on_postgres, on_mariadb, folder, count(1))


@dataclass
class Example:
    """The three stores of the example and requests to them."""

    urls: dict[str, str]
    folder: Path
    config: Path = EXAMPLE / "stores.yaml"

    def stores(self) -> Any:
        return read_stores(self.config, {f"{name.upper()}_URL": url for name, url in self.urls.items()})

    def rows(self, store: str, query: str) -> list[tuple[Any, ...]]:
        return rows(self.urls[store], query)

    def execute(self, store: str, statements: str) -> None:
        execute(self.urls[store], statements)

    def run(
        self,
        request: str | dict[str, Any],
        *,
        out: str = "",
        now: datetime = NOW,
        plan_only: bool = False,
        approved: str = "",
        at: Callable[[str], None] = lambda point: None,
    ) -> Outcome:
        given = json.loads((EXAMPLE / f"{request}.json").read_text()) if isinstance(request, str) else request
        stores, folder = self.stores(), Folder(self.folder / (out or given["id"]))
        try:
            with folder.taken(given):
                run = Run(read_request(given), stores, folder, now=now, approved=approved, at=at)
                return run.plan_only() if plan_only else run.carry_out()
        finally:
            stores.close()

    def told(self, request: str, name: str) -> Any:
        return json.loads((self.folder / f"R-2026-{request}" / name).read_text())


def example(servers: Servers | None, folder: Path, kinds: dict[str, str] = DATABASES) -> Example:
    """With its data, in databases of these kinds; all of SQLite where no servers are given."""
    folder.mkdir(exist_ok=True)
    urls = {}
    for name in STORES:
        if servers is None:
            (folder / f"{name}.sqlite").touch()
            urls[name] = f"sqlite:///{folder / f'{name}.sqlite'}"
        else:
            urls[name] = servers.database(kinds[name])
        execute(urls[name], (EXAMPLE / f"{name}.sql").read_text())
    return Example(urls, folder)


def request(kind: str, *, email: str = "mila@example.org", **more: Any) -> dict[str, Any]:
    """One request with one verified identity."""
    return {
        "id": f"R-2026-{kind}",
        "kind": kind,
        "received": "2026-11-20",
        "language": "en",
        "identities": [{"kind": "email", "value": email, "verified": "code"}],
        **more,
    }


def environment(example: Example) -> dict[str, str]:
    """For the command line in a process of its own."""
    return {**os.environ, **{f"{name.upper()}_URL": url for name, url in example.urls.items()}}
