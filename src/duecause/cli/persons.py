"""What is known of one person, for whoever answers that person."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from duecause.apps.register.provenance_actions import tell_provenance
from duecause.cli.files import write_bytes
from duecause.cli.people import named
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
PATH = click.Path(path_type=Path)
NUMBER = click.option("--number", help="Find the person by this number, written +32…; “-” asks for it.")
NOT_KNOWN = "not known"


@click.group("person")
def person_group() -> None:
    """One person."""


@person_group.command("provenance")
@click.argument("person", required=False)
@NUMBER
@click.option("--json", "as_json", is_flag=True, help="For programs: everything, without any value.")
@click.option("--out", type=PATH, help="Where to; printed if left out.")
def provenance(person: str | None, number: str | None, as_json: bool, out: Path | None) -> None:
    """Say of each datum of PERSON where it came from, what was done to it and who received it."""
    founding.require_founded()
    found = named(person, number)
    told = tell_provenance(actor=OPERATOR, person=found, now=datetime.now(UTC))
    text = json.dumps(told, ensure_ascii=False, indent=1) if as_json else "\n".join(_lines(told))
    if out:
        write_bytes(out, f"{text}\n".encode())
    else:
        click.echo(text)


def _lines(told: dict[str, Any]) -> list[str]:
    lines = []
    for datum in told["data"]:
        origin = datum["origin"]
        lines.append(f"{datum['field']}  ({datum['record']})")
        lines.append(f"  from {_source(origin)}, obtained {origin['obtained_on'] or NOT_KNOWN}")
        if origin["file"]:
            lines.append(f"  noted {origin['noted_at'][:16]}: {origin['file']} row {origin['row']}")
        lines.append(f"  rests on {_basis(origin)}")
        lines += [f"  {one['text']}" for one in datum["handled"]]
        lines += [f"  corrected {one['at'][:16]} by {_by(one)}" for one in datum["changes"][1:]]
        lines += [f"  given to {_recipient(one)}" for one in datum["recipients"]]
    lines += [_happened(one) for one in told["happened"]]
    return lines


def _source(origin: dict[str, Any]) -> str:
    if "source" in origin["missing"]:
        return f"{origin['source']}: nobody knows where from, so not used for marketing"
    if origin["by_person"]:
        return "the person"
    party = f" ({origin['party_name']})" if origin["party_name"] else ""
    return f"{origin['source_name']}{party}"


def _by(change: dict[str, Any]) -> str:
    return "the person" if change["by_person"] else f"{change['file']} row {change['row']}"


def _basis(origin: dict[str, Any]) -> str:
    consent = origin["consent"]
    return f"{origin['basis']}, text {consent['code']} {consent['version']}" if consent else origin["basis"]


def _recipient(one: dict[str, Any]) -> str:
    older = ", an older value" if one["value"] == "older" else ""
    unsure = ", perhaps" if not one["sure"] else ""
    return f"{one['name']} for {one['campaign_name']} on {one['at'][:10]}{older}{unsure}"


def _happened(one: dict[str, Any]) -> str:
    why = f" {one['why']}" if one["why"] else ""
    return f"{one['at'][:16]}{' (planned)' if one['planned'] else ''}  {one['text']}{why}"


COMMANDS = (person_group,)
