"""What tables, reasons and stages are called on the page of a case."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TABLES = {
    "register.Record": _("Records from sources"),
    "register.Lookup": _("Search index"),
    "register.DialFact": _("Numbers for lists"),
    "register.RelationFact": _("Contracts"),
    "register.RecordLink": _("Links between records"),
    "register.ImportRow": _("Rows of import reports"),
    "dialling.ListRow": _("Rows of lists"),
    "dialling.ReleaseRow": _("Rows of released lists"),
    "interactions.Interaction": _("Contacts with employees"),
    "notices.Notice": _("Notices of where data came from"),
    "notices.NoticeExemption": _("Exemptions from notices"),
    "consent.ConsentEvent": _("Consents"),
    "consent.Objection": _("Objections"),
    "consent.Suppression": _("Numbers that must not be called"),
}
BECOMES = {"removed": _("Removed"), "blanked": _("Blanked"), "kept": _("Kept")}
BECAUSE = {
    "consent_proof": _("Proof of what the person said, without name or number"),
    "contract": _("A contract is running"),
    "objection": _("So that the number is never called again"),
}
COMPARTMENTS = {
    "proof": _("Proof of consents and objections"),
    "contract": _("Data of the running contract"),
}
BLOCKERS = {"legal_hold": _("A legal hold keeps this person’s data")}
IDENTIFIERS = {
    "phone": _("Telephone numbers"),
    "email": _("E-mail addresses"),
    "customer_no": _("Customer numbers"),
}
RELEASES = {
    "running": _("Running"),
    "expired": _("Expired, still in its hands"),
    "recalled": _("Recalled"),
}
ORDERS = {
    "ordered": _("Order on its way"),
    "acknowledged": _("Order acknowledged"),
    "to_be_told": _("Must be told by you"),
}
STATES = {
    "": _("Not planned yet"),
    "planned": _("Waits for approval"),
    "approved": _("Being erased"),
    "applied": _("Being read back"),
    "proven": _("Erased and proven"),
    "refused": _("Refused"),
}
STAGES = {
    "none": _("Start"),
    "started": _("Tell the call centres"),
    "told": _("Keep bulk lists from bringing the person back"),
    "guarded": _("Destroy the keys"),
    "keyless": _("Remove the rows"),
    "removed": _("Scrub the database files"),
    "scrubbed": _("Read back"),
    "read_back": _("Write the certificate"),
}
REFUSALS = {
    "not_identified": _("The person could not be identified (Art. 12(6))"),
    "legal_claim": _("Needed for a legal claim (Art. 17(3)(e))"),
    "legal_obligation": _("A law obliges us to keep it (Art. 17(3)(b))"),
    "unfounded": _("Manifestly unfounded or excessive (Art. 12(5))"),
    "withdrawn": _("The person withdrew the request"),
}


def label(labels: Mapping[str, str | Promise], code: str) -> str:
    return str(labels.get(code, code))
