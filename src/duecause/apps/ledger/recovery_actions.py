"""Go on under a new key and origin after published entries were lost for good.

The order makes it safe to be interrupted anywhere: the new key is written first, the database says under
which origin it is signed from now on, then the key files and the anchor change places. While they disagree,
no sequencer signs (guard), and running it again finishes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from duecause.apps.ledger import actions, guard, publishing, recovering
from duecause.apps.ledger.models import Checkpoint, Recovery, State
from duecause.apps.vault import keyring
from duecause.engine import tlog
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop

KEY = "ledger"
RECOVERABLE = {"ledger.behind_anchor", "ledger.anchor_differs", "ledger.anchor_gone"}

_NOT_NEEDED = gettext_noop("The database continues what was published: there is nothing to recover.")


@dataclass(frozen=True, slots=True)
class Need:
    """Why nothing is signed; `pending`: a recovery was interrupted and only has to be finished."""

    origin: str
    kept: int
    published: int
    why: str
    pending: bool


def need() -> Need:
    """Raises Refused where nothing is to be recovered, or where recovery would not help."""
    state = State.objects.filter(id=1).first() or State()
    own = actions.origin()
    if pending := _pending(own):
        return Need(own, state.size, pending.published, "", True)
    try:
        guard.check(state, own)
        guard.check_tree(state)
    except guard.Unsafe as unsafe:
        if unsafe.code not in RECOVERABLE:
            raise
        return Need(own, state.size, _published(), unsafe.problem.text, False)
    raise Refused("ledger.recovery_needless", _NOT_NEEDED)


def recover(*, actor: Actor, reason: str, now: datetime) -> tlog.Verifier:
    """Hand the log over to a new key; returns its verifier key, which partners and witnesses must be given.

    Entries and checkpoints that are there stay; the first event under the new origin says what happened and
    why. The former anchor is kept beside the new one. Stop every other process first. Raises Refused.
    """
    actor.require("ledger.recover")
    found = need()
    old = actions.signer()
    if not found.pending:
        _hand_over(actor, reason, found, old, now)
    retired = keyring.key_id(keyring.current().ledger_seed)
    _archive_anchor(retired)
    keyring.promote_next(KEY, retired=retired)
    publishing.publish()
    return actions.signer().verifier()


def _hand_over(actor: Actor, reason: str, found: Need, old: tlog.Signer, now: datetime) -> None:
    new = recovering.signer_of(keyring.prepare_next(KEY))
    with transaction.atomic():
        State.objects.get_or_create(id=1)
        state = State.objects.select_for_update().get(id=1)
        frontier = guard.frontier_of(state)
        note = recovering.sign(
            old=old,
            new=new,
            kept=frontier.size,
            root=frontier.root(),
            published=found.published,
            now=now,
        )
        Recovery.objects.create(note=str(note), at=now)
        state.origin = new.name
        state.save()
        payload = {
            "reason": reason,
            "from": str(old.verifier()),
            "to": str(new.verifier()),
            "kept": frontier.size,
            "published": found.published,
        }
        actions.record(actor=actor, kind="ledger.recovered", now=now, payload=payload)


def _pending(own: str) -> recovering.Statement | None:
    """The statement that hands this very key over, if the key files have not changed places yet."""
    newest = Recovery.objects.order_by("-pk").first()
    if newest is None:
        return None
    statement = recovering.read(newest.note.encode())
    return statement if statement.old.name == own else None


def _published() -> int:
    try:
        note = publishing.newest_published()
    except tlog.Malformed:
        return 0
    return tlog.parse_checkpoint(note.text).size if note else 0


def _archive_anchor(retired: str) -> None:
    """The new anchor begins with what is still there, so that a later roll-back of it is noticed as well."""
    anchor = publishing.anchor_path()
    anchor.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = anchor.with_name(f"anchor-{retired}")
    with publishing.locked(anchor.parent):
        if anchor.exists() and not kept.exists():
            anchor.replace(kept)
            publishing.sync_folder(anchor.parent)
        notes = Checkpoint.objects.order_by("size").values_list("note", flat=True)
        content = b"".join(note.encode() + b"\n" for note in notes)
        if content:
            publishing.replace_file(anchor, content)
