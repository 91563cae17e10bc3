"""What people type or choose on the pages of this room."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from duecause.apps.dialling.list_queries import call_centres, running_campaigns
from duecause.apps.dialling.models import Campaign
from duecause.apps.parties.models import Partner
from duecause.web.words import country_name

# One question at a time: an answer about an older choice never overwrites the one about the newest.
ABOUT = {
    "hx-trigger": "change",
    "hx-target": "#about",
    "hx-include": "closest form",
    "hx-sync": "closest form:queue last",
}


class Screening(forms.Form):
    """One campaign, one call centre, one day, and where the rows come from."""

    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), to_field_name="code", label=_("Campaign"), empty_label=None
    )
    centre = forms.ModelChoiceField(
        Partner.objects.none(), to_field_name="code", label=_("Call centre"), empty_label=None
    )
    on = forms.DateField(
        label=_("Calls begin on"),
        help_text=_("The rules of this day are applied. Only a list screened for today can be released."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    sources = forms.MultipleChoiceField(
        required=False, label=_("Imported from"), widget=forms.CheckboxSelectMultiple
    )
    file = forms.FileField(required=False, label=_("Or one list as a file"))
    country = forms.ChoiceField(required=False, label=_("Numbers in the file are written as in"))

    def __init__(
        self, *args: Any, today: date, sources: Iterable[tuple[str, str]], about: str, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        campaigns = running_campaigns(today)
        self._field("campaign").queryset = campaigns
        self._field("centre").queryset = call_centres()
        self.fields["on"].initial = today
        self._field("sources").choices = list(sources)
        codes = sorted({code for campaign in campaigns for code in campaign.countries})
        self._field("country").choices = [
            ("", _("the campaign's country")),
            *((code, country_name(code)) for code in codes),
        ]
        for name in ("campaign", "centre", "on"):
            self.fields[name].widget.attrs |= {"hx-get": about, **ABOUT}
        self.fields["file"].widget.attrs |= {
            "accept": ".csv,.txt,.tsv,.xlsx",
            "data-limit": str(settings.UPLOAD_LIMIT_BYTES),
            "data-limit-text": _("This file is too large. Split it, or ask your administrator for more."),
        }

    def _field(self, name: str) -> Any:
        return self.fields[name]


class Check(forms.Form):
    """A number and the campaign it would be called for."""

    number = forms.CharField(
        max_length=40,
        label=_("Number"),
        help_text=_("With country code (+32 …), or as written in the campaign's country."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), to_field_name="code", label=_("Campaign"), empty_label=None
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        campaign: Any = self.fields["campaign"]
        campaign.queryset = running_campaigns(today)
