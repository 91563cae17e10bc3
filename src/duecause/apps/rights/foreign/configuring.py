"""The stores of a request: where they are, and by which maps they are read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from duecause.connectors.sql.store import DRIVERS, SqlStore
from duecause.connectors.verbs import Connector
from duecause.engine import yaml_reader
from duecause.engine.datamap.loading import read_map
from duecause.engine.datamap.model import DataMap, Dataset
from duecause.engine.problems import Refused

CODE = "stores"
PLACES = ("url", "url_env", "url_file")


@dataclass(slots=True)
class Stores:
    """`connectors`: name → what speaks with it."""

    data_map: DataMap
    connectors: dict[str, Connector]

    def close(self) -> None:
        for each in self.connectors.values():
            each.close()


def read_stores(path: Path, environment: Mapping[str, str] = os.environ) -> Stores:
    """The file STORES.yaml, its maps beside it. Raises Refused; a message never shows an address."""
    top = yaml_reader.read_mapping(_text(path), file=path.name)
    listed = top.mapping("stores")
    datasets: list[Dataset] = []
    store_of: dict[str, str] = {}
    connectors: dict[str, Connector] = {}
    for name in listed.keys():  # noqa: SIM118 - not a dict
        entry = listed.mapping(name)
        maps = [each for file in entry.texts("maps") for each in _map(path.parent / file)]
        schema = entry.text("schema") if entry.given("schema") else ""
        schemas = {schema or each.schema for each in maps}
        if len(schemas) != 1:
            template = (
                "%(file)s, line %(line)s: a store has one schema and at least one map. Make two stores of it."
            )
            raise Refused(CODE, template, file=path.name, line=entry.line)
        address = _address(entry, path, environment)
        entry.done()
        connectors[name] = SqlStore(address, schemas.pop() or None)
        for each in maps:
            if each.key in store_of:
                template = "%(file)s: the dataset “%(dataset)s” is in two stores. Keep one."
                raise Refused(CODE, template, file=path.name, dataset=each.key)
            store_of[each.key] = name
        datasets += maps
    top.done()
    return Stores(DataMap(tuple(datasets), store_of), connectors)


def _address(entry: yaml_reader.Mapping, path: Path, environment: Mapping[str, str]) -> URL:
    given = [name for name in PLACES if entry.given(name)]
    if len(given) != 1:
        template = "%(file)s, line %(line)s: give one of url, url_env and url_file."
        raise Refused(CODE, template, file=path.name, line=entry.line)
    value = entry.text(given[0])
    if given[0] == "url_env":
        if value not in environment:
            template = (
                "%(file)s, line %(line)s: the variable %(variable)s is not set. Put the address into it."
            )
            raise Refused(CODE, template, file=path.name, line=entry.line, variable=value)
        value = environment[value]
    elif given[0] == "url_file":
        value = _text(path.parent / value).strip()
    try:
        address = make_url(value)
        known = address.drivername.partition("+")[0] in (*DRIVERS, "sqlite")
    except ArgumentError:
        known = False
    if not known:
        template = "%(file)s, line %(line)s: no address of a database that is known here (%(known)s)."
        raise Refused(CODE, template, file=path.name, line=entry.line, known=", ".join((*DRIVERS, "sqlite")))
    if address.drivername.startswith("sqlite") and address.database:
        address = address.set(database=str((path.parent / address.database).resolve()))
    return address


def _map(path: Path) -> tuple[Dataset, ...]:
    return read_map(_text(path), file=path.name)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        template = "%(file)s cannot be read: %(why)s."
        raise Refused(CODE, template, file=path, why=error.strerror) from None
    except UnicodeDecodeError:
        template = "%(file)s is not in UTF-8. Save it as UTF-8."
        raise Refused(CODE, template, file=path) from None
