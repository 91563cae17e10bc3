"""A record in the reader's language: one description for the page, the PDF, its twin and the workbook, so
that none of them can say what another does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from duecause.apps.catalogue import texts as catalogue
from duecause.apps.catalogue.retention_texts import longest_words, rule_words
from duecause.apps.evidence import gaps, texts
from duecause.apps.evidence.filters import Filter
from duecause.apps.evidence.record import Content, Record, Scope
from duecause.apps.parties.texts import AGREEMENTS, BASES, ENGAGED, MECHANISMS, PARTNER_KINDS, SOURCE_KINDS
from duecause.web.documents import Table
from duecause.web.templatetags.formats import day, moment_text
from duecause.web.words import country_name, language_name, own_words, spoken

NOTHING = "–"
Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ShownActivity:
    code: str
    name: str
    status: str
    meaning: str
    facts: Rows
    fields: Table


@dataclass(frozen=True, slots=True)
class Shown:
    """`tables` are what all activities share: recipients, sources, wordings, measures."""

    title: str
    facts: Rows
    version: str
    activities: list[ShownActivity]
    fields: Table
    wordings: Table
    tables: list[Table]
    gaps: list[str]


def shown(record: Record, by: Filter, *, signed: str) -> Shown:
    """`signed` says in words whether customer service signed this version off."""
    return Shown(
        title=title(record.scope),
        facts=[
            *_about(record),
            (_("Shown"), filter_words(record, by)),
            (_("As of"), moment_text(record.at)),
            (_("Signed off by customer service"), signed),
        ],
        version=record.version,
        activities=[_activity(record, code, one) for code, one in record.content["activities"].items()],
        fields=_fields(record, record.content["fields"], _("Fields")),
        wordings=_wordings(record),
        tables=[
            table
            for table in (_recipients(record), _sources(record), _wordings(record), _measures(record))
            if table.rows
        ],
        gaps=gaps.of(record),
    )


def title(scope: Scope) -> str:
    if scope.role == "processor":
        return _("Record of processing on behalf of %(who)s") % {"who": scope.controller.legal_name}
    return _("Record of processing activities of %(who)s") % {"who": scope.controller.legal_name}


def short_title(scope: Scope) -> str:
    """For a choice among records."""
    name = scope.controller.legal_name
    return _("%(who)s, as processor") % {"who": name} if scope.role == "processor" else name


def filter_words(record: Record, by: Filter) -> str:
    content = record.content
    said = []
    if by.purpose:
        said.append(_("purpose: %(what)s") % {"what": _name(content["purposes"], by.purpose)})
    if by.law_class:
        said.append(_("class: %(what)s") % {"what": catalogue.law_class(by.law_class)})
    if by.partner:
        said.append(_("partner: %(what)s") % {"what": _name(content["recipients"], by.partner)})
    return "; ".join(said) or _("the whole record")


def _about(record: Record) -> Rows:
    scope = record.content["scope"]
    law = (
        _("processor (GDPR Art. 30(2))")
        if scope["role"] == "processor"
        else _("controller (GDPR Art. 30(1))")
    )
    rows = [
        (_("Role"), law),
        (_("On behalf of") if scope["role"] == "processor" else _("Controller"), scope["legal_name"]),
        (_("Country"), country_name(scope["country"])),
        (_("Privacy policy"), scope["privacy_url"]),
    ]
    return [*rows, (_("Brands"), ", ".join(scope["brands"]))] if scope["brands"] else rows


def _activity(record: Record, code: str, one: Content) -> ShownActivity:
    content = record.content
    meaning, status = catalogue.STATUSES[one["status"]]
    purposes = [content["purposes"][each] for each in one["purposes"]]
    name = own_words(one["name"], code)
    facts = [
        (_("Role"), label(catalogue.ROLES, one["role"])),
        (_("Purposes"), _joined(purpose_words(each) for each in purposes)),
        (_("About"), _joined(catalogue.subjects(one["subjects"]))),
        (_("Recipients"), _joined(content["recipients"][each]["name"] for each in one["recipients"])),
        (_("Transfers outside the EEA"), _transfers(content, one)),
        (_("Kept"), _joined(dict.fromkeys(kept_words(each["retention"]) for each in purposes))),
        (_("Impact assessment (Art. 35)"), _assessment(one)),
        (_("Answers for it"), one["owner"]),
        (_("Status"), str(status)),
    ]
    # Of a field's purposes only those of this activity: it is kept here as long as they need it.
    held = {
        each: {
            **content["fields"][each],
            "purposes": _both(content["fields"][each]["purposes"], one["purposes"]),
        }
        for each in one["fields"]
    }
    return ShownActivity(
        code, name, str(status), meaning, facts, _fields(record, held, _("Fields: %(of)s") % {"of": name})
    )


def _both(some: list[str], others: list[str]) -> list[str]:
    return [code for code in some if code in others]


def purpose_words(purpose: Content) -> str:
    words = f"{own_words(purpose['name'])} ({label(BASES, purpose['legal_basis'])}"
    if purpose["special_condition"]:
        words += ", " + _("Art. 9(2)(%(letter)s)") % {"letter": purpose["special_condition"]}
    return f"{words})"


def kept_words(rules: list[Content]) -> str:
    """Of a purpose. Names a field where a rule is about one alone."""
    words = [f"{rule['field']}: {rule_words(rule)}" if rule["field"] else rule_words(rule) for rule in rules]
    return "; ".join(words) or _("no rule in force")


def _deciding(code: str, purposes: list[Content]) -> list[Content]:
    """The rules that decide about one field."""
    found: list[Content] = []
    for purpose in purposes:
        own = [rule for rule in purpose["retention"] if rule["field"] == code]
        found += own or [rule for rule in purpose["retention"] if not rule["field"]]
    return found


def months(number: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", number) % {"n": number}


def _assessment(one: Content) -> str:
    words = label({code: word for code, (_meaning, word) in catalogue.ASSESSMENTS.items()}, one["dpia"])
    if one["dpia_on"]:
        words += f" ({day(date.fromisoformat(one['dpia_on']))})"
    return f"{words}: {one['dpia_reason']}" if one["dpia_reason"] else words


def _transfers(content: Content, one: Content) -> str:
    outside = [
        f"{each['name']}: {transfer_words(transfer)}"
        for each in (content["recipients"][code] for code in one["recipients"])
        for transfer in each["transfers"]
        if not transfer["inside"]
    ]
    return "; ".join(outside) or _("none")


def transfer_words(transfer: Content) -> str:
    country = country_name(transfer["country"])
    if transfer["inside"]:
        return _("%(country)s, inside the EEA") % {"country": country}
    words = f"{country}, {label(MECHANISMS, transfer['mechanism'])}"
    if transfer["decision"] and transfer["mechanism"] in ("adequacy", "none"):
        reference = {"country": country, "reference": transfer["decision"]}
        words = _("%(country)s, adequacy decision %(reference)s") % reference
    if transfer["assessed_to"]:
        until = day(date.fromisoformat(transfer["assessed_to"]))
        words += ", " + _("assessed until %(day)s") % {"day": until}
    return words


def agreement_words(one: Content) -> str:
    words = f"{label(AGREEMENTS, one['kind'])} {one['reference']}"
    if one["module"]:
        words += " " + _("(module %(n)s)") % {"n": one["module"]}
    if one["valid_to"]:
        words += ", " + _("until %(day)s") % {"day": day(date.fromisoformat(one["valid_to"]))}
    if one["open"]:
        words += ", " + _("open points: %(codes)s") % {"codes": ", ".join(one["open"])}
    return words


def sub_processor_words(one: Content) -> str:
    places = ", ".join(map(country_name, one["countries"]))
    return f"{one['name']} ({places}; {label(ENGAGED, one['state'])})"


def _fields(record: Record, fields: Mapping[str, Content], caption: str) -> Table:
    columns = (
        _("Field"),
        _("Group"),
        _("Class by law"),
        _("Felt as private"),
        _("Purposes"),
        _("Kept"),
        _("Records"),
    )
    rows = []
    for code, one in fields.items():
        purposes = [
            record.content["purposes"][each] for each in one["purposes"] if each in record.content["purposes"]
        ]
        rows.append(
            (
                own_words(one["label"], code),
                catalogue.group(one["group"]),
                class_words(one),
                level_words(one["perception"]),
                _joined(own_words(purpose["name"]) for purpose in purposes),
                longest_words(_deciding(code, purposes)) or NOTHING,
                record.holding(code),
            )
        )
    return Table(caption, columns, rows)


def class_words(one: Content) -> str:
    word = catalogue.law_class(one["law_class"])
    return word if one["law_class"] == "ordinary" else f"{word} ({one['law']})"


def level_words(level: int) -> str:
    share = _("%(n)s of 5") % {"n": level}
    return f"{share}: {catalogue.level(level)}"


def _recipients(record: Record) -> Table:
    columns = (
        _("Recipient"),
        _("Kind"),
        _("Gets data by"),
        _("Where, and why it may"),
        _("Agreements"),
        _("Sub-processors"),
        _("Against it today"),
        _("Lists"),
        _("Numbers"),
    )
    rows = []
    for code, one in record.content["recipients"].items():
        live = record.recipients[code]
        rows.append(
            (
                one["name"],
                label(PARTNER_KINDS, one["kind"]),
                _joined(label(texts.HOW, how) for how in one["how"]),
                "; ".join(map(transfer_words, one["transfers"])),
                "; ".join(map(agreement_words, one["agreements"])) or _("none"),
                "; ".join(map(sub_processor_words, one["sub_processors"])) or _("none"),
                " ".join(spoken(problem) for problem in live.against) or _("nothing"),
                live.lists,
                live.rows,
            )
        )
    return Table(_("Recipients"), columns, rows)


def _sources(record: Record) -> Table:
    columns = (
        _("Source"),
        _("Where from"),
        _("Company"),
        _("Claimed basis"),
        _("What callers are told"),
        _("Records"),
    )
    rows = [
        (
            one["name"],
            label(SOURCE_KINDS, one["kind"]),
            one["party"] or NOTHING,
            label(BASES, one["claimed_basis"]),
            own_words(one["say"], NOTHING),
            record.counts.records.get(code, 0),
        )
        for code, one in record.content["sources"].items()
    ]
    return Table(_("Sources"), columns, rows)


def _wordings(record: Record) -> Table:
    columns = (_("Wording"), _("Language"), _("Text"), _("Purpose"), _("Channels"), _("A yes holds"))
    rows = [
        (
            key,
            language_name(one["language"]),
            one["text"],
            _name(record.content["purposes"], one["purpose"]) or NOTHING,
            _joined(label(catalogue.CHANNELS, each) for each in one["channels"]),
            months(one["holds_months"]) if one["holds_months"] else NOTHING,
        )
        for key, one in record.content["wordings"].items()
    ]
    return Table(_("What customers are told"), columns, rows)


def _measures(record: Record) -> Table:
    rows = [(texts.measure(one), texts.state(one.on)) for one in record.measures]
    return Table(_("Security measures"), (_("Measure"), _("State")), rows)


def _name(found: Mapping[str, Any], code: str) -> str:
    name = found[code]["name"] if code in found else code
    return name if isinstance(name, str) else own_words(name, code)


def label(table: Mapping[str, Any], code: str) -> str:
    return texts.label(table, code)


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words) or NOTHING
