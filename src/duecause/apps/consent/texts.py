"""What is said about consents: why one is declared invalid."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

GROUNDS = {
    "controller_not_named": _("The wording did not name the company"),
    "not_informed": _("The person was not told enough"),
    "not_free": _("The person was not free to say no"),
    "no_clear_act": _("There was no clear yes"),
    "no_evidence": _("The evidence cannot be found"),
    "not_the_person": _("Somebody else answered"),
    "minor": _("The person was a minor"),
}
EVIDENCE = {
    "recording": _("Recording"),
    "form": _("Form"),
    "import_row": _("Row of a list"),
    "letter": _("Letter"),
}
