"""Score the matching on a file from outside: nothing is stored."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from duecause.cli.files import read_bytes, write_bytes
from duecause.engine.matching.listed import COLUMNS, Decision, accuracy, column_of, decide, identities_of
from duecause.engine.tabular import open_tables, write_csv

HEADER = ("a", "b", "decision", "rule", "evidence")


@click.group("match")
def match_group() -> None:
    """Which records are the same person."""


@match_group.command("score")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--truth", metavar="COLUMN", help="Column that is equal for records of one person.")
@click.option("--id", "name", metavar="COLUMN", help="Column that names a record (default: its row).")
@click.option("--proposals", is_flag=True, help="Also what the model would put before a person.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the links here, not to the screen.")
def score(file: Path, truth: str | None, name: str | None, proposals: bool, out: Path | None) -> None:
    """Link the records of the list FILE (CSV or XLSX) and write each pair.

    Columns that are read, by these names: first_name, last_name, company, birth_date (1980-05-17), phone,
    email, customer_no, street, house_number, postcode. A decision is link (a rule), same_person (through
    other records) or suggest (a person decides). Rows are numbered as a spreadsheet does.
    """
    rows, numbers = _rows(file)
    identities = identities_of(rows, numbers, file=file.name)
    names = column_of(rows, name, file=file.name) if name else [str(number) for number in numbers]
    humans = column_of(rows, truth, file=file.name) if truth else None
    decisions = decide(identities, with_model=proposals)
    content = b"".join(write_csv((_line(one, names) for one in decisions), HEADER))
    if out:
        write_bytes(out, content)
    else:
        sys.stdout.buffer.write(content)
    _say(decisions, len(rows), humans)


def _rows(file: Path) -> tuple[list[dict[str, str]], list[int]]:
    """Rows by column name of the first table, and their numbers in it."""
    table = open_tables(read_bytes(file), name=file.name)[0]
    names = [
        header.strip().lower() if header.strip().lower() in COLUMNS else header for header in table.header
    ]
    rows: list[dict[str, str]] = []
    numbers: list[int] = []
    for batch in table.batches():
        numbers += batch.row_numbers
        rows += [dict(zip(names, values, strict=True)) for values in zip(*batch.columns, strict=True)]
    return rows, numbers


def _line(one: Decision, names: list[str]) -> tuple[str, ...]:
    return names[one.a], names[one.b], one.decision, one.rule, " ".join(one.evidence)


def _say(decisions: list[Decision], records: int, humans: list[str] | None) -> None:
    joined = sum(one.decision != "suggest" for one in decisions)
    click.echo(f"{records} records, {joined} pairs joined, {len(decisions) - joined} suggested", err=True)
    if humans is None:
        return
    found = accuracy(decisions, humans)
    for word, (share, low, high) in (("precision", found.precision()), ("recall", found.recall())):
        click.echo(f"{word} {share:.5f} (95 %: {low:.5f} to {high:.5f})", err=True)
    click.echo(f"{found.true} true pairs, {found.right} found, {found.found - found.right} false", err=True)


COMMANDS = (match_group,)
