"""The receipt as a page to print: the same facts as its JSON, in the person's words, without script."""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import files
from typing import Any

from babel.dates import format_date
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from duecause.apps.consent.histories import History, Word
from duecause.apps.consent.phrases import Phrases, phrases
from duecause.apps.consent.records import collected
from duecause.engine.periods import local_day
from duecause.web.words import own_words


def receipt_page(made: dict[str, Any], known: History, *, alone: bool = False) -> str:
    """HTML. `alone`: with its style inside, as a file for somebody who has no access to us."""
    language = made["receipt"]["language"]
    say = phrases(language)
    record = made["record"]
    purpose = record["purposes"][0]
    parties = {party["party_id"]: party for party in record["parties"]}
    word = known.given or known.newest
    context = {
        "language": language,
        "say": say,
        "sentence": _said(known.newest, known, say, language),
        "company": parties[record["pii_controllers"][0]],
        "wording": word.wording,
        "collected": collected(word, say, language),
        "data": [each["type"] for each in purpose["personal_data"]],
        "recipients": [parties[code]["name"] for code in purpose["recipients"]],
        "holds": _holds(known, say, language, made),
        "retention": say.retention.format(months=purpose["storage"][0]["retention"].strip("PM")),
        "proof": say.proof_until.format(
            date=_day(date.fromisoformat(record["contact_centre"]["proof_kept_until"]), language)
        ),
        "authority": [parties[code] for code in record["authority"]],
        "history": [_said(each, known, say, language) for each in known.words],
        "record_id": record["record_id"],
        "receipt_id": made["receipt"]["receipt_id"],
        "issued": _day(_date(made["receipt"]["issued_at"], known), language),
        "style": _style() if alone else "",
    }
    with translation.override(language):
        return render_to_string("consent/receipt.html", context)


def _said(word: Word, known: History, say: Phrases, language: str) -> str:
    purpose = known.topic.purpose
    return say.said[word.state].format(
        date=_day(local_day(word.at, known.topic.controller.country), language),
        purpose=own_words(purpose.name, purpose.code, language=language),
        channel=say.channels.get(known.topic.channel, known.topic.channel),
    )


def _holds(known: History, say: Phrases, language: str, made: dict[str, Any]) -> str:
    standing = known.standing
    if not standing.holds(_date(made["receipt"]["issued_at"], known)):
        return say.holds_not
    if standing.until is None:
        return say.holds_open
    return say.holds_until.format(date=_day(standing.until, language))


def _date(moment: str, known: History) -> date:
    return local_day(datetime.fromisoformat(moment), known.topic.controller.country)


def _day(day: date, language: str) -> str:
    return str(format_date(day, "d MMMM y", locale=language))


def _style() -> SafeString:
    """Our own file, for a page that nobody serves: on the served one the security policy allows none."""
    path = files("duecause.apps.consent") / "static" / "consent" / "receipt.css"
    return format_html("<style>{}</style>", SafeString(path.read_text(encoding="utf-8")))
