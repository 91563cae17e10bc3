"""Load a new version of a national register.

The file is read and judged before anything is written. Where it differs little from the active version, one
transaction adds and removes the difference. Else its numbers go in as tokens, in chunks, while the version is
"loading" and nobody looks at it; one transaction makes it the active one; the numbers of the version before
are removed afterwards. Whatever fails leaves the active version as it was.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from duecause.apps.bulk import all_rows, insert_rows
from duecause.apps.consent.models import NationalRegister, RegisterEntry, RegisterVersion
from duecause.apps.consent.registers import RegisterFile, read_register
from duecause.apps.ledger.actions import record
from duecause.apps.register.limits import limits
from duecause.apps.vault import covers, indexes
from duecause.engine.actor import Actor
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.engine.screening import Rule, RuleSet
from duecause.packs import law

State = RegisterVersion.State
ROWS_AT_ONCE = 20_000
TOKEN_BYTES = 16
MOST_CHANGES = 100_000
"""More than these are not changed in one transaction, which keeps others from writing."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """`repeated`: this very file is the active version already and nothing was changed."""

    version: RegisterVersion
    repeated: bool
    malformed: int = 0


def load_register(
    *,
    actor: Actor,
    register: NationalRegister,
    data: bytes,
    file_name: str,
    version_date: date,
    now: datetime,
    force_shrunken: bool = False,
    sha256: str = "",
    progress: Progress | None = None,
) -> Loaded:
    """Make `data`, the register as published on `version_date`, the version that screening uses. `sha256`:
    what its publisher says it is, in hexadecimal.

    Raises Refused for a file that is stale, of the future, older than the active one, half-written, damaged,
    of another checksum or country, or (unless `force_shrunken`) much smaller than the active one, and for a
    register that publishes no file; NotPermitted.
    """
    actor.require("registers.load")
    refuse_another_checksum(data, sha256, file_name)
    _refuse_a_register_without_file(register, local_day(now, register.country))
    _refuse_by_date(register, version_date, local_day(now, register.country))
    read = read_register(
        data,
        name=file_name,
        country=register.country,
        malformed_per_thousand=limits().register_malformed_per_thousand,
        foreign_per_thousand=limits().register_foreign_per_thousand,
    )
    active = register.versions.filter(state=State.ACTIVE).first()
    if active and (active.version_date, active.sha256) == (version_date, read.sha256):
        return Loaded(active, repeated=True)
    percent = _shrink_percent(register, local_day(now, register.country))
    _refuse_by_active(register, active, read, version_date, 100 if force_shrunken else percent)
    version = _begin(actor, register, version_date, read)
    told = _told(version, read, force_shrunken)
    try:
        made = indexes.dial_tokens(read.numbers).tobytes()
        tokens = [made[at : at + TOKEN_BYTES] for at in range(0, len(made), TOKEN_BYTES)]
        difference = covers.steadily(lambda: _difference(active, tokens)) if active else None
        if difference and difference.is_small:
            _take_in(actor, version, difference, told, now, progress)
            version = difference.active
        else:
            _write(version, tokens, progress)
            _switch(actor, version, told, now)
    except BaseException:
        RegisterVersion.objects.filter(pk=version.pk, state=State.LOADING).update(state=State.FAILED)
        _remove_unused(register)
        raise
    _remove_unused(register)
    version.refresh_from_db()
    return Loaded(version, repeated=False, malformed=read.malformed)


def rule_of(register: NationalRegister, on: date) -> Rule | None:
    """The rule that asks for this register on a day."""
    rules = RuleSet.for_country(register.country, on, book=law.book()).of_kind("register")
    return next((rule for rule in rules if rule.subject == register.code), None)


def _shrink_percent(register: NationalRegister, on: date) -> int:
    """By how much a new file may be smaller: what the country's rule says, else limits.yaml."""
    rule = rule_of(register, on)
    if rule is not None and "shrink_percent" in rule.detail:
        return rule.number("shrink_percent")
    return limits().register_shrink_percent


def _refuse_a_register_without_file(register: NationalRegister, on: date) -> None:
    rule = rule_of(register, on)
    if rule is not None and rule.text("access") == "submit":
        raise Refused(
            "register_submits",
            "%(register)s publishes no file. Submit the numbers of a list to it and read its answer: "
            "duecause registers submit LIST --register %(register)s.",
            register=register.code,
        )


def refuse_another_checksum(data: bytes, sha256: str, file_name: str) -> None:
    """Raise Refused where `data` is not what its publisher says; anything goes where nothing was said."""
    said = sha256.strip().lower()
    if not said:
        return
    if not re.fullmatch("[0-9a-f]{64}", said):
        raise Refused(
            "checksum_unreadable",
            "The checksum of %(file)s is no SHA-256: it has 64 digits and letters a to f. Copy it again.",
            file=file_name,
        )
    if hashlib.sha256(data).hexdigest() != said:
        raise Refused(
            "checksum_wrong",
            "%(file)s is not the file that its SHA-256 was made of. Fetch both again.",
            file=file_name,
        )


def _refuse_by_date(register: NationalRegister, version_date: date, today: date) -> None:
    if version_date > today:
        raise Refused(
            "register_future",
            "%(date)s lies in the future. Give the date on which %(register)s published the file.",
            date=version_date,
            register=register.code,
        )
    rule = rule_of(register, today)
    oldest = rule.number("max_file_age_days") if rule else None
    if oldest is not None and version_date + timedelta(days=oldest) < today:
        raise Refused(
            "register_stale",
            "A file of %(register)s may be used for %(days)s days; this is of %(date)s. Fetch the newest.",
            register=register.code,
            days=oldest,
            date=version_date,
        )


def _refuse_by_active(
    register: NationalRegister,
    active: RegisterVersion | None,
    read: RegisterFile,
    version_date: date,
    shrink_percent: int,
) -> None:
    if active is None:
        return
    if version_date < active.version_date:
        raise Refused(
            "register_older",
            "%(register)s is loaded as of %(active)s; the file is of %(date)s. Load a newer one.",
            register=register.code,
            active=active.version_date,
            date=version_date,
        )
    if version_date == active.version_date:
        raise Refused(
            "register_same_date",
            "%(register)s is loaded as of %(date)s, from another file. Check the date of this one.",
            register=register.code,
            date=version_date,
        )
    if len(read.numbers) * 100 < active.rows * (100 - shrink_percent):
        raise Refused(
            "register_shrunken",
            "The file has %(rows)s numbers, the version loaded of %(register)s %(active)s: more than "
            "%(percent)s percent fewer. Fetch it again; if it is right, load it with --force-shrunken.",
            register=register.code,
            rows=len(read.numbers),
            active=active.rows,
            percent=shrink_percent,
        )


def _begin(
    actor: Actor, register: NationalRegister, version_date: date, read: RegisterFile
) -> RegisterVersion:
    """A crash may have left a version behind: whoever loads next puts it aside."""
    register.versions.filter(state=State.LOADING).update(state=State.FAILED)
    _remove_unused(register)
    with transaction.atomic():
        register.versions.filter(version_date=version_date).exclude(state=State.ACTIVE).delete()
        return RegisterVersion.objects.create(
            register=register, version_date=version_date, sha256=read.sha256, actor=actor.ref
        )


def _write(version: RegisterVersion, tokens: list[bytes], progress: Progress | None) -> None:
    """Tokens in the order in which they lie, so that the index grows at its end. How each lies is made out
    when it is written: a key may change before the last is."""
    tokens, total = covers.in_their_order("dial", tokens), len(tokens)
    for start in range(0, total, ROWS_AT_ONCE):
        with transaction.atomic():
            _insert(version, tokens[start : start + ROWS_AT_ONCE])
        if progress:
            progress(min(start + ROWS_AT_ONCE, total), total)


def _insert(version: RegisterVersion, tokens: list[bytes]) -> None:
    insert_rows(RegisterEntry, ("version_id", "token"), [(version.pk, token) for token in tokens])


@dataclass(frozen=True, slots=True)
class _Difference:
    """What a file changes in the version that is active: tokens to add, keys of entries to remove."""

    active: RegisterVersion
    added: list[bytes]
    removed: list[int]

    @property
    def is_small(self) -> bool:
        changes = len(self.added) + len(self.removed)
        return changes <= MOST_CHANGES and changes * 4 <= self.active.rows


def _difference(active: RegisterVersion, tokens: list[bytes]) -> _Difference:
    held = {bytes(token): pk for pk, token in all_rows(RegisterEntry, ("id", "token"), version_id=active.pk)}
    added = [token for token in tokens if held.pop(token, None) is None]
    return _Difference(active, added, list(held.values()))


def _change(difference: _Difference, version: RegisterVersion, progress: Progress | None) -> None:
    """The entries of the active version become those of the file, and the two versions change places: the one
    with the entries is that of the new file, the other keeps what is known of the old one."""
    active = difference.active
    total = len(difference.added) + len(difference.removed)
    for start in range(0, len(difference.removed), ROWS_AT_ONCE):
        part = difference.removed[start : start + ROWS_AT_ONCE]
        RegisterEntry.objects.filter(version=active, pk__in=part).delete()
    _insert(active, covers.in_their_order("dial", difference.added))
    if progress:
        progress(total, total)
    new, old = _about(version), _about(active)
    RegisterVersion.objects.filter(pk=version.pk).update(version_date=date.min)  # a day stands there once
    RegisterVersion.objects.filter(pk=active.pk).update(**new)
    RegisterVersion.objects.filter(pk=version.pk).update(**old)


def _about(version: RegisterVersion) -> dict[str, Any]:
    names = ("version_date", "sha256", "rows", "loaded_at", "actor")
    return {name: getattr(version, name) for name in names}


def _switch(actor: Actor, version: RegisterVersion, told: dict[str, Any], now: datetime) -> None:
    """`version`, whose entries are written, becomes the active one."""
    register = version.register
    with transaction.atomic():
        before = register.versions.filter(state=State.ACTIVE).first()
        register.versions.filter(state=State.ACTIVE).update(state=State.REPLACED)
        switched = RegisterVersion.objects.filter(pk=version.pk, state=State.LOADING).update(
            state=State.ACTIVE, rows=told["numbers"], loaded_at=now
        )
        if not switched:
            raise _overtaken(register)
        told = {**told, "before": before.version_date.isoformat() if before else None}
        record(actor=actor, kind="consent.register_loaded", now=now, payload=told)


def _take_in(
    actor: Actor,
    version: RegisterVersion,
    difference: _Difference,
    told: dict[str, Any],
    now: datetime,
    progress: Progress | None,
) -> None:
    """The same where little changes: the entries that stay are not touched."""
    active = difference.active
    with transaction.atomic():
        waiting = RegisterVersion.objects.select_for_update().filter(pk=version.pk, state=State.LOADING)
        as_read = RegisterVersion.objects.select_for_update().filter(
            pk=active.pk, state=State.ACTIVE, sha256=active.sha256
        )
        if not (waiting.exists() and as_read.exists()):
            raise _overtaken(version.register)
        version.rows, version.loaded_at = told["numbers"], now
        _change(difference, version, progress)
        RegisterVersion.objects.filter(pk=version.pk).update(state=State.REPLACED)
        told = {**told, "before": active.version_date.isoformat()}
        record(actor=actor, kind="consent.register_loaded", now=now, payload=told)


def _told(version: RegisterVersion, read: RegisterFile, forced: bool) -> dict[str, Any]:
    return {
        "register": version.register.code,
        "version": version.version_date.isoformat(),
        "sha256": read.sha256,
        "numbers": len(read.numbers),
        "lines": read.lines,
        "malformed": read.malformed,
        "forced": forced,
    }


def _overtaken(register: NationalRegister) -> Refused:
    return Refused(
        "register_overtaken",
        "Somebody else loads %(register)s at the same time. See what is loaded, then try again.",
        register=register.code,
    )


def _remove_unused(register: NationalRegister) -> None:
    """Numbers of versions that nobody uses, a chunk at a time so that nobody waits."""
    unused = RegisterEntry.objects.filter(
        version__register=register, version__state__in=(State.REPLACED, State.FAILED)
    )
    while chunk := list(unused.values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        RegisterEntry.objects.filter(pk__in=chunk).delete()
