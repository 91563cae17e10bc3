"""`duecause record export`: the record of processing as a file, for whoever asks for it (GDPR Art. 30(4))."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from django.utils import translation

from duecause.apps.evidence import actions
from duecause.apps.evidence.exporting import FORMS
from duecause.apps.evidence.filters import Filter
from duecause.cli.files import require_writable, write_bytes
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.organisation import founding
from duecause.settings import LANGUAGES

OPERATOR = Actor.system("operator")


@click.group("record")
def record() -> None:
    """The record of processing activities."""


@record.command()
@click.option("--format", "form", type=click.Choice(tuple(FORMS)), default="pdf", show_default=True)
@click.option("--controller", help="Code of the controller (default: the first).")
@click.option("--processor", is_flag=True, help="What is done on behalf of --controller (Art. 30(2)).")
@click.option("--purpose", default="", help="Only what serves this purpose.")
@click.option("--class", "law_class", default="", help="Only fields of this class.")
@click.option("--partner", default="", help="Only what this partner receives.")
@click.option("--on", default="now", show_default=True, help="“now”; earlier versions are in the sign-offs.")
@click.option(
    "--language", type=click.Choice([code for code, _ in LANGUAGES]), default="en", show_default=True
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to (default: a name with the version, here)."
)
def export(
    form: str,
    controller: str | None,
    processor: bool,
    purpose: str,
    law_class: str,
    partner: str,
    on: str,
    language: str,
    out: Path | None,
) -> None:
    """Write the record, as it is now, to a file; the ledger remembers that you did."""
    founding.require_founded()
    if on != "now":
        raise Refused(
            "record_past",
            "The record can be made as it is now only, not as of %(given)s: what was configured earlier"
            " stands in the versions that were signed off, under Evidence.",
            given=on,
        )
    if processor and not controller:
        raise click.UsageError("Name the controller on whose behalf: --processor --controller CODE.")
    role = "processor" if processor else "controller"
    by = Filter(f"{role}.{controller}" if controller else "", purpose, law_class, partner)
    with translation.override(language):
        made = actions.export_record(actor=OPERATOR, by=by, form=form, who="operator", now=datetime.now(UTC))
    target = out or Path(made.name)
    require_writable(target)
    write_bytes(target, made.content)
    click.echo(f"{target} ({len(made.content):,} bytes)")


COMMANDS = (record,)
