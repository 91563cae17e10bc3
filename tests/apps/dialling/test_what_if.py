"""A list is judged by the rules of another day, and nothing of it is stored or released."""

from datetime import date

import pytest

from duecause.apps.dialling.models import Campaign, DialList, ListRow, Release
from duecause.apps.dialling.what_if import what_if
from duecause.apps.ledger.models import Event
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import imported, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
ZOE, LEA = 33612345678, 33612345679
AUGUST = date(2026, 8, 10)  # the last day on which France let people object instead of consenting


@pytest.fixture
def world():
    world = make_world()
    Campaign.objects.update(countries=["FR"], sector="energy_renovation")
    world.campaign.refresh_from_db()
    for number in (ZOE, LEA):
        imported(world, number, country="FR")
    return world


def asked(dial_list, on, **given):
    return what_if(actor=OPERATOR, dial_list=dial_list, on=on, now=NOW, **given)


def test_the_rules_of_another_day_give_another_waterfall_and_say_which_changed(world):
    dial_list = screen(world)
    before = (DialList.objects.count(), ListRow.objects.count(), Event.objects.count())
    told = asked(dial_list, AUGUST)
    assert {(row.code, row.before, row.then) for row in told.reasons} == {
        ("sector_ban", 2, 0),
        ("register_stale", 0, 2),  # Bloctel, which nobody loaded
    }
    assert "fr-opt-out-2016" in {rule.id for rule in told.begin}
    assert "fr-ban-energy-renovation-2026" in {rule.id for rule in told.end}
    assert (DialList.objects.count(), ListRow.objects.count(), Event.objects.count()) == before
    assert not Release.objects.exists()


def test_the_same_day_gives_the_same_rows_for_a_list_of_a_file_too(world):
    from duecause.apps.dialling.given import ListFile

    Campaign.objects.update(sector="energy")
    world.campaign.refresh_from_db()
    data = f"tel\n+{ZOE}\n+33612340000\nnobody\n+{LEA}\n+{ZOE}\n".encode()
    dial_list = screen(world, file=ListFile(data, "list.csv"))
    told = asked(dial_list, dial_list.on)
    assert told.before == told.then == 2
    assert all(row.before == row.then for row in told.reasons)
    assert (told.begin, told.end) == ((), ())


def test_a_list_too_long_for_a_page_names_the_command(world):
    with pytest.raises(Refused, match="duecause law what-if"):
        asked(screen(world), AUGUST, most=1)


def test_the_page_shows_both_days(world, client):
    dial_list = screen(world)
    client.force_login(world.employee("team_lead"))
    shown = client.get(f"/lists/{dial_list.pk}/what-if/", {"on": "2026-08-10"}).content.decode()
    assert "Banned sector" in shown and "Register too old" in shown and "10 Aug 2026" in shown
    assert "This is not a day" in client.get(f"/lists/{dial_list.pk}/what-if/?on=x").content.decode()
