"""What is said when people are called for a campaign: draft it, put it into force, write it to files.

Exit codes: 0 done; 2 refused, with the reasons.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from duecause.apps.dialling import queries, script_actions
from duecause.apps.dialling.models import CallScript, Campaign
from duecause.apps.dialling.scripts import OPTIONAL, PARTS, Text, in_force, name_of
from duecause.cli.files import read_bytes, write_bytes
from duecause.engine import yaml_reader
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
PATH = click.Path(path_type=Path)


@click.group("scripts")
def scripts_group() -> None:
    """What is said on the telephone, per campaign, language and version."""


@scripts_group.command("draft")
@click.argument("campaign")
@click.argument("file", type=PATH)
def draft(campaign: str, file: Path) -> None:
    """Read drafts for CAMPAIGN from FILE (YAML): per language its parts.

    \b
    nl:
      caller: who calls
      on_behalf_of: for whom
      why: what the call is about
      privacy_policy: where it can be read
      right_to_object: how to object, now and later
      short_notice: where the data come from, if the person is not told otherwise
    """
    founding.require_founded()
    chosen = queries.campaign_named(campaign)
    try:
        words = read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(
            "script_no_text", "%(file)s is no text in UTF-8. Save it as such.", file=file.name
        ) from None
    now = datetime.now(UTC)
    for language, text in _texts(words, file.name).items():
        made = script_actions.draft_script(
            actor=OPERATOR, campaign=chosen, language=language, text=text, now=now
        )
        name = name_of(language, made.version)
        click.echo(f"Draft {name} of {campaign}. Put it into force: duecause scripts force {campaign} {name}")


def _texts(words: str, name: str) -> dict[str, Text]:
    top = yaml_reader.read_mapping(words, file=name)
    found = {}
    for language in top.keys():  # noqa: SIM118 (a reader, not a dict)
        parts = top.mapping(language)
        given = {part: parts.text(part) for part in PARTS if part not in OPTIONAL or parts.has(part)}
        parts.done()
        found[language] = Text(**given)
    top.done()
    return found


@scripts_group.command("force")
@click.argument("campaign")
@click.argument("script")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day (default: today).")
def force(campaign: str, script: str, first: datetime | None) -> None:
    """Put SCRIPT (as nl-3) of CAMPAIGN into force from a day on."""
    founding.require_founded()
    chosen, now = queries.campaign_named(campaign), datetime.now(UTC)
    found = _named(chosen, script)
    day = first.date() if first else local_day(now, chosen.controller.country)
    script_actions.put_in_force(actor=OPERATOR, script=found, first_day=day, now=now)
    click.echo(f"{script} of {campaign} is in force from {day}.")


@scripts_group.command("write")
@click.argument("campaign")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def write(campaign: str, folder: Path) -> None:
    """Write what is in force for CAMPAIGN today to FOLDER, one text per language."""
    founding.require_founded()
    chosen = queries.campaign_named(campaign)
    today = local_day(datetime.now(UTC), chosen.controller.country)
    names = in_force(chosen.dated_scripts, today).values()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in names:
        script = _named(chosen, name)
        parts = [getattr(script, part) for part in PARTS]
        text = "\n\n".join([f"{campaign} {name}", *filter(None, parts)]) + "\n"
        write_bytes(folder / f"script-{campaign}-{name}.txt", text.encode())
    told = ", ".join(names)
    click.echo(f"{told} written to {folder}." if told else f"{campaign} has no script in force.")


def _named(campaign: Campaign, name: str) -> CallScript:
    own = CallScript.objects.filter(campaign=campaign).select_related("campaign__controller")
    found = {name_of(each.language, each.version): each for each in own}
    if name not in found:
        raise Refused(
            "unknown_script",
            "%(campaign)s has no script “%(script)s”. Known: %(known)s.",
            campaign=campaign.code,
            script=name,
            known=", ".join(sorted(found)) or "-",
        )
    return found[name]


COMMANDS = (scripts_group,)
