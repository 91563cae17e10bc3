"""./dev bench independent [--json] [--leaves N]: a log of N leaves, verified by us and by Go's own tree code.

Needs Debian's golang-go and golang-golang-x-mod-dev. Both must agree, on the honest log and on one with a
flipped byte.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from benchmarks.report import report
from duecause.engine import tlog
from tests.independent.go_tools import build, there

LEAVES = 1_000_000
CHECKPOINTS = 100
LOG = tlog.Signer.from_seed("ledger.example/bench", b"B" * 32)
START = datetime(2026, 11, 1, tzinfo=UTC)


def leaves(count: int) -> Iterator[bytes]:
    start = int(START.timestamp() * 1_000_000)
    for number in range(count):
        yield tlog.leaf_bytes(
            uid=UUID(int=number),
            kind="bench.happened",
            at_us=start + number,
            person_commitment=None,
            record_commitment=sha256(b"%d" % number).digest(),
        )


def write(target: Path, count: int) -> None:
    """Two passes over the same leaves: roots first, so that they need not be kept."""
    frontier, notes, every = tlog.Frontier(), [], max(1, count // CHECKPOINTS)
    for leaf in leaves(count):
        frontier.append(tlog.leaf_hash(leaf))
        if frontier.size % every == 0 or frontier.size == count:
            checkpoint = tlog.Checkpoint(LOG.name, frontier.size, frontier.root())
            notes.append(tlog.sign_checkpoint(checkpoint, LOG))
    tlog.write_bundle(
        target,
        checkpoint=notes[-1],
        checkpoints=notes,
        keys=[LOG.verifier()],
        entries=enumerate(leaves(count)),
        now=START,
    )


def go(verifier: Path, bundle: Path) -> tuple[bool, float]:
    began = time.perf_counter()
    done = subprocess.run([verifier, str(LOG.verifier()), bundle], capture_output=True, check=False)
    return done.returncode == 0, time.perf_counter() - began


def own(bundle: Path) -> tuple[bool, float]:
    began = time.perf_counter()
    policy = tlog.Policy.of_keys([LOG.verifier()])
    found = tlog.verify_bundle(bundle, anchor=None, policy=policy, now=START + timedelta(days=1))
    return not found.failures, time.perf_counter() - began


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def main() -> int:
    words = sys.argv[1:]
    count = int(words[words.index("--leaves") + 1]) if "--leaves" in words else LEAVES
    if not there():
        print("missing: apt-get install golang-go golang-golang-x-mod-dev", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verifier, bundle = build(folder / "verify"), folder / "log"
        write(bundle, count)
        theirs, theirs_s = go(verifier, bundle)
        ours, ours_s = own(bundle)
        flip(bundle / "tile/entries/001")
        agree = (theirs, ours, go(verifier, bundle)[0], own(bundle)[0]) == (True, True, False, False)
    figures = {
        "independent_leaves": count,
        "independent_agrees": int(agree),
        "go_leaves_per_s": count / theirs_s,
        "bundle_leaves_per_s": count / ours_s,
    }
    report("independent", figures)
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
