"""`duecause vault …`: the key-encryption key, token keys, and copies of the key database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from duecause.apps.ledger import key_actions
from duecause.apps.obligations import key_jobs, token_jobs
from duecause.apps.vault import queries
from duecause.apps.vault.models import TokenKey
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")


def _now() -> datetime:
    return datetime.now(UTC)


@click.group("vault")
def vault_group() -> None:
    """The key-encryption key, the keys of tokens, and copies of the key database."""
    founding.require_founded()


@vault_group.command()
@click.option("--json", "as_json", is_flag=True, help="One object.")
def status(as_json: bool) -> None:
    """Say which key wraps, where it is kept, how old the keys of tokens are, what waits for a change, and
    which copies live too long. Exit code 1: something does."""
    found = queries.status(now=_now())
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        for line in found.lines():
            click.echo(line)
    if found.overdue:
        raise click.exceptions.Exit(1)


@vault_group.command()
@click.option(
    "--token",
    "family",
    type=click.Choice(TokenKey.Family.values),
    help="Change the key of these tokens instead: what people are looked for by, called by, or kept out by.",
)
def rotate(family: str | None) -> None:
    """Let a new key-encryption key wrap from now on, or change the key of tokens. A worker wraps again, or
    rewrites, what lies under the old one; nothing stops."""
    if family:
        obligation = token_jobs.rotate(actor=OPERATOR, family=family, now=_now())
        click.echo(f"The token key {obligation.facts['key']} was made.")
        click.echo("A worker puts all tokens under it; duecause vault status says how far it is.")
        return
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
