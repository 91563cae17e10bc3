"""The notice to one person, with all of GDPR Art. 14(1) and (2), made from what is configured on the day.

Nothing is sealed or opened here: who sends a letter hands in the name and address that the gate opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from django.db.models import Q
from django.utils.translation import override

from duecause.apps.catalogue.models import Activity, Field, Purpose
from duecause.apps.catalogue.retention_queries import by_purpose, in_force
from duecause.apps.catalogue.retention_texts import rules_words
from duecause.apps.consent.models import Objection
from duecause.apps.consent.queries import objections_of
from duecause.apps.consent.reach import reach_of
from duecause.apps.consent.rules import rules
from duecause.apps.notices.clock import Clock
from duecause.apps.notices.phrases import Phrases, phrases
from duecause.apps.parties.models import Controller, Partner
from duecause.apps.parties.queries import blocking_reasons_of, call_centres
from duecause.apps.register.models import Person, Record, RelationFact
from duecause.engine import tlog
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.packs.law import adequacy
from duecause.web.documents import Block, Document, Facts, Heading, Paragraph
from duecause.web.words import own_words

MECHANISMS = ("adequacy", "scc", "bcr")


@dataclass(frozen=True, slots=True)
class Addressee:
    """In clear, in memory only. `lines`: of the address, empty for an e-mail."""

    name: str = ""
    lines: tuple[str, ...] = ()
    email: str = ""
    cells: tuple[str, ...] = ()  # the address by column, for the print shop


@dataclass(frozen=True, slots=True)
class Letter:
    """`content_sha256`: of all it says but name, address and reference; the same for everybody whose case is
    the same. It proves later which text somebody was sent."""

    document: Document
    version: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What every letter of a controller says on a day."""

    controller: Controller
    now: datetime
    recipients: tuple[Partner, ...]
    activities: tuple[Activity, ...]
    fields: dict[str, Field]
    kept: dict[str, list[dict[str, Any]]]  # purpose -> the retention rules in force

    @property
    def today(self) -> date:
        return local_day(self.now, self.controller.country)


def setting_of(controller: Controller, now: datetime) -> Setting:
    """Raises Refused where the organisation has not said what a notice must say."""
    _refuse_gaps(controller)
    activities = tuple(
        Activity.objects.filter(controller=controller)
        .exclude(role=Activity.Role.PROCESSOR)
        .exclude(status=Activity.Status.RETIRED)
        .prefetch_related("purposes__fields", "processors")
        .order_by("code")
    )
    today = local_day(now, controller.country)
    named = [partner for activity in activities for partner in activity.processors.all()]
    open_now = [each for each in (*call_centres(), *named) if not blocking_reasons_of(each, today, now=now)]
    recipients = tuple(sorted({each.pk: each for each in open_now}.values(), key=lambda each: each.name))
    known = {field.code: field for field in Field.objects.order_by("group", "code")}
    return Setting(controller, now, recipients, activities, known, by_purpose(in_force()))


def _refuse_gaps(controller: Controller) -> None:
    wanted = {"address": controller.address, "contact": controller.contact, "dpo": controller.dpo,
              "privacy_url": controller.privacy_url}  # fmt: skip
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        raise Refused(
            "letterhead_missing",
            "A notice must say how %(controller)s and its data protection officer are reached. Write"
            " %(missing)s under controllers in the organisation file and apply it.",
            controller=controller.legal_name,
            missing=", ".join(missing),
        )


def letter(
    setting: Setting,
    *,
    person: Person,
    records: Sequence[tuple[Clock, Record]],
    to: Addressee,
    reference: str,
    language: str = "",
) -> Letter:
    """Raises Refused for a language without a text, or a purpose whose interest nobody wrote down."""
    language = language or person.language
    say = phrases(language)
    if say is None:
        raise Refused(
            "notice_no_text",
            "There is no text of the notice in the language “%(language)s”. Add"
            " packs/texts/%(language)s/notices.yaml, or correct the language of the person.",
            language=language,
        )
    body = tuple(_body(setting, say, language, person, records))
    title = say.title.format(controller=setting.controller.legal_name)
    hashed = {"version": say.version, "title": title, "blocks": [_plain(block) for block in body]}
    greeting = say.dear.format(name=to.name) if to.name else say.dear_nobody
    head: list[Block] = [Paragraph("\n".join((to.name, *to.lines)))] if to.lines else []
    foot = f"{setting.controller.legal_name} · {say.version} · {say.reference.format(reference=reference)}"
    document = Document(title, language, (*head, Paragraph(greeting), *body), foot=foot)
    return Letter(document, say.version, hashlib.sha256(tlog.canonical_json(hashed)).hexdigest())


def _body(
    setting: Setting, say: Phrases, language: str, person: Person, records: Sequence[tuple[Clock, Record]]
) -> Iterator[Block]:
    controller, heads = setting.controller, say.heads
    objected = _objected(person, controller)
    purposes = _purposes(setting, person, records, objected)
    reached = {
        "controller": controller.legal_name,
        "address": controller.address,
        "contact": controller.contact,
        "privacy": controller.privacy_url,
        "dpo": controller.dpo,
    }
    yield Paragraph(say.intro)
    yield Heading(heads["who"])
    yield Paragraph(say.who.format(**reached))
    yield Paragraph(say.dpo.format(**reached))
    yield Heading(heads["source"])
    for text in dict.fromkeys(_sources(say, language, records)):
        yield Paragraph(text)
    yield Heading(heads["data"])
    yield Paragraph(say.data.format(fields=_fields(setting, language, records)))
    yield Heading(heads["why"])
    if purposes:
        yield Facts([_purpose(setting, say, language, *each) for each in purposes])
    if objected:
        yield Paragraph(say.objected)
    yield Paragraph(say.automated)
    yield Heading(heads["recipients"])
    yield from _recipients(setting, say, language, person)
    yield Heading(heads["object"])
    yield Paragraph(say.object.format(**reached))
    if any(basis == "legitimate_interest" for _, basis in purposes):
        yield Paragraph(say.object_interest)
    yield Heading(heads["rights"])
    yield Paragraph(say.rights)
    if any(basis == "consent" for _, basis in purposes):
        yield Paragraph(say.withdraw)
    yield Heading(heads["complain"])
    yield from _authorities(controller, say, records)


def _objected(person: Person, controller: Controller) -> bool:
    found: Iterable[Objection] = objections_of(person)
    return any(each.controller_id == controller.pk for each in found)


def _sources(say: Phrases, language: str, records: Sequence[tuple[Clock, Record]]) -> Iterator[str]:
    for clock, record in records:
        known = clock.obtained_on(record) is not None
        received = clock.standing(record).received_on
        parts = {
            "source": own_words(record.source.say, record.source.name, language=language),
            "date": format_date(received, "d MMMM y", locale=language),
        }
        if record.source.kind == record.source.Kind.UNKNOWN:
            yield say.source_unknown.format(**parts)
            continue
        yield (say.source if known else say.source_recorded).format(**parts)
        yield say.public if record.source.kind == record.source.Kind.PUBLIC else say.not_public


def _fields(setting: Setting, language: str, records: Sequence[tuple[Clock, Record]]) -> str:
    held = {name for _, record in records for name in record.fields}
    labels = [
        own_words(field.label, code, language=language)
        for code, field in setting.fields.items()
        if code in held
    ]
    return str(format_list(labels or sorted(held), locale=language))


def _purposes(
    setting: Setting, person: Person, records: Sequence[tuple[Clock, Record]], objected: bool
) -> list[tuple[Purpose, str]]:
    """Purposes for which fields of these records are used, each with its basis. A marketing purpose rests on
    what the list itself claims; one that needs a contract or a consent the person has not given is none."""
    held = {name for _, record in records for name in record.fields}
    claimed = {record.basis for _, record in records}
    agreed = {r.wording.purpose_id for _, r in records if r.basis == "consent" and r.wording is not None}
    customer = RelationFact.objects.filter(
        Q(until=None) | Q(until__gte=setting.today), person=person
    ).exists()
    found: dict[int, tuple[Purpose, str]] = {}
    for activity in setting.activities:
        for purpose in activity.purposes.all():
            basis = purpose.legal_basis
            if purpose.marketing:
                if objected:
                    continue
                if len(claimed) == 1 and basis != "consent":
                    basis = next(iter(claimed))
            if not held & {field.code for field in purpose.fields.all()}:
                continue
            if (basis == "contract" and not customer) or (basis == "consent" and purpose.pk not in agreed):
                continue
            found.setdefault(purpose.pk, (purpose, basis))
    return sorted(found.values(), key=lambda each: each[0].code)


def _purpose(setting: Setting, say: Phrases, language: str, purpose: Purpose, basis: str) -> tuple[str, str]:
    interest = own_words(purpose.interest, language=language)
    if basis == "legitimate_interest" and not interest:
        raise Refused(
            "interest_missing",
            "A notice must say which interest the purpose %(purpose)s rests on. Write it as “interest”, per"
            " language, in the organisation file and apply it.",
            purpose=purpose.code,
        )
    why = say.bases.get(basis, basis).format(interest=interest.rstrip(" ."))
    name = own_words(purpose.name, purpose.code, language=language)
    return name, say.purpose.format(basis=why, period=_kept(setting, language, purpose))


def _kept(setting: Setting, language: str, purpose: Purpose) -> str:
    rules = setting.kept.get(purpose.code, [])
    if not rules:
        raise Refused(
            "notice_retention_missing",
            "A notice must say how long data are kept, and no rule is in force for the purpose %(purpose)s."
            " Have one approved under Rules, Retention.",
            purpose=purpose.code,
        )
    whole = [rule for rule in rules if not rule.get("field")]
    with override(language):
        return rules_words(whole or rules)


def _recipients(setting: Setting, say: Phrases, language: str, person: Person) -> Iterator[Block]:
    """Who may get the data today, and who holds this person's number already, with every third country."""
    holding = [reach.centre_code for reach in reach_of(person.pk, setting.now)]
    held = Partner.objects.filter(code__in=holding)
    everybody = {each.pk: each for each in (*setting.recipients, *held)}
    if not everybody:
        yield Paragraph(say.no_recipients)
        return
    territories = Locale(language).territories
    ordered = sorted(everybody.values(), key=lambda each: each.name)
    named = [f"{each.name} ({territories.get(each.country, each.country)})" for each in ordered]
    yield Paragraph(say.recipients.format(recipients=format_list(named, locale=language)))
    transfers = [text for each in ordered for text in _transfers(each, say, territories, setting.today)]
    for text in transfers or [say.inside]:
        yield Paragraph(text)


def _transfers(partner: Partner, say: Phrases, territories: Any, on: date) -> Iterator[str]:
    bases = {basis.country: basis.mechanism for basis in partner.transfers.all()}
    countries = [partner.country, *(str(access["country"]) for access in partner.accesses)]
    for country in dict.fromkeys(countries):
        if country in adequacy().eea:
            continue
        mechanism = bases.get(country, "adequacy" if adequacy().decision(country, on) else "")
        if mechanism in MECHANISMS:
            yield say.transfer.format(
                name=partner.name,
                country=territories.get(country, country),
                mechanism=say.mechanisms[mechanism],
            )


def _authorities(
    controller: Controller, say: Phrases, records: Sequence[tuple[Clock, Record]]
) -> Iterator[Block]:
    """That of the controller's country, and that of the country the list is about."""
    countries = dict.fromkeys([controller.country, *(record.source.default_country for _, record in records)])
    for country in countries:
        authority = rules().authority_for(country)
        if authority is not None:
            yield Paragraph(say.complain.format(authority=authority.name, url=authority.url))


def _plain(block: Block) -> list[Any]:
    if isinstance(block, Facts):
        return ["facts", [list(row) for row in block.rows]]
    if isinstance(block, Heading):
        return ["heading", block.text]
    assert isinstance(block, Paragraph)
    return ["paragraph", block.text]


def as_text(document: Document) -> str:
    """The same in plain text, for mail programs that show nothing else."""
    parts = [document.title, ""]
    for block in document.blocks:
        if isinstance(block, Heading):
            parts += ["", block.text.upper(), ""]
        elif isinstance(block, Facts):
            parts += [f"{term}: {text}" for term, text in block.rows]
        elif isinstance(block, Paragraph):
            parts += [block.text, ""]
    return "\n".join([*parts, "", document.foot, ""])
