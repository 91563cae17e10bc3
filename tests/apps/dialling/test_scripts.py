"""What is said on the telephone is versioned, known before the call and noted with it."""

import io
import json

import pytest
from click.testing import CliRunner

from duecause.apps.dialling import precall_actions, release_actions, script_actions, showing
from duecause.apps.dialling.attempt_actions import Call, return_attempts
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.models import Attempt, CallScript
from duecause.apps.dialling.precall import scripts_of
from duecause.apps.dialling.precall_actions import centre_actor
from duecause.apps.dialling.scripts import Text
from duecause.apps.ledger.models import Event
from duecause.apps.parties.actions import create_api_key
from duecause.cli.scripts import scripts_group
from duecause.engine.problems import Refused
from duecause.engine.screening.law import load_book
from duecause.packs import law
from tests.apps.dialling.lists import DAY, OWN_NUMBERS, imported, load_dncm, screen
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA = 32470000011
HOUR = DAY / 24
TODAY = NOW.date()
TEXT = Text(
    caller="U spreekt met Centre A.",
    on_behalf_of="Wij bellen voor Warm NV.",
    why="Het gaat over warmtepompen; dit is een verkoopgesprek.",
    privacy_policy="U leest alles op warm.example/privacy.",
    right_to_object="U mag nu en later zeggen dat wij u niet meer bellen.",
)


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = OWN_NUMBERS
    world.controller.save()
    load_dncm()
    imported(world, MILA)
    return world


def draft(world, language="nl", text=TEXT, now=NOW):
    return script_actions.draft_script(
        actor=OPERATOR, campaign=world.campaign, language=language, text=text, now=now
    )


def in_force(world, language="nl", first_day=TODAY, now=NOW):
    made = script_actions.put_in_force(
        actor=OPERATOR, script=draft(world, language, now=now), first_day=first_day, now=now
    )
    world.campaign.refresh_from_db()
    return made


def released(world):
    return release_actions.release(actor=OPERATOR, dial_list=screen(world), now=NOW, out=io.BytesIO())


def asked(world, now=NOW + HOUR):
    [answer] = precall_actions.precall(
        actor=centre_actor(world.centre), centre=world.centre, campaign="", numbers=[f"+{MILA}"], now=now
    )
    return scripts_of(answer, now)


def test_the_check_before_a_call_names_the_version_in_force_on_that_day(world):
    released(world)
    assert asked(world) == {}
    in_force(world)
    in_force(world, first_day=(NOW + 3 * DAY).date())
    draft(world)
    assert asked(world) == {"nl": "nl-1"}
    assert asked(world, NOW + 3 * DAY) == {"nl": "nl-2"}, "a draft is never read out"


def test_a_version_in_force_is_never_edited_and_the_ledger_proves_its_words(world):
    first = in_force(world)
    again = draft(world)
    assert (first.version, again.version) == (1, 2)
    with pytest.raises(Refused) as refused:
        script_actions.put_in_force(actor=OPERATOR, script=first, first_day=TODAY, now=NOW)
    assert refused.value.code == "script_in_force"
    assert Event.objects.filter(kind="dialling.script_in_force").count() == 1
    assert len(script_actions.sha256_of(first)) == 64


def test_a_waiting_draft_is_written_anew_and_a_day_that_is_over_is_refused(world):
    assert draft(world).pk == draft(world).pk and CallScript.objects.count() == 1
    with pytest.raises(Refused) as refused:
        script_actions.put_in_force(
            actor=OPERATOR, script=CallScript.objects.get(), first_day=(NOW - DAY).date(), now=NOW
        )
    assert refused.value.code == "script_in_the_past"


@pytest.mark.parametrize("part", ["caller", "on_behalf_of", "why", "privacy_policy", "right_to_object"])
def test_a_script_that_does_not_say_all_is_refused(world, part):
    words = {name: getattr(TEXT, name) for name in TEXT.__slots__} | {part: " "}
    with pytest.raises(Refused) as refused:
        draft(world, text=Text(**words))
    assert part in refused.value.problem.text and not CallScript.objects.exists()


def test_the_report_of_a_call_says_which_script_was_read_and_is_checked(world):
    made = released(world)
    in_force(world)
    in_force(world, first_day=(NOW + 3 * DAY).date())
    mark = made.release_rows.get(person__isnull=False).reference
    told = {"actor": partner_actor(world.centre), "partner": world.centre, "now": NOW + 2 * HOUR}
    calls = [
        Call(mark, NOW + HOUR, "answered", script="nl-1"),
        Call(mark, NOW + HOUR / 2, "answered", script="nl-2"),
        Call(mark, NOW + HOUR / 3, "answered", script="fr-1"),
    ]
    done = return_attempts(calls=calls, **told)
    assert Attempt.objects.get().script == "nl-1"
    assert [problem.code for problem in done.refused.values()] == ["attempt_unknown_script"] * 2
    assert "nl-3" in done.refused[1].text


def test_a_centre_fetches_the_texts_of_its_own_campaigns_alone(world, client, monkeypatch):
    from duecause.apps.dialling import script_api

    class Clock(script_api.datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW + HOUR

    monkeypatch.setattr(script_api, "datetime", Clock)
    released(world)
    in_force(world)
    draft(world, "fr")

    def fetched(centre):
        key = create_api_key(actor=OPERATOR, partner=centre, scopes=["precall"], now=NOW)
        return client.get("/api/scripts", headers={"authorization": f"Bearer {key}"}).json()["scripts"]

    [script] = fetched(world.centre)
    assert (script["campaign"], script["script"], script["in_force_from"]) == (
        "PUMP-BE",
        "nl-1",
        "2026-11-02",
    )
    assert {part: script[part] for part in TEXT.__slots__} == {
        part: getattr(TEXT, part) for part in TEXT.__slots__
    }
    assert fetched(world.other_centre) == []


def test_the_page_of_a_list_names_the_languages_nobody_has_a_script_for(world):
    listed = screen(world)
    assert showing.without_script(listed, NOW) == "Dutch"
    in_force(world)
    listed.campaign.refresh_from_db()
    assert showing.without_script(listed, NOW) == ""


def test_a_country_may_ask_for_a_script_before_the_release(world, monkeypatch):
    texts = law.country_texts()
    texts["be.yaml"] += (
        "\n  - id: be-in-call-test\n    kind: in_call\n    duties: [identify_caller]\n"
        "    script_required: true\n"
        "    valid_from: 2026-01-01\n    valid_to: null\n    law: Testwet art. 1\n"
        "    sources: [https://example.org]\n    confidence: M\n    reviewed_by: null\n"
    )
    book = load_book(texts)
    monkeypatch.setattr(law, "book", lambda: book)
    listed = screen(world)
    with pytest.raises(Refused) as refused:
        release_actions.release(actor=OPERATOR, dial_list=listed, now=NOW, out=io.BytesIO())
    assert refused.value.code == "script_missing" and "Testwet" in refused.value.problem.text
    in_force(world)
    listed.campaign.refresh_from_db()
    assert release_actions.release(actor=OPERATOR, dial_list=listed, now=NOW, out=io.BytesIO()).rows == 1


def test_the_commands_draft_put_into_force_and_write_files(world, tmp_path):
    file = tmp_path / "scripts.yaml"
    file.write_text(
        json.dumps({"nl": {part: getattr(TEXT, part) for part in TEXT.__slots__ if part != "short_notice"}})
    )

    def run(*words):
        done = CliRunner().invoke(scripts_group, [str(word) for word in words], standalone_mode=False)
        if done.exception:
            raise done.exception
        return done.output

    assert "nl-1" in run("draft", "PUMP-BE", file)
    assert "no script in force" in run("write", "PUMP-BE", tmp_path / "out")
    run("force", "PUMP-BE", "nl-1")
    run("write", "PUMP-BE", tmp_path / "out")
    assert TEXT.right_to_object in (tmp_path / "out" / "script-PUMP-BE-nl-1.txt").read_text()
