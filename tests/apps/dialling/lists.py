"""Imported lists of the small world, and what a screening makes of them."""

from datetime import date, timedelta

from duecause.apps.consent.models import NationalRegister, RegisterEntry, RegisterVersion
from duecause.apps.dialling import actions
from duecause.apps.dialling.models import Campaign, ListRow
from duecause.apps.register.models import DialFact, ImportRow, Record
from duecause.apps.vault import indexes
from tests.support.world import NOW, OPERATOR, World, make_world

TODAY = NOW.date()
OWN_NUMBERS = ["+3227009901", "+3227009902", "+31201099901"]


def french_world() -> World:
    """The small world, with numbers of its own to plant and its campaigns in France."""
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    Campaign.objects.update(countries=["FR"])
    world.campaign.refresh_from_db()
    return world


def imported(world, number, *, country="BE", **facts):
    """A person known from one row of an imported file."""
    about = {name: facts.pop(name) for name in ("adult_from", "natural", "minor_band") if name in facts}
    person = world.person(number=number, **facts)
    DialFact.objects.filter(person=person).update(country=country, **about)
    record = person.records.get()
    ImportRow.objects.create(batch=record.batch, row=record.row, outcome="stored", record=record)
    return person


def refused_row(world, *codes, outcome="refused"):
    batch = Record.objects.filter(source=world.source).latest("recorded_at").batch
    problems = [{"code": code, "column": "tel", "looks": "9"} for code in codes]
    return ImportRow.objects.create(
        batch=batch, row=900 + ImportRow.objects.count(), outcome=outcome, problems=problems
    )


def load_dncm(*numbers, version_date=TODAY - timedelta(days=1)):
    """The Belgian register as a loader would leave it."""
    register, _ = NationalRegister.objects.get_or_create(
        code="BE-DNCM", defaults={"country": "BE", "name": "Do Not Call Me"}
    )
    version = RegisterVersion.objects.create(
        register=register, version_date=version_date, sha256="0" * 64, rows=len(numbers), state="active",
        loaded_at=NOW, actor=OPERATOR.ref,
    )  # fmt: skip
    RegisterEntry.objects.bulk_create(
        RegisterEntry(version=version, token=indexes.dial_token(number)) for number in numbers
    )
    return version


def screen(world, *, centre=None, on=TODAY, now=NOW, campaign=None, **given):
    if "file" not in given:
        given.setdefault("sources", [world.source.code])
    return actions.screen(
        actor=OPERATOR,
        campaign=campaign or world.campaign,
        centre=centre or world.centre,
        on=on,
        now=now,
        **given,
    )


def reasons(dial_list):
    """Reasons per row; an empty list is a released row."""
    rows = ListRow.objects.filter(dial_list=dial_list).order_by("position")
    assert all(row.released == (not row.reasons) for row in rows)
    return [row.reasons for row in rows]


def waterfall_adds_up(dial_list):
    report = dial_list.report
    return report["candidates"] - sum(step["rows"] for step in report["waterfall"]) == report["released"]


DAY = timedelta(days=1)
FAR = date(2030, 1, 1)
