"""A signed statement that the log goes on under a new key, because entries that were published are lost.

The note is signed by the old key, which allows it, and by the new one, which takes over:

    duecause.recovery/1
    <verifier key of the old log>
    <verifier key of the new log>
    <entries kept>
    <root over them, base64>
    <entries that were published, 0 if nobody knows any more>
    <time, seconds since 1970>
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duecause.apps.ledger.models import Recovery
from duecause.apps.vault import keyring
from duecause.engine import tlog

FORMAT = "duecause.recovery/1"
LINES = 7


@dataclass(frozen=True, slots=True)
class Statement:
    old: tlog.Verifier
    new: tlog.Verifier
    kept: int
    published: int


def origin_of(seed: bytes) -> str:
    return f"duecause.log/{keyring.key_id(seed)}"


def signer_of(seed: bytes) -> tlog.Signer:
    return tlog.Signer.from_seed(origin_of(seed), seed)


def sign(
    *, old: tlog.Signer, new: tlog.Signer, kept: int, root: bytes, published: int, now: datetime
) -> tlog.Note:
    lines = (FORMAT, old.verifier(), new.verifier(), kept, tlog.encode64(root), published)
    text = "".join(f"{line}\n" for line in (*lines, int(now.timestamp())))
    allowed, taken = old.sign(text), new.sign(text)
    return tlog.Note(text, (*allowed.signatures, *taken.signatures))


def read(note: bytes) -> Statement:
    """Raises Malformed, and BadSignature unless both keys have signed."""
    parsed = tlog.parse_note(note)
    lines = parsed.text.split("\n")
    if len(lines) != LINES + 1 or lines[0] != FORMAT or not (lines[3] + lines[5]).isdecimal():
        raise tlog.Malformed("ledger.recovery", "This is not the statement of a recovered ledger.")
    old, new = tlog.Verifier.parse(lines[1]), tlog.Verifier.parse(lines[2])
    for verifier in (old, new):
        tlog.check_note(parsed, [verifier])
    return Statement(old, new, int(lines[3]), int(lines[5]))


def verifiers() -> list[tlog.Verifier]:
    """This log's key, then those of its former origins as far as each was handed over by signature. A row
    that somebody else put there leads nowhere."""
    found = [signer_of(keyring.current().ledger_seed).verifier()]
    for row in Recovery.objects.order_by("-pk"):
        try:
            statement = read(row.note.encode())
        except (tlog.Malformed, tlog.BadSignature):
            continue
        if statement.new == found[-1]:
            found.append(statement.old)
    return found
