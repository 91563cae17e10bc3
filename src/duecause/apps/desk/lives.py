"""The life of a datum as a page shows it: fields with one life together, each moment a line, no value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from duecause.apps.catalogue.models import Field
from duecause.apps.desk.cards import label_of
from duecause.apps.parties.texts import BASES, SOURCE_KINDS
from duecause.apps.register.fields import is_phone
from duecause.apps.register.life import Happened
from duecause.apps.register.provenance import Datum, Origin, Provenance, Recipient
from duecause.web import charts
from duecause.web.templatetags.formats import day
from duecause.web.words import spoken

SHOWN_AT_ONCE = 14  # moments of one life; the middle of a longer one is folded away
MARKS = 8  # in the picture: its labels stay legible


@dataclass(frozen=True, slots=True)
class Moment:
    """`when` stands where there is no moment: a day, or that nobody knows. `order` sorts."""

    order: datetime
    what: str
    at: datetime | None = None
    when: str = ""
    notes: tuple[str, ...] = ()
    meaning: str = "info"


@dataclass(frozen=True, slots=True)
class Life:
    """Fields whose data came and went together. `folded` lie between `first` and `last`."""

    fields: str
    first: list[Moment]
    folded: list[Moment]
    last: list[Moment]


@dataclass(frozen=True, slots=True)
class Shown:
    """One record: where it came from, and the lives of what it holds."""

    source: str
    kind: str
    dropped: str
    lives: list[Life]


@dataclass(frozen=True, slots=True)
class LifePage:
    """`withheld`: how many data are in groups that are not for this profile."""

    records: list[Shown]
    chart: charts.Chart | None
    withheld: int
    unknown: bool


def build(
    known: Provenance, happened: Sequence[Happened], groups: frozenset[str], language: str, now: datetime
) -> LifePage:
    """`groups`: those whose existence the profile may know of. What concerns other groups is left out."""
    labels = {item.code: label_of(item, language) for item in Field.objects.filter(group__in=groups)}
    seen = [one for one in happened if one.group in groups]
    data = [datum for datum in known.data if datum.group in groups]
    records: dict[UUID, list[Datum]] = {record: [] for record in known.records}
    for datum in data:
        records[datum.record].append(datum)
    here = [_record(record, own, seen, known, labels, now) for record, own in records.items()]
    shown = [each for each in here if each.lives] + _gone(seen, known)
    return LifePage(
        records=shown,
        chart=_chart(shown),
        withheld=len(known.data) - len(data),
        unknown=any("source" in datum.origin.missing for datum in data),
    )


def _record(
    record: UUID,
    data: Sequence[Datum],
    happened: Sequence[Happened],
    known: Provenance,
    labels: Mapping[str, str],
    now: datetime,
) -> Shown:
    of_record = known.records[record]
    own = [one for one in happened if one.record in (None, record)]
    alike: dict[tuple[Any, ...], tuple[list[Datum], list[Happened]]] = {}
    for datum in data:
        number = is_phone(datum.field)
        told = [one for one in own if one.concerns(datum.field, number=number)]
        key = (number, datum.origin, datum.changes, datum.recipients, tuple(map(id, told)))
        alike.setdefault(key, ([], told))[0].append(datum)
    lives = [_life(together, told, labels, now) for together, told in alike.values()]
    return Shown(
        source=of_record.source_name,
        kind=str(SOURCE_KINDS.get(of_record.source_kind, of_record.source_kind)),
        dropped=", ".join(of_record.dropped),
        lives=lives + _taken(data, [one for one in own if one.record == record], labels),
    )


def _taken(data: Iterable[Datum], happened: Iterable[Happened], labels: Mapping[str, str]) -> list[Life]:
    """Fields that the record no longer shows: erased, or only stored. `labels`: those for this profile."""
    missing = labels.keys() - {datum.field for datum in data}
    told: dict[str, list[Happened]] = {}
    for one in happened:
        for field in sorted((one.fields or frozenset()) & missing):
            told.setdefault(field, []).append(one)
    alike: dict[tuple[int, ...], list[str]] = {}
    for field in sorted(told):
        alike.setdefault(tuple(map(id, told[field])), []).append(field)
    return [_folded(fields, map(_happened, told[fields[0]]), labels) for fields in alike.values()]


def _gone(happened: Iterable[Happened], known: Provenance) -> list[Shown]:
    """Records of which nothing is left but that they went."""
    found: dict[UUID, tuple[str, list[Moment]]] = {}
    for one in happened:
        if one.record is not None and one.record not in known.records and one.source:
            found.setdefault(one.record, (one.source, []))[1].append(_happened(one))
    whole = _("Everything")
    return [
        Shown(source=source, kind="", dropped="", lives=[Life(whole, moments, [], [])])
        for source, moments in found.values()
    ]


def _life(
    data: Sequence[Datum], happened: Iterable[Happened], labels: Mapping[str, str], now: datetime
) -> Life:
    one = data[0]
    moments = [
        _obtained(one.origin),
        *_written(data, labels),
        *map(_happened, happened),
        *(_given(recipient, now) for recipient in one.recipients),
    ]
    return _folded([datum.field for datum in data], moments, labels)


def _folded(fields: Iterable[str], moments: Iterable[Moment], labels: Mapping[str, str]) -> Life:
    """In the order of time, the middle of many folded away."""
    found = sorted(moments, key=lambda moment: moment.order)
    cut = len(found) > SHOWN_AT_ONCE
    return Life(
        fields=" · ".join(labels.get(field, field) for field in fields),
        first=found[:3] if cut else found,
        folded=found[3 : 3 - SHOWN_AT_ONCE] if cut else [],
        last=found[3 - SHOWN_AT_ONCE :] if cut else [],
    )


def _obtained(origin: Origin) -> Moment:
    """A day that nobody knows stands before the moment at which we wrote the datum down."""
    if "source" in origin.missing:
        what = _("Nobody knows where it came from.")
        notes: tuple[str, ...] = (_("So it is not used for marketing."),)
        meaning = "stopped"
    elif origin.by_person:
        what, meaning, notes = _("The person told us."), "ok", tuple(_rests_on(origin))
    else:
        name = origin.party_name or origin.source_name
        what, meaning = _("Obtained from %(source)s.") % {"source": name}, "ok"
        notes = tuple(_rests_on(origin))
    if origin.obtained_on is None:
        order, when = origin.noted_at, _("Day not known")
        meaning = "watch" if meaning == "ok" else meaning
    else:
        order, when = min(_start(origin.obtained_on), origin.noted_at), str(day(origin.obtained_on))
        if origin.told_by == "source":
            notes += (_("The day holds for everything from this source."),)
    return Moment(order, what, when=when, notes=notes, meaning=meaning)


def _rests_on(origin: Origin) -> Iterator[str]:
    basis = str(BASES.get(origin.basis, origin.basis))
    if origin.consent:
        text = f"{origin.consent.code} {origin.consent.version} ({origin.consent.language})"
        yield _("Rests on: %(basis)s, text %(text)s.") % {"basis": basis, "text": text}
    else:
        yield _("Rests on: %(basis)s.") % {"basis": basis}
    if origin.contract_reference:
        yield _("Contract %(reference)s.") % {"reference": origin.contract_reference}
    if "party" in origin.missing:
        yield _("The company behind this source is not on record.")


def _start(known: date) -> datetime:
    return datetime.combine(known, time(), tzinfo=UTC)


def _written(data: Sequence[Datum], labels: Mapping[str, str]) -> Iterator[Moment]:
    """First written down, then corrected; what the import did to the present value stands with the last."""
    changes = data[0].changes
    for place, change in enumerate(changes):
        words = {"row": change.row, "file": change.file}
        if place == 0:
            template = (
                _("We wrote it down from row %(row)s of %(file)s.") if change.file else _("We wrote it down.")
            )
        elif change.by_person:
            template = _("Corrected, as the person told us.")
        else:
            template = _("Corrected by row %(row)s of %(file)s.")
        notes = tuple(_done(data, labels)) if change is changes[-1] else ()
        yield Moment(
            change.at, template % words, at=change.at, notes=notes, meaning="watch" if place else "info"
        )


def _done(data: Sequence[Datum], labels: Mapping[str, str]) -> Iterator[str]:
    for datum in data:
        done = " ".join(spoken(one.what) for one in datum.handled)
        if done and len(data) > 1:
            name = labels.get(datum.field, datum.field)
            done = pgettext("field and what was done to it", "%(field)s: %(done)s") % {
                "field": name,
                "done": done,
            }
        if done:
            yield done


def _given(one: Recipient, now: datetime) -> Moment:
    what = _("Given to %(centre)s for %(campaign)s.") % {"centre": one.name, "campaign": one.campaign_name}
    notes = [_lasts(one, now)]
    if one.former:
        notes.append(_("On a list of before Duecause."))
    if one.value == "older":
        notes.append(_("They hold an older value."))
    if not one.sure:
        notes.append(_("Perhaps: it is not on record which columns that list had or which number it named."))
    return Moment(one.at, what, at=one.at, notes=tuple(notes))


def _lasts(one: Recipient, now: datetime) -> str:
    if one.recalled_at:
        return _("Taken back on %(day)s.") % {"day": day(one.recalled_at)}
    if one.expires_at <= now:
        return _("The list ran out on %(day)s.") % {"day": day(one.expires_at)}
    return _("May be used until %(day)s.") % {"day": day(one.expires_at)}


def _happened(one: Happened) -> Moment:
    what = spoken(one.what)
    if one.planned:
        what = _("Planned: %(what)s") % {"what": what}
    why = (spoken(one.why),) if one.why else ()
    return Moment(one.at, what, at=one.at, notes=why, meaning=one.meaning)


def _chart(records: Sequence[Shown]) -> charts.Chart | None:
    """What happened to any of the data, each thing once. None where there is nothing to compare."""
    once = {
        (moment.order, moment.what): moment
        for record in records
        for life in record.lives
        for moment in (*life.first, *life.folded, *life.last)
    }
    moments = sorted(once.values(), key=lambda moment: moment.order)
    if len({moment.order for moment in moments}) < 2:
        return None
    cut = len(moments) > MARKS
    chosen = [*moments[:2], *moments[2 - MARKS :]] if cut else moments
    note = _("%(shown)s of %(all)s moments") % {"shown": MARKS, "all": len(moments)} if cut else ""
    marks = [
        charts.Mark(moment.order, moment.what.rstrip("."), moment.meaning, moment.when) for moment in chosen
    ]
    return charts.timeline(_("From the first to the last day"), marks, note=note)
