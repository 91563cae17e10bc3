"""The buttons on top of a card. They are the same for all of a profile, but for the person they lead to, and
drawing them was a good part of a card's time (docs/decisions/0027).
They are drawn once in each language, and the person is put in."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from duecause.engine.actor import Actor

SOMEBODY = UUID(int=0)
SHOWN_FOR = ("consent.object", "consent.consent")


def buttons(actor: Actor, person: UUID, *, tells_origins: bool, may_correct: bool) -> SafeString:
    """`tells_origins`, `may_correct`: what the gate allows of this person."""
    functions = frozenset(filter(actor.may, SHOWN_FOR))
    drawn = _drawn(get_language() or "en", functions, tells_origins, may_correct)
    return mark_safe(drawn.replace(str(SOMEBODY), str(person)))  # noqa: S308 - an id is no markup


@lru_cache(maxsize=256)
def _drawn(language: str, functions: frozenset[str], tells_origins: bool, may_correct: bool) -> str:
    """Nothing of a request or a person goes in. `language` is the active one."""
    shown = {"functions": functions, "tells_origins": tells_origins, "may_correct": may_correct}
    return render_to_string("desk/_acts.html", {"person_id": SOMEBODY, **shown})
