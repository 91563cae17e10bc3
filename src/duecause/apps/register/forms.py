"""What people choose on the import pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from duecause.apps.parties.models import Source


class Choosing(forms.Form):
    """Where a list comes from, and the list itself."""

    source = forms.ModelChoiceField(
        Source.objects.select_related("controller", "party").order_by("name"),
        to_field_name="code",
        label=_("Where does the list come from?"),
        empty_label=None,
        error_messages={"required": _("Choose where the list comes from.")},
    )
    file = forms.FileField(
        label=_("The list"),
        help_text=_("CSV or XLSX. Drop it here or choose it. You see how it is read first."),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty. Export it again and choose it."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.tab,.xlsx,.xlsm"}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs |= {
            "data-limit": str(settings.UPLOAD_LIMIT_BYTES),
            "data-limit-text": _("This file is too large. Split it, or ask your administrator for more."),
        }


class Reading(forms.Form):
    """How a file is to be read: one sheet or all, and the country of numbers without country code."""

    sheet = forms.ChoiceField(required=False, label=_("Sheet"))
    country = forms.ChoiceField(required=False, label=_("Numbers without a country code are from"))

    def __init__(
        self,
        *args: Any,
        sheets: Iterable[str],
        countries: Iterable[tuple[str, str]],
        source_country: str,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        sheet: Any = self.fields["sheet"]
        country: Any = self.fields["country"]
        sheet.choices = [("", _("All sheets")), *((name, name) for name in sheets if name)]
        country.choices = [
            ("", _("%(country)s, as the source says") % {"country": source_country}),
            *countries,
        ]
