"""Lists in the hands of call centres: those of before, what is still to be said of them, whose a file is.

Exit codes: 0 done; 2 refused, with the reasons; 4 something is late (`status`), nobody is named (`trace`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from duecause.apps.dialling import custody_queries, hand_out_actions, queries, tracing
from duecause.apps.dialling.custody_actions import Said, say
from duecause.apps.dialling.given import country_of
from duecause.apps.dialling.models import Custody
from duecause.cli.dialling import NOBODY, OPERATOR, PATH, read_list_file
from duecause.cli.errors import REFUSED, SHOWN
from duecause.cli.files import read_bytes, write_bytes
from duecause.engine.tabular import write_csv
from duecause.organisation import founding
from duecause.web.templatetags.formats import shown_day

REPORT = ("sheet", "row", "outcome", "reference", "list", "problem")
LATE = 4


@click.group("releases")
def releases_group() -> None:
    """Lists in the hands of call centres."""


@releases_group.command("import")
@click.argument("file", type=PATH)
@click.option("--centre", required=True, help="Code of the call centre that was given the list.")
@click.option("--campaign", required=True, help="Code of the campaign it was for.")
@click.option("--released-on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Day of the hand-out.")
@click.option("--country", default="", help="Country of numbers without country code.")
@click.option("--sheet", help="Name or number of the sheet of a workbook.")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="Read COLUMN as phone.")
@click.option("--report", "report_file", type=PATH, help="Write what each row became, with its reference.")
def import_hand_out(
    file: Path,
    centre: str,
    campaign: str,
    released_on: datetime,
    country: str,
    sheet: str | None,
    mapped: tuple[str, ...],
    report_file: Path | None,
) -> int:
    """Record FILE as a list that a centre was given before Duecause, so that objections reach it.

    \b
    Nothing on it may be called. A column “reference” names the rows as the centre knows them; without it
    references are made, and --report (CSV) must be handed to the centre:
      sheet, row, outcome (known, unknown, erased, refused), reference, list, problem
    Exit code 2: some rows could not be taken; the others were.
    """
    founding.require_founded()
    chosen = queries.campaign_named(campaign)
    listed = read_list_file(file, country, sheet, mapped)
    done = hand_out_actions.record_hand_out(
        actor=OPERATOR,
        campaign=chosen,
        centre=queries.centre_named(centre),
        file=listed,
        country=country_of(chosen, listed),
        on=released_on.date(),
        now=datetime.now(UTC),
    )
    if done.repeated:
        click.echo(f"{file.name} was recorded before as release {done.release.pk}. Nothing was changed.")
        return 0
    click.echo(f"{file.name}: release {done.release.pk} of {centre}, {len(done.rows)} rows")
    for outcome, rows in sorted(done.counts.items()):
        click.echo(f"  {outcome}: {rows}")
    click.echo(f"{done.objections} objections that run already go to the centre.")
    problems = [row.problem.text for row in done.rows if row.problem]
    for text in problems[:SHOWN]:
        click.echo(text, err=True)
    if len(problems) > SHOWN:
        click.echo(f"… and {len(problems) - SHOWN} more; --report FILE writes all of them.", err=True)
    if report_file:
        lines = (
            (
                r.sheet,
                r.row,
                r.outcome,
                r.reference,
                done.release.watermark,
                r.problem.text if r.problem else "",
            )
            for r in done.rows
        )
        write_bytes(report_file, b"".join(write_csv(lines, REPORT)))
    return REFUSED if problems else 0


@releases_group.command("trace")
@click.argument("file", type=PATH)
@click.option("--country", default="BE", show_default=True, help="Country of numbers without country code.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def trace(file: Path, country: str, as_json: bool) -> int:
    """Say which call centre FILE, found somewhere, was given to, and by what.

    \b
    FILE is CSV or XLSX; it may be cut, re-sorted, merged, or hold bare numbers. It is not kept.
    Exit codes: 0 a centre is named; 4 none can be; 2 the file cannot be read.
    """
    founding.require_founded()
    traced = tracing.trace(
        actor=OPERATOR,
        name=file.name,
        data=read_bytes(file),
        country=country.upper(),
        now=datetime.now(UTC),
    )
    if as_json:
        click.echo(json.dumps(_traced_json(traced), indent=1))
    else:
        for line in _traced_lines(traced):
            click.echo(line)
    return 0 if traced.centres else NOBODY


def _traced_json(traced: tracing.Traced) -> dict[str, Any]:
    return {
        "rows": traced.rows,
        "numbers": traced.numbers,
        "centres": [centre.code for centre in traced.centres],
        "proven": traced.proven,
        "releases": [
            {
                "release": str(each.release.pk),
                "centre": each.release.centre.code,
                "campaign": each.release.campaign.code,
                "released_at": each.release.released_at.isoformat(),
                "proven": each.proven,
                "list_column": each.listed,
                "references": each.references,
                "planted_rows": each.planted,
                "numbers": each.numbers,
                "numbers_of_no_other_centre": each.alone,
            }
            for each in traced.traces
        ],
    }


def _traced_lines(traced: tracing.Traced) -> Iterator[str]:
    names = ", ".join(f"{centre.name} ({centre.code})" for centre in traced.centres)
    if not names:
        yield "No mark of a released list is in this file, and its numbers point to no single centre."
    elif traced.proven:
        yield f"This file was given to {names}."
    else:
        yield f"Its numbers point to {names}. That is no proof: no mark of a list is left in the file."
    yield f"{traced.rows} rows, {traced.numbers} telephone numbers."
    for each in traced.traces:
        release = each.release
        yield (
            f"  {release.centre.code}  {release.campaign.code}  {release.released_at:%Y-%m-%d}"
            f"  list column {each.listed}, references {each.references}, planted rows {each.planted},"
            f" numbers {each.numbers} ({each.alone} of no other centre)  release {release.pk}"
        )


@releases_group.command("status")
@click.option("--centre", help="Only this call centre.")
def status(centre: str | None) -> int:
    """Say which lists still have to be confirmed as arrived, destroyed or returned, and until when.

    Exit code 4: something is late.
    """
    founding.require_founded()
    now = datetime.now(UTC)
    rows = custody_queries.waiting(now)
    found = list(rows.filter(partner=queries.centre_named(centre)) if centre else rows)
    for row in found:
        what = "arrived" if row.kind == Custody.Kind.ARRIVAL else "destroyed or returned"
        late = "  LATE" if row.due_at <= now else ""
        click.echo(
            f"{row.partner.code}  {row.release.watermark}  {row.release.campaign.code}"
            f"  {what}: by {shown_day(row.due_at)}{late}"
        )
    if not found:
        click.echo("Everything is confirmed.")
    return LATE if any(row.due_at <= now for row in found) else 0


@releases_group.command("confirm")
@click.argument("release_given", metavar="RELEASE")
@click.argument("word", type=click.Choice([*map(str, Custody.Word.values)]))
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="Day it happened (default: now).")
@click.option("--sha256", default="", help="Of the list received, or of the signed certificate.")
def confirm(release_given: str, word: str, at: datetime | None, sha256: str) -> None:
    """Record what a centre told us on paper or by mail of RELEASE: received, destroyed or returned."""
    founding.require_founded()
    now = datetime.now(UTC)
    found = queries.release_named(release_given)
    moment = min(at.replace(hour=23, minute=59, tzinfo=UTC), now) if at else now
    said = Said(word=word, at=moment, sha256=sha256.lower(), how="command")
    row = say(actor=OPERATOR, partner=found.centre, mark=found.watermark, said=said, now=now)
    click.echo(f"{found.watermark} of {found.centre.name}: {row.word} on {shown_day(row.at or now)}.")


COMMANDS = (releases_group,)
