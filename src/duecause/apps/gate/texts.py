"""An alarm as a sentence a person can act on."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext, gettext_lazy, gettext_noop
from django.utils.translation import gettext as _

from duecause.apps.gate.ladder import LIMITED, LOCKED
from duecause.apps.gate.models import LEDGER_LATE, Alarm
from duecause.apps.gate.policies import engine
from duecause.apps.parties.texts import matter
from duecause.web.templatetags.formats import day, number

SCREEN_POP = {
    "forged": gettext_lazy("%(who)s opened a screen pop that this house did not make."),
    "others": gettext_lazy("%(who)s opened a screen pop that was made for another employee."),
    "stale": gettext_lazy("%(who)s opened a screen pop after its minute had passed."),
    "used": gettext_lazy("%(who)s opened a screen pop for the second time."),
}
LADDER = {
    LIMITED: gettext_noop(
        "Look-ups of %(who)s are slowed down: %(n)s attempts were blocked within %(minutes)s minutes."
    ),
    LOCKED: gettext_noop(
        "The account of %(who)s is locked: %(n)s attempts were blocked within %(minutes)s minutes, or one was"
        " critical. The contact in hand can be finished."
    ),
}


def sentence(alarm: Alarm) -> str:
    """Who tried what, and why it was stopped. The person looked up is never named here."""
    who = alarm.employee.display_name if alarm.employee else alarm.actor
    if alarm.kind == "function":
        labels = engine().vocabulary.labels["functions"]
        code = str(alarm.facts.get("function", ""))
        return _("%(who)s tried “%(what)s”, which is not for this profile.") % {
            "who": who,
            "what": _(labels[code]) if code in labels else code,
        }
    if alarm.kind == "account":
        return _("%(who)s used an open session after the account was closed or locked.") % {"who": who}
    if alarm.kind == "sink_down":
        about = {name: str(alarm.facts[name]) for name in ("sink", "minutes", "waiting")}
        text = _(
            "The alarm sink %(sink)s has taken nothing for %(minutes)s minutes; %(waiting)s messages wait in"
            " order. See whether it runs: duecause alarms status"
        )
        return text % about
    if alarm.kind in LADDER:
        about = {"who": who, "n": number(alarm.facts["count"]), "minutes": alarm.facts["minutes"]}
        return gettext(LADDER[alarm.kind]) % about
    if alarm.kind == LEDGER_LATE:
        return _(
            "The ledger does not keep up: %(n)s events waited for their checkpoint, the first for"
            " %(seconds)s s. See whether a sequencer runs: duecause doctor says what to mend."
        ) % {"n": number(alarm.facts["waiting"]), "seconds": number(alarm.facts["seconds"])}
    if alarm.kind == "screen_pop":
        return SCREEN_POP[str(alarm.facts.get("wrong", ""))] % {"who": who}
    if alarm.kind == "emergency":
        due = day(date.fromisoformat(str(alarm.facts["review_by"])))
        return _("%(who)s opened emergency access. Review it by %(day)s.") % {"who": who, "day": due}
    if alarm.kind == "emergency_password":
        return _("%(who)s gave a wrong password for emergency access.") % {"who": who}
    partner = str(alarm.facts.get("partner", ""))
    if alarm.kind == "feed_overdue":
        return _(
            "%(partner)s has not acknowledged what it must act on for %(hours)s hours. Ask it to fetch its"
            " feed; after %(stop_hours)s hours releases stop and its calls are denied."
        ) % {
            "partner": partner,
            "hours": alarm.facts.get("hours", ""),
            "stop_hours": alarm.facts.get("stop_hours", 24),  # alarms of before the fact was kept
        }
    if alarm.kind == "system_silent":
        return _(
            "%(system)s has not acknowledged what changed about people for %(hours)s hours. See that it"
            " fetches its changes; until then it may use data that no longer hold."
        ) % {"system": alarm.facts.get("system", ""), "hours": alarm.facts.get("hours", "")}
    if alarm.kind == "report_unmatched":
        return _(
            "%(partner)s reported an objection about a row that is on none of its lists. Ask whose objection"
            " it is and record it."
        ) % {"partner": partner}
    if alarm.kind in ("party_gate_ends", "party_gate_closed"):
        return _partner_gate(alarm, partner)
    if alarm.kind.startswith("list_"):
        return _list_in_custody(alarm, partner)
    if alarm.kind in ("notices_due", "notices_overdue"):
        return _notices(alarm)
    groups = engine().vocabulary.labels["groups"]
    what = ", ".join(_(groups[group]) for group in alarm.facts.get("groups", []) if group in groups)
    texts = {
        "export": _("%(who)s tried to export data (%(what)s)."),
        "sensitive_export": _("%(who)s tried to export sensitive data (%(what)s)."),
        "leaver": _("%(who)s tried to see data after leaving (%(what)s)."),
        "colleague": _("%(who)s tried to look at a colleague (%(what)s)."),
        "self": _("%(who)s tried to look at their own record (%(what)s)."),
        "sensitive": _("%(who)s tried to see sensitive data (%(what)s)."),
    }
    text = texts.get(alarm.kind, _("%(who)s tried to see data that the reason does not allow (%(what)s)."))
    return text % {"who": who, "what": what}


def _list_in_custody(alarm: Alarm, partner: str) -> str:
    texts = {
        "list_not_received": _(
            "%(partner)s has not confirmed that the list %(list)s arrived (due %(day)s). Ask whether it"
            " has it, and whether it is whole."
        ),
        "list_end_nears": _(
            "%(partner)s has until %(day)s to confirm that the list %(list)s is destroyed or returned."
            " Remind it."
        ),
        "list_not_destroyed": _(
            "%(partner)s has not confirmed that the list %(list)s is destroyed or returned (due %(day)s). Ask"
            " for its certificate; releases to it stop on %(stop)s."
        ),
    }
    facts = alarm.facts
    return texts[alarm.kind] % {
        "partner": partner,
        "list": facts["list"],
        "day": day(date.fromisoformat(str(facts["due_on"]))),
        "stop": day(date.fromisoformat(str(facts.get("stops_on", facts["due_on"])))),
    }


def _partner_gate(alarm: Alarm, partner: str) -> str:
    about = {
        "partner": partner,
        "what": matter(str(alarm.facts.get("reason", "")), str(alarm.facts.get("country", ""))),
        "day": day(date.fromisoformat(str(alarm.facts["last_day"]))),
    }
    if alarm.kind == "party_gate_ends":
        text = _("The gate of %(partner)s closes after %(day)s: %(what)s. Renew it before, or releases stop.")
    else:
        text = _(
            "The gate of %(partner)s is closed: %(what)s ended on %(day)s. Nothing is released to it, its"
            " calls are denied and its lists have ended."
        )
    return text % about


def _notices(alarm: Alarm) -> str:
    about = {"source": str(alarm.facts["source"]), "n": number(alarm.facts["count"])}
    if alarm.kind == "notices_overdue":
        text = _(
            "Source %(source)s: %(n)s people should have been told by now where we got their data. They are"
            " on no list until they are: send the notices (GDPR Art. 14)."
        )
        return text % about
    text = _(
        "Source %(source)s: %(n)s people must still be told where we got their data, the first by %(day)s."
        " Send the notices, or lists stop (GDPR Art. 14)."
    )
    return text % {**about, "day": day(date.fromisoformat(str(alarm.facts["due"])))}


def severity_meaning(alarm: Alarm) -> str:
    return {1: "info", 2: "watch", 3: "act", 4: "stopped"}[alarm.severity]
