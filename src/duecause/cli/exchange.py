"""Exchange files with the SFTP servers of call centres.

Exit codes: 0 done; 2 refused, or something of a centre could not be taken; 4 not now: try again.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from duecause.apps.dialling import exchange_actions
from duecause.apps.dialling.exchange_sftp import NotExchanged, Server
from duecause.apps.dialling.models import Exchange
from duecause.apps.dialling.queries import centre_named
from duecause.cli.errors import REFUSED
from duecause.engine.actor import Actor
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
NOT_NOW = 4


@click.group("exchange")
def exchange_group() -> None:
    """Files for and from call centres, over SFTP."""


@exchange_group.command("set")
@click.argument("centre")
@click.option("--host", required=True)
@click.option("--port", type=int, default=22, show_default=True)
@click.option("--user", required=True)
@click.option("--host-key", required=True, help="Public key of the server: “ssh-ed25519 AAAA…”.")
@click.option("--outgoing", required=True, help="Folder there that we write to.")
@click.option("--incoming", required=True, help="Folder there that we read from.")
def set_(centre: str, host: str, port: int, user: str, host_key: str, outgoing: str, incoming: str) -> None:
    """Agree on a server with CENTRE and print the public key that it must let in."""
    founding.require_founded()
    server = Server(host, port, user, " ".join(host_key.split()[:2]), outgoing, incoming)
    now = datetime.now(UTC)
    key = exchange_actions.set_exchange(actor=OPERATOR, partner=centre_named(centre), server=server, now=now)
    click.echo(key)
    click.echo("Let the centre add this line to the authorized_keys of that user.", err=True)


@exchange_group.command("run")
@click.argument("centre")
def run(centre: str) -> int:
    """One round with CENTRE now; a worker makes one every ten minutes by itself."""
    founding.require_founded()
    partner = centre_named(centre)
    actor = Actor.job("exchange", f"open:{exchange_actions.OPEN}")
    try:
        done = exchange_actions.run_exchange(actor=actor, partner=partner, now=datetime.now(UTC))
    except NotExchanged as why:
        click.echo(str(why), err=True)
        return NOT_NOW
    click.echo(f"Sent {len(done.sent)} files, took {len(done.taken)}.")
    for text in done.problems:
        click.echo(text, err=True)
    return REFUSED if done.problems else 0


@exchange_group.command("status")
def status() -> None:
    """The servers that are agreed, and when the last round ended well."""
    founding.require_founded()
    for each in Exchange.objects.select_related("partner").order_by("partner__code"):
        last = f"{each.last_done_at:%Y-%m-%d %H:%M %Z}" if each.last_done_at else "never"
        click.echo(f"{each.partner.code}  {each.user}@{each.host}:{each.port}  last round {last}")


COMMANDS = (exchange_group,)
