"""The rules of law that this installation applies: whether their files hold together.

Exit codes: 0 no mistake; 2 mistakes, each with file, line, rule and field.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from duecause.apps.dialling import queries
from duecause.apps.dialling.what_if import what_if
from duecause.cli.errors import REFUSED
from duecause.cli.files import read_bytes
from duecause.engine.actor import Actor
from duecause.engine.screening.law import load_book
from duecause.engine.screening.pack_lint import Mistake, mistakes
from duecause.engine.screening.reasons import label
from duecause.organisation import founding
from duecause.organisation.schema import sectors
from duecause.packs import law

OPERATOR = Actor.system("operator")


@click.group("law")
def law_group() -> None:
    """Rules of law, one file per country."""


@law_group.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> int:
    """Find every mistake in the rules: in FILES, or in all that are in force here."""
    given = {file.name: read_bytes(file).decode(errors="replace") for file in files}
    texts = given or law.country_texts()
    found: list[Mistake] = []
    for name, text in texts.items():
        found += mistakes(text, file=name, sectors=sectors())
    for mistake in found:
        click.echo(str(mistake), err=True)
    if found:
        click.echo(f"{len(found)} mistakes in {len(texts)} files.", err=True)
        return REFUSED
    rules = [rule for pack in load_book(texts).packs.values() for rule in pack.rules]
    reviewed = sum(bool(rule.reviewed_by) for rule in rules)
    click.echo(f"{len(texts)} countries, {len(rules)} rules, {reviewed} reviewed by counsel. No mistake.")
    return 0


@law_group.command("what-if")
@click.argument("dial_list", metavar="LIST")
@click.option("--on", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Rules of this day.")
def what_if_command(dial_list: str, day: datetime) -> None:
    """Judge LIST (its id, or CAMPAIGN@CENTRE) by the rules of another day. Nothing is stored or released."""
    founding.require_founded()
    found = queries.list_named(dial_list)
    told = what_if(actor=OPERATOR, dial_list=found, on=day.date(), now=datetime.now(UTC))
    click.echo(f"{'Rows':<24} {found.on} {told.on}")
    for row in told.reasons:
        click.echo(f"  {label(row.code).text:<24} {row.before:>8} {row.then:>10}")
    click.echo(f"  {'May be called':<24} {told.before:>8} {told.then:>10}")
    for word, rules in (("Begins", told.begin), ("Ends", told.end)):
        for rule in rules:
            click.echo(f"{word}: {rule.id} ({rule.law})")


COMMANDS = (law_group,)
