"""Nobody is called who should have been told where the data came from, and was not (GDPR Art. 14)."""

import io
from datetime import UTC, date, datetime

import pytest

from duecause.apps.catalogue.models import Wording
from duecause.apps.dialling import precall, release_actions
from duecause.apps.dialling.campaign_actions import apply_campaign
from duecause.apps.dialling.models import Attempt
from duecause.apps.notices.at_once import overdue
from duecause.apps.notices.clock import clock_of, counted
from duecause.apps.notices.models import Notice, NoticeBatch, NoticeExemption, NoticeRecord
from duecause.apps.parties.models import Source
from duecause.apps.register.models import Record
from duecause.engine.problems import Refused
from tests.apps.dialling.lists import (
    DAY,
    OWN_NUMBERS,
    TODAY,
    imported,
    load_dncm,
    reasons,
    screen,
    waterfall_adds_up,
)
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS = 32470000011, 32470000012
DUE = date(2026, 12, 2)  # one month after the recording of 2 November
AFTER = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def world():
    """Its one source is a seller of lists."""
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    Source.objects.update(kind=Source.Kind.THIRD_PARTY)
    world.source.refresh_from_db()
    load_dncm()
    return world


def say_it(world, *languages):
    """Let the script of the campaign carry the short notice."""
    for language in languages:
        text = Wording.objects.create(
            kind="notice", code="CALL-NOTICE", version="v1", language=language, text="Uw nummer …",
            valid_from=date(2026, 1, 1),
        )  # fmt: skip
        text.controllers.add(world.controller)
    world.campaign.notice, world.campaign.notice_version = "CALL-NOTICE", "v1"
    world.campaign.save()


def tell(person, *, on=TODAY, state=Notice.State.SENT):
    batch = NoticeBatch.objects.create(
        controller=person.records.get().source.controller, channel="post", made_at=NOW, actor="test"
    )
    notice = Notice.objects.create(batch=batch, person=person, language="nl", state=state, sent_on=on)
    for record in person.records.all():
        NoticeRecord.objects.create(notice=notice, record=record)
    return notice


def release(world, dial_list, now=NOW):
    return release_actions.release(actor=OPERATOR, dial_list=dial_list, now=now, out=io.BytesIO())


def ask(world, now, number=MILA):
    (decision,) = precall.decide(centre=world.centre, campaign="PUMP-BE", numbers=[f"+{number}"], now=now)
    return decision.reason or "allow"


def test_without_the_short_notice_in_the_script_nobody_is_called_before_being_told(world):
    person = imported(world, MILA)
    assert reasons(screen(world)) == [["notice_untold"]]
    tell(person)
    assert reasons(screen(world)) == [[]]


def test_with_the_short_notice_in_the_script_calls_may_begin_within_the_month(world):
    imported(world, MILA)
    say_it(world, "nl")
    dial_list = screen(world)
    assert reasons(dial_list) == [[]]
    assert dial_list.report["certificate"]["notice"]["short_notice"] == "CALL-NOTICE v1"
    assert dial_list.report["certificate"]["notice"]["reviewed_by"] is None
    assert release(world, dial_list).notice == "CALL-NOTICE v1"


def test_a_script_in_another_language_does_not_tell_this_person(world):
    imported(world, MILA, language="fr")
    imported(world, JONAS, language="nl")
    say_it(world, "nl")
    assert reasons(screen(world)) == [["notice_untold"], []]


def test_an_overdue_notice_blocks_whatever_the_script_says_and_the_waterfall_adds_up(world):
    imported(world, MILA)
    imported(world, JONAS)
    say_it(world, "nl")
    load_dncm(version_date=DUE)
    on_time = datetime(2026, 12, 2, 22, 30, tzinfo=UTC)  # 23:30 in Brussels
    assert reasons(screen(world, on=DUE, now=on_time)) == [[], []]
    late = screen(world, on=AFTER.date(), now=AFTER)
    assert reasons(late) == [["notice_overdue"], ["notice_overdue"]]
    assert waterfall_adds_up(late)
    assert late.report["waterfall"][-1]["code"] == "notice_overdue"


def test_data_of_the_person_or_of_the_company_need_no_such_notice(world):
    Source.objects.update(kind=Source.Kind.DATA_SUBJECT)
    imported(world, MILA)
    assert reasons(screen(world)) == [[]]
    Source.objects.update(kind=Source.Kind.PUBLIC)
    assert reasons(screen(world)) == [["notice_untold"]]


def test_only_a_recorded_exemption_with_a_reason_counts_and_only_while_it_runs(world):
    person = imported(world, MILA)
    one = NoticeExemption.objects.create(
        source=world.source, ground="told_by_source", because="Named us itself", proof="AM-2025-17/4",
        made_at=NOW, made_by="test", received_to=date(2026, 11, 1),
    )  # fmt: skip
    assert reasons(screen(world)) == [["notice_untold"]], "received on 2 November, after the day it covers"
    one.received_to = None
    one.save()
    assert reasons(screen(world)) == [[]]
    one.customers = True
    one.save()
    assert reasons(screen(world)) == [["notice_untold"]], "not a customer"
    one.customers, one.ended_at = False, NOW
    one.save()
    assert reasons(screen(world)) == [["notice_untold"]]
    one.person, one.ended_at = person, None
    one.save()
    assert reasons(screen(world)) == [[]]


def test_the_check_before_a_call_denies_once_the_month_is_over(world):
    person = imported(world, MILA)
    say_it(world, "nl")
    world.campaign.valid_days = 60
    world.campaign.save()
    load_dncm(version_date=date(2027, 1, 1))
    release(world, screen(world))
    assert ask(world, NOW + DAY) == "allow"
    assert ask(world, AFTER) == "denied"
    tell(person, on=AFTER.date())
    assert ask(world, AFTER) == "allow"


def test_a_notice_that_came_back_holds_the_row_back_at_the_release(world):
    person, other = imported(world, MILA), imported(world, JONAS)
    notice = tell(person)
    tell(other)
    dial_list = screen(world)
    assert reasons(dial_list) == [[], []]
    notice.state = Notice.State.BOUNCED
    notice.save()
    made = release(world, dial_list)
    assert made.rows == 1
    assert dial_list.report["held_back_at_release"] == {"notice_untold": 1}


def test_a_list_for_somebody_who_decides_for_itself_waits_for_the_notice(world):
    imported(world, MILA)
    say_it(world, "nl")
    world.centre.role = "controller"
    world.centre.save()
    (row,) = reasons(screen(world))
    assert "notice_untold" in row


def test_a_call_that_did_not_say_it_makes_the_notice_overdue_the_day_after(world):
    person = imported(world, MILA)
    notice = tell(person)
    made = release(world, screen(world))
    Attempt.objects.create(
        row=made.release_rows.get(person=person), at=NOW + DAY, outcome="answered", reported_at=NOW + DAY
    )
    notice.state = Notice.State.BOUNCED
    notice.save()
    same_day = counted(clock_of(world.source, NOW + DAY))
    assert (same_day.due, same_day.overdue) == (1, 0)
    next_day = counted(clock_of(world.source, NOW + 2 * DAY))
    assert (next_day.due, next_day.overdue) == (0, 1)


def test_the_day_of_a_consent_is_not_the_day_on_which_we_got_the_list(world):
    """The fixture's record rests on a consent of 3 March and was imported on 2 November."""
    person = imported(world, MILA)
    record = person.records.get()
    clock = clock_of(world.source, NOW)
    assert clock.standing(record).due == DUE
    batch = record.batch
    batch.sheets = [{"columns": [{"header": "Obtained", "field": "obtained_on"}]}]
    batch.save()
    clock = clock_of(world.source, NOW)
    assert clock.standing(record).due == date(2026, 4, 3)
    assert counted(clock).overdue == 1
    batch.sheets = []
    batch.save()
    Record.objects.update(basis="legitimate_interest")
    record.refresh_from_db()
    assert clock_of(world.source, NOW).standing(record).due == date(2026, 4, 3)


def test_counting_and_judging_one_by_one_agree(world):
    for number in range(6):
        person = imported(world, MILA + number, basis="legitimate_interest")
        day = date(2026, 9, 29) + DAY * number
        person.records.update(obtained_on=day if number else None, recorded_at=NOW)
    for days in range(12):
        clock = clock_of(world.source, NOW + DAY * days)
        states = [clock.standing(record).state for record in clock.open()]
        seen = counted(clock)
        assert (seen.overdue, seen.due) == (states.count("overdue"), states.count("due"))
        dues = [clock.standing(r).due for r in clock.open() if clock.standing(r).state == "due"]
        assert seen.next_due == min(dues, default=None)
        late = {record.pk for record in clock.open() if clock.standing(record).state == "overdue"}
        assert overdue(set(Record.objects.values_list("pk", flat=True)), NOW + DAY * days) == late


def test_a_campaign_cannot_name_a_notice_that_does_not_exist(world):
    wanted = {
        "code": "PUMP-BE", "name": "Heat pumps", "controller": "WARM", "brand": None,
        "purpose": "phone_sales", "channel": "call", "sector": "energy",
        "offer_families": ["heat_pump"], "countries": ["BE"],
        "release_fields": ["first_name"], "valid_days": 28, "ended_on": None,
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        apply_campaign(actor=OPERATOR, now=NOW, **wanted, notice="CALL-NOTICE", notice_version="v1")
    assert refused.value.code == "unknown_notice"
    say_it(world, "nl")
    apply_campaign(actor=OPERATOR, now=NOW, **wanted, notice="CALL-NOTICE", notice_version="v1")
    world.campaign.refresh_from_db()
    assert world.campaign.notice == "CALL-NOTICE"
