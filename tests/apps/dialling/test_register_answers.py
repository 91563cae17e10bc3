"""A register that gives out no file is asked about every number that would be called; a list waits for it."""

import io
import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from duecause.apps.consent import submission_actions
from duecause.apps.consent.models import NationalRegister, RegisterSubmission, SubmittedNumber
from duecause.apps.dialling import checking, precall, register_answers, release_actions
from duecause.apps.dialling.models import Campaign
from duecause.apps.ledger.models import Event
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import imported, reasons, screen, waterfall_adds_up
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
DAY = timedelta(days=1)
TODAY = NOW.date()
MARIO, LUCIA = 393331234501, 393331234502
BOTH = [f"+{MARIO}", f"+{LUCIA}"]


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = ["+390612345601", "+390612345602"]
    world.controller.save()
    Campaign.objects.update(countries=["IT"])
    world.campaign.refresh_from_db()
    NationalRegister.objects.create(code="IT-RPO", country="IT", name="RPO")
    for number in (MARIO, LUCIA):
        imported(world, number, country="IT")
    return world


def release(dial_list, now=NOW):
    return release_actions.release(actor=OPERATOR, dial_list=dial_list, now=now, out=io.BytesIO())


def submit(dial_list, now=NOW):
    return register_answers.submit(actor=OPERATOR, dial_list=dial_list, register="IT-RPO", now=now)


def lines(*numbers):
    return "".join(f"{number}\n" for number in numbers).encode()


def take(submission, *numbers, names="passed", on=TODAY, now=NOW, data=None, **given):
    return submission_actions.take_answer(
        actor=OPERATOR,
        submission=submission,
        data=lines(*numbers) if data is None else data,
        file_name="answer.txt",
        answered_on=on,
        names=names,
        now=now,
        **given,
    )


def refusal(act, *args, **given):
    with pytest.raises(Refused) as refused:
        act(*args, **given)
    assert str(MARIO) not in refused.value.problem.text
    return refused.value.code


def test_a_list_waits_for_the_answer_and_then_holds_until_it_has_run_out(world):
    dial_list = screen(world)
    assert reasons(dial_list) == [[], []]
    assert refusal(release, dial_list) == "register_unanswered"
    made, content = submit(dial_list)
    assert sorted(content.decode().split()) == BOTH
    assert refusal(release, dial_list) == "register_unanswered"
    take(made, *BOTH)
    given = release(dial_list)
    assert given.rows == 2
    assert release_actions.last_day(dial_list) == TODAY + 15 * DAY


def test_a_listed_number_is_held_back_at_the_release_and_at_the_next_screening(world):
    dial_list = screen(world)
    take(submit(dial_list)[0], BOTH[0])
    assert release(dial_list).rows == 1
    assert dial_list.report["held_back_at_release"] == {"register_it_rpo": 1}
    again = screen(world, centre=world.centre)
    assert sorted(map(tuple, reasons(again))) == [(), ("register_it_rpo",)]
    assert waterfall_adds_up(again)


def test_only_what_has_no_answer_is_submitted_again(world):
    take(submit(screen(world))[0], *BOTH)
    third = 393331234503
    imported(world, third, country="IT")
    later = screen(world)
    made, content = submit(later)
    assert content.decode().split() == [f"+{third}"]
    take(made, f"+{third}")
    assert release(later).rows == 3


def test_an_answer_runs_out_after_fifteen_days(world):
    take(submit(screen(world))[0], *BOTH)
    last, over = NOW + 15 * DAY, NOW + 16 * DAY
    assert refusal(release, screen(world, on=over.date(), now=over), over) == "register_unanswered"
    in_time = screen(world, on=last.date(), now=last)
    release(in_time, last)
    assert release_actions.last_day(in_time) == last.date()


def test_numbers_of_an_answer_that_has_run_out_are_kept_no_longer(world):
    old, _ = submit(screen(world))
    take(old, *BOTH)
    later = NOW + 20 * DAY
    register = NationalRegister.objects.get()
    new, _ = submission_actions.submit(actor=OPERATOR, register=register, numbers=[MARIO], now=later)
    take(new, BOTH[0], on=later.date(), now=later)
    assert (old.numbers.count(), new.numbers.count()) == (0, 1)
    assert RegisterSubmission.objects.get(pk=old.pk).rows == 2


def test_the_newest_answer_counts(world):
    first, _ = submit(screen(world))
    take(first, BOTH[0])
    later = NOW + DAY
    asked = submission_actions.submit(
        actor=OPERATOR,
        register=NationalRegister.objects.get(),
        numbers=[MARIO, LUCIA],
        now=later,
    )[0]
    take(asked, *BOTH, on=later.date(), now=later)
    assert reasons(screen(world, on=later.date(), now=later)) == [[], []]


def test_a_number_that_a_later_answer_lists_is_not_called_any_more(world):
    dial_list = screen(world)
    take(submit(dial_list)[0], *BOTH)
    release(dial_list)

    def ask(now):
        decisions = precall.decide(centre=world.centre, campaign="", numbers=BOTH, now=now)
        return [d.reason or "allow" for d in decisions]

    later = NOW + timedelta(hours=1)
    assert ask(later) == ["allow", "allow"]
    register = NationalRegister.objects.get()
    asked, _ = submission_actions.submit(actor=OPERATOR, register=register, numbers=[LUCIA], now=later)
    take(asked, BOTH[1], names="listed", now=later)
    assert ask(later + timedelta(minutes=1)) == ["allow", "denied"]
    found = checking.check(actor=OPERATOR, number=BOTH[1], campaign=world.campaign, now=later)
    assert any("Listed by IT-RPO in its answer of" in problem.text for problem in found.findings)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"on": TODAY + DAY}, "answer_future"),
        ({"on": TODAY - DAY}, "answer_before_submission"),
        ({"now": NOW + 16 * DAY}, "answer_stale"),
        ({"data": b"+393331234501\n+39333"}, "register_half_written"),
        ({"data": b""}, "register_empty"),
        ({"data": lines(BOTH[0], "+393339999999")}, "answer_to_others"),
        ({"sha256": "0" * 64}, "checksum_wrong"),
    ],
)
def test_a_doubtful_answer_is_refused_and_nothing_is_answered(world, given, code):
    made, _ = submit(screen(world))
    assert refusal(take, made, *BOTH, **given) == code
    assert not SubmittedNumber.objects.filter(listed__isnull=False).exists()
    assert RegisterSubmission.objects.get().answered_on is None


def test_an_answer_is_taken_once_and_an_empty_one_may_say_that_nobody_is_listed(world):
    made, _ = submit(screen(world))
    assert take(made, names="listed").listed == 0
    assert refusal(take, made, *BOTH) == "answer_taken"


def test_what_needs_no_answer_is_not_submitted(world):
    dial_list = screen(world)
    take(submit(dial_list)[0], *BOTH)
    assert refusal(submit, dial_list) == "nothing_to_submit"
    assert refusal(
        register_answers.submit, actor=OPERATOR, dial_list=dial_list, register="BE-DNCM", now=NOW
    ) == ("register_not_of_list")


def test_the_events_hold_counts_and_no_number(world):
    take(submit(screen(world))[0], *BOTH)
    events = Event.objects.filter(kind__startswith="consent.register_").order_by("at")
    assert [event.kind for event in events] == ["consent.register_asked", "consent.register_answered"]
    assert all(str(MARIO).encode() not in bytes(event.leaf_bytes) for event in events)


def test_a_team_lead_does_it_on_the_page_of_the_list(world, client, monkeypatch):
    from duecause.apps.dialling import answer_views, release_views, views

    class Frozen(type(NOW)):
        @classmethod
        def now(cls, tz=None):
            return NOW

    for module in (answer_views, release_views, views):
        monkeypatch.setattr(module, "datetime", Frozen)
    dial_list = screen(world)
    page = f"/lists/{dial_list.pk}/"
    client.force_login(world.employee("team_lead"))
    assert "2 of 2 numbers have no answer" in client.get(page).content.decode()
    file = client.post(f"{page}registers/IT-RPO/submit/")
    assert sorted(file.content.decode().split()) == BOTH
    shown = client.get(page).content.decode()
    assert "2 numbers submitted on" in shown and "+39" not in shown
    answer = {
        "answered_on": TODAY.isoformat(),
        "names": "passed",
        "file": SimpleUploadedFile("answer.txt", lines(BOTH[0])),
    }
    assert client.post(f"{page}registers/IT-RPO/answer/", answer).status_code == 302
    assert client.post(f"{page}release/").status_code == 200
    dial_list.release.refresh_from_db()
    certificate = json.loads(json.dumps(dial_list.release.certificate))
    assert certificate["released"] == 1
    [answered] = certificate["register_answers"]
    assert (answered["register"], answered["oldest_answer"]) == ("IT-RPO", TODAY.isoformat())
    assert answered["usable_until"] == (TODAY + 15 * DAY).isoformat()
    [hours] = certificate["calling_hours"]
    assert (hours["rule"], hours["hours"]["sun"]) == ("it-window-conduct-2023", [])
