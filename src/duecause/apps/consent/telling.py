"""Who must hear of an objection, that it was lifted, or of the end of a consent, and who has. The dialling
room knows what call centres hold; it registers here, because this room lies below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from duecause.apps.consent.models import ConsentEvent, Objection
from duecause.engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Taken:
    """An objection that was just written, with the tokens it suppresses; `key_id` says of which key."""

    actor: Actor
    objection: Objection
    tokens: frozenset[bytes]
    key_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """A consent that was just withdrawn, has expired or proved invalid."""

    actor: Actor
    event: ConsentEvent
    now: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A word about a consent that decides: given, refused, renewed (also because a withdrawal was a slip),
    withdrawn, run out, declared invalid."""

    actor: Actor
    event: ConsentEvent
    now: datetime


@dataclass(frozen=True, slots=True)
class Lifted:
    """Objections that no longer hold. `channel`: only for it; empty: for every one."""

    actor: Actor
    objections: tuple[Objection, ...]
    channel: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """One centre that must hear of it. `sent_at`: it fetched the entry; None is not yet."""

    centre_code: str
    centre_name: str
    told_at: datetime
    sent_at: datetime | None
    acknowledged_at: datetime | None


Listener = Callable[[Taken], None]
LiftListener = Callable[[Lifted], None]
EndListener = Callable[[Ended], None]
WordListener = Callable[[Said], None]
ToldOf = Callable[[UUID], list[Told]]
_listeners: list[Listener] = []
_end_listeners: list[EndListener] = []
_word_listeners: list[WordListener] = []
_lift_listeners: list[LiftListener] = []
_providers: list[ToldOf] = []


def after_objection(listener: Listener) -> Listener:
    """Register what happens with an objection, in its transaction."""
    _listeners.append(listener)
    return listener


def announce(taken: Taken) -> None:
    for listener in _listeners:
        listener(taken)


def after_end(listener: EndListener) -> EndListener:
    """Register what happens when a consent ends, in its transaction."""
    _end_listeners.append(listener)
    return listener


def announce_end(ended: Ended) -> None:
    for listener in _end_listeners:
        listener(ended)


def after_word(listener: WordListener) -> WordListener:
    """Register what happens when a consent changes, in its transaction."""
    _word_listeners.append(listener)
    return listener


def announce_word(said: Said) -> None:
    for listener in _word_listeners:
        listener(said)


def after_lifting(listener: LiftListener) -> LiftListener:
    """Register what happens when objections are lifted, in that transaction, once all of them are."""
    _lift_listeners.append(listener)
    return listener


def announce_lifted(lifted: Lifted) -> None:
    for listener in _lift_listeners:
        listener(lifted)


def provides_told(provider: ToldOf) -> ToldOf:
    _providers.append(provider)
    return provider


def told_of(word: UUID) -> list[Told]:
    """`word` is an objection, or the event that ended a consent."""
    return [told for provider in _providers for told in provider(word)]
