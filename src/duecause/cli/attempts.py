"""Calls of before Duecause, and how often somebody was called.

Exit codes: 0 done; 2 refused, or some rows could not be taken (the others were).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from duecause.apps.dialling import queries
from duecause.apps.dialling.attempt_history import record_history
from duecause.apps.dialling.given import country_of
from duecause.cli.dialling import read_list_file
from duecause.cli.errors import REFUSED, SHOWN
from duecause.cli.files import write_bytes
from duecause.engine.actor import Actor
from duecause.engine.tabular import write_csv
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
PATH = click.Path(path_type=Path)
REPORT = ("sheet", "row", "outcome", "problem")


@click.group("attempts")
def attempts_group() -> None:
    """Calls that centres made."""


@attempts_group.command("import")
@click.argument("file", type=PATH)
@click.option("--centre", required=True, help="Code of the call centre that made the calls.")
@click.option("--campaign", required=True, help="Code of the campaign they were for.")
@click.option("--country", default="", help="Country of numbers without country code.")
@click.option("--zone", "zone_name", default="", help="Zone of moments without one, as Europe/Paris.")
@click.option("--sheet", help="Name or number of the sheet of a workbook.")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="Read COLUMN as phone.")
@click.option("--report", "report_file", type=PATH, help="Write what each row became.")
def import_attempts(
    file: Path,
    centre: str,
    campaign: str,
    country: str,
    zone_name: str,
    sheet: str | None,
    mapped: tuple[str, ...],
    report_file: Path | None,
) -> int:
    """Record the calls in FILE that a centre made before Duecause, so that they count.

    \b
    Columns: at, outcome (answered, no_answer, busy, voicemail, wrong_number, failed), refusal if known, and
    reference (as in the centre's list) or a telephone number. The list itself is recorded first:
    duecause releases import. The same file again changes nothing. --report (CSV) holds:
      sheet, row, outcome (taken, known, refused), problem
    """
    founding.require_founded()
    chosen = queries.campaign_named(campaign)
    listed = read_list_file(file, country, sheet, mapped)
    done = record_history(
        actor=OPERATOR,
        campaign=chosen,
        centre=queries.centre_named(centre),
        file=listed,
        country=country_of(chosen, listed),
        zone=zone_named(zone_name),
        now=datetime.now(UTC),
    )
    click.echo(f"{file.name}: {len(done.rows)} calls of {centre}")
    for outcome, rows in sorted(done.counts.items()):
        click.echo(f"  {outcome}: {rows}")
    refused = [row for row in done.rows if row.problem]
    for row in refused[:SHOWN]:
        click.echo(f"Row {row.row}: {row.problem.text if row.problem else ''}", err=True)
    if len(refused) > SHOWN:
        click.echo(f"… and {len(refused) - SHOWN} more; --report FILE writes all of them.", err=True)
    if report_file:
        lines = ((r.sheet, r.row, r.outcome, r.problem.text if r.problem else "") for r in done.rows)
        write_bytes(report_file, b"".join(write_csv(lines, REPORT)))
    return REFUSED if refused else 0


def zone_named(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.UsageError(f"There is no time zone “{name}”. Write it as Europe/Paris.") from None


COMMANDS = (attempts_group,)
