"""Screen lists, release and recall them, and say why a number may or may not be called.

Exit codes: 0 done; 2 refused, with the reasons; 4 nobody is released or the number may not be called.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from duecause.apps.dialling import (
    actions,
    checking,
    exchange_actions,
    exports,
    packages,
    queries,
    release_actions,
)
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.models import DialList
from duecause.apps.dialling.pace import rows_done
from duecause.cli.files import read_bytes, require_writable, write_bytes, writing
from duecause.engine.actor import Actor
from duecause.engine.screening.bulk import Format, Pace
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
NOBODY = 4
PARTS_OF_A_BAR = 1_000
PATH = click.Path(path_type=Path)


@click.command()
@click.option("--campaign", required=True, help="Code of the campaign.")
@click.option("--centre", required=True, help="Code of the call centre.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the calls (default: today).")
@click.option("--source", "sources", multiple=True, help="Screen the imported rows of this source.")
@click.option("--list", "list_file", type=PATH, help="Screen the rows of this list instead.")
@click.option("--country", default="", help="Country of numbers without country code in the list.")
@click.option("--sheet", help="Name or number of the sheet of a workbook.")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="Read COLUMN as phone.")
@click.option("--out", "out_file", type=PATH, help="Write the verdict on each row.")
@click.option("--report", "report_file", type=PATH, help="Write the report.")
def screen(
    campaign: str,
    centre: str,
    day: datetime | None,
    sources: tuple[str, ...],
    list_file: Path | None,
    country: str,
    sheet: str | None,
    mapped: tuple[str, ...],
    out_file: Path | None,
    report_file: Path | None,
) -> int:
    """Judge candidates for a campaign and a centre: who may be called, and why the others may not.

    \b
    --out is a CSV file, or Parquet where its name ends in .parquet, with the verdict and all reasons of
    each row, named by file, sheet and row.
    A list of many rows goes through files in the data folder, which are removed at the end. Ctrl-C ends it
    and leaves nothing; if the process is killed, the same command goes on with the rows that were read.
    --report is one JSON object about the list as a whole, without its rows:
      list             id of the list, as “duecause release” takes it
      campaign, centre, on, pack_version
      candidates       rows judged; released: rows that may be called
      waterfall        code, label, rows that fell out, remaining: in order, adds up
      totals           reason code → rows that have it, whichever came first
      rules, bans      dated rules applied, with sources, confidence, reviewed_by
      registers        version, age and entries of each national register used
      register_versions  register → its version in this database; register_days: of which day
      party_gate       why the centre may receive no data
      notice           when people are told where their data came from, and what the script says
      party_overrides  reasons that two persons let not count, and until when
      expires_on, expires_because
      numbering_plans  release of the numbering plans that read the numbers
      certificate      what a release of this list will certify
    """
    founding.require_founded()
    if bool(sources) == (list_file is not None):
        raise click.UsageError("Name one or more --source, or one --list.")
    now = datetime.now(UTC)
    chosen = queries.campaign_named(campaign)
    with _progress() as progress:
        dial_list = actions.screen(
            actor=OPERATOR,
            campaign=chosen,
            centre=queries.centre_named(centre),
            on=day.date() if day else actions.today(chosen, now),
            now=now,
            sources=sources,
            file=read_list_file(list_file, country, sheet, mapped) if list_file else None,
            progress=progress,
        )
    for line in waterfall_lines(dial_list):
        click.echo(line)
    if out_file:
        kind: Format = "parquet" if out_file.suffix == ".parquet" else "csv"
        with writing(out_file) as out:
            exports.write_verdicts(actor=OPERATOR, dial_list=dial_list, now=now, out=out, kind=kind)
    if report_file:
        write_bytes(report_file, _json(dial_list.report))
    return 0 if dial_list.report["released"] else NOBODY


def read_list_file(file: Path, country: str, sheet: str | None, mapped: tuple[str, ...]) -> ListFile:
    columns = {}
    for pair in mapped:
        column, equals, name = pair.rpartition("=")
        if not equals or not column:
            raise click.UsageError(f"--map needs COLUMN=FIELD, as in --map tel=phone; this is “{pair}”.")
        columns[column] = name
    return ListFile(read_bytes(file), file.name, country.upper(), sheet, columns)


def waterfall_lines(dial_list: DialList) -> Iterator[str]:
    """The report as a table of text: what fell out, in order, and what is left."""
    report = dial_list.report
    yield f"List {dial_list.pk}  {report['campaign']} for {report['centre']} on {report['on']}"
    for ban in report["bans"]:
        yield f"Banned in {ban['country']}: {ban['law']} (rule {ban['id']})"
    for problem in report["party_gate"]:
        yield f"Centre blocked: {problem['text']}"
    for held in report["party_overrides"]:
        yield f"Overridden until {held['until']}: {held['text']}"
    width = max([len(step["label"]) for step in report["waterfall"]] + [len("Candidates")])
    yield f"  {'Candidates':<{width}} {report['candidates']:>9}"
    for step in report["waterfall"]:
        yield f"  {step['label']:<{width}} {-step['rows']:>9} {step['remaining']:>9}  {step['code']}"
    yield f"  {'Released':<{width}} {report['released']:>9}"
    for used in report["registers"]:
        days = "1 day" if used["age_days"] == 1 else f"{used['age_days']} days"
        version = f"{used['version']}, {days} old" if used["version"] else "not loaded"
        yield f"Register {used['register']}: {version}"
    if report["expires_because"]:
        yield f"Valid until {report['expires_on']}. {report['expires_because']['text']}"
    reviewed = all(rule["reviewed_by"] for rule in report["rules"])
    rules = ", ".join(rule["id"] for rule in report["rules"])
    yield f"Rules {report['pack_version']}: {rules}{'' if reviewed else ' (not reviewed by counsel)'}"


@click.command()
@click.argument("dial_list", metavar="LIST")
@click.option("--out", "out_file", type=PATH, help="The file for the centre; - is stdout.")
@click.option("--deliver", is_flag=True, help="Send it by the exchange with the centre, encrypted.")
@click.option("--certificate", "certificate_file", type=PATH, help="Write what it was screened against.")
def release(dial_list: str, out_file: Path | None, deliver: bool, certificate_file: Path | None) -> None:
    """Hand LIST (its id, or CAMPAIGN@CENTRE for the newest) to its call centre.

    A centre with a public key (see “duecause partners key”) gets an age file that only it can read.
    """
    founding.require_founded()
    if (out_file is None) != deliver:
        raise click.UsageError("Give either --out or --deliver.")
    found = queries.list_named(dial_list)
    to_stdout = str(out_file) == "-"
    if deliver:
        exchange_actions.refuse_undeliverable(found.centre)
    elif out_file and not to_stdout:
        require_writable(out_file)
    out: BinaryIO = sys.stdout.buffer if to_stdout else io.BytesIO()
    made = release_actions.release(actor=OPERATOR, dial_list=found, now=datetime.now(UTC), out=out)
    if deliver and not packages.is_encrypted(made):  # its key was taken away while the file was being made
        exchange_actions.refuse_undeliverable(made.centre)
    elif deliver and isinstance(out, io.BytesIO):
        name = packages.file_name(f"list-{made.watermark}", packages.is_encrypted(made))
        exchange_actions.queue(partner=made.centre, name=name, content=out.getvalue())
    elif out_file and isinstance(out, io.BytesIO):
        write_bytes(out_file, out.getvalue())
    if certificate_file:
        write_bytes(certificate_file, _json(made.certificate))
    fingerprint = made.certificate["encrypted_to"]
    if fingerprint:
        click.echo(f"Encrypted to the key of {made.centre.name}: {fingerprint}", err=to_stdout)
    click.echo(
        f"Released {made.rows} rows to {made.centre.name}: release {made.pk}, watermark {made.watermark}, "
        f"valid until {made.expires_at:%Y-%m-%d %H:%M %Z}.",
        err=to_stdout,
    )


@click.command()
@click.argument("release_given", metavar="RELEASE")
def recall(release_given: str) -> None:
    """Take RELEASE (its id, watermark, or CAMPAIGN@CENTRE) back: its numbers may no longer be called."""
    founding.require_founded()
    found = queries.release_named(release_given)
    recalled = release_actions.recall(actor=OPERATOR, release=found, now=datetime.now(UTC))
    if recalled:
        click.echo(f"Recalled {found.rows} rows from {found.centre.name}. Ask the centre to delete its copy.")
    else:
        click.echo(f"It was recalled on {found.recalled_at:%Y-%m-%d %H:%M %Z}.")


@click.command()
@click.argument("number")
@click.option("--campaign", required=True, help="Code of the campaign.")
@click.option("--centre", help="Code of the call centre (default: each of them).")
def check(number: str, campaign: str, centre: str | None) -> int:
    """Say everything that speaks for and against calling NUMBER. The check is itself an event."""
    founding.require_founded()
    checked = checking.check(
        actor=OPERATOR,
        number=number,
        campaign=queries.campaign_named(campaign),
        centre=queries.centre_named(centre) if centre else None,
        now=datetime.now(UTC),
    )
    for one, decision in checked.decisions:
        answer = "allow" if decision.allowed else f"deny ({decision.reason})"
        click.echo(f"{one.code}: {answer}")
    for finding in checked.findings:
        click.echo(f"  {finding.text}  [{finding.code}]")
    return 0 if checked.allowed else NOBODY


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar on a terminal with the rows that are done, how quick it is and how long it takes; nothing
    elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    started, first, rows = time.monotonic(), 0, PARTS_OF_A_BAR
    with click.progressbar(
        length=rows, label="Screening", file=sys.stderr, show_eta=False, item_show_func=lambda pace: pace
    ) as bar:

        def show(phase: str, done: int, total: int) -> None:
            nonlocal first, rows
            rows = total if phase == "list" else rows
            at = rows_done(phase, done, total, rows)
            seconds = time.monotonic() - started
            first = first or at
            pace = Pace(phase, at, rows, at - first, seconds)
            left = f", {pace.eta / 60:.0f} min left" if pace.eta else ""
            bar.update(
                rows_done(phase, done, total, PARTS_OF_A_BAR) - bar.pos,
                f"{at:,} of {rows:,} rows, {pace.rate:,.0f} rows/s{left}" if rows != PARTS_OF_A_BAR else None,
            )

        yield show


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


COMMANDS = (screen, release, recall, check)
