"""Consents at the command line: what is known, receipts and records, withdrawals that came another way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from duecause.apps.catalogue.models import Wording
from duecause.apps.consent import consent_actions, consent_end_actions
from duecause.apps.consent.consent_event_actions import Saying
from duecause.apps.consent.histories import History, histories, history_of
from duecause.apps.consent.receipt_actions import export_record, give_receipt
from duecause.apps.consent.sheets import receipt_page
from duecause.apps.register.models import Person
from duecause.cli.files import write_bytes
from duecause.cli.people import named
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused
from duecause.organisation import founding

OPERATOR = Actor.system("operator")
PATH = click.Path(path_type=Path)
NUMBER = click.option("--number", help="Find the person by this number, written +32…; “-” asks for it.")
PERSON = click.argument("person", required=False)
CONSENT = click.option("--consent", "consent_id", type=click.UUID, help="Its id; the newest if left out.")
HOW = ("call", "letter", "mail", "portal", "form")


@click.group("consents")
def consents_group() -> None:
    """Consents of a person."""


@consents_group.command("list")
@PERSON
@NUMBER
def list_consents(person: str | None, number: str | None) -> None:
    """Show each consent of PERSON: its id, what it is for, and what holds."""
    founding.require_founded()
    now = datetime.now(UTC)
    for known in histories(named(person, number)):
        state = known.standing.on(known.today(now))
        topic = known.topic
        click.echo(f"{known.id}  {topic.controller.code}  {topic.purpose.code}  {topic.channel}  {state}")


@consents_group.command("record")
@PERSON
@NUMBER
@CONSENT
@click.option("--out", type=PATH, help="Where to; printed if left out.")
def record(person: str | None, number: str | None, consent_id: UUID | None, out: Path | None) -> None:
    """Write the record of a consent of PERSON with the fields of ISO/IEC TS 27560."""
    founding.require_founded()
    known = _chosen(named(person, number), consent_id)
    made = export_record(actor=OPERATOR, known=known, now=datetime.now(UTC))
    _put(json.dumps(made, ensure_ascii=False, indent=1) + "\n", out)


@consents_group.command("receipt")
@PERSON
@NUMBER
@CONSENT
@click.option("--html", "as_html", is_flag=True, help="A page to print instead of JSON.")
@click.option("--out", type=PATH, help="Where to; printed if left out.")
def receipt(
    person: str | None, number: str | None, consent_id: UUID | None, as_html: bool, out: Path | None
) -> None:
    """Write the receipt of a consent of PERSON, in the person's language."""
    founding.require_founded()
    known = _chosen(named(person, number), consent_id)
    made = give_receipt(actor=OPERATOR, known=known, now=datetime.now(UTC))
    text = (
        receipt_page(made, known, alone=True) if as_html else json.dumps(made, ensure_ascii=False, indent=1)
    )
    _put(text + "\n", out)


@consents_group.command("withdraw")
@PERSON
@NUMBER
@CONSENT
@click.option("--how", type=click.Choice(HOW), default="mail", show_default=True, help="How it reached us.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%dT%H:%M%z"]), help="When it was said, with zone.")
@click.option("--reference", default="", help="Of the sender: the same again changes nothing.")
def withdraw(
    person: str | None,
    number: str | None,
    consent_id: UUID | None,
    how: str,
    on: datetime | None,
    reference: str,
) -> None:
    """Withdraw a consent of PERSON. It ends at once; call centres that hold the number for it are told."""
    founding.require_founded()
    found = named(person, number)
    event = consent_actions.withdraw_consent(
        actor=OPERATOR,
        person=found,
        topic=_chosen(found, consent_id).topic,
        language=found.language,
        saying=Saying(act="withdrawn", how=how, at=on, reference=reference),
        now=datetime.now(UTC),
    )
    click.echo(f"Withdrawn: {event.purpose.code}, {event.channel}, {event.controller.code} ({event.pk}).")


@consents_group.command("invalidate")
@click.argument("wording")
@click.argument("version")
@click.option("--ground", type=click.Choice(consent_end_actions.GROUNDS), required=True, help="Why.")
def invalidate(wording: str, version: str, ground: str) -> None:
    """Declare every consent given with VERSION of WORDING invalid, and take back what it allowed."""
    founding.require_founded()
    texts = list(Wording.objects.filter(code=wording, version=version))
    if not texts:
        raise Refused(
            "unknown_wording",
            "There is no wording “%(wording)s” %(version)s. Known versions stand under People, Consents,"
            " Wordings.",
            wording=wording[:40],
            version=version[:20],
        )
    done = consent_end_actions.invalidate_wording(
        actor=OPERATOR, wordings=texts, ground=ground, now=datetime.now(UTC)
    )
    click.echo(f"{done} consents are declared invalid.")


def _chosen(person: Person, consent_id: UUID | None) -> History:
    known = histories(person)
    found = history_of(person.pk, consent_id) if consent_id else next(iter(known), None)
    if found is None:
        raise Refused(
            "unknown_consent",
            "This person has no such consent. Known: %(known)s.",
            known=", ".join(str(each.id) for each in known) or "-",
        )
    return found


def _put(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
    else:
        write_bytes(out, text.encode())


COMMANDS = (consents_group,)
