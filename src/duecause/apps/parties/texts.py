"""What kinds of partners, agreements, transfers and reasons of the gate are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from duecause.web.templatetags.formats import day
from duecause.web.words import country_name, spoken

if TYPE_CHECKING:
    from duecause.engine.partyfacts import Block

PARTNER_KINDS = {
    "call_centre": _("Call centre"),
    "vendor": _("Vendor"),
    "list_seller": _("List seller"),
}
SOURCE_KINDS = {
    "data_subject": _("The person"),
    "controller": _("Our own records"),
    "third_party": _("Another company"),
    "public": _("Public source"),
    "unknown": _("Nobody knows"),
}
MECHANISMS = {
    "none": _("None"),
    "adequacy": _("Adequacy decision"),
    "scc": _("Standard contractual clauses"),
    "bcr": _("Binding corporate rules"),
    "derogation": _("Derogation (Art. 49)"),
}
BASES = {
    "consent": _("Consent"),
    "contract": _("Contract"),
    "legal_obligation": _("Legal obligation"),
    "vital_interests": _("Vital interests"),
    "public_task": _("Public task"),
    "legitimate_interest": _("Legitimate interest"),
    "unknown": _("Not known"),
}
SCOPES = {"feed": _("Feed of objections and recalls"), "precall": _("Pre-call check")}
AGREEMENTS = {
    "dpa": _("Processor contract"),
    "scc": _("Standard contractual clauses"),
    "bcr": _("Binding corporate rules"),
    "nda": _("Confidentiality agreement"),
}
MODULES = {
    "1": _("1, controller to controller"),
    "2": _("2, controller to processor"),
    "3": _("3, processor to processor"),
    "4": _("4, processor to controller"),
}
ROLES = {"controller": _("Controller"), "processor": _("Processor")}
ANSWERS = {
    "met": pgettext_lazy("a clause", "Met"),
    "partly": pgettext_lazy("a clause", "Partly"),
    "absent": pgettext_lazy("a clause", "Absent"),
    "not_applicable": pgettext_lazy("a clause", "Does not apply"),
}
WAYS = {
    "storage": _("Storage"),
    "processing": _("Processing"),
    "remote_access": _("Remote access"),
    "support": _("Support"),
}
RISKS = {
    "": "–",
    "low": pgettext_lazy("risk", "Low"),
    "medium": pgettext_lazy("risk", "Medium"),
    "high": pgettext_lazy("risk", "High"),
}
CONCLUSIONS = {
    "": _("Not concluded"),
    "sufficient": _("Protection is sufficient"),
    "sufficient_with_measures": _("Sufficient with the measures named"),
    "insufficient": _("Protection is not sufficient"),
}
ENGAGED = {
    "announced": pgettext_lazy("a sub-processor", "Announced"),
    "authorised": pgettext_lazy("a sub-processor", "Authorised"),
    "objected": pgettext_lazy("a sub-processor", "We objected"),
}
# What a reason is about, in two or three words.
MATTERS = {
    "party_suspended": _("suspension"),
    "party_feed_overdue": _("objections not acknowledged"),
    "party_corrections_overdue": _("corrections not acknowledged"),
    "party_lists_overdue": _("lists not destroyed"),
    "party_no_contract": _("processor contract"),
    "party_contract_not_started": _("processor contract"),
    "party_contract_expired": _("processor contract"),
    "party_clauses_missing": _("clauses of the contract"),
    "party_clauses_unchecked": _("check of the contract"),
    "party_no_transfer_basis": _("transfer basis"),
    "party_derogation": _("transfer basis"),
    "party_not_listed": _("scope of the adequacy decision"),
    "party_listing_ended": _("scope of the adequacy decision"),
    "party_adequacy_ended": _("adequacy decision"),
    "party_scc_missing": _("standard contractual clauses"),
    "party_scc_expired": _("standard contractual clauses"),
    "party_scc_wrong_module": _("module of the standard clauses"),
    "party_scc_annexes": _("annexes of the standard clauses"),
    "party_bcr_missing": _("binding corporate rules"),
    "party_transfer_assessment_missing": _("transfer impact assessment"),
    "party_transfer_assessment_negative": _("transfer impact assessment"),
    "party_transfer_assessment_expired": _("transfer impact assessment"),
    "party_sub_objected": _("sub-processor"),
    "party_sub_undecided": _("decision on a sub-processor"),
    "party_sub_terms": _("duties of a sub-processor"),
}


def matter(code: str, country: str = "") -> str:
    """What a reason is about: “transfer basis (Tunisia)”."""
    what = str(MATTERS.get(code, code))
    if not country:
        return what
    return gettext("%(what)s (%(where)s)") % {"what": what, "where": country_name(country)}


def matter_of(block: Block) -> str:
    return matter(block.problem.code, str(block.problem.params.get("country", "")))


def override_row(block: Block) -> dict[str, str]:
    """A reason that two persons let not count, for <c-reason-list>."""
    until = gettext("Overridden by two persons until %(day)s.") % {"day": day(block.until)}
    return {"text": spoken(block.problem), "mend": until, "meaning": "watch"}
