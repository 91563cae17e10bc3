"""Directories of employees that keep our accounts over SCIM: set one up, give it a key, end it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from duecause.apps.directory import actions, queries
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")


@click.group("directory")
def directory_group() -> None:
    """Directories of employees (Entra ID, Okta) that keep accounts over SCIM 2.0 at /scim/v2/."""


@directory_group.command("set")
@click.argument("code")
@click.option("--name", default="", help="What people call it.")
def set_directory(code: str, name: str) -> None:
    """Set up the directory CODE, or change it."""
    founding.require_founded()
    actions.set_up(actor=OPERATOR, code=code, name=name, now=datetime.now(UTC))
    click.echo(f"{code} is set up. Give it a key: duecause directory key {code}")


@directory_group.command("key")
@click.argument("code")
def key(code: str) -> None:
    """Make the key of CODE and show it, this once. The one before ends."""
    founding.require_founded()
    directory = queries.directory_named(code)
    click.echo(actions.make_key(actor=OPERATOR, directory=directory, now=datetime.now(UTC)))
    click.echo("Hand it over by a safe way: it is not shown again. The one before has ended.", err=True)


@directory_group.command("end")
@click.argument("code")
def end(code: str) -> None:
    """Let the directory CODE say nothing any more; the accounts stay as they are."""
    founding.require_founded()
    actions.end(actor=OPERATOR, directory=queries.directory_named(code), now=datetime.now(UTC))
    click.echo(f"{code} says nothing any more; its key has ended. The accounts stay as they are.")


@directory_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Show each directory, and how many accounts it keeps."""
    founding.require_founded()
    states = queries.states()
    if as_json:
        click.echo(json.dumps({"directories": states}, indent=1))
        return
    for state in states:
        how = "ended" if state["ended"] else "has a key" if state["key"] else "has no key"
        click.echo(
            f"{state['directory']}  {how}; keeps {state['accounts']} accounts, {state['closed']} closed"
        )


COMMANDS = (directory_group,)
