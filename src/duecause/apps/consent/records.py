"""A consent as a record of ISO/IEC TS 27560: our rows and settings in the fields of the standard, and the
receipt that the person gets of it. The table of fields is `engine.consent_record.FIELDS`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

import yaml

from duecause.apps.catalogue.models import Field, Purpose
from duecause.apps.catalogue.retention_queries import longest_months
from duecause.apps.consent.histories import History, Word
from duecause.apps.consent.phrases import Phrases, language_for, phrases
from duecause.apps.consent.proof import proof_of
from duecause.apps.consent.rules import Authority, rules
from duecause.apps.parties.models import Controller, Partner
from duecause.apps.parties.queries import blocking_reasons_of, call_centres
from duecause.apps.register.models import Person
from duecause.engine.consent_record import NOT_IN_RECEIPTS, RECEIPT, SCHEMA
from duecause.engine.consents import GIVING
from duecause.web.words import own_words

SPECIAL = ("special", "criminal")
# What kind of act a word was (27560 event_type). Going on with a call after a notice is none of a consent.
ACT_TYPES = {
    "signature": "explicit",
    "tick": "expressed",
    "spoken_yes": "expressed",
    "notice": "notice_continued",
}
BY_THE_CONTROLLER = ("system",)


@dataclass(frozen=True, slots=True)
class _Language:
    code: str
    say: Phrases


def consent_record(known: History, *, now: datetime, language: str = "en") -> dict[str, Any]:
    """The record as JSON. `language`: of what is said in words; the notices keep their own."""
    spoken = language_for(language)
    lang = _Language(spoken, phrases(spoken))
    recipients = _recipients(now)
    authority = rules().authority_for(known.topic.controller.country)
    proof = proof_of(known.person)
    notices = _notices(known)
    return {
        "schema_version": SCHEMA,
        "record_id": str(known.id),
        "pii_principal_id": str(known.person),
        "notice": notices,
        "purposes": [_purpose(known, recipients, lang)],
        "pii_controllers": [known.topic.controller.code],
        "parties": _parties(known.topic.controller, recipients, authority),
        "authority": [f"authority:{authority.country}"] if authority else [],
        "codes_of_conduct": [],
        "impact_assessments": [],
        "events": [_event(word, known) for word in known.words],
        "contact_centre": {
            "channel": known.topic.channel,
            "evidence_count": sum(1 for word in known.words if word.event and word.event.evidence),
            "proof_kept_until": (proof.until if proof else known.today(now)).isoformat(),
            "recorded_by": sorted({word.event.actor for word in known.words if word.event}),
        },
    }


def receipt(known: History, *, receipt_id: UUID, now: datetime) -> dict[str, Any]:
    """What the person gets, in the person's language: the record without what names anybody else."""
    language = language_for(Person.objects.get(pk=known.person).language)
    record = consent_record(known, now=now, language=language)
    for path in NOT_IN_RECEIPTS:
        part, name = path.split(".")
        record[part].pop(name, None)
    return {
        "receipt": {
            "schema_version": RECEIPT,
            "receipt_id": str(receipt_id),
            "issued_at": now.isoformat(),
            "language": language,
            "text_version": phrases(language).version,
        },
        "record": record,
    }


def data_of(purpose: Purpose, language: str) -> list[dict[str, Any]]:
    """The categories of data that the catalogue declares for the purpose, each label once."""
    found: dict[str, dict[str, Any]] = {}
    for field in Field.objects.filter(purposes=purpose).order_by("group", "code"):
        label = own_words(field.label, field.code, language=language)
        found.setdefault(
            label, {"type": label, "category": field.law_class, "special": field.law_class in SPECIAL}
        )
    # Whoever is asked by a channel is reached by it, whatever the catalogue says.
    return list(found.values()) or [{"type": "contact", "category": "ordinary", "special": False}]


def _purpose(known: History, recipients: list[Partner], lang: _Language) -> dict[str, Any]:
    controller, purpose, _ = known.topic
    countries = {controller.country, *(partner.country for partner in recipients)}
    return {
        "purpose": own_words(purpose.name, purpose.code, language=lang.code),
        "purpose_type": _purpose_type(purpose),
        "legal_basis": _terms()["consent"],
        "personal_data": data_of(purpose, lang.code),
        "collection_method": collected(known.given or known.words[0], lang.say, lang.code),
        "processing": list(lang.say.processing),
        "storage": [{"location": controller.country, "retention": f"P{longest_months(purpose.code)}M"}],
        "processing_locations": sorted(countries),
        "geographic_restrictions": [],
        "recipients": [partner.code for partner in recipients] or [controller.code],
        "withdrawal_methods": list(lang.say.withdraw),
        "rights": list(_terms()["rights"]),
        "jurisdictions": sorted(
            {controller.country, *(word.country for word in known.words if word.country)}
        ),
    }


def collected(word: Word, say: Phrases, language: str) -> str:
    source = word.record.source if word.record else None
    name = (source.say.get(language) or source.say.get("en") or source.name) if source else ""
    return say.how.get(word.how, say.how["form"]).format(source=name)


def _notices(known: History) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for word in known.words:
        wording = word.wording
        if wording is None or wording.pk in found:
            continue
        found[wording.pk] = {
            "id": wording.code,
            "version": wording.version,
            "language": wording.language,
            "text": wording.text,
            "sha256": hashlib.sha256(wording.text.encode()).hexdigest(),
        }
        if known.topic.controller.privacy_url:
            found[wording.pk]["privacy_notice"] = known.topic.controller.privacy_url
    return list(found.values())


def _event(word: Word, known: History) -> dict[str, Any]:
    by_us = word.how in BY_THE_CONTROLLER or word.state == "requested"
    event = {
        "event_id": str(word.id),
        "event_time": word.at.isoformat(),
        "recorded_time": max(word.at, word.recorded_at).isoformat(),
        "entity_id": known.topic.controller.code if by_us else str(known.person),
        "event_type": ACT_TYPES.get(word.act, "expressed") if word.state in GIVING else "none",
        "event_state": word.state,
    }
    if word.valid_to:
        event["valid_until"] = word.valid_to.isoformat()
    if word.wording:
        event["notice"] = str(word.wording)
    return event


def _recipients(now: datetime) -> list[Partner]:
    """Call centres that nothing keeps from being given the number for this today."""
    today = now.date()
    return [each for each in call_centres() if not blocking_reasons_of(each, today, now=now)]


def _parties(
    controller: Controller, recipients: Iterable[Partner], authority: Authority | None
) -> list[dict[str, Any]]:
    ours: dict[str, Any] = {
        "party_id": controller.code,
        "name": controller.legal_name,
        "role": "pii_controller",
        "country": controller.country,
    }
    if controller.privacy_url:
        ours["url"] = controller.privacy_url
    found = [ours]
    found += [
        {"party_id": each.code, "name": each.name, "role": "recipient", "country": each.country}
        for each in recipients
    ]
    if authority:
        found.append(
            {
                "party_id": f"authority:{authority.country}",
                "name": authority.name,
                "role": "authority",
                "country": authority.country,
                "url": authority.url,
            }
        )
    return found


def _purpose_type(purpose: Purpose) -> str:
    terms: dict[str, str] = _terms()["purposes"]
    if purpose.marketing:
        return terms["marketing"]
    return terms.get(purpose.legal_basis, terms["other"])


@cache
def _terms() -> dict[str, Any]:
    text = (files("duecause.packs") / "dpv.yaml").read_text(encoding="utf-8")
    terms: dict[str, Any] = yaml.safe_load(text)
    return terms
