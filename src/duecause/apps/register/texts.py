"""Messages of the register, by code. Those of cells come from the engines; all render by code and place."""

from __future__ import annotations

from duecause.engine.problems import Problem, gettext_noop

MESSAGES = {
    "duplicate_in_file": gettext_noop(
        "Row %(row)s is the same person as row %(first)s of this file. Only what row %(first)s says was "
        "taken; a further contract was added."
    ),
    "erased_guard": gettext_noop(
        "Row %(row)s is a person who was erased at their own request. Do not import them again; only a fresh "
        "consent of the person's own changes this."
    ),
    "basis_withdrawn": gettext_noop(
        "Row %(row)s is known from an earlier file of this source, which showed a consent. It no longer "
        "counts: the person is not called until a file or the person shows one again."
    ),
    "person_corrected": gettext_noop(
        "Row %(row)s repeats what the person has corrected since. The correction stays; tell the source."
    ),
    "consent_text_unknown": gettext_noop(
        "Row %(row)s rests on consent, but names no consent text that we know of this source. Ask the "
        "supplier for the text, add it to the source, and import the file again within %(days)s days; until "
        "then the row waits in quarantine."
    ),
    "consent_not_naming_controller": gettext_noop(
        "Row %(row)s rests on a consent text that does not name our company. It may not be used, and it is "
        "deleted from quarantine after %(days)s days. Ask the supplier for consents that name us."
    ),
    "consent_text_ambiguous": gettext_noop(
        "Row %(row)s: several consent texts of this source were in use on that day. Add a column with the "
        "version of the text and import the file again; until then the row waits in quarantine."
    ),
}


def problem(code: str, **params: object) -> Problem:
    return Problem(code, MESSAGES[code], params)
