"""The rules of law that this installation applies: whether their files hold together.

Exit codes: 0 no mistake; 2 mistakes, each with file, line, rule and field.
"""

from __future__ import annotations

from pathlib import Path

import click

from duecause.cli.errors import REFUSED
from duecause.cli.files import read_bytes
from duecause.engine.screening.law import load_book
from duecause.engine.screening.pack_lint import Mistake, mistakes
from duecause.organisation.schema import sectors
from duecause.packs import law


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


COMMANDS = (law_group,)
