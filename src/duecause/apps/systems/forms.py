"""What people choose on the page of a system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from duecause.apps.catalogue.models import Field
from duecause.apps.parties.models import Source
from duecause.web.words import own_words

NEW = "new"


class SystemForm(forms.Form):
    """`code` is asked of a new system only: lists, keys and reports name it by that for good."""

    name = forms.CharField(max_length=200, label=_("Name"))
    code = forms.RegexField(
        r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z",
        label=_("Code"),
        help_text=_("Short, and for good: its feed and its key name the system by it."),
        error_messages={"invalid": _("Letters, digits, dots, hyphens and underscores, 40 at most.")},
    )
    sources = forms.MultipleChoiceField(
        label=_("Sources that are its own"),
        help_text=_("It knows people by the customer numbers of these sources, and is told of those people."),
        widget=forms.CheckboxSelectMultiple,
    )
    fields_told = forms.MultipleChoiceField(
        required=False,
        label=_("Fields whose new values it may be told"),
        help_text=_("Nothing ticked: it hears that something changed, and no value."),
        widget=forms.CheckboxSelectMultiple,
    )
    webhook_url = forms.CharField(
        max_length=300,
        required=False,
        label=_("Address to call when there is something"),
        help_text=_(
            "The call says that there is news and names nobody. Without it the system asks by itself."
        ),
        validators=[URLValidator(schemes=["https", "http"])],
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["code"]
        _choices(self, "sources", Source.objects.order_by("name").values_list("code", "name"))
        fields = Field.objects.order_by("group", "code")
        _choices(self, "fields_told", [(field.code, own_words(field.label, field.code)) for field in fields])

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if code.lower() == NEW:  # the address of this form
            raise forms.ValidationError(_("Choose another code: this one is taken by this page."))
        return code


def _choices(form: forms.Form, name: str, choices: Iterable[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.MultipleChoiceField)
    field.choices = list(choices)
