"""`duecause witness`: on a second host, remember the newest checkpoint of a log and cosign what continues it.

Needs neither Django nor a database. A witness's folder holds

    key                       its private key; never leaves the folder
    witness.pub               its verifier key, for those who shall demand its cosignature
    trusted                   verifier keys of the logs it witnesses, one per line
    logs/<log>/checkpoint     the newest cosigned note of a log
    logs/<log>/checkpoints    all of them: an anchor for `duecause ledger verify --anchor`
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from duecause.apps.ledger.findings import NAMES
from duecause.cli.installed import read_file
from duecause.engine import tlog
from duecause.engine.problems import Refused
from duecause.engine.tlog import witness as judging
from duecause.engine.tlog.failures import Kind

SMALL = 1 << 20
REFUSALS = (Kind.MALFORMED, Kind.SIGNATURE, Kind.TREE, Kind.FORK, Kind.ROLLBACK, Kind.TIME)
EXIT_CODES = "\b\nExit codes:\n   0  Cosigned\n" + "\n".join(
    f"  {kind.value:>2}  {NAMES[kind]}" for kind in REFUSALS
)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def witness() -> None:
    """Witness a ledger from a second host: keep its newest checkpoint, refuse forks."""


@witness.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="Name it signs under, such as witness.example/dpo (default: a random one).")
def init(folder: Path, name: str | None) -> None:
    """Make FOLDER with a new key, and show the verifier key to hand out."""
    name = name or f"duecause.witness/{secrets.token_hex(4)}"
    seed = secrets.token_bytes(32)
    try:
        verifier = tlog.Signer.from_seed(name, seed).verifier(witness=True)
    except ValueError:
        raise Refused("name", "%(name)s: a name has neither spaces nor +.", name=ascii(name)) from None
    _make(folder)
    _write(folder / "key", f"{name}\n{base64.b64encode(seed).decode()}\n".encode())
    _write(folder / "trusted", b"")
    _write(folder / "witness.pub", f"{verifier}\n".encode())
    click.echo(verifier)
    click.echo("Give this key to whoever shall demand this witness. Next: duecause witness trust", err=True)


@witness.command()
@click.argument("folder", type=FOLDER)
@click.argument("key")
def trust(folder: Path, key: str) -> None:
    """Witness the log with this verifier KEY from now on. Get it by another way than the bundles."""
    verifier = tlog.Verifier.parse(key.strip())
    if verifier.is_witness:
        raise Refused("not_a_log", "This is a witness's key. Give the key of the log.")
    with _alone(folder):
        trusted = _trusted(folder)
        if verifier not in trusted:
            _write(folder / "trusted", "".join(f"{each}\n" for each in (*trusted, verifier)).encode())
    click.echo(f"{verifier.name} is witnessed from now on.")


@witness.command(epilog=EXIT_CODES)
@click.argument("folder", type=FOLDER)
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Write the cosigned note here as well.")
def add(folder: Path, source: Path, out: Path | None) -> int:
    """Cosign the checkpoint in SOURCE if it continues what was cosigned before.

    SOURCE is a bundle (folder or .zip), or any folder with `checkpoint` and the `tile/` files it needs. What
    is refused changes nothing here.
    """
    try:
        with _alone(folder):
            cosigned, path = _add(folder, source)
    except judging.NotWitnessed as refused:
        click.echo(f"{NAMES[refused.kind]}: {refused.problem.text}", err=True)
        return int(refused.kind)
    except tlog.Malformed as refused:
        click.echo(f"{NAMES[Kind.MALFORMED]}: {refused.problem.text}", err=True)
        return int(Kind.MALFORMED)
    if out is not None:
        _write(out, str(cosigned).encode())
    told = tlog.parse_checkpoint(cosigned.text)
    click.echo(f"Cosigned: {told.origin} with {told.size:,} entries. {out or path}")
    return int(Kind.OK)


def _add(folder: Path, source: Path) -> tuple[tlog.Note, Path]:
    signer, logs = _signer(folder), _trusted(folder)
    with tlog.BundleReader(source) as bundle:
        note = tlog.parse_note(bundle.read("checkpoint"))
        home = folder / "logs" / hashlib.sha256(note.text.partition("\n")[0].encode()).hexdigest()[:16]
        kept = _kept(home)
        before = tlog.parse_checkpoint(kept.text) if kept else None
        judging.judge(note=note, logs=logs, kept=before, tiles=bundle)
    cosigned = judging.cosign(note=note, signer=signer, now=int(time.time()), last=_time(kept, signer))
    _make(home)
    # First remembered, then handed out: a witness that forgets may cosign two histories.
    with (home / "checkpoints").open("ab") as history:
        history.write(tlog.join_notes([cosigned]))
        history.flush()
        os.fsync(history.fileno())
    _write(home / "checkpoint", str(cosigned).encode())
    return cosigned, home / "checkpoint"


def _kept(home: Path) -> tlog.Note | None:
    """The largest of what was remembered: the file of all may be one ahead of `checkpoint` after a crash."""
    history = home / "checkpoints"
    if not history.exists():
        return None
    whole, torn = tlog.split_notes(read_file(history))
    if torn:
        with history.open("r+b") as file:
            file.truncate(history.stat().st_size - len(torn))
    notes = [tlog.parse_note(each) for each in whole]
    return max(notes, key=lambda note: tlog.parse_checkpoint(note.text).size, default=None)


def _time(kept: tlog.Note | None, signer: tlog.Signer) -> int:
    if kept is None:
        return 0
    checked = tlog.check_note(kept, [signer.verifier(witness=True)])
    return max(each.at or 0 for each in checked)


def _signer(folder: Path) -> tlog.Signer:
    lines = read_file(folder / "key", limit=SMALL).decode("ascii", "replace").split("\n")
    try:
        return tlog.Signer.from_seed(lines[0], base64.b64decode(lines[1], validate=True))
    except (ValueError, IndexError):
        raise Refused("key", "%(file)s is damaged. Restore it from its copy.", file=folder / "key") from None


def _trusted(folder: Path) -> list[tlog.Verifier]:
    lines = read_file(folder / "trusted", limit=SMALL).decode("utf-8", "replace").split("\n")
    return [tlog.Verifier.parse(line) for line in lines if line]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    if not (folder / "key").exists():
        raise Refused("no_witness", "%(folder)s is no witness. Run: duecause witness init", folder=folder)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            "folder", "%(folder)s cannot be made: %(why)s.", folder=folder, why=error.strerror
        ) from None
    if (folder / "key").exists():
        raise Refused("exists", "%(folder)s is a witness already. Nothing was changed.", folder=folder)


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise Refused(
            "unwritable", "%(file)s cannot be written: %(why)s.", file=path, why=error.strerror
        ) from None


COMMANDS = (witness,)
