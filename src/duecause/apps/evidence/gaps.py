"""Where what is done and what is declared do not meet: said on the record, not smoothed over."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from duecause.apps.catalogue.retention_queries import waiting
from duecause.apps.evidence.record import Record
from duecause.web.words import own_words


def of(record: Record) -> list[str]:
    return [*_outside(record), *_special(record), *_undecided(record), *_unkept(record)]


def _outside(record: Record) -> Iterator[str]:
    """Fields that records hold and no activity uses."""
    content = record.content
    used = {code for one in content["activities"].values() for code in one["fields"]}
    for code, field in content["fields"].items():
        if field["in_use"] and code not in used:
            yield _("“%(field)s” is held in records, but no activity uses it.") % {
                "field": own_words(field["label"], code)
            }


def _special(record: Record) -> Iterator[str]:
    content = record.content
    for code, field in content["fields"].items():
        if field["law_class"] != "special":
            continue
        for purpose in (
            content["purposes"][each] for each in field["purposes"] if each in content["purposes"]
        ):
            if not purpose["special_condition"]:
                yield _(
                    "“%(field)s” is a special category; “%(purpose)s” names no condition for it"
                    " (GDPR Art. 9(2))."
                ) % {"field": own_words(field["label"], code), "purpose": own_words(purpose["name"])}


def _undecided(record: Record) -> Iterator[str]:
    for code, one in record.content["activities"].items():
        words = {"activity": own_words(one["name"], code)}
        if one["dpia"] == "undecided":
            yield (
                _("“%(activity)s”: nobody decided whether an impact assessment is needed (GDPR Art. 35).")
                % words
            )
        if one["status"] != "approved":
            yield _("“%(activity)s” is not approved.") % words


def _unkept(record: Record) -> Iterator[str]:
    """Purposes that nothing ends, and a change of the rules that nobody has agreed to yet."""
    for code, purpose in record.content["purposes"].items():
        if not purpose["retention"]:
            yield _("“%(purpose)s”: no retention rule is in force, so nothing goes by itself.") % {
                "purpose": own_words(purpose["name"], code)
            }
    if waiting() is not None:
        yield _("A change of the retention rules waits for approval.")
