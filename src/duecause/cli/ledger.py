"""Verify, export and show the ledger. A bundle is verified without Django, database or keys: nothing here
imports them before a command needs them."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from duecause.apps.ledger.findings import NAMES, REMEDIES
from duecause.cli import receipts, recovery
from duecause.cli.installed import open_installation, read_file
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.engine.tlog.failures import Kind

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
EXIT_CODES = "\b\nExit codes:\n" + "\n".join(f"  {kind.value:>2}  {NAMES[kind]}" for kind in Kind)


class Age(click.ParamType[timedelta]):
    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", value)
        if match is None:
            self.fail("Write a number and s, m, h or d, such as 90m or 2d.", param, ctx)
        return timedelta(**{UNITS[match[2]]: int(match[1])})


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("ledger")
def ledger() -> None:
    """The log of all events: verify, export, show."""


@ledger.command(epilog=EXIT_CODES)
@click.argument("bundle", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--anchor", type=FILE, help="Your own file of checkpoints seen before; without it a roll-back hides."
)
@click.option(
    "--keys", type=FILE, help="The keys you trust: verifier keys, one per line, or a tlog-policy file."
)
@click.option("--max-age", type=Age(), help="How old the newest checkpoint may be, such as 30m, 12h or 2d.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def verify(
    bundle: Path | None, anchor: Path | None, keys: Path | None, max_age: timedelta | None, as_json: bool
) -> int:
    """Verify BUNDLE (a folder or .zip), or without it the live database.

    The live database is compared with its own anchor file unless --anchor names another.
    """
    now = datetime.now(UTC)
    policy = tlog.parse_policy(read_file(keys)) if keys else None
    seen = read_file(anchor) if anchor else None
    if bundle is not None:
        report = tlog.verify_bundle(bundle, anchor=seen, policy=policy, now=now, max_age=max_age)
        told: dict[str, int] = {}
    else:
        report, told = _verify_live(now, seen, policy, max_age, quiet=as_json)
    if as_json:
        click.echo(json.dumps(_as_json(report, told), ensure_ascii=False))
    else:
        _say(report, told, anchored=seen is not None or bundle is None)
    return int(report.exit_code)


def _verify_live(
    now: datetime, seen: bytes | None, policy: tlog.Policy | None, max_age: timedelta | None, *, quiet: bool
) -> tuple[tlog.Report, dict[str, int]]:
    open_installation()
    from duecause.apps.ledger import checking

    show = not quiet and sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if show:
            click.echo(f"\r{done:,} of {total:,} events", nl=done == total and total > 0, err=True)

    live = checking.verify_live(
        now=now,
        anchor=checking.own_anchor() if seen is None else seen,
        policy=policy,
        max_age=max_age,
        progress=progress,
    )
    return live.log, {"waiting": live.waiting, "opened": live.opened, "erased": live.erased}


def _as_json(report: tlog.Report, told: dict[str, int]) -> dict[str, Any]:
    return {
        "exit": int(report.exit_code),
        "kind": report.exit_code.name.lower(),
        "leaves": report.leaves,
        "unread": report.unread,
        "checkpoints": report.checkpoints,
        "newest_size": report.newest_size,
        "newest_root": report.newest_root.hex() if report.newest_root else None,
        "newest_time": report.newest_time.isoformat() if report.newest_time else None,
        "own_keys": report.own_keys,
        **told,
        "failures": [
            {
                "kind": failure.kind.name.lower(),
                "exit": int(failure.kind),
                "where": failure.where,
                "text": failure.text,
                "do": REMEDIES[failure.kind],
            }
            for failure in report.failures
        ],
    }


def _say(report: tlog.Report, told: dict[str, int], *, anchored: bool) -> None:
    newest = f"{report.newest_time:%Y-%m-%d %H:%M:%S} UTC" if report.newest_time else "no time"
    click.echo(f"{report.leaves:,} entries under {report.checkpoints:,} checkpoints, newest {newest}.")
    if report.unread:
        click.echo(f"{report.unread:,} entries are of a kind this version does not know; their hashes count.")
    if told:
        click.echo(
            f"{told['opened']:,} sealed parts agree, {told['erased']:,} were erased,"
            f" {told['waiting']:,} events wait for their index."
        )
    if report.own_keys:
        click.echo("Checked with the keys that the bundle brought: use --keys to know whose log it is.")
    if not anchored:
        click.echo("No anchor was given: an older state of this log would look just like this.")
    for kind in dict.fromkeys(failure.kind for failure in report.failures):
        click.echo(f"\n{NAMES[kind]} (exit code {kind.value}). {REMEDIES[kind]}")
        for failure in report.failures:
            if failure.kind == kind:
                click.echo(f"  {failure.where}: {failure.text}")
    click.echo("\nNot in order." if report.failures else "In order: nothing was altered, removed or added.")


@ledger.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--disclose", "events", multiple=True, type=click.UUID, help="Show this event's actor and decision."
)
@click.option("--witnessed", is_flag=True, help="Only up to the newest checkpoint that a witness cosigned.")
def export(target: Path, events: tuple[UUID, ...], witnessed: bool) -> None:
    """Write the log as a bundle to TARGET, a new folder or a .zip, for anybody to verify."""
    open_installation()
    from duecause.apps.ledger import bundles

    if not target.parent.is_dir():
        raise Refused("no_folder", "%(folder)s is no folder. Make it first.", folder=target.parent)
    size = bundles.export(
        target,
        now=datetime.now(UTC),
        disclose=events,
        actor=Actor.system("operator"),
        witnessed=witnessed,
    )
    click.echo(f"{target}: {size:,} entries. Verify it anywhere: duecause ledger verify {target}")


@ledger.command()
@click.argument("event_uid", type=click.UUID)
def show(event_uid: UUID) -> None:
    """Show one event: kind, time, place in the log, actor and decision."""
    open_installation()
    from duecause.apps.ledger import bundles, queries
    from duecause.apps.ledger.models import Event

    event = Event.objects.select_related("leaf").filter(uid=event_uid).first()
    if event is None:
        raise Refused("no_event", "There is no event %(uid)s in this ledger.", uid=event_uid)
    where = queries.standing(event)
    click.echo(f"event       {event.uid}\nkind        {event.kind}\ntime        {event.at.isoformat()}")
    click.echo(f"index       {'waits for its index' if where.index is None else where.index}")
    if where.checkpoint:
        click.echo(f"checkpoint  {where.checkpoint.size} leaves, {where.checkpoint.signed_at.isoformat()}")
        click.echo(f"proof       {'holds' if where.holds else 'does not hold: run duecause ledger verify'}")
    opened = bundles.opened_record(event)
    record = "erased" if opened is None else json.dumps(opened["payload"], ensure_ascii=False, indent=2)
    click.echo(f"record      {record}")


for command in (*receipts.COMMANDS, *recovery.COMMANDS):
    ledger.add_command(command)
COMMANDS = (ledger,)
