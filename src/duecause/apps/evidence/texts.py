"""What measures, areas of a record and its values are called."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from duecause.apps.evidence.measures import Measure
from duecause.web.templatetags.formats import number

# Each may name the figures of its measure.
MEASURES = {
    "sealed": lazy("Personal data are sealed, with a key of its own for every record"),
    "keys_apart": lazy("Keys lie in a database of their own"),
    "access_rules": lazy("Access rules decide which fields each profile sees (version %(version)s)"),
    "reason_asked": lazy("Nobody sees a card without a reason"),
    "training_asked": lazy("Nobody sees a card without a valid training certificate"),
    "leavers_out": lazy("Who has left sees nothing"),
    "ledger": lazy("Every look, decision and release is in a signed ledger (%(entries)s entries)"),
    "witnesses": lazy("Witnesses outside countersign the ledger"),
    "canaries": lazy("Lists carry numbers of our own that betray a copy (%(numbers)s numbers)"),
    "transport": lazy("Pages are served over TLS only"),
    "passwords": lazy("Passwords are kept as Argon2 hashes"),
    "sessions": lazy("Sessions end after %(hours)s hours"),
}
AREAS = {
    "scope": lazy("Controller"),
    "activities": lazy("Activity"),
    "purposes": lazy("Purpose"),
    "fields": lazy("Field"),
    "recipients": lazy("Recipient"),
    "sources": lazy("Source"),
    "wordings": lazy("Wording"),
    "measures": lazy("Measure"),
}
VALUES = {
    "legal_name": lazy("legal name"),
    "country": lazy("country"),
    "privacy_url": lazy("privacy policy"),
    "brands": lazy("brands"),
    "name": lazy("name"),
    "role": lazy("role"),
    "status": lazy("status"),
    "owner": lazy("answers for it"),
    "purposes": lazy("purposes"),
    "subjects": lazy("about"),
    "fields": lazy("fields"),
    "recipients": lazy("recipients"),
    "dpia": lazy("impact assessment"),
    "dpia_reason": lazy("reason for that decision"),
    "dpia_on": lazy("day of that decision"),
    "legal_basis": lazy("legal basis"),
    "special_condition": lazy("condition of Art. 9(2)"),
    "retention": lazy("kept"),
    "marketing": lazy("marketing"),
    "label": lazy("name"),
    "group": lazy("group"),
    "law_class": lazy("class by law"),
    "perception": lazy("felt as private"),
    "sealed_as": lazy("sealed as"),
    "in_use": lazy("in use"),
    "kind": lazy("kind"),
    "how": lazy("how it gets data"),
    "agreements": lazy("agreements"),
    "transfers": lazy("where data go"),
    "sub_processors": lazy("sub-processors"),
    "party": lazy("company"),
    "claimed_basis": lazy("claimed basis"),
    "contract_reference": lazy("contract"),
    "say": lazy("what callers are told"),
    "text": lazy("text"),
    "language": lazy("language"),
    "purpose": lazy("purpose"),
    "channels": lazy("channels"),
    "holds_months": lazy("a yes to it holds"),
    "on": lazy("state"),
}
# Addresses of terms follow from other values and would say each change twice.
SILENT = frozenset({"legal_basis_term", "term", "law", "format"})
HOW = {"released": lazy("released lists"), "named": lazy("named by the activity")}


def measure(one: Measure) -> str:
    figures = {name: number(v) if isinstance(v, int) else v for name, v in one.detail.items()}
    sentence = str(MEASURES[one.code])
    return sentence % figures if figures else sentence


def state(on: bool) -> str:
    return _("In use") if on else _("Not in use")


def label(table: Mapping[str, object], code: str) -> str:
    return str(table.get(code, code))
