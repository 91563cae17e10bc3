"""Calling hours at the moment of a call, in the zone of the number. Computed from the rules alone: nothing
about a person is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from duecause.engine.phone import PhoneNumber, zone_of
from duecause.engine.screening import Rule, RuleSet
from duecause.engine.screening.calling_times import WINDOW, Hours
from duecause.packs import law


def hours_of(number: PhoneNumber, now: datetime) -> Hours:
    """Whether this number may be called now as far as the clock goes, and else when."""
    return hours_in(number.region, zone_of(number.region, number.e164), now)


def local_time(moment: datetime, number: PhoneNumber) -> datetime:
    """What the clock shows where the number is; UTC where that is not known."""
    pack = law.book().packs.get(number.region)
    zone = zone_of(number.region, number.e164) or (pack.zone if pack else "")
    return moment.astimezone(ZoneInfo(zone or "UTC"))


def hours_in(country: str, zone: str, now: datetime, subdivision: str = "") -> Hours:
    return law.calling_times().at(country, now, zone=zone, subdivision=subdivision)


@dataclass(frozen=True, slots=True)
class CountryHours:
    """The calling hours of a country on a day, and how they stand now. `rule` is None where none hold."""

    country: str
    rule: Rule | None
    now: Hours


def of_countries(countries: Iterable[str], on: date, now: datetime) -> list[CountryHours]:
    found = []
    for country in countries:
        rules = RuleSet.for_country(country, on, book=law.book())
        rule = next(iter(rules.of_kind(WINDOW)), None)
        found.append(CountryHours(country, rule, hours_in(country, zone_of(country), now)))
    return found
