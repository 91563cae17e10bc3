"""Bring lists into the register, and decide which records are the same person."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from duecause.apps.parties.models import Source
from duecause.apps.register import actions, link_actions, loading, proposing, queries, reports, trial
from duecause.apps.register.loading import Begun
from duecause.apps.register.models import RecordLink
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.engine.tabular import write_csv
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
LINKS_SHOWN = 50
SAID_EVERY = 15.0  # seconds


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", "code", required=True, help="Code of the source the list comes from.")
@click.option("--sheet", help="Name or number of the sheet of a workbook (default: all visible ones).")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="Read COLUMN as FIELD.")
@click.option("--country", help="Country of numbers without country code (default: that of the source).")
@click.option("--report", "report_file", type=click.Path(path_type=Path), help="Write a report per row.")
@click.option(
    "--all-or-nothing", is_flag=True, help="Import nothing if one row would be refused or put aside."
)
@click.option("--dry-run", is_flag=True, help="Show what each row would become and store nothing.")
@click.option("--out", "out_file", type=click.Path(path_type=Path), help="Preview file of a dry run.")
@click.option(
    "--timings", type=click.Path(path_type=Path), help="Write the seconds that each part took (JSON)."
)
def import_command(
    file: Path,
    code: str,
    sheet: str | None,
    mapped: tuple[str, ...],
    country: str | None,
    report_file: Path | None,
    all_or_nothing: bool,
    dry_run: bool,
    out_file: Path | None,
    timings: Path | None,
) -> None:
    """Take the list FILE into the register."""
    founding.require_founded()
    if out_file and not dry_run:
        raise click.UsageError("--out belongs to --dry-run.")
    source, data, explicit, now = _source(code), _bytes(file), _explicit(mapped), datetime.now(UTC)
    if dry_run:
        upload = trial.Upload(source, data, file.name, sheet or "", explicit, country or "")
        _dry_run(upload, out_file, now)
        return
    times = loading.Times()
    with _progress() as progress:
        done = actions.import_file(
            actor=OPERATOR,
            source=source,
            data=data,
            file_name=file.name,
            now=now,
            sheet=sheet,
            explicit_map=explicit,
            country=country,
            progress=progress,
            times=times,
            all_or_nothing=all_or_nothing,
        )
    _say(done)
    if timings:
        _write(timings, json.dumps({**times.seconds, **_cpu()}).encode())
    if report_file:
        _write(report_file, json.dumps(reports.report_of(done.batch), ensure_ascii=False, indent=1).encode())


def _cpu() -> dict[str, float]:
    """CPU-seconds of this process, and of those that prepared rows and committed keys."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"writing_cpu": time.process_time(), "preparing_cpu": spent.ru_utime + spent.ru_stime}


def _dry_run(upload: trial.Upload, out_file: Path | None, now: datetime) -> None:
    seen = trial.every_row(actor=OPERATOR, upload=upload, now=now)
    for column in reports.refused_columns(seen.sheets):
        click.echo(f"Column not stored: {column['column']} ({column['reason']})", err=True)
    rows = (reports.preview_row(plan.parsed, upload.name) for plan in seen.plans)
    content = b"".join(write_csv(rows, reports.PREVIEW_HEADER))
    if out_file:
        _write(out_file, content)
        click.echo(f"{seen.row_count} rows looked at; nothing was stored.")
    else:
        sys.stdout.buffer.write(content)


def _say(done: actions.Imported) -> None:
    batch = done.batch
    if done.repeated:
        click.echo("This file was imported before, under the same setup. Nothing was changed.")
    summary = queries.summary_of(batch)
    click.echo(f"{batch.file_name}: {batch.rows_total} rows")
    for outcome, rows in sorted(summary["counts"].items()):
        click.echo(f"  {outcome}: {rows}")
    if summary["problems"]:
        click.echo("Problems:")
    for code, rows in summary["problems"].items():
        click.echo(f"  {code}: {rows}")
    for column in summary["refused"]:
        click.echo(f"Column not stored: {column['column']} ({column['reason']})")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar with the time that is left on a terminal; elsewhere a line now and then, for a log."""
    begun = Begun(time.monotonic())
    if not sys.stderr.isatty():
        said = begun.at

        def say(done: int, total: int) -> None:
            nonlocal said
            now = time.monotonic()
            if now - said < SAID_EVERY:
                return
            said = now
            left = begun.seconds_left(done, total, now)
            told = f", about {max(1, round(left / 60))} min left" if left is not None else ""
            click.echo(f"{done} of {total} rows{told}", err=True)

        yield say
        return
    with click.progressbar(length=1, label="Importing", file=sys.stderr, show_eta=True) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


def _source(code: str) -> Source:
    source = Source.objects.select_related("controller").filter(code=code).first()
    if source is None:
        known = ", ".join(Source.objects.order_by("code").values_list("code", flat=True)) or "-"
        raise Refused(
            "unknown_source", "There is no source “%(given)s”. Known: %(known)s.", given=code, known=known
        )
    return source


def _explicit(mapped: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in mapped:
        column, equals, field = pair.rpartition("=")
        if not equals or not column:
            raise click.UsageError(f"--map needs COLUMN=FIELD, as in --map tel=phone; this is “{pair}”.")
        found[column] = field
    return found


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(
            "file_unreadable", "%(file)s cannot be read: %(why)s.", file=file, why=error.strerror
        ) from None


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Refused(
            "file_unwritable", "%(file)s cannot be written: %(why)s.", file=file, why=error.strerror
        ) from None


@click.group("links")
def links_group() -> None:
    """Records that are, or may be, the same person."""


@links_group.command("list")
@click.option("--state", type=click.Choice(RecordLink.State.values), default="suggested", show_default=True)
def list_links(state: str) -> None:
    """Show links by number, with what speaks for and against each."""
    founding.require_founded()
    for link in queries.links(state)[:LINKS_SHOWN]:
        places = (f"{record.source.code} row {record.row}" for record in (link.a, link.b))
        click.echo(f"{link.pk}  {' / '.join(places)}  {link.rule}  {', '.join(link.evidence)}")


@links_group.command("propose")
def propose() -> None:
    """Compare all records now, as the worker does once a day: rules link, the model only suggests."""
    founding.require_founded()
    counts = proposing.propose_links(actor=OPERATOR, now=datetime.now(UTC))
    click.echo(f"{counts['linked']} linked, {counts['suggested']} suggested.")


@links_group.command("decide")
@click.argument("number", type=int)
@click.option("--same/--different", required=True, default=None)
def decide(number: int, same: bool) -> None:
    """Settle suggestion NUMBER: the same person, or different ones."""
    founding.require_founded()
    if link_actions.decide_link(actor=OPERATOR, link=_link(number), same=same, now=datetime.now(UTC)):
        click.echo("Linked." if same else "Kept apart.")
    else:
        click.echo("Noted. Nothing changes until somebody else says the same.")


@links_group.command("split")
@click.argument("number", type=int)
def split(number: int) -> None:
    """Undo link NUMBER: they are two persons."""
    founding.require_founded()
    link_actions.split(actor=OPERATOR, link=_link(number), now=datetime.now(UTC))
    click.echo("Separated.")


def _link(number: int) -> RecordLink:
    link = RecordLink.objects.filter(pk=number).first()
    if link is None:
        raise Refused("unknown_link", "There is no link %(number)s. See: duecause links list", number=number)
    return link


COMMANDS = (import_command, links_group)
