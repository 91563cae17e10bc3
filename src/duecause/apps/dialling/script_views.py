"""Write what is said when people are called for a campaign, look at it, put it into force."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from duecause.apps.dialling import script_actions
from duecause.apps.dialling.models import CallScript, Campaign
from duecause.apps.dialling.scripts import OPTIONAL, PARTS, Text, in_force, name_of, named, standing, text_of
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import day
from duecause.web.words import language_name, spoken

PART_WORDS = {
    "caller": gettext_lazy("Who calls"),
    "on_behalf_of": gettext_lazy("For whom"),
    "why": gettext_lazy("Why, and that it is a sales call if it is"),
    "privacy_policy": gettext_lazy("Where the privacy policy is"),
    "right_to_object": gettext_lazy("That the person may object, now and later"),
    "short_notice": gettext_lazy("Where the data come from (GDPR Art. 14)"),
}


class ScriptForm(forms.Form):
    """One text per part; how long and which may stay empty is for the action to say."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for part in PARTS:
            self.fields[part] = forms.CharField(
                required=part not in OPTIONAL,
                max_length=script_actions.LONGEST,
                label=PART_WORDS[part],
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def text(self) -> Text:
        return Text(**{part: self.cleaned_data[part] for part in PARTS})


class FirstDay(forms.Form):
    first_day = forms.DateField(
        label=gettext_lazy("First day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def campaign_or_404(code: str) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("controller"), code=code)


def _today(campaign: Campaign) -> date:
    return local_day(datetime.now(UTC), campaign.controller.country)


@require_http_methods(["GET", "POST"])
@needs(script_actions.WRITE)
def write(request: PageRequest, code: str) -> HttpResponse:
    """A language at a time. Begins with the draft that waits, else with the newest version."""
    campaign = campaign_or_404(code)
    language = request.POST.get("language", "") or request.GET.get("language", "")
    spoken_here = [each for each, _name in settings.LANGUAGES]
    if language not in spoken_here:
        choices = [{"value": each, "label": language_name(each)} for each in spoken_here]
        return render(request, "dialling/script_write.html", {"campaign": campaign, "languages": choices})
    newest = CallScript.objects.filter(campaign=campaign, language=language).order_by("version").last()
    form = ScriptForm(request.POST or None, initial=asdict(text_of(newest)) if newest else {})
    if request.method == "POST" and form.is_valid():
        try:
            made = script_actions.draft_script(
                actor=request.actor,
                campaign=campaign,
                language=language,
                text=form.text(),
                now=datetime.now(UTC),
            )
        except Refused as refused:
            form.add_error(None, spoken(refused.problem))
        else:
            return redirect("dialling:script", code, name_of(made.language, made.version))
    context = {
        "campaign": campaign,
        "language": language,
        "language_word": language_name(language),
        "form": form,
        "rewrites": newest is not None and newest.in_force_from is None,
    }
    return render(request, "dialling/script_write.html", context)


@require_GET
@needs("dialling.read")
def script(request: PageRequest, code: str, name: str) -> HttpResponse:
    """As it is heard; of a draft also what changes."""
    campaign = campaign_or_404(code)
    return _shown(request, campaign, _found(campaign, name))


def _found(campaign: Campaign, name: str) -> CallScript:
    found = named(campaign, name)
    if found is None:
        raise Http404
    return found


def _shown(
    request: PageRequest, campaign: Campaign, found: CallScript, form: FirstDay | None = None
) -> HttpResponse:
    today = _today(campaign)
    meaning, word = standing(found, in_force(campaign.dated_scripts, today), today)
    context = {
        "campaign": campaign,
        "script": found,
        "name": name_of(found.language, found.version),
        "language_word": language_name(found.language),
        "parts": [words for part in PARTS if (words := getattr(found, part))],
        "meaning": meaning,
        "word": word,
        "changes": _changes(campaign, found, today),
        "form": form or FirstDay(initial={"first_day": today}),
    }
    return render(request, "dialling/script.html", context, status=422 if form else 200)


def _changes(campaign: Campaign, found: CallScript, today: date) -> list[tuple[str, str, str]]:
    """Part by part, of a draft, against what is said now."""
    now_said = in_force(campaign.dated_scripts, today).get(found.language)
    before = named(campaign, now_said) if now_said and found.in_force_from is None else None
    if before is None:
        return []
    return [(str(PART_WORDS[part]), getattr(before, part), getattr(found, part)) for part in PARTS]


@require_POST
@needs(script_actions.WRITE)
def force(request: PageRequest, code: str, name: str) -> HttpResponse:
    """The second step: from a day on this is what is said."""
    campaign = campaign_or_404(code)
    found = _found(campaign, name)
    form = FirstDay(request.POST)
    if not form.is_valid():
        return _shown(request, campaign, found, form)
    first_day = form.cleaned_data["first_day"]
    try:
        script_actions.put_in_force(
            actor=request.actor, script=found, first_day=first_day, now=datetime.now(UTC)
        )
    except Refused as refused:
        form.add_error("first_day", spoken(refused.problem))
        return _shown(request, campaign, found, form)
    told = _("%(script)s is what is said from %(day)s on.")
    messages.success(request, told % {"script": name, "day": day(first_day)})
    return redirect("dialling:campaign", code)
