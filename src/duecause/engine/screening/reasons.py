"""Why a row is not released: codes in order of precedence, and what each says to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from duecause.engine.problems import Problem, gettext_noop

REGISTER_PREFIX = "register_"


@dataclass(frozen=True, slots=True)
class Reason:
    """`label` fits a chart; `template` is a sentence, with the law in brackets."""

    label: str
    template: str


# Groups in order of precedence. A code that no group names is an import problem.
RULES = ("sector_ban", "no_rule", "campaign_country", "zone_unknown")
IMPORT = ("invalid_number", "missing_phone", "quarantined", "not_in_register", "retention_over")
MINOR = ("minor",)
SUPPRESSION = (
    "objection",
    "said_no",
    "deceased",
    "court",
    "restricted",
    "refusal_quiet",
    "attempts_reached",
    "wrong_number",
    "own_number",
)
GUARD = ("erased_guard",)
STALE = ("register_stale",)
BASIS = ("origin_unknown", "no_consent", "basis_unknown")
NOTICE = ("notice_overdue", "notice_untold")
LIST = ("duplicate_in_list", "released_elsewhere", "party_gate_closed")

REASONS: Mapping[str, Reason] = {
    "sector_ban": Reason(
        gettext_noop("Banned sector"),
        gettext_noop("Nobody may be called in this country to sell in this sector (see the rule applied)."),
    ),
    "no_rule": Reason(
        gettext_noop("No rule known"),
        gettext_noop("No rule is known for this country on this date, so nobody may be called."),
    ),
    "campaign_country": Reason(
        gettext_noop("Country not in campaign"),
        gettext_noop("The number belongs to a country that this campaign does not cover."),
    ),
    "zone_unknown": Reason(
        gettext_noop("Time zone unknown"),
        gettext_noop(
            "Calling hours hold in this country and its time zone is not known, so no moment is right. Write "
            "the zone into the country's rules."
        ),
    ),
    "invalid_number": Reason(
        gettext_noop("Invalid number"),
        gettext_noop("No usable phone number could be read in this row. Correct it at the source."),
    ),
    "missing_phone": Reason(
        gettext_noop("No number"), gettext_noop("The row holds no phone number. Add one at the source.")
    ),
    "quarantined": Reason(
        gettext_noop("In quarantine"),
        gettext_noop(
            "The consent claimed for this row does not name the company that wants to call (GDPR Art. 7(1))."
        ),
    ),
    "not_in_register": Reason(
        gettext_noop("Not in the register"),
        gettext_noop(
            "No source is known for this number, so nobody could say where it came from (GDPR Art. 14). "
            "Import the list first."
        ),
    ),
    "retention_over": Reason(
        gettext_noop("Marketing time is over"),
        gettext_noop(
            "The time for which this number may be used for marketing is over (GDPR Art. 5(1)(e)). It is "
            "kept for another purpose only."
        ),
    ),
    "minor": Reason(gettext_noop("Minor"), gettext_noop("The person is a minor and is not called to sell.")),
    "objection": Reason(
        gettext_noop("Objected"),
        gettext_noop("You may not call this number: the person objected (GDPR Art. 21)."),
    ),
    "deceased": Reason(
        gettext_noop("Deceased"), gettext_noop("You may not call this number: the person has died.")
    ),
    "court": Reason(
        gettext_noop("Court or authority"),
        gettext_noop("You may not call this number: a court or an authority forbids it."),
    ),
    "refusal_quiet": Reason(
        gettext_noop("Refused recently"),
        gettext_noop(
            "The person refused recently and must be left in peace until the period ends (see the rule)."
        ),
    ),
    "attempts_reached": Reason(
        gettext_noop("Called often enough"),
        gettext_noop(
            "This number or person was called as often as the rule or the campaign allows, by all call"
            " centres together. The check of a number says when it is open again."
        ),
    ),
    "wrong_number": Reason(
        gettext_noop("Wrong number"), gettext_noop("Somebody else was reached on this number.")
    ),
    "said_no": Reason(
        gettext_noop("Said no"),
        gettext_noop(
            "The person refused or withdrew consent to such calls and has not given it again"
            " (GDPR Art. 7(3))."
        ),
    ),
    "restricted": Reason(
        gettext_noop("Restricted"),
        gettext_noop("The data of this person may only be stored for now (GDPR Art. 18)."),
    ),
    "own_number": Reason(
        gettext_noop("Own number"),
        gettext_noop("The number is the company's own and plays another part in lists."),
    ),
    "erased_guard": Reason(
        gettext_noop("Erased"),
        gettext_noop("The person was erased; a list cannot bring the number back (GDPR Art. 17)."),
    ),
    "register_stale": Reason(
        gettext_noop("Register too old"),
        gettext_noop(
            "The national register is missing or older than the rule allows. "
            "Load its newest file, then screen again."
        ),
    ),
    "origin_unknown": Reason(
        gettext_noop("Origin unknown"),
        gettext_noop(
            "Nobody knows where this number came from, so it is not used for marketing "
            "(GDPR Art. 5(2), 14(2)(f)). Find out and record the source."
        ),
    ),
    "no_consent": Reason(
        gettext_noop("No consent"),
        gettext_noop(
            "The rule asks for consent before the call. There is none on record and no exception holds "
            "(ePrivacy Directive Art. 13(3), see the rule applied)."
        ),
    ),
    "basis_unknown": Reason(
        gettext_noop("Basis unknown"),
        gettext_noop(
            "The source gives no legal basis for this row (GDPR Art. 6(1)). Record it for the source."
        ),
    ),
    "notice_overdue": Reason(
        gettext_noop("Notice overdue"),
        gettext_noop(
            "The person should have been told by now where the data came from, and was not (GDPR Art."
            " 14(3)). Send the notice first."
        ),
    ),
    "notice_untold": Reason(
        gettext_noop("Not told yet"),
        gettext_noop(
            "This call would come before the person is told where the data came from: the script of the"
            " campaign does not say it in the person’s language (GDPR Art. 14(3)(b)). Send the notice, or"
            " add the short notice to the script."
        ),
    ),
    "duplicate_in_list": Reason(
        gettext_noop("Duplicate"),
        gettext_noop("An earlier row of this list already has this person or this number."),
    ),
    "released_elsewhere": Reason(
        gettext_noop("With another centre"),
        gettext_noop("This person or number is already with another call centre in this campaign."),
    ),
    "party_gate_closed": Reason(
        gettext_noop("Centre blocked"),
        gettext_noop(
            "The call centre may not receive data now (GDPR Art. 28, 44). See its page for each reason."
        ),
    ),
}

_IN_REGISTER = Reason(
    gettext_noop("In %(register)s"),
    gettext_noop("The number is in the national register %(register)s (see the rule applied)."),
)
_IMPORT_PROBLEM = Reason(
    gettext_noop("Import problem"),
    gettext_noop("The import reported “%(code)s” for this row. See the import report."),
)


def register_code(register: str) -> str:
    """`BE-DNCM` → `register_be_dncm`."""
    return REGISTER_PREFIX + register.lower().replace("-", "_")


def of_import(code: str) -> bool:
    """Whether a reason is about the row as it was read, not about the person or the rules."""
    return code in IMPORT or (code not in REASONS and not code.startswith(REGISTER_PREFIX))


def describe(code: str) -> Problem:
    """The sentence for one reason code."""
    reason, params = _find(code)
    return Problem(code, reason.template, params)


def label(code: str) -> Problem:
    """The short label for one reason code."""
    reason, params = _find(code)
    return Problem(code, reason.label, params)


def precedence(
    *, problems: Iterable[str], suppressions: Iterable[str], registers: Iterable[str]
) -> list[str]:
    """Every code that can occur, strongest first; codes unknown here come last in their group, sorted."""
    groups = (
        RULES,
        (*IMPORT, *sorted(set(problems) - set(REASONS))),
        MINOR,
        (*SUPPRESSION, *sorted(set(suppressions) - set(REASONS))),
        GUARD,
        tuple(sorted(register_code(register) for register in set(registers))),
        STALE,
        BASIS,
        NOTICE,
        LIST,
    )
    return list(dict.fromkeys(code for group in groups for code in group))


def _find(code: str) -> tuple[Reason, dict[str, object]]:
    if code in REASONS:
        return REASONS[code], {}
    if code.startswith(REGISTER_PREFIX):
        return _IN_REGISTER, {"register": code.removeprefix(REGISTER_PREFIX).upper().replace("_", "-")}
    return _IMPORT_PROBLEM, {"code": code}
