"""Law and catalogue in plain words: what a dated rule says, what classes and channels are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import cast

from babel import dates
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from duecause.engine.policy import Vocabulary
from duecause.engine.screening import Rule
from duecause.packs.catalogue import classes, levels
from duecause.packs.catalogue import subjects as packed_subjects
from duecause.web.templatetags.formats import locale
from duecause.web.words import own_words

# The codes of packs/sectors.yaml; a test keeps the two in step.
SECTORS = {
    "energy": lazy("Energy and heating"),
    "energy_renovation": lazy("Renovation that saves energy"),
    "housing_adaptation": lazy("Adaptation of homes to age or disability"),
    "telecom": lazy("Telephone, internet and television"),
    "insurance": lazy("Insurance"),
    "finance": lazy("Loans, savings and investments"),
    "claims_management": lazy("Claims management"),
    "pensions": lazy("Pensions"),
    "training": lazy("Training paid from a personal account"),
    "press": lazy("Newspapers and magazines"),
    "charity": lazy("Charity"),
    "lottery": lazy("Lotteries"),
    "travel": lazy("Travel"),
    "retail": lazy("Other goods"),
    "services": lazy("Other services"),
}
KINDS = {
    "regime": lazy("Regime"),
    "sector_ban": lazy("Sector ban"),
    "register": lazy("National register"),
    "exception": lazy("Exception"),
    "consent": lazy("Consent"),
    "calling_window": lazy("Calling hours"),
    "attempt_cap": lazy("Number of attempts"),
    "quiet_period": lazy("Quiet period"),
    "in_call": lazy("During the call"),
    "caller_id": lazy("Caller’s number"),
    "abandoned_calls": lazy("Abandoned calls"),
}
CONFIDENCE = {"S": lazy("Read at the source"), "M": lazy("From memory, to be checked")}
EXCEPTIONS = {
    "consent": lazy("consent to such calls"),
    "ongoing_contract": lazy("a running contract"),
    "customer_relation": lazy("a customer relation"),
    "charity_relation": lazy("a relation with the charity"),
}
ORGANISATIONS = {
    "company": lazy("companies"),
    "charity": lazy("charities"),
    "charity_lottery": lazy("charity lotteries"),
    "publisher": lazy("publishers of newspapers and magazines"),
}
DUTIES = {
    "identify_caller": lazy("The caller says who is calling, and for whom."),
    "say_commercial_purpose_first": lazy("The caller says first that the call is to sell."),
    "offer_right_to_object": lazy("The caller offers to stop further calls."),
    "say_privacy_policy": lazy("The caller says where the privacy policy can be read."),
    "accept_in_writing": lazy("A contract binds only once the person accepts it in writing after the call."),
}
COMPARTMENTS = {
    "identity": lazy("Identity"),
    "marketing": lazy("Marketing"),
    "contract": lazy("Contract"),
    "special": lazy("Special categories"),
    "content": lazy("Contents"),
    "proof": lazy("Proof"),
}
ROLES = {
    "controller": lazy("Controller"),
    "joint": lazy("Joint controller"),
    "processor": lazy("Processor"),
}
# Meaning and word.
STATUSES = {
    "draft": ("waiting", lazy("Draft")),
    "review": ("watch", lazy("In review")),
    "approved": ("ok", lazy("Approved")),
    "retired": ("stopped", lazy("Retired")),
}
MOVES = {
    "draft": lazy("Back to draft"),
    "review": lazy("Send to review"),
    "approved": lazy("Approve"),
    "retired": lazy("Retire"),
}
ASSESSMENTS = {
    "undecided": ("act", lazy("Not decided")),
    "not_needed": ("ok", lazy("Not needed")),
    "needed": ("watch", lazy("Needed, not done yet")),
    "done": ("ok", lazy("Done")),
}
CHANNELS = {
    "call": lazy("Telephone"),
    "email": lazy("E-mail"),
    "sms": lazy("Text message"),
    "post": lazy("Post"),
}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Spans = tuple[tuple[time, time], ...]


def law_class(code: str) -> str:
    known = classes().get(code)
    return own_words(known.label, code) if known else code


def article(code: str) -> str:
    known = classes().get(code)
    return known.law if known else ""


def level(number: int) -> str:
    """What a level of perception means."""
    return own_words(levels().get(number, {}), str(number))


def subjects(codes: Sequence[str]) -> list[str]:
    return [
        own_words(known[code].label, code) if code in (known := packed_subjects()) else code for code in codes
    ]


def sector(code: str) -> str:
    return str(SECTORS.get(code, code))


def group(code: str) -> str:
    return _(_groups().get(code, code))


@cache
def _groups() -> Mapping[str, str]:
    text = files("duecause.packs").joinpath("policies", "vocabulary.yaml").read_text(encoding="utf-8")
    return Vocabulary.from_text(text).labels["groups"]


def rule_words(rule: Rule) -> list[str]:
    """What a dated rule asks for, as sentences."""
    words = _WORDS[rule.kind](rule)
    if persons := rule.texts("applies_to"):
        if persons == ("natural",):
            words.append(_("It protects natural persons only."))
        elif persons == ("legal",):
            words.append(_("It protects companies only."))
        else:
            words.append(_("It protects natural persons and companies."))
    return words


def _regime(rule: Rule) -> list[str]:
    if rule.text("regime") == "opt_in":
        return [_("Consent is needed before the call.")]
    return [_("Calls are allowed unless the person objected or is in the national register.")]


def _ban(rule: Rule) -> list[str]:
    words = {"sector": sector(rule.subject)}
    if not rule.text("unless"):
        return [_("Nobody may be called to sell: %(sector)s.") % words]
    words["unless"] = str(EXCEPTIONS.get(rule.text("unless"), rule.text("unless")))
    return [_("Nobody may be called to sell: %(sector)s. Exception: %(unless)s.") % words]


def _register(rule: Rule) -> list[str]:
    words = {"name": rule.text("name"), "days": rule.number("max_file_age_days")}
    if rule.text("access") == "submit":
        said = [
            _(
                "Numbers are submitted to %(name)s; only those it lets pass are called, for %(days)d days "
                "after its answer."
            )
            % words
        ]
    else:
        said = [_("Numbers in %(name)s are not called; its file may be %(days)d days old.") % words]
    relations = rule.texts("relations")
    if "customers" in relations:
        said.append(_("This holds for own customers too."))
    elif relations:
        said.append(_("Own customers may be called all the same."))
    return said


def _exception(rule: Rule) -> list[str]:
    words = {"what": str(EXCEPTIONS.get(rule.subject, rule.subject))}
    if rule.flag("related_offer"):
        said = [_("With %(what)s no consent is needed for a related offer.") % words]
    else:
        said = [_("With %(what)s no consent is needed.") % words]
    years = rule.number("years_after_end")
    if years:
        text = ngettext(
            "It counts up to %(years)s year after its end.",
            "It counts up to %(years)s years after its end.",
            years,
        )
        said.append(text % {"years": years})
    else:
        said.append(_("It counts while it lasts."))
    if organisations := rule.texts("organisations"):
        who = ", ".join(str(ORGANISATIONS.get(code, code)) for code in organisations)
        said.append(_("Only for %(who)s.") % {"who": who})
    return said


def _consent(rule: Rule) -> list[str]:
    if rule.text("linked_to") == "number":
        return [_("The consent counts for the number it was given for.")]
    return [_("The consent counts for the person who gave it.")]


def _window(rule: Rule) -> list[str]:
    hours = cast("Mapping[str, Spans]", rule.detail["hours"])
    open_days = [(index, hours[day]) for index, day in enumerate(WEEK) if hours[day]]
    said = [_("Calls are made in the time zone of the person called:")]
    for spans, run in groupby(_runs(open_days), key=lambda each: each[1]):
        days = ", ".join(_days(first, last) for (first, last), _spans in run)
        said.append(f"{days} {', '.join(f'{start:%H:%M}–{end:%H:%M}' for start, end in spans)}")
    closed = [_day_name(index) for index, day in enumerate(WEEK) if not hours[day]]
    if closed:
        said.append(_("Not on: %(days)s.") % {"days": ", ".join(closed)})
    if rule.detail.get("public_holidays") is False:
        said.append(_("Not on public holidays."))
    early = cast("Mapping[str, time]", rule.detail.get("early_end") or {})
    for day, end in early.items():
        words = {"day": _month_day(day), "time": f"{end:%H:%M}"}
        said.append(_("On %(day)s calls end at %(time)s.") % words)
    if rule.text("override"):
        said.append(_("Other hours need: %(what)s.") % {"what": rule.text("override")})
    return said


def _runs(open_days: list[tuple[int, Spans]]) -> list[tuple[tuple[int, int], Spans]]:
    """Neighbouring days with the same hours, as (first, last) day."""
    runs: list[tuple[tuple[int, int], Spans]] = []
    for index, spans in open_days:
        if runs and runs[-1][1] == spans and runs[-1][0][1] == index - 1:
            runs[-1] = ((runs[-1][0][0], index), spans)
        else:
            runs.append(((index, index), spans))
    return runs


def _days(first: int, last: int) -> str:
    return _day_name(first) if first == last else f"{_day_name(first)}–{_day_name(last)}"


def _day_name(index: int) -> str:
    return str(dates.get_day_names("wide", locale=locale())[index])


def _month_day(text: str) -> str:
    """`12-05` -> 5 December."""
    return str(dates.format_skeleton("MMMMd", date.fromisoformat(f"2024-{text}"), locale=locale()))


def _attempts(rule: Rule) -> list[str]:
    words = {"count": rule.number("max_attempts"), "days": rule.number("per_days")}
    if rule.text("scope") == "call_centre":
        return [_("At most %(count)s attempts in %(days)s days, counted per call centre.") % words]
    return [
        _("At most %(count)s attempts in %(days)s days, counted over the company and all its call centres.")
        % words
    ]


def _quiet(rule: Rule) -> list[str]:
    return [_("After a refusal the person is not called for %(days)s days.") % {"days": rule.number("days")}]


def _in_call(rule: Rule) -> list[str]:
    return [str(DUTIES.get(code, code)) for code in rule.texts("duties")]


def _caller_id(rule: Rule) -> list[str]:
    if rule.flag("anonymous"):
        said = [_("The caller’s number may be withheld.")]
    else:
        said = [_("The caller’s number must be shown.")]
    if "mobile" in rule.texts("forbidden"):
        said.append(_("It may not be a mobile number."))
    if rule.flag("answered"):
        said.append(_("Who calls it back is answered."))
    return said


def _abandoned(rule: Rule) -> list[str]:
    words = {
        "percent": rule.number("max_percent"),
        "seconds": rule.number("answer_within_seconds"),
        "hours": rule.number("quiet_hours"),
    }
    return [
        _(
            "At most %(percent)d percent of answered calls may be abandoned: nobody speaks within %(seconds)d"
            " seconds."
        )
        % words,
        _("After an abandoned call the number is left alone for %(hours)d hours by automatic diallers.")
        % words,
    ]


_WORDS: dict[str, Callable[[Rule], list[str]]] = {
    "regime": _regime,
    "sector_ban": _ban,
    "register": _register,
    "exception": _exception,
    "consent": _consent,
    "calling_window": _window,
    "attempt_cap": _attempts,
    "quiet_period": _quiet,
    "in_call": _in_call,
    "caller_id": _caller_id,
    "abandoned_calls": _abandoned,
}
