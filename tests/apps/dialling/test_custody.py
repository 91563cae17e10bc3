"""A centre says that a list arrived whole and, after its end, that it is gone; silence stops the next one."""

import hashlib
import io
from datetime import timedelta

import pytest

from duecause.apps.dialling import custody_actions, feed_files, release_actions
from duecause.apps.dialling.custody_actions import Said, say, watch_custody
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.models import Custody, Release
from duecause.apps.dialling.precall import decide
from duecause.apps.gate.models import Alarm
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.parties.queries import blocking_reasons_of
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused
from tests.apps.dialling.feeds import Centre
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
MILA = 32470000011
JOB = Actor.job("test")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    imported(world, MILA)
    return world


@pytest.fixture
def handed(world):
    out = io.BytesIO()
    made = release_actions.release(actor=OPERATOR, dial_list=screen(world), now=NOW, out=out)
    return made, hashlib.sha256(out.getvalue()).hexdigest()


def tell(world, made, word, *, at=NOW, now=NOW, sha256="", centre=None):
    centre = centre or world.centre
    said = Said(word=word, at=at, sha256=sha256)
    return say(actor=partner_actor(centre), partner=centre, mark=made.watermark, said=said, now=now)


def code_of(call, *args, **given):
    with pytest.raises(Refused) as refused:
        call(*args, **given)
    return refused.value.code


def gate(world, now):
    return [reason.code for reason in blocking_reasons_of(world.centre, now.date(), now=now)]


def alarms():
    return list(Alarm.objects.filter(kind__startswith="list_").order_by("pk").values_list("kind", flat=True))


def test_a_release_waits_for_the_word_that_it_arrived_and_the_hash_closes_the_step(world, handed):
    made, clear = handed
    step = Step.objects.get(obligation__kind=custody_actions.ARRIVAL)
    assert step.state == Step.State.WAITING and step.system == world.centre.code
    row = tell(world, made, "received", sha256=clear, now=NOW + MINUTE)
    step.refresh_from_db()
    assert step.state == Step.State.DONE and step.receipt["sha256"] == clear
    assert row.said_at == NOW + MINUTE
    assert tell(world, made, "received", sha256=clear, now=NOW + DAY).said_at == NOW + MINUTE, "counts once"


def test_the_hash_of_another_file_is_refused_and_nothing_is_closed(world, handed):
    made, _ = handed
    assert code_of(tell, world, made, "received", sha256="0" * 64) == "custody_other_file"
    assert code_of(tell, world, made, "received") == "custody_hash_missing"
    assert Custody.objects.get(release=made).said_at is None


def test_a_centre_can_say_nothing_of_anothers_list(world, handed):
    made, clear = handed
    again = code_of(tell, world, made, "received", sha256=clear, centre=world.other_centre)
    assert again == code_of(tell, world, Release(watermark="NOLIST"), "destroyed") == "list_never_given"
    with pytest.raises(NotPermitted):
        say(
            actor=Actor.job("x"), partner=world.centre, mark=made.watermark,
            said=Said("destroyed", NOW), now=NOW,
        )  # fmt: skip


def test_silence_about_the_arrival_raises_one_alarm(world, handed):
    assert watch_custody(actor=JOB, now=NOW + DAY).alarms == 0
    for _ in range(2):
        watch_custody(actor=JOB, now=NOW + 2 * DAY)
    assert alarms() == ["list_not_received"]


def test_a_list_that_ended_must_be_gone_in_time_or_its_centre_gets_nothing_more(world, handed):
    made, clear = handed
    tell(world, made, "received", sha256=clear)
    ended = made.expires_at
    assert watch_custody(actor=JOB, now=ended - MINUTE).promised == 0
    assert watch_custody(actor=JOB, now=ended).promised == 1
    assert watch_custody(actor=JOB, now=ended + MINUTE).promised == 0
    promise = Obligation.objects.get(kind=custody_actions.END)
    assert promise.due_at == ended + 30 * DAY
    watch_custody(actor=JOB, now=ended + 23 * DAY)
    assert alarms() == ["list_end_nears"]
    watch_custody(actor=JOB, now=ended + 30 * DAY)
    assert alarms() == ["list_end_nears", "list_not_destroyed"]
    assert gate(world, ended + 43 * DAY) == []
    late = ended + 44 * DAY
    assert gate(world, late) == ["party_lists_overdue"]
    assert world.centre.name in blocking_reasons_of(world.centre, late.date(), now=late)[0].text
    tell(world, made, "destroyed", at=late, now=late)
    assert gate(world, late) == []
    promise.refresh_from_db()
    assert promise.state == Obligation.State.DONE


def test_a_recalled_list_must_be_gone_too(world, handed):
    made, _ = handed
    release_actions.recall(actor=OPERATOR, release=made, now=NOW + MINUTE)
    assert watch_custody(actor=JOB, now=NOW + 2 * MINUTE).promised == 1


def test_a_list_that_is_destroyed_early_ends_with_that(world, handed):
    made, _ = handed
    asked = {"centre": world.centre, "campaign": "", "numbers": [f"+{MILA}"]}
    assert decide(**asked, now=NOW + MINUTE)[0].allowed
    tell(world, made, "destroyed", now=NOW + MINUTE)
    assert decide(**asked, now=NOW + 2 * MINUTE)[0].reason == "expired"
    assert watch_custody(actor=JOB, now=NOW + DAY).promised == 0
    assert code_of(tell, world, made, "returned", now=NOW + DAY) == "custody_contradicts"


@pytest.mark.parametrize(("word", "at"), [("burnt", NOW), ("destroyed", NOW + DAY), ("destroyed", NOW - DAY)])
def test_an_unknown_word_or_a_moment_that_cannot_be_is_refused(world, handed, word, at):
    made, _ = handed
    assert code_of(tell, world, made, word, at=at) in ("custody_word", "custody_moment")
    assert not Custody.objects.exclude(word="").exists()


def test_the_api_shows_a_centre_its_lists_and_takes_its_word(world, handed, client):
    made, clear = handed
    centre = Centre(client, world.centre)
    (shown,) = centre.client.get("/api/lists", headers=centre.headers).json()["lists"]
    assert (shown["list"], shown["sha256"], shown["received_at"]) == (made.watermark, clear, None)
    word = {"list": made.watermark, "word": "received", "at": NOW.isoformat(), "sha256": clear}
    assert centre.post("lists/confirm", word).status_code == 200
    gone = {"list": made.watermark, "word": "returned", "at": NOW.isoformat()}
    assert centre.post("lists/confirm", gone).status_code == 200
    assert centre.client.get("/api/lists", headers=centre.headers).json() == {"lists": []}
    assert centre.post("lists/confirm", {**word, "sha256": "1" * 64}).status_code == 422


def test_words_come_as_a_file_and_a_wrong_row_does_not_hold_up_the_others(world, handed):
    made, clear = handed
    text = (
        "list,word,at,sha256\r\n"
        f"{made.watermark},received,{NOW.isoformat()},{clear}\r\n"
        f"NOLIST,destroyed,{NOW.isoformat()},\r\n"
    )
    found = feed_files.read_words(
        actor=partner_actor(world.centre), partner=world.centre, name="lists-1.csv",
        data=text.encode(), now=NOW,
    )  # fmt: skip
    assert found.taken == 1 and "row 3" in found.problems[0]
    assert Custody.objects.get(release=made).how == "file"
