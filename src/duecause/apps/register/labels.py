"""Words for the codes of this room: outcomes, states, bases, how a file was read, what speaks for a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext_lazy

from duecause.apps.register.models import ImportBatch
from duecause.engine.problems import Problem, gettext_noop
from duecause.web.words import spoken

# outcome -> meaning and word, in the order they are told
OUTCOMES = {
    "stored": ("ok", lazy("New")),
    "updated": ("info", lazy("Changed")),
    "unchanged": ("waiting", lazy("Unchanged")),
    "quarantined": ("watch", lazy("In quarantine")),
    "refused": ("stopped", lazy("Refused")),
}
# The same beside a number of rows, with which words agree in many languages.
COUNTED = {
    "stored": ngettext_lazy("%(n)s new", "%(n)s new", "rows"),
    "updated": ngettext_lazy("%(n)s changed", "%(n)s changed", "rows"),
    "unchanged": ngettext_lazy("%(n)s unchanged", "%(n)s unchanged", "rows"),
    "quarantined": ngettext_lazy("%(n)s in quarantine", "%(n)s in quarantine", "rows"),
    "refused": ngettext_lazy("%(n)s refused", "%(n)s refused", "rows"),
}
STATES = {
    "loading": ("waiting", lazy("Being imported")),
    "complete": ("ok", lazy("Complete")),
    "failed": ("act", lazy("Failed")),
}
DELIMITERS = {
    ",": lazy("comma"),
    ";": lazy("semicolon"),
    "\t": lazy("tab"),
    "|": lazy("bar"),
}
HOW = {
    "given": lazy("Chosen by you"),
    "recognised": lazy("Recognised by its name"),
    "follows": lazy("Recognised by the column before it"),
    "refused": lazy("Not kept"),
}
WHY_REFUSED = {
    "field_not_in_catalogue": lazy("Nothing in the field catalogue has a purpose for it."),
    "header_unknown": lazy("Its name says nothing that we know. Choose a field if it is one of these."),
    "by_choice": lazy("You chose not to keep it."),
}
PROVENANCE = {
    "external_id": lazy("Reference at the source"),
    "obtained_on": lazy("Obtained on"),
    "consent_on": lazy("Consent given on"),
    "consent_text": lazy("Consent text"),
    "full_name": lazy("Full name"),
    "basis": lazy("Legal basis"),
}
# reason -> what it is and what to do
QUARANTINE = {
    "consent_text_unknown": (
        lazy("Consent text unknown"),
        lazy("Ask the supplier for the text, add it to the source, and import the file again."),
    ),
    "consent_not_naming_controller": (
        lazy("Consent does not name our company"),
        lazy("These rows may not be used. Ask the supplier for consents that name us."),
    ),
    "consent_text_ambiguous": (
        lazy("Several consent texts are possible"),
        lazy("Add a column with the version of the text, and import the file again."),
    ),
}
EVIDENCE = {
    "same_phone": ("ok", lazy("The same telephone number")),
    "same_email": ("ok", lazy("The same e-mail address")),
    "same_customer_no": ("ok", lazy("The same customer number")),
    "same_address": ("ok", lazy("The same address")),
    "same_company": ("ok", lazy("The same company")),
    "company_differs": ("act", lazy("Different companies")),
    "first_name_same": ("ok", lazy("The same first name")),
    "first_name_near": ("ok", lazy("First names that differ only in spelling")),
    "first_name_part": ("watch", lazy("One first name is part of the other")),
    "first_name_alike": ("watch", lazy("First names that are alike")),
    "first_name_initial": ("watch", lazy("Only an initial of one first name")),
    "first_name_differs": ("act", lazy("Different first names")),
    "first_name_missing": ("watch", lazy("A first name is missing")),
    "surname_same": ("ok", lazy("The same family name")),
    "surname_near": ("ok", lazy("Family names that differ only in spelling")),
    "surname_part": ("watch", lazy("One family name is part of the other")),
    "surname_differs": ("act", lazy("Different family names")),
    "surname_missing": ("watch", lazy("A family name is missing")),
    "names_swapped": ("watch", lazy("First and family name change places")),
    "suffix_differs": ("act", lazy("Junior and senior")),
    "birth_date_same": ("ok", lazy("The same date of birth")),
    "birth_date_close": ("watch", lazy("Dates of birth one slip of the pen apart")),
    "birth_date_differs": ("act", lazy("Different dates of birth")),
    "birth_date_missing": ("watch", lazy("A date of birth is missing")),
    "first_name_slip": ("ok", lazy("Nobody else spells the first name like that: a slip of the pen")),
    "used_alone": ("ok", lazy("Nobody of another first name uses what the two share")),
    "no_namesake": ("ok", lazy("Nobody of this name with another date of birth is near")),
    "namesake_near": ("act", lazy("Somebody of this name with another date of birth is near")),
    "name_rare": ("ok", lazy("Hardly anybody bears this full name")),
}
# What deciding a pair changes.
STAKES = {
    "objection": lazy("One of the two has objected to marketing: as one person, neither is called."),
    "open_list": lazy("Both are on lists that are being called: as one person they are called once."),
    "callable": lazy("Both can be called: as one person they are called once."),
}
# Why two records were joined without asking; rendered where they are told.
LINKED = {
    "name_birth_date": gettext_noop(
        "One name and date of birth, and a number, address or customer number shared."
    ),
    "slip_birth_date": gettext_noop("The first names differ by a slip of the pen; all else agrees."),
    "initial_birth_date": gettext_noop(
        "An initial, the same family name and date of birth, and something personal shared."
    ),
    "name_changed": gettext_noop(
        "Another family name, as after a marriage; first name, date of birth and number agree."
    ),
    "two_identifiers": gettext_noop(
        "One name, and two things shared of which one is personal; nobody of that name is near."
    ),
    "used_alone": gettext_noop("One name at an address where nobody else shares what the two share."),
    "rare_name_birth_date": gettext_noop("A rare full name with the same date of birth."),
    "company": gettext_noop("The same company."),
}
# Most likely the same human first.
RULES = {
    "birth_date_missing": lazy("The names agree; a date of birth is missing."),
    "first_name_close": lazy("The first names are close."),
    "initial_only": lazy("Of one first name there is only an initial."),
    "other_surname": lazy("Everything agrees but the family name: a marriage, perhaps."),
    "name_incomplete": lazy("A name is incomplete."),
    "junior_or_senior": lazy("Perhaps father and son of one name."),
    "other_birth_date": lazy("The dates of birth differ: a slip, or two people."),
    "other_first_name": lazy("The first names differ: twins, perhaps."),
    "namesake_near": lazy("Somebody else of this name is near: father and son, perhaps."),
    "name_and_birth_date_only": lazy("Name and date of birth agree; nothing else is shared."),
    "alike": lazy("Much agrees, but no rule covers it."),
}


def told(stored: Mapping[str, Any]) -> str:
    """A problem of an import row, or the error of a step, in the reader's language."""
    params = {**(stored.get("params") or {})}
    params |= {name: stored[name] for name in ("column", "looks") if name in stored}
    return spoken(Problem(str(stored["code"]), str(stored.get("template", stored["code"])), params))


def outcome(code: str) -> tuple[str, str]:
    meaning, word = OUTCOMES[code]
    return meaning, str(word)


def state(batch: ImportBatch) -> tuple[str, str]:
    meaning, word = STATES[batch.state]
    return meaning, str(word)


def word(table: Mapping[str, Any], code: str) -> str:
    return str(table.get(code, code))
