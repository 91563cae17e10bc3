"""Which script of a campaign is in force on a day, by language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from duecause.apps.dialling import rules
from duecause.apps.dialling.models import CallScript, Campaign, DialList, ListRow
from duecause.apps.register.models import Person

PARTS = ("caller", "on_behalf_of", "why", "privacy_policy", "right_to_object", "short_notice")
OPTIONAL = ("short_notice",)
Dated = Sequence[Sequence[str | int]]  # language, version, first day


@dataclass(frozen=True, slots=True)
class Text:
    """What is said, part by part, in the order in which it is read."""

    caller: str
    on_behalf_of: str
    why: str
    privacy_policy: str
    right_to_object: str
    short_notice: str = ""


def name_of(language: str, version: int) -> str:
    return f"{language}-{version}"


def in_force(dated: Dated, on: date) -> dict[str, str]:
    """Language → name of the newest version whose day has come, as nl-3."""
    found: dict[str, int] = {}
    for language, version, first in dated:
        if str(first) <= on.isoformat():
            found[str(language)] = max(int(version), found.get(str(language), 0))
    return {language: name_of(language, version) for language, version in sorted(found.items())}


def text_of(script: CallScript) -> Text:
    return Text(**{part: getattr(script, part) for part in PARTS})


def named(campaign: Campaign, name: str) -> CallScript | None:
    """The version of this name, as nl-3."""
    language, _dash, version = name.partition("-")
    if not version.isdecimal() or len(version) > 4:
        return None
    found = CallScript.objects.filter(campaign=campaign, language=language, version=int(version))
    return found.select_related("campaign__controller").first()


def standing(script: CallScript, spoken: dict[str, str], today: date) -> tuple[str, str]:
    """Meaning and word of a version, on a day on which `spoken` is in force."""
    if script.in_force_from is None:
        return "waiting", _("Draft")
    if spoken.get(script.language) == name_of(script.language, script.version):
        return "ok", _("In force")
    return ("info", _("To come")) if script.in_force_from > today else ("stopped", _("Replaced"))


def missing_languages(dial_list: DialList, on: date) -> list[str]:
    """Languages of people who may be called from this list, in which no script is in force."""
    rows = ListRow.objects.filter(dial_list=dial_list, released=True, person__isnull=False)
    spoken = Person.objects.filter(pk__in=rows.values("person")).values_list("language", flat=True).distinct()
    return sorted(set(spoken) - set(in_force(dial_list.campaign.dated_scripts, on)))


def required_in(countries: Iterable[str], on: date) -> str:
    """The law that asks for a script before a release in one of these countries; empty where none does."""
    for found in rules.rule_sets(countries, on).values():
        for rule in found.of_kind("in_call"):
            if rule.flag("script_required"):
                return rule.law
    return ""


def known_names(campaigns: Iterable[Campaign]) -> set[tuple[int, str, date]]:
    """Campaign, name and first day of every version that was put into force."""
    scripts = CallScript.objects.filter(
        campaign__in=[each.pk for each in campaigns], in_force_from__isnull=False
    )
    return {
        (campaign, name_of(language, version), first)
        for campaign, language, version, first in scripts.values_list(
            "campaign_id", "language", "version", "in_force_from"
        )
        if first is not None
    }
