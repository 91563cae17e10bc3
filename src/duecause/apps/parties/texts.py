"""What kinds of partners, bases of transfers and scopes of keys are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

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
}
SCOPES = {"feed": _("Feed of objections and recalls"), "precall": _("Pre-call check")}
