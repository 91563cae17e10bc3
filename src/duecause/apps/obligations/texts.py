"""What an obligation is called, how a step stands and what went wrong, in plain words."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from duecause.apps.obligations.models import Step

KINDS = {
    "ledger.verify": _("Verify the ledger"),
    "keys.daily": _("End old keys and copies of keys, daily"),
    "keys.rewrap": _("Wrap keys again under the new key"),
    "keys.tokens": _("Put tokens under the new token key"),
    "ledger.verify_daily": _("Verify the ledger, daily"),
    "rights.erasure_request": _("Erase a person"),
    "rights.erase": _("Apply an approved erasure"),
    "rights.end_kept": _("Destroy what was kept after erasures and is due"),
    "rights.retention": _("Carry out the retention rules"),
    "catalogue.retention_count": _("Count what a change of the retention rules does"),
    "gate.deliver": _("Send an alarm to other systems"),
    "gate.heartbeat": _("Show that alarms are alive"),
    "gate.evening": _("Ask about look-ups without a reason"),
    "register.import": _("Import a list"),
    "register.purge_quarantine": _("Delete quarantined rows"),
    "register.drop_uploads": _("Destroy uploads that nobody imported"),
    "consent.end_proof": _("Remove evidence of consents whose time is over"),
    "consent.expire": _("Note which consents ran out"),
    "consent.load_register": _("Load a national register"),
    "consent.import_objections": _("Take over past objections"),
    "evidence.count_fields": _("Count which fields are held"),
    "notices.letters": _("Make letters that tell people where we got their data"),
    "notices.mails": _("Send e-mails that tell people where we got their data"),
    "notices.watch": _("Watch the last days of notices"),
    "dialling.screen": _("Screen a list"),
    "dialling.watch_gates": _("Watch the gates of partners"),
    "dialling.watch_feeds": _("Watch that call centres acknowledge"),
    "systems.watch": _("Watch that our own systems acknowledge"),
    "dialling.ping": _("Ping a call centre"),
    "systems.ping": _("Ping one of our systems"),
    "dialling.plan_exchanges": _("Plan exchanges of files with call centres"),
    "dialling.plan_snapshots": _("Plan snapshots of callable rows"),
    "dialling.make_snapshot": _("Make a snapshot of callable rows"),
    "dialling.exchange": _("Exchange files with a call centre"),
    "dialling.list_arrival": _("Confirm that a list arrived"),
    "dialling.list_end": _("Destroy or return a list that ended"),
    "dialling.watch_custody": _("Look after lists in the hands of call centres"),
    "dialling.tell_partners": _("Tell the call centres"),
}

SYSTEMS = {
    "privacy_desk": _("Privacy desk"),
    "duecause": _("Duecause"),
}


STATES = {
    Step.State.DUE: _("Waits for a worker"),
    Step.State.LEASED: _("At work"),
    Step.State.WAITING: _("Waits for somebody’s answer"),
    Step.State.DONE: _("Done"),
    Step.State.REFUSED: _("Stopped: something must be mended first"),
    Step.State.DEAD: _("Stopped: tried too often"),
}
TRIED_AGAIN = _("Failed, is tried again")


def kind_label(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def system_label(system: str) -> str:
    return str(SYSTEMS.get(system, system))


def state_label(step: Step) -> str:
    if step.state == Step.State.DUE and step.error:
        return str(TRIED_AGAIN)
    return str(STATES[Step.State(step.state)])


def spoken_error(step: Step) -> str:
    """What went wrong at the last try; "" where nothing did."""
    if not step.error:
        return ""
    template, params = gettext(step.error["template"]), step.error.get("params", {})
    return template % params if params else template
