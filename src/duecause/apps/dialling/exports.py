"""Verdicts of a list as a file: every row as named in its source, with its number or with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from duecause.apps.dialling.facts import CHUNK, chunks
from duecause.apps.dialling.models import DialList, ListRow
from duecause.apps.dialling.opened import RECORDS_AT_ONCE, open_rows
from duecause.engine.actor import Actor
from duecause.engine.tabular import write_csv

VERDICT_COLUMNS = ("file", "sheet", "row", "number", "verdict", "reasons")
RELEASE = "release"
HOLD = "hold"


def write_verdicts(*, actor: Actor, dial_list: DialList, now: datetime, out: BinaryIO) -> None:
    """CSV with the columns of VERDICT_COLUMNS. Numbers of released rows are opened through the gate."""
    actor.require("dialling.release")
    for part in write_csv(_verdicts(dial_list, now), VERDICT_COLUMNS):
        out.write(part)


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
