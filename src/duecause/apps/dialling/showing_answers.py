"""How a list stands with the registers that must be asked about it, and the form for their answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy

from duecause.apps.consent.forms import limited
from duecause.apps.consent.queries import waiting_submission
from duecause.apps.dialling import register_answers
from duecause.apps.dialling.models import DialList
from duecause.engine.periods import local_day


class Answer(forms.Form):
    """A register's answer, as it came."""

    answered_on = forms.DateField(
        label=lazy("Answered on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    names = forms.ChoiceField(
        label=lazy("The file holds"),
        choices=[
            ("", lazy("Choose")),
            ("passed", lazy("the numbers that may be called")),
            ("listed", lazy("the numbers in the register")),
        ],
    )
    file = forms.FileField(
        label=lazy("Answer"), help_text=lazy("One number in each line."), allow_empty_file=True
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["answered_on"].initial = today
        self.fields["answered_on"].widget.attrs["max"] = today.isoformat()
        limited(self.fields["file"], ".txt,.csv")


def of_list(dial_list: DialList, now: datetime) -> list[dict[str, Any]]:
    """How a list that is not released yet stands with each register that must be asked."""
    today = local_day(now, dial_list.campaign.controller.country)
    return [
        {
            "register": asked.register,
            "name": asked.rule.text("name"),
            "rows": asked.rows,
            "missing": len(asked.missing),
            "until": asked.until,
            "waiting": waiting_submission(asked.register),
            "form": Answer(today=today),
        }
        for asked in register_answers.standing(dial_list, today)
        if asked.rows
    ]
