"""What an obligation is called."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "ledger.verify": _("Verify the ledger"),
    "ledger.verify_daily": _("Verify the ledger, daily"),
    "ledger.watch": _("See whether the ledger keeps up"),
    "rights.erasure_request": _("Erase a person"),
    "rights.erase": _("Apply an approved erasure"),
    "rights.end_kept": _("Destroy what was kept after erasures and is due"),
    "register.import": _("Import a list"),
    "register.purge_quarantine": _("Delete quarantined rows"),
    "register.drop_uploads": _("Destroy uploads that nobody imported"),
    "consent.load_register": _("Load a national register"),
    "consent.import_objections": _("Take over past objections"),
    "dialling.screen": _("Screen a list"),
    "dialling.watch_feeds": _("Watch that call centres acknowledge"),
    "dialling.ping": _("Ping a call centre"),
    "dialling.tell_partners": _("Tell the call centres"),
}

SYSTEMS = {
    "privacy_desk": _("Privacy desk"),
    "duecause": _("Duecause"),
}


def kind_label(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def system_label(system: str) -> str:
    return str(SYSTEMS.get(system, system))
