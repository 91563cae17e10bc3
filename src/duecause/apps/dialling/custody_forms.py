"""What a centre has said of a released list, on its page, and the form that notes what it said on paper."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from duecause.apps.dialling.custody_actions import Said
from duecause.apps.dialling.custody_queries import held_of
from duecause.apps.dialling.models import Custody, Release
from duecause.web.templatetags.formats import shown_day

WORDS = {
    "received": pgettext_lazy("a list", "Arrived whole"),
    "destroyed": pgettext_lazy("a list", "Destroyed"),
    "returned": pgettext_lazy("a list", "Returned"),
}


class CustodyForm(forms.Form):
    word = forms.ChoiceField(choices=list(WORDS.items()), label=_("What the call centre says"))
    on = forms.DateField(
        required=False,
        label=_("On which day"),
        help_text=_("Leave it empty for today."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    sha256 = forms.CharField(
        max_length=64,
        required=False,
        label=_("SHA-256"),
        help_text=_("Of the list that arrived, or of the signed certificate, which stays where you keep it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def said(self, now: datetime) -> Said:
        """The word as noted by our own people; a day counts to its end, but not beyond now."""
        given = self.cleaned_data
        at = now
        if given["on"] and given["on"] != shown_day(now):
            at = datetime.combine(given["on"], now.timetz())
        return Said(word=given["word"], at=at, sha256=given["sha256"].lower(), how="page")


def shown(release: Release, now: datetime) -> dict[str, Any]:
    """For the page of its list: both promises, each with a meaning, and the form while one is open."""
    (held,) = held_of([release])
    rows = [_row(row, now) for row in (held.arrival, held.end) if row is not None]
    return {"custody": rows, "custody_form": None if held.gone else CustodyForm()}


def _row(row: Custody, now: datetime) -> dict[str, Any]:
    arrival = row.kind == Custody.Kind.ARRIVAL
    return {
        "term": _("Arrival") if arrival else _("Destruction or return"),
        "word": WORDS.get(row.word, ""),
        "at": row.at,
        "due": row.due_at,
        "meaning": "ok" if row.said_at else "act" if row.due_at <= now else "waiting",
    }
