"""Set up a directory; take in whom it names, move them, and close the account of who leaves."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from duecause.apps.directory.models import Directory, Entry
from duecause.apps.directory.scim import Refusal, Said
from duecause.apps.ledger.actions import record
from duecause.apps.parties.queries import hash_of, new_key
from duecause.apps.staff.models import Employee
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop

SCOPE = "provisioning"
LONGEST_CODE, LONGEST_NAME = 40, 150
NO_PROFILE = ""
TAKEN = "An account of this name is kept already. Look it up by filter, then change it."


def directory_actor(directory: Directory) -> Actor:
    return Actor(kind="system", id=f"directory:{directory.code}", functions=frozenset({SCOPE}))


def set_up(*, actor: Actor, code: str, name: str, now: datetime) -> Directory:
    """Raises NotPermitted, Refused."""
    actor.require("organisation.apply")
    if not code or not code.isprintable() or len(code) > LONGEST_CODE:
        raise Refused(
            "directory_code", gettext_noop("A directory needs a code of up to 40 characters, such as ENTRA.")
        )
    with transaction.atomic():
        directory, _made = Directory.objects.update_or_create(
            code=code, defaults={"name": name or code, "ended_at": None}
        )
        record(actor=actor, kind="directory.set", now=now, payload={"directory": code})
    return directory


def make_key(*, actor: Actor, directory: Directory, now: datetime) -> str:
    """Make the key of a directory and return it in clear, this once. The one before ends at once."""
    actor.require("apikeys.manage")
    prefix, clear = new_key()
    with transaction.atomic():
        Directory.objects.filter(pk=directory.pk).update(
            key_prefix=prefix, key_hash=hash_of(clear), key_made_at=now
        )
        payload = {"directory": directory.code, "prefix": prefix, "scope": SCOPE}
        record(actor=actor, kind="directory.key_made", now=now, payload=payload)
    return clear


def end(*, actor: Actor, directory: Directory, now: datetime) -> None:
    """It says nothing any more and its key opens nothing; the accounts stay as they are."""
    actor.require("organisation.apply")
    with transaction.atomic():
        Directory.objects.filter(pk=directory.pk).update(ended_at=now, key_prefix="", key_hash="")
        record(actor=actor, kind="directory.ended", now=now, payload={"directory": directory.code})


def take_in(*, actor: Actor, directory: Directory, said: Said, now: datetime) -> Employee:
    """A new account, without a profile until a group gives it one. Somebody who was deleted there and comes
    back has the account of before, without the profile of before.

    Raises NotPermitted, Refusal (409) where the name is in use.
    """
    actor.require(SCOPE)
    with transaction.atomic():
        known = (
            Employee.objects.select_for_update(of=("self",)).filter(username__iexact=said.username).first()
        )
        if known is None:
            known = Employee(username="", display_name="", profile=NO_PROFILE, is_active=False)
            known.set_unusable_password()
        elif not Entry.objects.filter(employee=known, deleted_at__isnull=False).exists():
            raise Refusal(409, TAKEN, "uniqueness")
        _alter(actor, directory, known, said, active=said.active is not False, now=now)
    return known


def bring(*, actor: Actor, directory: Directory, employee: Employee, said: Said, now: datetime) -> Employee:
    """Change what is said of an account and leave the rest. Who leaves (`active` false) loses the profile in
    the same moment; open sessions end at their next request.

    Raises NotPermitted, Refusal (409) for a name in use.
    """
    actor.require(SCOPE)
    with transaction.atomic():
        held = Employee.objects.select_for_update(of=("self",)).get(pk=employee.pk)
        active = held.is_active if said.active is None else said.active
        _alter(actor, directory, held, said, active=active, now=now)
    return held


def remove(*, actor: Actor, directory: Directory, employee: Employee, now: datetime) -> None:
    """The directory deleted somebody: the account is closed and, to the directory, gone."""
    actor.require(SCOPE)
    with transaction.atomic():
        bring(actor=actor, directory=directory, employee=employee, said=Said(active=False), now=now)
        Entry.objects.filter(employee=employee).update(deleted_at=now)


def give_profile(
    *, actor: Actor, directory: Directory, employee: Employee, profile: str, now: datetime
) -> None:
    """One profile at a time: the group named last gives it. A closed account gets none."""
    actor.require(SCOPE)
    with transaction.atomic():
        held = Employee.objects.select_for_update(of=("self",)).get(pk=employee.pk)
        if held.is_active:
            _move(actor, directory, held, profile, now)


def take_profile(
    *, actor: Actor, directory: Directory, employee: Employee, profile: str, now: datetime
) -> None:
    """Nothing where they have another profile by now: directories add to the new group first."""
    actor.require(SCOPE)
    with transaction.atomic():
        held = Employee.objects.select_for_update(of=("self",)).get(pk=employee.pk)
        if held.profile == profile:
            _move(actor, directory, held, NO_PROFILE, now)


def _alter(
    actor: Actor, directory: Directory, held: Employee, said: Said, *, active: bool, now: datetime
) -> None:
    made = held.username == ""
    before = {} if made else _plain(held)
    held.username = (said.username or held.username)[:LONGEST_NAME]
    held.display_name = said.display_name or held.display_name or held.username
    if said.language in dict(settings.LANGUAGES):
        held.language = said.language or held.language
    if held.is_active and not active:
        held.profile = NO_PROFILE
    held.is_active = active
    others = Employee.objects.filter(username__iexact=held.username).exclude(pk=held.pk)
    if others.exists():
        raise Refusal(409, TAKEN, "uniqueness")
    after = _plain(held)
    if after != before:
        held.save()
        _note(actor, directory, held, before, after, now)
    entry, _made = Entry.objects.update_or_create(
        employee=held, defaults={"directory": directory, "deleted_at": None}
    )
    if said.external_id is not None and said.external_id != entry.external_id:
        Entry.objects.filter(pk=entry.pk).update(external_id=said.external_id)


def _move(actor: Actor, directory: Directory, held: Employee, profile: str, now: datetime) -> None:
    before = _plain(held)
    held.profile = profile
    if _plain(held) != before:
        held.save(update_fields=["profile"])
        _note(actor, directory, held, before, _plain(held), now)


def _plain(held: Employee) -> dict[str, str | bool]:
    return {name: getattr(held, name) for name in (*PRIVATE, "language", "profile", "is_active")}


PRIVATE = ("username", "display_name")


def _note(
    actor: Actor,
    directory: Directory,
    held: Employee,
    before: dict[str, str | bool],
    after: dict[str, str | bool],
    now: datetime,
) -> None:
    """The event of any other change of an employee: names appear by the name of their field alone."""
    differs = [name for name in after if before.get(name) != after[name]]
    payload = {
        "key": str(held.pk),
        "created": not before,
        "changed": {name: [before.get(name), after[name]] for name in differs if name not in PRIVATE},
        "private": sorted(set(differs) & set(PRIVATE)),
        "directory": directory.code,
    }
    record(actor=actor, kind="staff.employee_changed", now=now, payload=payload)
