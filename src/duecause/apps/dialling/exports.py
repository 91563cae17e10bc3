"""Verdicts of a list as a file: every row as named in its source, with its number or with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from duecause.apps.dialling.facts import CHUNK, chunks
from duecause.apps.dialling.models import DialList, ListRow
from duecause.apps.dialling.opened import RECORDS_AT_ONCE, open_rows
from duecause.engine.actor import Actor
from duecause.engine.screening.bulk import Format
from duecause.engine.tabular import write_csv

VERDICT_COLUMNS = ("file", "sheet", "row", "number", "verdict", "reasons")
PARQUET = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in VERDICT_COLUMNS])
RELEASE = "release"
HOLD = "hold"


def write_verdicts(
    *, actor: Actor, dial_list: DialList, now: datetime, out: BinaryIO, kind: Format = "csv"
) -> None:
    """CSV or Parquet with the columns of VERDICT_COLUMNS, written as rows are read. Numbers of released rows
    are opened through the gate."""
    actor.require("dialling.release")
    rows = _verdicts(dial_list, now)
    if kind == "csv":
        for part in write_csv(rows, VERDICT_COLUMNS):
            out.write(part)
        return
    with pq.ParquetWriter(out, PARQUET) as writer:
        for chunk in chunks(rows, RECORDS_AT_ONCE):
            arrays = [
                pa.array(column, each.type)
                for column, each in zip(zip(*chunk, strict=True), PARQUET, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=PARQUET))


def _verdicts(dial_list: DialList, now: datetime) -> Iterator[tuple[str | int, ...]]:
    rows = ListRow.objects.filter(dial_list=dial_list).order_by("position").iterator(chunk_size=CHUNK)
    for part in chunks(rows, RECORDS_AT_ONCE):
        released = [row for row in part if row.released]
        opened = (
            open_rows(rows=released, fields=(), why="verdicts", work=dial_list.pk, now=now)
            if released
            else {}
        )
        for row in part:
            found = opened.get(row.pk)
            number = found.number or "" if found else ""
            verdict = RELEASE if row.released else HOLD
            yield row.file, row.sheet, row.row, number, verdict, " ".join(row.reasons)
