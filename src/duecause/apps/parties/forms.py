"""What people type or choose on the pages of a partner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from duecause.apps.parties import texts
from duecause.apps.parties.models import Contract, Engagement, Partner, TransferBasis
from duecause.apps.parties.override_actions import MOST_WORDS
from duecause.apps.parties.transfer_actions import WAYS

NEW = "new"


def _day(label: Any, *, required: bool = True, hint: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=hint, widget=widget)


def _country() -> forms.CharField:
    return forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("Country"),
        help_text=_("Two letters, as in IN for India."),
        error_messages={"invalid": _("Write the two letters of the country.")},
        widget=forms.TextInput(attrs={"maxlength": 2, "autocapitalize": "characters", "autocomplete": "off"}),
    )


class PartnerForm(forms.Form):
    name = forms.CharField(max_length=200, label=_("Name"))
    code = forms.RegexField(
        r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z",
        label=_("Code"),
        help_text=_("Short, and for good: lists, keys and reports name the partner by it."),
        error_messages={"invalid": _("Letters, digits, dots, hyphens and underscores, 40 at most.")},
    )
    kind = forms.ChoiceField(
        choices=[(code, texts.PARTNER_KINDS[code]) for code in Partner.Kind.values], label=_("What it is")
    )
    country = _country()
    role = forms.ChoiceField(
        choices=[(code, texts.ROLES[code]) for code in reversed(Partner.Role.values)], label=_("Its role")
    )
    our_role = forms.ChoiceField(
        choices=[(code, texts.ROLES[code]) for code in Partner.Role.values], label=_("Our role")
    )

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if code.lower() == NEW:  # the address of this form
            raise forms.ValidationError(_("Choose another code: this one is taken by this page."))
        return code


class ContractForm(forms.Form):
    reference = forms.CharField(max_length=100, label=_("Reference"))
    kind = forms.ChoiceField(
        choices=[(code, texts.AGREEMENTS[code]) for code in Contract.Kind.values], label=_("What it is")
    )
    module = forms.ChoiceField(
        choices=[("", "–"), *texts.MODULES.items()],
        required=False,
        label=_("Module"),
        help_text=_("Only for standard contractual clauses."),
    )
    valid_from = _day(_("Valid from"))
    valid_to = _day(_("Valid until"), required=False)
    file_sha256 = forms.CharField(
        max_length=64,
        required=False,
        label=_("SHA-256 of the signed document"),
        help_text=_("The document itself stays where you keep it."),
    )


class AccessForm(forms.Form):
    country = _country()
    ways = forms.MultipleChoiceField(
        choices=[(code, texts.WAYS[code]) for code in WAYS],
        required=False,
        label=_("How data are reached from there"),
        help_text=_("Nothing ticked takes the country off the list."),
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()


class TransferForm(forms.Form):
    mechanism = forms.ChoiceField(
        choices=[(code, texts.MECHANISMS[code]) for code in TransferBasis.Mechanism.values],
        label=_("Basis for the transfer"),
    )
    listed_on = _day(
        _("Inside the scope of the adequacy decision since"),
        required=False,
        hint=_("Where a decision covers only some importers: the day on which you saw this one on the list."),
    )
    listed_to = _day(_("Inside the scope until"), required=False)
    assessed_on = _day(_("Law of the country assessed on"), required=False)
    assessment_valid_to = _day(_("Assessment valid until"), required=False)
    law_risk = forms.ChoiceField(
        choices=list(texts.RISKS.items()), required=False, label=_("Risk from the law of the country")
    )
    measures = forms.CharField(
        max_length=2000,
        required=False,
        label=_("Measures"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    conclusion = forms.ChoiceField(
        choices=list(texts.CONCLUSIONS.items()), required=False, label=_("Conclusion")
    )


class EngagementForm(forms.Form):
    sub = forms.ModelChoiceField(
        Partner.objects.none(), to_field_name="code", label=_("Sub-processor"), empty_label=None
    )
    service = forms.CharField(max_length=200, label=_("What it does for us"))
    announced_on = _day(_("Announced on"))
    decide_by = _day(
        _("We may object until"),
        required=False,
        hint=_("After this day nothing is released until somebody has decided."),
    )

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["sub"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Partner.objects.exclude(pk=partner.pk).order_by("name")


class DecisionForm(forms.Form):
    state = forms.ChoiceField(
        choices=[(code, texts.ENGAGED[code]) for code in Engagement.State.values], label=_("Decision")
    )
    terms_agreed_on = _day(_("Same duties shown on"), required=False)
    ended_on = _day(_("Works no longer for us since"), required=False)


class OverrideForm(forms.Form):
    key = forms.ChoiceField(label=_("Reason"))
    until = _day(_("Until"))
    because = forms.CharField(
        max_length=MOST_WORDS,
        label=_("Why it is right to go on without it"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, reasons: Iterable[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["key"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(reasons)
