"""What people choose on the pages of objections and registers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from duecause.apps.parties.models import Controller


def limited(field: Any, accept: str) -> None:
    """Let the browser refuse a file that the server would refuse."""
    field.widget.attrs |= {
        "accept": accept,
        "data-limit": str(settings.UPLOAD_LIMIT_BYTES),
        "data-limit-text": _("This file is too large. Split it, or ask your administrator for more."),
    }


class PastObjections(forms.Form):
    """A file of objections and the company they were made to."""

    controller = forms.ModelChoiceField(
        Controller.objects.order_by("legal_name"),
        to_field_name="code",
        label=_("Objections against marketing of"),
        empty_label=None,
    )
    country = forms.ChoiceField(required=False, label=_("Numbers without a country code are from"))
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX with a telephone number or e-mail address in each row; a date if known."),
    )

    def __init__(self, *args: Any, countries: Iterable[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"]
        country.choices = [("", _("the company's country")), *countries]
        limited(self.fields["file"], ".csv,.txt,.tsv,.xlsx")


class NewVersion(forms.Form):
    """A register file as it was published."""

    version = forms.DateField(
        label=_("Published on"),
        help_text=_("The date of the file, not of today."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    file = forms.FileField(label=_("Register file"), help_text=_("One number and its date in each line."))
    sha256 = forms.CharField(
        required=False,
        max_length=200,
        label=_("SHA-256 of the file"),
        help_text=_("As its publisher says it; a file that is another is refused."),
    )
    shrunken = forms.BooleanField(
        required=False, label=_("Load it although many numbers of the last version are gone")
    )

    def clean_sha256(self) -> str:
        """Also the line of a .sha256 file, which names the file behind the sum."""
        return str(self.cleaned_data["sha256"]).strip().partition(" ")[0]

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["version"].widget.attrs["max"] = today.isoformat()
        limited(self.fields["file"], ".txt,.csv")
