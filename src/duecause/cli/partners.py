"""Whether data may go to a partner, today or on another day, and what stands in the way.

Exit codes: 0 every gate that was asked for is open; 4 one is closed; 2 the question could not be answered.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import click

from duecause.apps.parties import queries, release_key_actions
from duecause.apps.parties.models import Partner
from duecause.apps.parties.queries import PartyState
from duecause.engine.actor import Actor
from duecause.engine.partyfacts import Block
from duecause.engine.problems import Refused
from duecause.organisation import founding
from duecause.web.templatetags.formats import shown_day

CLOSED = 4
OPERATOR = Actor.system("operator")


@click.group("partners")
def partners_group() -> None:
    """Partners and whether data may go to them."""


@partners_group.command("gate")
@click.argument("partner", required=False)
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Ask for another day than today.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def gate(partner: str | None, day: datetime | None, as_json: bool) -> int:
    """Say for each partner, or for PARTNER, whether its gate is open and what stands in the way."""
    founding.require_founded()
    on = day.date() if day else shown_day(datetime.now(UTC))
    asked = [_named(partner)] if partner else [p for p in queries.partners() if p.kind != "list_seller"]
    states = [queries.gate_of(each, on) for each in asked]
    if as_json:
        found = {"on": on.isoformat(), "partners": [_as_json(state) for state in states]}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for state in states:
            for line in _lines(state, on):
                click.echo(line)
    return 0 if all(state.open for state in states) else CLOSED


@partners_group.command("key")
@click.argument("partner")
@click.argument("public_key", required=False)
@click.option("--remove", is_flag=True, help="Hand out files in clear again.")
def key(partner: str, public_key: str | None, remove: bool) -> int:
    """Show or set the public key to which everything handed out to the call centre PARTNER is encrypted.

    PUBLIC_KEY is the line “age1…” that age-keygen prints, or the ssh-ed25519 line of an OpenSSH key.
    """
    founding.require_founded()
    if remove and public_key:
        raise click.UsageError("Give a key or --remove, not both.")
    centre, now = _named(partner), datetime.now(UTC)
    if remove:
        gone = release_key_actions.remove_release_key(actor=OPERATOR, partner=centre, now=now)
        click.echo(f"Files for {centre.name} leave in clear{' from now on' if gone else ''}.")
        return 0
    if public_key:
        release_key_actions.set_release_key(actor=OPERATOR, partner=centre, key=public_key, now=now)
    fingerprint = release_key_actions.fingerprint_of(centre)
    if not fingerprint:
        click.echo(f"{centre.code} has no key: its files leave in clear.")
        return CLOSED
    click.echo(f"Files for {centre.name} are encrypted to the key with the fingerprint\n  {fingerprint}")
    if public_key:
        click.echo("Compare it with the centre on the telephone before the first list.")
    return 0


def _named(code: str) -> Partner:
    found = Partner.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Partner.objects.order_by("code").values_list("code", flat=True))
        raise Refused(
            "unknown_partner",
            "There is no partner “%(partner)s”. There are: %(known)s.",
            partner=code,
            known=known or "-",
        )
    return found


def _lines(state: PartyState, on: date) -> list[str]:
    word = "open" if state.open else "closed"
    until = f", closes after {state.closes_after}" if state.closes_after else ""
    lines = [f"{state.partner.code}  {word} on {on}{until}"]
    lines += [f"  {problem.text}" for problem in state.reasons]
    lines += [f"  overridden until {block.until}: {block.problem.text}" for block in state.overridden]
    return lines


def _as_json(state: PartyState) -> dict[str, Any]:
    return {
        "partner": state.partner.code,
        "name": state.partner.name,
        "kind": state.partner.kind,
        "open": state.open,
        "closes_after": state.closes_after.isoformat() if state.closes_after else None,
        "reasons": [_reason(block) for block in state.blocks if block.stops],
        "overridden": [{**_reason(block), "until": str(block.until)} for block in state.overridden],
    }


def _reason(block: Block) -> dict[str, Any]:
    params = {name: str(value) for name, value in block.problem.params.items()}
    return {
        "code": block.problem.code,
        "key": block.key,
        "party": block.party,
        "arguments": params,
        "text": block.problem.text,
    }


COMMANDS = (partners_group,)
