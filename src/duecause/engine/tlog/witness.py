"""A witness's judgement: may this checkpoint be cosigned after the one that is kept (C2SP tlog-witness)?

A cosignature says: "of this log, this is the largest consistent tree I have seen, at this time". It proves
that the log was not shown differently to others and not back-dated, as long as the witness is not the
operator's own.
"""

from __future__ import annotations

from collections.abc import Sequence

from duecause.engine.problems import Refused, gettext_noop
from duecause.engine.tlog.chain import SKEW_SECONDS
from duecause.engine.tlog.failures import Kind
from duecause.engine.tlog.hashing import root_of, unpack
from duecause.engine.tlog.notes import (
    BadSignature,
    Checkpoint,
    Malformed,
    Note,
    Signer,
    Verifier,
    parse_checkpoint,
)
from duecause.engine.tlog.policy import Policy
from duecause.engine.tlog.proofs import verify_consistency
from duecause.engine.tlog.tiles import TILE_HEIGHT, TILE_WIDTH, TiledTree, TileReader, read_hashes, tile_width


class NotWitnessed(Refused):
    """Not cosigned; `kind` says why and is the exit code. What is kept stays as it is."""

    def __init__(self, kind: Kind, template: str, **params: object) -> None:
        super().__init__(f"tlog.witness_{kind.name.lower()}", template, **params)
        self.kind = kind


def judge(*, note: Note, logs: Sequence[Verifier], kept: Checkpoint | None, tiles: TileReader) -> Checkpoint:
    """The checkpoint of `note`, if it continues `kept`, the newest one cosigned before (None: the first).

    `logs` are the keys of the logs that are witnessed. `tiles` need not be trusted. Raises NotWitnessed:
    SIGNATURE (not signed by such a log), ROLLBACK (smaller than kept), FORK (another history), TREE (the
    tiles do not give the signed root), MALFORMED.
    """
    try:
        Policy.of_keys(logs).check_log(note)
        offered = parse_checkpoint(note.text)
    except BadSignature as refused:
        raise _because(Kind.SIGNATURE, refused) from None
    except Malformed as refused:
        raise _because(Kind.MALFORMED, refused) from None
    if kept is None:
        _check_root(tiles, offered)
    elif offered.size < kept.size:
        raise NotWitnessed(Kind.ROLLBACK, _SMALLER, offered=offered.size, kept=kept.size)
    elif offered.size == kept.size:
        if offered.root != kept.root:
            raise NotWitnessed(Kind.FORK, _TWO_ROOTS, kept=kept.size)
    else:
        _check_consistent(tiles, kept, offered)
    return offered


def cosign(*, note: Note, signer: Signer, now: int, last: int) -> Note:
    """Add the cosignature at `now` (POSIX seconds). `last`: when the kept one was signed, 0 for the first.

    Raises NotWitnessed TIME when the clock runs behind it: time would run backwards for every verifier.
    """
    if now < last - SKEW_SECONDS:
        raise NotWitnessed(Kind.TIME, _CLOCK, seconds=last - now)
    own = signer.verifier(witness=True)
    others = tuple(each for each in note.signatures if (each.name, each.key_id) != (own.name, own.key_id))
    return signer.cosign(Note(note.text, others), at=max(now, last))


def _check_root(tiles: TileReader, offered: Checkpoint) -> TiledTree:
    tree = TiledTree(tiles, offered.size)
    try:
        root = tree.root()
    except Refused as refused:
        raise _because(Kind.MALFORMED, refused) from None
    if root != offered.root:
        raise NotWitnessed(Kind.TREE, _TILES, offered=offered.size)
    return tree


def _check_consistent(tiles: TileReader, kept: Checkpoint, offered: Checkpoint) -> None:
    tree = _check_root(tiles, offered)
    try:
        proof = tree.consistency_proof(kept.size)
    except Refused as refused:
        raise _because(Kind.MALFORMED, refused) from None
    if not verify_consistency(
        old_size=kept.size, new_size=offered.size, old_root=kept.root, new_root=offered.root, proof=proof
    ):
        if not _hang_together(tiles, offered.size, kept.size):
            raise NotWitnessed(Kind.TREE, _TILES, offered=offered.size)
        raise NotWitnessed(Kind.FORK, _FORKED, kept=kept.size, offered=offered.size)


def _hang_together(tiles: TileReader, size: int, edge: int) -> bool:
    """Whether the full tiles around leaf `edge`, which the proof was made from, give the tiles above them.

    The root is made from the uppermost ones, so damage below would otherwise look like another history.
    """
    for at in {max(edge - 1, 0), min(edge, size - 1)}:
        level = 0
        while tile_width(size, level, at >> TILE_HEIGHT * (level + 1)) == TILE_WIDTH:
            number = at >> TILE_HEIGHT * (level + 1)
            above, offset = divmod(number, TILE_WIDTH)
            upper = unpack(read_hashes(tiles, level + 1, above, tile_width(size, level + 1, above)))
            if root_of(unpack(read_hashes(tiles, level, number, TILE_WIDTH))) != upper[offset]:
                return False
            level += 1
    return True


def _because(kind: Kind, refused: Refused) -> NotWitnessed:
    return NotWitnessed(kind, refused.problem.template, **refused.problem.params)


_SMALLER = gettext_noop(
    "The log offers %(offered)s entries, but %(kept)s were cosigned before: it was rolled back. Keep what was"
    " offered and ask its operator."
)
_TWO_ROOTS = gettext_noop(
    "The log has signed a second root for its %(kept)s entries: it shows different histories. Keep both and"
    " report it."
)
_FORKED = gettext_noop(
    "The log of %(offered)s entries does not continue the %(kept)s that were cosigned before: history was"
    " rewritten. Keep what was offered and report it."
)
_TILES = gettext_noop(
    "The hashes handed over do not give the root signed for %(offered)s entries. Fetch them again."
)
_CLOCK = gettext_noop(
    "This clock is %(seconds)s s behind the last cosignature. Set it right before cosigning again."
)
