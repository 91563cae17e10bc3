"""Exchange the feed of a call centre as files in a folder.

Exit codes: 0 done; 2 refused, or something in the folder could not be taken (the rest was).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from duecause.apps.dialling import feed_files, snapshots
from duecause.apps.dialling.dialler_actions import give_dialler_secret
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.queries import centre_named
from duecause.apps.ledger.actions import signer_for
from duecause.apps.parties.actions import give_webhook_secret
from duecause.cli.errors import REFUSED
from duecause.cli.files import read_bytes, write_bytes
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group("feed")
def feed_group() -> None:
    """What call centres must act on, as files."""


@feed_group.command("write")
@click.argument("partner")
@click.argument("folder", type=FOLDER)
def write(partner: str, folder: Path) -> None:
    """Write to FOLDER what PARTNER has not acknowledged: feed-<from>-<to>.csv, checkpoint, manifest.json."""
    founding.require_founded()
    centre = centre_named(partner)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = feed_files.written(actor=partner_actor(centre), partner=centre, now=datetime.now(UTC))
    for name, content in files.items():  # the manifest last: whoever sees it finds the rest
        write_bytes(folder / name, content)
    told = [name for name in files if name.startswith("feed-")]
    click.echo(f"{told[0]} and its manifest are in {folder}." if told else "Everything is acknowledged.")


@feed_group.command("read")
@click.argument("partner")
@click.argument("folder", type=FOLDER)
def read(partner: str, folder: Path) -> int:
    """Take from FOLDER what PARTNER answers: ack-*.json, and CSV: objections-*, attempts-*, lists-*."""
    founding.require_founded()
    centre = centre_named(partner)
    if not folder.is_dir():
        raise Refused("folder_missing", "There is no folder %(folder)s.", folder=folder)
    actor, refused = partner_actor(centre), []

    def each(pattern: str, take: Callable[[str, bytes], list[str]]) -> None:
        for file in sorted(folder.glob(pattern), key=_natural):
            try:
                refused.extend(take(file.name, read_bytes(file)))
            except Refused as problem:
                refused.append(problem.problem.text)

    def acknowledged(name: str, data: bytes) -> list[str]:
        now = datetime.now(UTC)
        word = feed_files.read_acknowledgement(actor=actor, partner=centre, name=name, data=data, now=now)
        click.echo(f"{name}: acknowledged up to {word.cursor} since {word.at:%Y-%m-%d %H:%M:%S %Z}.")
        return []

    def objections(name: str, data: bytes) -> list[str]:
        now = datetime.now(UTC)
        found = feed_files.read_objections(actor=actor, partner=centre, name=name, data=data, now=now)
        click.echo(f"{name}: {found.taken} objections taken.")
        return found.problems

    def attempts(name: str, data: bytes) -> list[str]:
        now = datetime.now(UTC)
        found = feed_files.read_attempts(actor=actor, partner=centre, name=name, data=data, now=now)
        click.echo(f"{name}: {found.taken} calls taken.")
        return found.problems

    def words(name: str, data: bytes) -> list[str]:
        now = datetime.now(UTC)
        found = feed_files.read_words(actor=actor, partner=centre, name=name, data=data, now=now)
        click.echo(f"{name}: {found.taken} words about lists taken.")
        return found.problems

    each("ack-*.json", acknowledged)
    each("objections-*.csv", objections)
    each("attempts-*.csv", attempts)
    each("lists-*.csv", words)
    for text in refused:
        click.echo(text, err=True)
    return REFUSED if refused else 0


@feed_group.command("secret")
@click.argument("partner")
def secret(partner: str) -> None:
    """Make the secret that signs the calls of PARTNER's webhook and show it, this once."""
    founding.require_founded()
    centre = centre_named(partner)
    click.echo(give_webhook_secret(actor=OPERATOR, partner=centre, now=datetime.now(UTC)))
    click.echo("Hand it over by a safe way: it is not shown again. The one before has ended.", err=True)


@feed_group.command("dialler-secret")
@click.argument("partner")
def dialler_secret(partner: str) -> None:
    """Make the secret with which the dialler of PARTNER signs the calls it reports; show it, this once."""
    founding.require_founded()
    centre = centre_named(partner)
    click.echo(give_dialler_secret(actor=OPERATOR, partner=centre, now=datetime.now(UTC)))
    click.echo("Hand it over by a safe way: it is not shown again. The one before has ended.", err=True)


@feed_group.command("snapshot-key")
def snapshot_key() -> None:
    """Print the public key with which call centres verify snapshots of what they may call offline."""
    founding.require_founded()
    click.echo(str(signer_for(snapshots.USE).verifier()))


def _natural(file: Path) -> tuple[int, str]:
    """ack-9 before ack-10."""
    return len(file.name), file.name


COMMANDS = (feed_group,)
