"""`duecause ledger proof` and `check-proof`: the receipt of one event, checked by anybody without us."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from duecause.cli.installed import open_installation, read_file
from duecause.engine import tlog
from duecause.engine.problems import Refused
from duecause.engine.tlog.failures import Kind

PROOF_LIMIT = 1 << 20
EXIT_CODES = """\b
Exit codes:
   0  it holds
   2  cannot be read
   3  signature does not fit, or a witness is missing
   4  it does not prove this entry
"""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("event_uid", type=click.UUID)
@click.option("--out", type=click.Path(path_type=Path), help="Where to (default: UID.tlog-proof here).")
def proof(event_uid: UUID, out: Path | None) -> None:
    """Write the receipt of one event: a .tlog-proof that stands alone, and the .leaf it is about."""
    open_installation()
    from duecause.apps.ledger import queries
    from duecause.apps.ledger.models import Event

    event = Event.objects.select_related("leaf").filter(uid=event_uid).first()
    if event is None:
        raise Refused("no_event", "There is no event %(uid)s in this ledger.", uid=event_uid)
    standing = queries.standing(event)
    if standing.proof is None:
        why = "no_index" if standing.index is None else "no_proof"
        raise Refused(why, _WAITS if standing.index is None else _DAMAGED, uid=event_uid)
    target = out or Path(f"{event_uid}.tlog-proof")
    leaf = target.with_suffix(".leaf")
    for path, content in ((target, str(standing.proof).encode()), (leaf, bytes(event.leaf_bytes))):
        _write_new(path, content)
    click.echo(f"{target}\n{leaf}\nCheck it anywhere: duecause ledger check-proof {target} --keys KEYS")


@click.command("check-proof", epilog=EXIT_CODES)
@click.argument("file", type=FILE)
@click.option("--leaf", type=FILE, help="The entry itself (default: the .leaf beside FILE).")
@click.option("--keys", type=FILE, help="The keys you trust, one per line, or a tlog-policy file.")
def check_proof(file: Path, leaf: Path | None, keys: Path | None) -> int:
    """Check a receipt without network or database: that the entry stands in the log that signed it."""
    try:
        receipt = tlog.parse_proof(read_file(file, limit=PROOF_LIMIT))
        content = read_file(leaf or file.with_suffix(".leaf"), limit=PROOF_LIMIT)
        policy = tlog.parse_policy(read_file(keys)) if keys else _own_keys()
        checkpoint = receipt.verify(leaf=content, policy=policy)
        entry = tlog.parse_leaf(content)
    except tlog.BadSignature as refused:
        return _failed(Kind.SIGNATURE, refused)
    except tlog.Malformed as refused:
        return _failed(Kind.TREE if refused.code == "tlog.unproven" else Kind.MALFORMED, refused)
    at = datetime.fromtimestamp(entry.at_us / 1_000_000, UTC)
    click.echo(f"In order: {entry.kind} of {at:%Y-%m-%d %H:%M:%S} UTC is entry {receipt.index}")
    click.echo(f"of the {checkpoint.size:,} that {checkpoint.origin} has signed.")
    return int(Kind.OK)


def _own_keys() -> tlog.Policy:
    """Without --keys the receipt is checked as one of the ledger here."""
    open_installation()
    from duecause.apps.ledger import recovering

    return tlog.Policy.of_keys(recovering.verifiers())


def _failed(kind: Kind, refused: Refused) -> int:
    click.echo(refused.problem.text, err=True)
    return int(kind)


def _write_new(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise Refused("exists", "%(file)s exists already. Choose another name.", file=path) from None
    except OSError as error:
        raise Refused(
            "unwritable", "%(file)s cannot be written: %(why)s.", file=path, why=error.strerror
        ) from None


_WAITS = "Event %(uid)s has no index yet. Try again in a second; if it lasts, see whether a sequencer runs."
_DAMAGED = "No proof can be made of event %(uid)s: the tree is damaged. Run: duecause ledger verify"
COMMANDS = (proof, check_proof)
