"""Before anything is signed: does the database continue what this installation has published?

A database that was restored from a backup, or replaced, would sign a second root for a size that partners
have seen: the one error that no log can mend. So the sequencer compares it with the anchor, which a restore
does not take back, each time it is about to sign.
"""

from __future__ import annotations

from duecause.apps.ledger import publishing
from duecause.apps.ledger.models import Checkpoint, State, Tile
from duecause.apps.ledger.tiles import TileTable
from duecause.engine import tlog
from duecause.engine.problems import Refused, gettext_noop

# When every sequencer is killed at the worst moment, so many checkpoints may be committed and unpublished.
UNPUBLISHED_AT_MOST = 8

_BEHIND = gettext_noop(
    "The database has %(size)s ledger entries, but %(seen)s were published: it was restored from an older"
    " copy or cut. Nothing is signed. Bring the newer entries back (restore forward), or if they are lost,"
    " run: duecause ledger recover --reason TEXT"
)
_DIFFERS = gettext_noop(
    "The database holds another ledger than the one published at %(seen)s entries. Nothing is signed. Restore"
    " the database that belongs to %(anchor)s, or if it is lost, run: duecause ledger recover --reason TEXT"
)
_GONE = gettext_noop(
    "The anchor %(anchor)s is gone although %(count)s checkpoints were signed. Nothing is signed. Copy it"
    " from a backup or from the host of another sequencer; if it is lost, run:"
    " duecause ledger recover --reason TEXT"
)
_TORN = gettext_noop(
    "The anchor %(anchor)s cannot be read at its end. Nothing is signed. Restore the file from a backup; its"
    " notes are the only memory of what was published."
)
_BROKEN_STATE = gettext_noop(
    "The sequencer's state says %(size)s entries, which is not what its checkpoints say. Nothing is signed."
    " Restore the database from a backup, then start again."
)
_OTHER_KEY = gettext_noop(
    "This ledger is signed as %(origin)s, but the key file here is that of %(own)s. Put the right ledger.key"
    " back and start again. If a recovery was interrupted, run it again: duecause ledger recover"
)


class Unsafe(Refused):
    """Signing now could contradict what was published. Nothing was changed."""


def check(state: State, own_origin: str) -> None:
    """Raises Unsafe. Call with the state row locked, before it is changed."""
    if state.origin not in ("", own_origin):
        raise Unsafe("ledger.other_key", _OTHER_KEY, origin=state.origin, own=own_origin)
    frontier = frontier_of(state)
    newest = Checkpoint.objects.order_by("-size").first()
    told = (newest.size, bytes(newest.root)) if newest else (0, tlog.EMPTY_ROOT)
    if told != (frontier.size, frontier.root()):
        raise Unsafe("ledger.state_differs", _BROKEN_STATE, size=state.size)
    check_anchor(frontier)


def check_anchor(frontier: tlog.Frontier) -> None:
    """Raises Unsafe unless the tree continues the newest published checkpoint."""
    anchor = publishing.anchor_path()
    try:
        note = publishing.newest_published()
        seen = tlog.parse_checkpoint(note.text) if note else None
    except tlog.Malformed:
        raise Unsafe("ledger.anchor_torn", _TORN, anchor=anchor) from None
    if seen is None:
        count = Checkpoint.objects.count()
        if count > UNPUBLISHED_AT_MOST:
            raise Unsafe("ledger.anchor_gone", _GONE, anchor=anchor, count=count)
    elif seen.size > frontier.size:
        raise Unsafe("ledger.behind_anchor", _BEHIND, size=frontier.size, seen=seen.size)
    elif not Checkpoint.objects.filter(size=seen.size, root=seen.root).exists():
        raise Unsafe("ledger.anchor_differs", _DIFFERS, seen=seen.size, anchor=anchor)


def frontier_of(state: State) -> tlog.Frontier:
    """Raises Unsafe where the stored edge does not fit the stored size."""
    if not state.size:
        return tlog.Frontier()
    try:
        frontier = tlog.Frontier.from_bytes(bytes(state.frontier))
    except Refused:
        raise Unsafe("ledger.state_differs", _BROKEN_STATE, size=state.size) from None
    if frontier.size != state.size:
        raise Unsafe("ledger.state_differs", _BROKEN_STATE, size=state.size)
    return frontier


def check_tree(state: State) -> None:
    """At start: the stored tiles still give the root that was published. Raises Unsafe."""
    note = publishing.newest_published()
    if note is None:
        return
    seen = tlog.parse_checkpoint(note.text)
    try:
        root = tlog.TiledTree(TileTable(), state.size).root(seen.size)
    except (Refused, Tile.DoesNotExist):
        raise Unsafe("ledger.state_differs", _BROKEN_STATE, size=state.size) from None
    if root != seen.root:
        raise Unsafe("ledger.anchor_differs", _DIFFERS, seen=seen.size, anchor=publishing.anchor_path())
