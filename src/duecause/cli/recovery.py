"""`duecause ledger recover` and `cosigned`: go on after a loss; keep what a witness has signed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from duecause.cli.installed import open_installation, read_file
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused

if TYPE_CHECKING:
    from duecause.apps.ledger.recovery_actions import Need

NOTE_LIMIT = 1 << 20
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--reason", required=True, help="What happened, without personal data. It goes into the ledger."
)
@click.option("--confirm", metavar="ORIGIN", help="The origin of the log to give up; asked for if not given.")
def recover(reason: str, confirm: str | None) -> None:
    """Go on under a new key after published entries were lost for good.

    Only where the sequencer refuses to sign, and only if no newer copy of the database can be found: everyone
    who holds an earlier checkpoint will see that entries are missing. Stop all other processes first.
    """
    open_installation()
    from duecause.apps.ledger import recovery_actions

    if not reason.strip():
        raise Refused("no_reason", "Say what happened: --reason TEXT.")
    need = recovery_actions.need()
    if need.pending:
        click.echo("An interrupted recovery is finished now.")
    else:
        _confirm(need, confirm)
    key = recovery_actions.recover(actor=Actor.system("operator"), reason=reason, now=datetime.now(UTC))
    click.echo(f"The ledger goes on as {key.name}. Start every process again.")
    click.echo("Give this key to partners, auditors and witnesses, and tell them what was lost:")
    click.echo(str(key))


def _confirm(need: Need, confirm: str | None) -> None:
    origin, published = need.origin, f"{need.published:,}" if need.published else "unknown"
    click.echo(need.why, err=True)
    click.echo(f"Entries here: {need.kept:,}. Entries that were published: {published}.", err=True)
    click.echo(f"This gives up the log {origin}: no checkpoint is ever signed under it again.", err=True)
    typed = confirm if confirm is not None else click.prompt("Type its name to go on", err=True)
    if typed.strip() != origin:
        raise Refused("not_confirmed", "That is not %(origin)s. Nothing was changed.", origin=origin)


@click.command()
@click.argument("file", type=FILE)
@click.option("--witness", required=True, metavar="KEY", help="The witness's verifier key, as it gave it.")
def cosigned(file: Path, witness: str) -> None:
    """Keep the cosignature in FILE, a checkpoint of ours that a witness has signed; exports carry it."""
    open_installation()
    from duecause.apps.ledger import actions

    kept = actions.add_cosignature(
        actor=Actor.system("operator"),
        note=read_file(file, limit=NOTE_LIMIT),
        witness=tlog.Verifier.parse(witness.strip()),
        now=datetime.now(UTC),
    )
    name = witness.partition("+")[0]
    click.echo(f"Kept: the checkpoint of {kept.checkpoint_id:,} entries is cosigned by {name}.")


COMMANDS = (recover, cosigned)
