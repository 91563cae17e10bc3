#!/usr/bin/env python3
"""May this row be called although the house does not answer? A call centre's side of the signed snapshot.

    DUECAUSE_KEY=dc_... python offline.py fetch --url https://duecause.example --file snapshot.json
    python offline.py ask --house-key KEY --centre CC-GENT --file snapshot.json REFERENCE...

Needs Python 3.11 and the package `cryptography`. Fetch every five minutes; ask only when POST /api/precall
cannot be reached. Everything that is not certain is a no: a snapshot that is older than its quarter of an
hour or from the future, that another key signed or somebody changed, that is another centre's, or that cannot
be read. Exit codes of `ask`: 0 every row may be called, 4 one may not; the reason stands on standard error.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
import time
import urllib.request
from calendar import timegm
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "duecause.snapshot/1"
LONGEST_SECONDS = 15 * 60
CLOCK_SECONDS = 5  # how far the house's clock may be ahead of ours
ED25519 = 1
TIMEOUT = 30


class Denied(Exception):
    """Nothing may be called by this snapshot; its text says why."""


def allowed(given: dict, *, house_key: str, centre: str, now: float) -> frozenset[str]:
    """The references that may be called at `now` (POSIX seconds). Raises Denied."""
    try:
        note, references = given["snapshot"], given["references"]
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        if not any(_signed(text, line, house_key) for line in signatures.splitlines()):
            raise Denied("it is not signed by the key of the house")
        kind, *lines = text.splitlines()
        said = dict(line.split(" ", 1) for line in lines)
        if kind != FORMAT:
            raise Denied("it is no snapshot")
        if said["centre"] != centre:
            raise Denied("it is another centre's")
        made, until = _seconds(said["made"]), _seconds(said["until"])
        if now < made - CLOCK_SECONDS:
            raise Denied("it is from the future: look at the clock")
        if now >= min(until, made + LONGEST_SECONDS):
            raise Denied("it is too old")
        written = "".join(f"{each}\n" for each in references).encode()
        if hashlib.sha256(written).hexdigest() != said["sha256"]:
            raise Denied("its rows are not those that were signed")
        return frozenset(references)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Denied("it cannot be read") from None


def _signed(text: str, line: str, house_key: str) -> bool:
    """Whether a signature line (C2SP signed-note) is of the key `name+id+base64(type byte and key)`."""
    name, _, rest = house_key.partition("+")
    _, _, material = rest.partition("+")
    key = base64.b64decode(material, validate=True)
    prefix = f"— {name} "
    if key[:1] != bytes([ED25519]) or not line.startswith(prefix):
        return False
    blob = base64.b64decode(line.removeprefix(prefix), validate=True)
    own_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    try:
        Ed25519PublicKey.from_public_bytes(key[1:]).verify(blob[4:], text.encode())
    except InvalidSignature:
        return False
    return blob[:4] == own_id


def _seconds(written: str) -> int:
    return timegm(time.strptime(written, "%Y-%m-%dT%H:%M:%SZ"))


def fetch(url: str, key: str, file: Path) -> None:
    """Keep the newest snapshot: written beside and renamed, so that nobody reads half of one."""
    if not url.startswith(("https://", "http://")):
        raise SystemExit("the address of the house begins with https://")
    request = urllib.request.Request(  # noqa: S310 - see above
        url.rstrip("/") + "/api/precall/snapshot", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        content = answer.read()
    beside = file.with_name(file.name + ".part")
    beside.write_bytes(content)
    beside.replace(file)


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask a signed snapshot whether rows may be called.")
    commands = parser.add_subparsers(dest="command", required=True)
    fetching, asking = commands.add_parser("fetch"), commands.add_parser("ask")
    fetching.add_argument("--url", required=True)
    for each in (fetching, asking):
        each.add_argument("--file", type=Path, required=True)
    asking.add_argument("--house-key", required=True, help="as `duecause feed snapshot-key` prints it")
    asking.add_argument("--centre", required=True, help="your own code")
    asking.add_argument("references", nargs="+")
    given = parser.parse_args()
    if given.command == "fetch":
        fetch(given.url, os.environ.get("DUECAUSE_KEY", ""), given.file)
        return 0
    try:
        content = json.loads(given.file.read_bytes())
        rows = allowed(content, house_key=given.house_key, centre=given.centre, now=time.time())
    except (Denied, OSError, ValueError) as why:
        print(f"No call: the snapshot does not hold. {why}", file=sys.stderr)
        return 4
    denied = [each for each in given.references if each not in rows]
    for each in denied:
        print(f"No call: {each}", file=sys.stderr)
    return 4 if denied else 0


if __name__ == "__main__":
    sys.exit(main())
