"""Which of many numbers are in a register or suppressed, asked of files instead of a query per few thousand.

The files hold tokens as columns, never numbers, in a folder of mode 0700. They only narrow down: a version of
a register never changes once it is in use, and what is suppressed is looked up in the database again, where
alone stands for whom and until when. So a file may name too many, never too few, and that is what is checked
before it is asked: the position in the ledger at which it was written must still be in this ledger (the
database was not restored to another past), and no row up to its last may be missing in it (rows of
transactions that were committed late, or rows that went).
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from django.conf import settings

from duecause.apps.consent.models import RegisterEntry, RegisterVersion, Suppression
from duecause.apps.ledger.models import Event
from duecause.apps.vault import indexes
from duecause.engine import memory_database
from duecause.engine.screening.facts import KEY, as_declared, with_keys
from duecause.engine.screening.sql import SETTINGS

WORTH_IT = 20_000
"""Fewer numbers than this are asked of the database."""
ROWS_AT_ONCE = 200_000
MOST_PARTS = 50
MEMORY = "512MB"

_MATCHES = "SELECT DISTINCT g.token FROM given g JOIN held h ON h.token = g.token"


@dataclass(frozen=True, slots=True)
class Position:
    """An event that the ledger held when a file was written."""

    event: int
    leaf: str

    def holds(self) -> bool:
        return Event.objects.filter(pk=self.event, leaf_hash=bytes.fromhex(self.leaf)).exists()


@dataclass(frozen=True, slots=True)
class Held:
    """The tokens of the first `rows` rows of a table, up to `last`, in `parts`."""

    position: Position
    key_id: str
    last: int
    rows: int
    parts: tuple[str, ...]


def in_version(version: RegisterVersion, tokens: Collection[bytes]) -> set[bytes] | None:
    """Which of these dial tokens a version in use lists; None where the database is asked just as well."""
    if len(tokens) < WORTH_IT:
        return None
    register = f"register-{version.register.code}-"
    loaded = int(version.loaded_at.timestamp()) if version.loaded_at else 0
    which = f"{version.pk}-{loaded}-{version.sha256[:16]}-{indexes.dial_key_id()}"
    path = _folder() / f"{register}{which}.parquet"
    entries = RegisterEntry.objects.filter(version=version).order_by("pk")
    if not path.exists() or pq.read_metadata(path).num_rows != entries.count():
        _drop(f"{register}*.parquet")
        _write(path, (token for _, token in _rows(entries)))
    return _among(tokens, [path])


def ever_suppressed(tokens: Collection[bytes]) -> set[bytes] | None:
    """Which of these dial tokens any suppression names, whosever and whether it still holds or not; None
    where the database is asked just as well. Rows added since the last time are added to the files."""
    if len(tokens) < WORTH_IT:
        return None
    held = _current()
    return _among(tokens, [_folder() / part for part in held.parts])


def forget() -> None:
    """Remove every file; the next large list writes them again."""
    _drop("*.parquet")
    _manifest().unlink(missing_ok=True)


def _current() -> Held:
    position = _position()
    held = _read_manifest()
    if held is None or not _is_whole(held):
        _drop("suppressed-*.parquet")
        held = Held(position, indexes.dial_key_id(), 0, 0, ())
    return _with_new_rows(replace(held, position=position))


def _position() -> Position:
    """Read before the rows are: what is committed meanwhile is found by the next reading."""
    newest = Event.objects.order_by("-pk").values_list("pk", "leaf_hash").first()
    return Position(newest[0], bytes(newest[1]).hex()) if newest else Position(0, "")


def _is_whole(held: Held) -> bool:
    return (
        held.key_id == indexes.dial_key_id()
        and len(held.parts) < MOST_PARTS
        and held.position.holds()
        and Suppression.objects.filter(pk__lte=held.last).count() == held.rows
        and all((_folder() / part).exists() for part in held.parts)
    )


def _with_new_rows(held: Held) -> Held:
    name = f"suppressed-{uuid4().hex}.parquet"
    last, count = held.last, 0

    def counted() -> Iterator[bytes]:
        nonlocal last, count
        for pk, token in _rows(Suppression.objects.filter(pk__gt=held.last).order_by("pk")):
            last, count = pk, count + 1
            yield token

    _write(_folder() / name, counted())
    if not count:
        (_folder() / name).unlink()
        return held
    held = replace(held, last=last, rows=held.rows + count, parts=(*held.parts, name))
    part = _manifest().with_suffix(f".{uuid4().hex}")
    part.write_text(json.dumps(asdict(held)), encoding="utf-8")
    part.chmod(0o600)
    part.replace(_manifest())
    return held


def _read_manifest() -> Held | None:
    try:
        content = json.loads(_manifest().read_text(encoding="utf-8"))
        position = Position(**content.pop("position"))
        return Held(position=position, **{**content, "parts": tuple(content["parts"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None  # none, or of another release: written anew


def _rows(rows: Any) -> Iterator[tuple[int, bytes]]:
    for pk, token in rows.values_list("pk", "token").iterator(chunk_size=10_000):
        yield pk, bytes(token)


def _write(path: Path, tokens: Iterator[bytes]) -> None:
    """A file is there whole or not at all."""
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    schema = with_keys(pa.schema([("token", KEY)]).empty_table()).schema
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(descriptor, "wb") as file,
            pq.ParquetWriter(file, schema, use_dictionary=False) as writer,
        ):
            while chunk := list(islice(tokens, ROWS_AT_ONCE)):
                writer.write_table(with_keys(_table(chunk)))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _table(tokens: Iterable[bytes]) -> pa.Table:
    return pa.table({"token": pa.array(tokens, KEY)})


def _among(tokens: Collection[bytes], paths: list[Path]) -> set[bytes]:
    if not paths:
        return set()
    with memory_database.connect(memory=MEMORY, threads=2) as db:
        for setting in SETTINGS:
            db.execute(setting)
        db.register("given", with_keys(_table(list(tokens))))
        db.register("held", ds.dataset([str(path) for path in paths], format="parquet"))
        found = as_declared(db.execute(_MATCHES).to_arrow_table())
    return set(found["token"].to_pylist())


def _folder() -> Path:
    folder: Path = settings.DATA / "cache" / "tokens"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _manifest() -> Path:
    return _folder() / "suppressed.json"


def _drop(pattern: str) -> None:
    for path in _folder().glob(pattern):
        path.unlink(missing_ok=True)
