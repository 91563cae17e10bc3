"""A file that turned up somewhere names the call centre it was given to, even if it was cut or rewritten."""

import csv
import io
import random

import pytest

from duecause.apps.dialling import release_actions, tracing
from duecause.apps.dialling.models import Campaign
from duecause.apps.ledger.models import Event
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from duecause.engine.tabular import write_csv
from tests.apps.dialling.lists import OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
FIRST = 32470000100
PEOPLE = 12


@pytest.fixture
def lists():
    """The same twelve people, for two campaigns, in the hands of two centres."""
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    for number in range(FIRST, FIRST + PEOPLE):
        imported(world, number, last_name=f"Test-{number}")
    other = Campaign.objects.get(pk=world.campaign.pk)
    other.pk, other.code, other.name = None, "OTHER", "Other campaign"
    other.save()
    own = _released(screen(world))
    theirs = _released(screen(world, centre=world.other_centre, campaign=other))
    return world, own, theirs


def _released(dial_list):
    out = io.BytesIO()
    made = release_actions.release(actor=OPERATOR, dial_list=dial_list, now=NOW, out=out)
    return made, list(csv.DictReader(io.StringIO(out.getvalue().decode())))


def trace(rows, header=(), **given):
    data = b"".join(write_csv(rows, header)) if header else "\r\n".join(map(",".join, rows)).encode()
    return tracing.trace(actor=OPERATOR, name="found.csv", data=data, country="BE", now=NOW, **given)


def codes(traced):
    return [centre.code for centre in traced.centres]


def test_the_whole_file_is_traced_to_its_centre_although_another_holds_the_same_people(lists):
    world, (made, rows), _ = lists
    traced = trace([list(row.values()) for row in rows], list(rows[0]))
    assert codes(traced) == [world.centre.code] and traced.proven
    best = traced.traces[0]
    assert best.release == made
    assert best.listed == best.references == len(rows) == PEOPLE + 2
    assert best.planted == 2


def test_one_row_with_its_reference_is_enough(lists):
    world, _, (made, rows) = lists
    traced = trace([[rows[3]["last_name"], rows[3]["reference"].lower()]])
    assert codes(traced) == [world.other_centre.code] and traced.proven
    assert traced.traces[0].release == made


def test_names_and_numbers_alone_are_betrayed_by_a_planted_row(lists):
    """Marks deleted, sorted anew, written as people write, the header gone."""
    world, _, (made, rows) = lists
    left = [[f"0{row['number'][3:]}", row["first_name"], row["last_name"]] for row in rows]
    left = [cells if len(cells[0]) == 10 else ["+" + "3227009901", *cells[1:]] for cells in left]
    kept = [cells for cells, row in zip(left, rows, strict=True) if row["number"] != "+3227009902"]
    random.Random(7).shuffle(kept)
    traced = trace(kept)
    assert codes(traced) == [world.other_centre.code] and traced.proven
    best = traced.traces[0]
    assert (best.release, best.planted, best.listed, best.references) == (made, 1, 0, 0)


def test_a_name_of_a_planted_row_on_another_number_proves_nothing(lists):
    _, (_, rows), _ = lists
    planted = next(row for row in rows if row["number"] in OWN_NUMBERS)
    traced = trace([[f"+{FIRST}", planted["first_name"], planted["last_name"]]])
    assert not traced.proven


def test_bare_numbers_that_one_centre_alone_was_given_point_to_it_without_proof(lists):
    world, _, _ = lists
    imported(world, FIRST + 900)
    made, _ = _released(screen(world))
    traced = trace([[f"+{FIRST + 900}"]])
    assert codes(traced) == [world.centre.code] and not traced.proven
    assert (traced.traces[0].release, traced.traces[0].alone) == (made, 1)


def test_bare_numbers_that_both_centres_hold_name_nobody(lists):
    traced = trace([[f"+{FIRST}"], [f"+{FIRST + 1}"]])
    assert codes(traced) == [] and not traced.proven
    assert {each.numbers for each in traced.traces} == {2}


def test_two_files_that_were_merged_name_both_centres(lists):
    world, (_, own), (_, theirs) = lists
    mixed = [[row["number"], row["list"]] for row in (*own[:3], *theirs[:5])]
    traced = trace(mixed, ["number", "list"])
    assert sorted(codes(traced)) == sorted([world.centre.code, world.other_centre.code])
    assert [each.listed for each in traced.traces] == [5, 3]


def test_a_file_of_somebody_else_names_nobody(lists):
    traced = trace([["Jansen", "+31612345678"], ["De Vries", "0ABCDEFGH123456X"]], ["name", "tel"])
    assert codes(traced) == [] and traced.traces == ()


def test_the_trace_is_an_event_without_a_number_in_it_and_asks_for_the_right_to_check(lists):
    _, (_, rows), _ = lists
    trace([[rows[0]["list"]]])
    event = Event.objects.get(kind="dialling.traced")
    assert rows[0]["number"].lstrip("+") not in str(event.__dict__)
    with pytest.raises(NotPermitted):
        tracing.trace(actor=Actor.job("x"), name="a.csv", data=b"a,b\r\n", country="BE", now=NOW)


def test_an_empty_file_is_refused():
    with pytest.raises(Refused):
        trace([])
