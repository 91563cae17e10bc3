"""Under which covers tokens lie, for every process at any moment of a change.

The state stands in the database (`TokenKey`) and is read again every TOKEN_STATE_SECONDS. A change is made in
steps that are further apart than that (`token_rotation_actions`), so that whoever reads looks for a token
under both covers before the first is stored under the new one, and until the last has left the old one.
Tokens in memory never lie under a cover: a change does not touch what a process has at hand.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from duecause.apps.vault import keyring
from duecause.apps.vault.models import TokenKey
from duecause.engine import token_covers
from duecause.engine.problems import Unavailable, gettext_noop
from duecause.engine.sealing import SealBroken
from duecause.engine.token_covers import TokenCover

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MISSING = gettext_noop(
    "The token key %(path)s is missing, and tokens of this database lie under it. Restore it from a copy of"
    " keys/ that was made after %(since)s; until then nobody is looked for, because somebody would be missed."
)
_GONE = gettext_noop(
    "This database needs the token key %(key)s of %(since)s, which was destroyed: the database is older than"
    " the change that replaced it. Restore a younger copy of the data."
)


_CHANGES = gettext_noop("The token keys change just now. Try again in a minute; nothing was changed.")
_TRIES = 3
Answer = TypeVar("Answer")


class Stored(bytes):
    """A token as it lies in the database."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Numbers of covers of one family: the one that is written with, and all under which tokens may lie, the
    written one first."""

    writing: int = 0
    reading: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class _Held:
    """What was read at one time. `newest` is when a state changed last; `until` in monotonic seconds."""

    folder: Path
    standing: dict[str, Standing]
    keys: dict[int, tuple[str, str, datetime]]  # number -> key id, state and since when
    newest: datetime
    until: float


_held: _Held | None = None  # replaced as a whole: other threads read it meanwhile


def standing(family: str) -> Standing:
    return _now().standing.get(family, _BARE)


_BARE = Standing()


def mixed(*families: str) -> bool:
    """A change goes on: equal tokens of this family may lie under different covers, so that the database
    cannot compare columns of them."""
    held = _now()
    return any(len(held.standing.get(family, _BARE).reading) > 1 for family in families)


def newest_change() -> datetime:
    """When a state changed last, as this process knows."""
    return _now().newest


def steadily(read: Callable[[], Answer]) -> Answer:
    """What `read` answers, which looks for tokens for longer than a moment. Read again where a key changed
    meanwhile. Raises Unavailable where that does not end."""
    for _ in range(_TRIES):
        forget()
        before = newest_change()
        answer = read()
        forget()
        if newest_change() == before:
            return answer
    raise Unavailable("keys.token_keys_change", _CHANGES)


def forget() -> None:
    """Read the state again before it is used."""
    global _held
    _held = None


def stored(family: str, token: bytes) -> Stored:
    """As it is written from now on."""
    if isinstance(token, Stored):
        return token
    number = standing(family).writing
    return Stored(cover(number).cover(token) if number else token)


def storing(family: str) -> Callable[[bytes], bytes] | None:
    """Writes many tokens under the cover of this moment and asks nobody anything meanwhile. None: there is no
    cover, they are written as they are."""
    number = standing(family).writing
    if not number:
        return None
    on = cover(number)
    return lambda token: token if isinstance(token, Stored) else on.cover(token)


def stored_many(family: str, tokens: Sequence[bytes]) -> list[Stored]:
    number = standing(family).writing
    if not number:
        return [Stored(token) for token in tokens]
    return [Stored(each) for each in cover(number).cover_many(tokens)]


def in_their_order(family: str, tokens: Sequence[bytes]) -> list[bytes]:
    """The same tokens in the order in which they lie."""
    number = standing(family).writing
    if not number:
        return sorted(tokens)
    return [token for _, token in sorted(zip(cover(number).cover_many(tokens), tokens, strict=True))]


def candidates(families: Iterable[str], tokens: Iterable[bytes]) -> list[Stored]:
    """Every form in which these tokens may lie in the database."""
    given = list(tokens)
    ready = [token for token in given if isinstance(token, Stored)]
    bare = [token for token in given if not isinstance(token, Stored)] if ready else given
    if not bare:
        return ready
    held = _now()
    numbers = {number for family in families for number in held.standing.get(family, _BARE).reading}
    for number in sorted(numbers):
        ready += map(Stored, cover(number).cover_many(bare) if number else bare)
    return ready


def bare(token: bytes) -> bytes:
    """Inverse of `stored`, under whichever cover it lies."""
    if len(token) not in _COVERED:
        return token
    return cover(token[0]).uncover(token)


_COVERED = (token_covers.LONG + 1, token_covers.SHORT + 1)


def storing_texts(family: str) -> Callable[[str], str] | None:
    """Writes JSON texts as an object with the number of its cover. None: there is none."""
    number = standing(family).writing
    if not number:
        return None
    on = cover(number)
    return lambda text: text if text == "{}" else text_under(on, text)


def text_under(on: TokenCover, text: str) -> str:
    return json.dumps({str(on.number): base64.b64encode(on.cover_text(text.encode())).decode()})


def bare_text(content: Any) -> Any:
    """Inverse of `storing_texts`, from and to what the JSON says. Raises SealBroken."""
    number = number_of_text(content)
    if not number:
        return content
    [covered] = content.values()
    return json.loads(cover(number).uncover_text(base64.b64decode(covered)))


def number_of_text(content: Any) -> int:
    """Of the cover under which a JSON text lies; 0 without one."""
    only = next(iter(content)) if isinstance(content, dict) and len(content) == 1 else ""
    return int(only) if only.isdecimal() else 0


def nobodys(length: int) -> bytes:
    """A token that no value has."""
    if length == token_covers.SHORT:
        return secrets.randbits(token_covers.SHORT_BITS).to_bytes(length)
    return secrets.token_bytes(length)


def cover(number: int) -> TokenCover:
    """Raises Unavailable where its key is not here, SealBroken for a number that no change gave."""
    held = _held  # however old: what a number stands for does not change
    known = held.keys.get(number) if held is not None and held.folder == settings.DATA else None
    if known is None:
        known = _read().keys.get(number)
    if known is None:
        raise SealBroken("a stored token lies under a cover that this database does not know")
    key_id, state, since = known
    try:
        return _loaded(settings.DATA / "keys", number, key_id)
    except FileNotFoundError:
        when = f"{since:%Y-%m-%d %H:%M} UTC"
        path = path_of(number, key_id)
        if state == TokenKey.State.DESTROYED or path.with_suffix(".destroyed").exists():
            raise Unavailable("keys.cover_destroyed", _GONE, key=key_id, since=when) from None
        raise Unavailable("keys.cover_missing", _MISSING, path=f"keys/{path.name}", since=when) from None


def path_of(number: int, key_id: str) -> Path:
    """Where the key of a cover lies. The number is in its name, so that it is not given twice where a
    database from before a change was restored."""
    folder: Path = settings.DATA / "keys"
    return folder / f"{_name(number, key_id)}.key"


def _name(number: int, key_id: str) -> str:
    return f"cover-{number}-{key_id}"


@cache
def _loaded(folder: Path, number: int, key_id: str) -> TokenCover:
    """Read once: a key service that is silent later does not stop who has the key."""
    name = _name(number, key_id)
    if not (folder / f"{name}.key").exists():
        raise FileNotFoundError
    return TokenCover(keyring.read_key(folder, name), number)


def _now() -> _Held:
    held = _held
    if held is not None and time.monotonic() < held.until and held.folder == settings.DATA:
        return held
    return _read()


def _read() -> _Held:
    global _held
    rows = list(TokenKey.objects.all())
    current: dict[str, int] = {row.family: row.number for row in rows if row.state == TokenKey.State.CURRENT}
    found = {family: Standing(number, (number,)) for family, number in current.items()}
    for row in rows:
        if row.state == TokenKey.State.ANNOUNCED:
            found[row.family] = Standing(row.replaces, (row.replaces, row.number))
        elif row.state == TokenKey.State.COVERING:
            found[row.family] = Standing(row.number, (row.number, row.replaces))
    held = _Held(
        folder=settings.DATA,
        standing=found,
        keys={row.number: (row.key_id, row.state, row.announced_at) for row in rows},
        newest=max((row.changed_at for row in rows), default=NEVER),
        until=time.monotonic() + settings.TOKEN_STATE_SECONDS,
    )
    _held = held
    return held
