"""A partner as its page shows it: gate, agreements point by point, countries, sub-processors, history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from duecause.apps.ledger.naming import names_of
from duecause.apps.ledger.texts import kind_label
from duecause.apps.parties import queries, texts
from duecause.apps.parties.agreement_actions import points_of
from duecause.apps.parties.feed_states import FeedState
from duecause.apps.parties.models import Contract, Engagement, KeyRemoval, Override, Partner, TransferBasis
from duecause.apps.parties.queries import PartyState
from duecause.engine.agreements import NOTHING_TO_CHECK, Point
from duecause.engine.transfers import AdequacyTable
from duecause.packs.law import adequacy, party_rules
from duecause.web.templatetags.formats import day, number
from duecause.web.words import country_name, own_words, spoken

ANSWER_MEANING = {"met": "ok", "partly": "act", "absent": "stopped", "not_applicable": "info"}
ENGAGED_MEANING = {"announced": "waiting", "authorised": "ok", "objected": "stopped"}


def meaning_of(state: PartyState, today: date) -> str:
    """Stopped, overridden or soon at its end, or in order."""
    if state.reasons:
        return "stopped"
    soon = state.closes_after is not None and (state.closes_after - today).days <= max(
        party_rules().policy.alarm_days
    )
    return "watch" if soon or state.overridden else "ok"


def gate_word(state: PartyState) -> str:
    if state.reasons:
        return _("Stopped: nothing is released")
    return _("Open, overridden") if state.overridden else _("Open")


def line(state: PartyState, today: date, feed: FeedState | None = None) -> dict[str, Any]:
    """One partner in the table of partners. `feed`: None where it was never told anything."""
    first, more = (state.reasons[0] if state.reasons else None), len(state.reasons) - 1
    words = ngettext("and %(n)s more reason", "and %(n)s more reasons", more) % {"n": number(more)}
    return {
        "partner": state.partner,
        "kind": texts.PARTNER_KINDS[state.partner.kind],
        "country": country_name(state.partner.country),
        "meaning": meaning_of(state, today),
        "word": gate_word(state),
        "first": spoken(first) if first else "",
        "more": words if more > 0 else "",
        "closes": state.closes_after,
        "feed": feed,
    }


def reasons(state: PartyState) -> list[dict[str, Any]]:
    return [{"text": spoken(problem), "meaning": "stopped"} for problem in state.reasons]


def overridable(state: PartyState) -> list[tuple[str, str]]:
    """Key and name of each reason that may be overridden."""
    never = party_rules().policy.never
    stopping = [block for block in state.blocks if block.stops and block.problem.code not in never]
    return [(block.key, f"{texts.matter_of(block)} – {block.problem.params['party']}") for block in stopping]


def contracts(partner: Partner, today: date) -> list[dict[str, Any]]:
    return [contract(row, today) for row in partner.contracts.order_by("kind", "-valid_from")]


def contract(row: Contract, today: date) -> dict[str, Any]:
    checklist = party_rules().checklists.get(row.kind, NOTHING_TO_CHECK)
    lacking, unchecked = checklist.open(row.answers, row.module)
    over = row.valid_to is not None and row.valid_to < today
    meaning = "stopped" if over else "act" if lacking or unchecked else "ok"
    flags = checklist.flagged(row.answers)
    return {
        "row": row,
        "kind": texts.AGREEMENTS[row.kind],
        "module": texts.MODULES.get(row.module, ""),
        "meaning": "watch" if flags and meaning == "ok" else meaning,
        "word": _contract_word(over, lacking, unchecked),
        "flags": _names(flags),
        "points": bool(points_of(row.kind, row.module)),
    }


def _contract_word(over: bool, lacking: list[Point], unchecked: list[Point]) -> str:
    if over:
        return _("Ended")
    if lacking:
        text = ngettext("%(n)s point is missing", "%(n)s points are missing", len(lacking))
        return text % {"n": number(len(lacking))}
    if unchecked:
        text = ngettext("%(n)s point is not checked", "%(n)s points are not checked", len(unchecked))
        return text % {"n": number(len(unchecked))}
    return _("Complete")


def _names(points: Iterable[Point]) -> str:
    return ", ".join(own_words(point.name) for point in points)


def points(row: Contract, typed: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Every point of an agreement with what was noted about it; `typed` is what a refused form held."""
    checked_by = names_of({noted["by"] for noted in row.evidence.values() if noted.get("by")})
    found = []
    for point in points_of(row.kind, row.module):
        noted = row.evidence.get(point.code, {})
        answer = row.answers.get(point.code, "")
        when = noted.get("on", "")
        found.append(
            {
                "code": point.code,
                "name": own_words(point.name),
                "asks": own_words(point.asks),
                "law": point.law,
                "blocks": point.blocks,
                "answer": (typed or {}).get(f"answer-{point.code}", answer),
                "word": texts.ANSWERS.get(answer, _("Not checked")),
                "meaning": _answer_meaning(point, answer),
                "page": (typed or {}).get(f"page-{point.code}", noted.get("page", "")),
                "quote": (typed or {}).get(f"quote-{point.code}", noted.get("quote", "")),
                "by": checked_by.get(noted.get("by", ""), ""),
                "on": date.fromisoformat(when) if when else None,
                "options": [("", "–"), *_allowed(point)],
            }
        )
    return found


def _answer_meaning(point: Point, answer: str) -> str:
    if not answer:
        return "act" if point.blocks else "waiting"
    if point.satisfied(answer):
        return "ok" if answer == "met" else "info"
    return ANSWER_MEANING[answer] if point.blocks else "watch"


def _allowed(point: Point) -> list[tuple[str, Any]]:
    return [(c, w) for c, w in texts.ANSWERS.items() if c != "not_applicable" or point.optional]


def countries(partner: Partner, today: date) -> list[dict[str, Any]]:
    """The seat and every country of access, with why data may go there."""
    held = {basis.country: basis for basis in partner.transfers.all()}
    ways = {each["country"]: [texts.WAYS[way] for way in each["ways"]] for each in partner.accesses}
    codes = list(dict.fromkeys([partner.country, *sorted(ways)]))
    return [
        {
            "code": code,
            "name": country_name(code),
            "seat": code == partner.country,
            "ways": ", ".join(str(way) for way in ways.get(code, [])),
            "basis": held.get(code),
            "inside": code in adequacy().eea,
            "words": _basis_words(code, held.get(code), today, adequacy()),
            "conclusion": texts.CONCLUSIONS.get(held[code].conclusion) if code in held else "",
            "risk": texts.RISKS.get(held[code].law_risk) if code in held else "",
        }
        for code in codes
    ]


def _basis_words(country: str, basis: TransferBasis | None, today: date, table: AdequacyTable) -> str:
    if country in table.eea:
        return _("Not needed: inside the European Economic Area")
    decision = table.decision(country, today)
    if decision and not decision.scope:
        return _("Adequacy decision %(ref)s") % {"ref": decision.ref}
    if decision and basis and basis.listed_on and basis.listed_on <= today:
        return _("Adequacy decision %(ref)s") % {"ref": decision.ref}
    if basis is None:
        return str(texts.MECHANISMS["none"])
    return str(texts.MECHANISMS[basis.mechanism])


def decision_about(country: str, today: date) -> dict[str, Any]:
    """What the table of adequacy decisions says of a country."""
    decision, ended = adequacy().decision(country, today), adequacy().ended(country, today)
    return {
        "inside": country in adequacy().eea,
        "decision": decision,
        "scope": own_words(decision.scope) if decision and decision.scope else "",
        "ended": ended,
        "as_of": adequacy().as_of,
    }


def tree(partner: Partner) -> list[dict[str, Any]]:
    """Sub-processors in the order of the chain, numbered 1, 1.1, 1.2, 2 …"""
    rows = Engagement.objects.select_related("processor", "sub").order_by("announced_on", "pk")
    by_processor: dict[int, list[Engagement]] = {}
    for row in rows:
        by_processor.setdefault(row.processor_id, []).append(row)
    found: list[dict[str, Any]] = []

    def walk(processor: int, above: str, seen: frozenset[int]) -> None:
        for place, row in enumerate(by_processor.get(processor, ()), start=1):
            numbered = f"{above}{place}"
            found.append(_engaged(row, numbered))
            if row.sub_id not in seen:
                walk(row.sub_id, f"{numbered}.", seen | {row.sub_id})

    walk(partner.pk, "", frozenset({partner.pk}))
    return found


def _engaged(row: Engagement, numbered: str) -> dict[str, Any]:
    sub = row.sub
    codes = dict.fromkeys([sub.country, *(each["country"] for each in sub.accesses)])
    ended = row.ended_on is not None
    return {
        "row": row,
        "number": numbered,
        "rank": numbered.count(".") + 1,
        "countries": ", ".join(country_name(code) for code in codes),
        "meaning": "info" if ended else ENGAGED_MEANING[row.state],
        "word": _("Ended") if ended else texts.ENGAGED[row.state],
    }


def overrides(partner: Partner, actor: str, today: date) -> list[dict[str, Any]]:
    """Asked for, holding and over, the newest first."""
    rows = list(partner.overrides.order_by("-asked_at")[:20])
    names = names_of({ref for row in rows for ref in (row.asked_by, row.approved_by, row.ended_by) if ref})
    return [_override(row, names, actor, today) for row in rows]


def _override(row: Override, names: Mapping[str, str], actor: str, today: date) -> dict[str, Any]:
    code, _party, about = row.key.split(":", 2)
    country = about if len(about) == 2 and about.isupper() else ""
    over = row.ended_at is not None or row.until < today
    if over:
        meaning, word = "info", _("Over")
    elif row.approved_at:
        meaning, word = "watch", _("Holds")
    else:
        meaning, word = "waiting", _("Waits for a second person")
    return {
        "row": row,
        "what": texts.matter(code, country),
        "asked_by": names.get(row.asked_by, row.asked_by),
        "approved_by": names.get(row.approved_by, row.approved_by),
        "own": row.asked_by == actor,
        "over": over,
        "meaning": meaning,
        "word": word,
    }


def key_removal(partner: Partner, actor: str) -> dict[str, Any] | None:
    """Who asked that the key of a centre ends, while nobody has agreed."""
    asked = KeyRemoval.objects.filter(partner=partner).first()
    if asked is None:
        return None
    names = names_of({asked.asked_by})
    return {
        "asked_by": names.get(asked.asked_by, asked.asked_by),
        "asked_at": asked.asked_at,
        "own": asked.asked_by == actor,
    }


def history(partner: Partner) -> list[dict[str, Any]]:
    """What changed about this partner, who did it and when, from the ledger."""
    events = queries.history_of(partner)
    names = names_of({str(payload["actor"]) for _event, payload in events})
    return [
        {
            "at": event.at,
            "what": kind_label(event.kind),
            "detail": " · ".join(
                part for part in (names.get(str(payload["actor"]), ""), _about(partner, payload)) if part
            ),
        }
        for event, payload in events
    ]


def _about(partner: Partner, payload: Mapping[str, Any]) -> str:
    key = str(payload.get("key", "")).removeprefix(partner.code).strip()
    return key or ", ".join(payload.get("changed", {}))


def closing(state: PartyState) -> str:
    if state.reasons:
        return _("It is closed")
    if state.closes_after is None:
        return _("No date is known")
    return _("after %(day)s") % {"day": day(state.closes_after)}
