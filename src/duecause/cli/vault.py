"""`duecause vault …`: the key-encryption key and copies of the key database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from duecause.apps.ledger import key_actions
from duecause.apps.obligations import key_jobs
from duecause.apps.vault import queries
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")


def _now() -> datetime:
    return datetime.now(UTC)


@click.group("vault")
def vault_group() -> None:
    """The key-encryption key, and copies of the key database."""
    founding.require_founded()


@vault_group.command()
@click.option("--json", "as_json", is_flag=True, help="One object.")
def status(as_json: bool) -> None:
    """Say which key wraps, where it is kept, what waits for a change, and which copies live too long. Exit
    code 1: something does."""
    found = queries.status(now=_now())
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        for line in found.lines():
            click.echo(line)
    if found.overdue:
        raise click.exceptions.Exit(1)


@vault_group.command()
def rotate() -> None:
    """Let a new key-encryption key wrap from now on. A worker wraps again what the old one wrapped; nothing
    stops."""
    obligation = key_jobs.rotate(actor=OPERATOR, now=_now())
    click.echo(f"The key {obligation.facts['key']} wraps from now on.")
    click.echo("A worker wraps the other keys again; duecause vault status says how far it is.")


@vault_group.command()
@click.argument("by", nargs=-1, required=True)
def protect(by: tuple[str, ...]) -> None:
    """Keep the key-encryption key in another way: `file`, or `transit KEY` (HashiCorp Vault, OpenBao)."""
    key_actions.protect(actor=OPERATOR, by=" ".join(by), now=_now())
    click.echo("The key is kept so from now on. Older copies of keys/ still hold it as it was kept before.")


@vault_group.command()
def copy() -> None:
    """Copy the key database into the folder DUECAUSE_KEY_COPIES; the copy is deleted when its time has
    come."""
    click.echo(key_actions.make_copy(actor=OPERATOR, now=_now()).path)


COMMANDS = (vault_group,)
