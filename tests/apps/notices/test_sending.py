"""Letters and e-mails about data that came from others: what they say, that each goes out once, and proof."""

import csv
import io
import json
import zipfile
from datetime import date, timedelta

import pytest
from django.conf import settings as configured

from duecause.apps.catalogue.models import Purpose
from duecause.apps.consent import actions as consent
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import told as told_events
from duecause.apps.notices import letters, send_actions, sending, spool, watch_actions
from duecause.apps.notices.clock import clock_of, counted
from duecause.apps.notices.letters import Addressee
from duecause.apps.notices.models import Notice, NoticeBatch
from duecause.apps.obligations import runner
from duecause.apps.obligations.models import Step
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import Person
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.problems import Refused, Unavailable
from duecause.web.documents import html
from tests.apps.notices.listed import bought_world, confirmed, fetched, listed, plan, work
from tests.support import smtp
from tests.support.world import NOW, OPERATOR

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS, ANNA = 32470000011, 32470000012, 32470000013
LANGUAGES = [code for code, _ in configured.LANGUAGES]
HOSTILE = '"); #import "x"; #panic("<script>alert(1)</script>'


@pytest.fixture
def world():
    return bought_world()


@pytest.fixture
def relay(settings):
    with smtp.running() as server:
        settings.SMTP_HOST, settings.SMTP_PORT, settings.SMTP_SECURITY = "127.0.0.1", server.port, "none"
        settings.MAIL_FROM = "privacy@warm.example"
        yield server


def state(world, now=NOW):
    seen = counted(clock_of(world.source, now))
    return {"due": seen.due, "overdue": seen.overdue, "sent": seen.sent, "planned": seen.planned}


def text_of(world, person, language="nl", **to):
    clock = clock_of(world.source, NOW)
    pairs = [(clock, record) for record in clock.open().filter(person=person).select_related("source")]
    made = letters.letter(
        letters.setting_of(Controller.objects.get(), NOW),
        person=person,
        records=pairs,
        to=Addressee(**to),
        reference="R-1",
        language=language,
    )
    return letters.as_text(made.document), made


def test_a_letter_says_everything_that_article_14_asks_for(world):
    person = listed(world, MILA)
    said, made = text_of(world, person, name="Mila Test")
    for part in (
        "Beste Mila Test,",
        "Warm NV, Warmtelaan 1, 9000 Gent",
        "privacy@warm.example",
        "dpo@warm.example",
        "https://warm.example/privacy",
        "het adressenbedrijf Adresmarkt",
        "2 november 2026",
        "niet voor iedereen toegankelijk",
        "Telefoon",
        "Telefonische verkoop",
        "mensen over warmtepompen vertellen",
        "24 maanden na",
        "Centre A (België)",
        "Centre B (Nederland)",
        "Europese Economische Ruimte",
        "bezwaar maken",
        "wissen",
        "Gegevensbeschermingsautoriteit",
        "alleen door een computer",
    ):
        assert part in said, part
    assert made.version == "notice 1 (nl)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_parts_and_leaves_no_place_empty(world, language):
    person = listed(world, MILA)
    said, made = text_of(world, person, language)
    assert made.document.language == language
    assert "{" not in said
    assert len([block for block in made.document.blocks if type(block).__name__ == "Heading"]) == 8
    assert made.version == f"notice 1 ({language})"


def test_an_objector_is_told_too_and_no_marketing_is_named(world):
    person = listed(world, MILA)
    consent.record_objection(
        actor=OPERATOR, person=person, controller=world.controller, taking=consent.Taking(how="call"), now=NOW
    )
    said, _ = text_of(world, person)
    assert "Daar houden wij ons aan" in said
    assert "Telefonische verkoop" not in said
    assert "warmtepompen" not in said
    assert plan(world).people == 1


def test_a_hostile_name_stays_a_name_in_page_pdf_and_mail(world, relay):
    listed(
        world, MILA, first_name=HOSTILE, last_name="O’Neil\r\nBcc: all@example.org", email="mila@example.org"
    )
    listed(world, JONAS, first_name=HOSTILE, last_name="Test")
    for batch in plan(world).batches:
        work(batch)
    (_, recipient, mail), *more = relay.taken
    assert not more
    assert recipient == "mila@example.org"
    assert mail["Bcc"] is None
    page = mail.get_body(("html",)).get_content()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    letter = NoticeBatch.objects.get(channel="post")
    with zipfile.ZipFile(io.BytesIO(fetched(letter))) as file:
        (name,) = [each for each in file.namelist() if each.endswith(".pdf")]
        assert file.read(name).startswith(b"%PDF-")


def test_letters_go_to_the_print_shop_in_one_sealed_file_and_count_when_they_are_posted(world):
    person = listed(world, MILA)
    listed(world, JONAS, first_name="Jonas", street="Dorpsstraat 9")
    (batch,) = plan(world).batches
    assert work(batch) == 2
    assert b"Kerkstraat" not in spool.path_of(batch.pk).read_bytes()
    with zipfile.ZipFile(io.BytesIO(fetched(batch))) as file:
        lines = list(csv.DictReader(io.StringIO(file.read("addresses.csv").decode("utf-8-sig"))))
        assert sorted(line["name"] for line in lines) == ["Jonas Test-Peeters", "Mila Test-Peeters"]
        assert {line["street"] for line in lines} == {"Kerkstraat 1", "Dorpsstraat 9"}
        assert sorted(line["file"] for line in lines) == sorted(
            name for name in file.namelist() if name.endswith(".pdf")
        )
    assert state(world) == {"due": 2, "overdue": 0, "sent": 0, "planned": 2}
    assert confirmed(batch) == 2
    assert state(world) == {"due": 0, "overdue": 0, "sent": 2, "planned": 0}
    notice = Notice.objects.get(person=person)
    assert (notice.sent_on, notice.language, notice.version) == (date(2026, 11, 3), "nl", "notice 1 (nl)")
    assert len(notice.content_sha256) == 64
    assert Event.objects.filter(kind="notices.sent", person=person.pk).count() == 1


def test_a_confirmation_that_comes_again_changes_nothing(world):
    listed(world, MILA)
    (batch,) = plan(world).batches
    work(batch)
    fetched(batch)
    assert confirmed(batch) == 1
    events = Event.objects.count()
    assert confirmed(batch, on=date(2026, 11, 4)) == 0
    assert Event.objects.count() == events
    assert NoticeBatch.objects.get().posted_on == date(2026, 11, 3)
    with pytest.raises(Refused, match="confirmed"):
        fetched(batch)


@pytest.mark.parametrize("on", [date(2026, 11, 1), date(2026, 11, 5)])
def test_letters_cannot_be_posted_before_they_were_made_or_in_the_future(world, on):
    listed(world, MILA)
    (batch,) = plan(world).batches
    work(batch)
    fetched(batch)
    with pytest.raises(Refused) as refused:
        confirmed(batch, on=on)
    assert refused.value.code == "notice_posted_when"
    assert state(world)["sent"] == 0


def test_letters_that_nobody_fetched_were_not_posted(world):
    listed(world, MILA)
    (batch,) = plan(world).batches
    work(batch)
    with pytest.raises(Refused) as refused:
        confirmed(batch)
    assert refused.value.code == "notice_not_fetched"


def test_asking_twice_sends_once(world, relay):
    listed(world, MILA, email="mila@example.org")
    assert plan(world).people == 1
    assert plan(world).people == 0
    batch = NoticeBatch.objects.get()
    work(batch)
    work(batch)
    assert len(relay.taken) == 1
    assert plan(world).people == 0


def test_an_email_counts_when_the_relay_took_it(world, relay):
    person = listed(world, MILA, email="mila@example.org")
    (batch,) = plan(world).batches
    assert work(batch) == {"sent": 1, "bounced": 0}
    ((sender, recipient, mail),) = relay.taken
    assert (sender, recipient) == ("privacy@warm.example", "mila@example.org")
    assert mail["Subject"] == "Uw gegevens bij Warm NV"
    assert "het adressenbedrijf Adresmarkt" in mail.get_body(("plain",)).get_content()
    notice = Notice.objects.get(person=person)
    assert notice.state == "sent"
    assert mail["Message-ID"] == notice.message_id
    assert state(world) == {"due": 0, "overdue": 0, "sent": 1, "planned": 0}


def test_an_address_that_the_relay_refuses_is_due_again_by_letter(world, relay):
    listed(world, MILA, email="gone@example.org")
    relay.refuse["gone@example.org"] = 550
    (batch,) = plan(world).batches
    assert work(batch) == {"sent": 0, "bounced": 1}
    assert state(world) == {"due": 1, "overdue": 0, "sent": 0, "planned": 0}
    (again,) = plan(world).batches
    assert again.channel == "post"


def test_what_comes_back_later_is_due_again(world, relay):
    listed(world, MILA, email="mila@example.org")
    (batch,) = plan(world).batches
    work(batch)
    reference = relay.taken[0][2]["Message-ID"]
    for _ in range(2):
        assert send_actions.note_return(actor=OPERATOR, reference=reference, now=NOW).state == "bounced"
    assert Event.objects.filter(kind="notices.returned").count() == 1
    assert state(world)["due"] == 1
    assert [each.channel for each in plan(world).batches] == ["post"]


def test_a_relay_that_dies_half_way_gets_the_rest_later_and_nobody_twice(world, relay):
    for number in range(5):
        listed(world, MILA + number, email=f"person{number}@example.org")
    (batch,) = plan(world).batches
    relay.dies_after = 2
    with pytest.raises(Unavailable) as away:
        work(batch)
    assert "example.org" not in str(away.value)
    assert state(world)["sent"] == 2
    relay.dies_after = None
    assert work(batch) == {"sent": 3, "bounced": 0}
    recipients = [recipient for _, recipient, _ in relay.taken]
    assert sorted(recipients) == [f"person{number}@example.org" for number in range(5)]


def test_the_worker_tries_again_after_the_relay_was_away(world, relay):
    listed(world, MILA, email="mila@example.org")
    plan(world)
    relay.dies_after = 0
    step = Step.objects.get(obligation__kind=send_actions.MAILS)
    while runner.run_once("test"):
        pass
    step.refresh_from_db()
    assert (step.state, step.error["code"]) == ("due", "relay_unavailable")
    relay.dies_after = None
    Step.objects.filter(pk=step.pk).update(next_at=NOW - timedelta(days=1))
    while runner.run_once("test"):
        pass
    step.refresh_from_db()
    assert step.state == "done"
    assert len(relay.taken) == 1


def test_without_a_relay_everybody_with_an_address_gets_a_letter(world):
    listed(world, MILA, email="mila@example.org")
    assert [each.channel for each in plan(world).batches] == ["post"]
    with pytest.raises(Refused) as refused:
        plan(world, channel="email")
    assert refused.value.code == "no_relay"


def test_somebody_without_any_address_stays_due_and_is_counted(world):
    listed(world, MILA, street="", postcode="", city="")
    planned = plan(world)
    assert (planned.people, planned.unreachable, planned.batches) == (0, 1, ())
    assert state(world)["due"] == 1


def test_restricted_and_erased_people_are_not_written_to(world):
    held, gone, kept = (listed(world, MILA + n) for n in range(3))
    Person.objects.filter(pk=held.pk).update(restricted_at=NOW)
    (batch,) = plan(world).batches
    Person.objects.filter(pk=gone.pk).update(erased_at=NOW)
    assert work(batch) == 1
    assert {notice.person_id: notice.state for notice in Notice.objects.all()} == {
        gone.pk: "dropped",
        kept.pk: "planned",
    }
    seen = counted(clock_of(world.source, NOW))
    assert (seen.held, seen.open) == (1, 1)


def test_a_language_without_a_text_is_said_and_sent_to_nobody(world):
    person = listed(world, MILA, language="xx")
    (batch,) = plan(world).batches
    assert work(batch) == 0
    notice = Notice.objects.get(person=person)
    assert (notice.state, notice.why) == ("dropped", "no_text")
    assert state(world)["due"] == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda: Controller.objects.update(dpo=""), "letterhead_missing"),
        (lambda: Purpose.objects.update(interest={}), "interest_missing"),
    ],
)
def test_nothing_goes_out_while_the_organisation_has_not_said_what_a_notice_must_say(world, spoil, code):
    person = listed(world, MILA)
    spoil()
    with pytest.raises(Refused) as refused:
        text_of(world, person)
    assert refused.value.code == code


def test_two_records_of_one_person_make_one_letter(world):
    person, other = listed(world, MILA), listed(world, JONAS)
    other.records.update(person=person)
    (batch,) = plan(world).batches
    assert work(batch) == 1
    assert Notice.objects.get().covered.count() == 2


def test_nothing_personal_stands_in_steps_events_or_evidence(world, relay):
    listed(world, MILA, first_name="Kwikzilver", email="kwikzilver@example.org", street="Kwikstraat 7")
    (batch,) = plan(world).batches
    work(batch)
    kept = json.dumps(
        [
            list(Step.objects.values("receipt", "error", "obligation__facts")),
            list(Notice.objects.values()),
            list(NoticeBatch.objects.values()),
            [dict(payload) for _, payload in told_events("notices.", lambda payload: True, most=50)],
        ],
        default=str,
    ).lower()
    assert "kwik" not in kept


def test_the_hash_is_of_the_text_and_not_of_the_person(world):
    (one, two) = listed(world, MILA), listed(world, JONAS)
    first, second = (text_of(world, each, name=each_name)[1] for each, each_name in ((one, "A"), (two, "B")))
    assert first.content_sha256 == second.content_sha256
    world.controller.contact = "other@warm.example"
    world.controller.save()
    assert text_of(world, one, name="A")[1].content_sha256 != first.content_sha256


def test_an_alarm_comes_before_the_last_day_and_when_it_has_passed_and_once(world):
    listed(world, MILA)
    actor = Actor.job("test", "notices.send")
    assert watch_actions.watch(actor=actor, now=NOW)["alarms"] == 0
    soon = NOW + timedelta(days=25)
    assert watch_actions.watch(actor=actor, now=soon)["alarms"] == 1
    assert watch_actions.watch(actor=actor, now=soon)["alarms"] == 0
    assert watch_actions.watch(actor=actor, now=NOW + timedelta(days=31))["alarms"] == 1


def test_a_file_that_nobody_posted_ends_and_its_people_are_due_again(world):
    listed(world, MILA)
    (batch,) = plan(world).batches
    work(batch)
    actor = Actor.job("test", "notices.send")
    assert watch_actions.watch(actor=actor, now=NOW + timedelta(days=13))["files"] == 0
    assert watch_actions.watch(actor=actor, now=NOW + timedelta(days=15))["files"] == 1
    assert not spool.path_of(batch.pk).exists()
    assert Notice.objects.get().state == "dropped"
    assert plan(world).people == 1


def test_only_who_may_send_sends(world):
    listed(world, MILA)
    with pytest.raises(NotPermitted):
        send_actions.plan_notices(actor=world.actor("team_lead"), controller=world.controller, now=NOW)


def test_the_page_of_a_letter_is_the_same_text(world):
    person = listed(world, MILA)
    _, made = text_of(world, person, name="Mila")
    page = html(made.document).decode()
    assert "het adressenbedrijf Adresmarkt" in page
    assert '<html lang="nl"' in page


def test_the_seal_of_a_file_is_opened_by_the_gate_alone(world):
    listed(world, MILA)
    (batch,) = plan(world).batches
    work(batch)
    before = Event.objects.filter(kind="gate.spool").count()
    fetched(batch)
    assert Event.objects.filter(kind="gate.spool").count() == before + 1
    assert sending.OPEN == "notices"
