"""The pages and commands of notices: numbers lead to their rows, and what was done is said."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.urls import reverse

from duecause.apps.notices.models import Notice, NoticeBatch
from duecause.apps.register.models import Record
from duecause.cli import notices as commands
from duecause.engine.periods import local_day
from tests.apps.notices.listed import bought_world, listed, work

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
MILA, JONAS = 32470000011, 32470000012


@pytest.fixture
def world():
    """Mila's data came in just now, Jonas's seven weeks ago."""
    world = bought_world()
    now = datetime.now(UTC)
    for number, days in ((MILA, 0), (JONAS, 50)):
        Record.objects.filter(person=listed(world, number)).update(recorded_at=now - timedelta(days=days))
    return world


@pytest.fixture
def officer(world, client):
    client.force_login(world.employee("privacy_officer", "lotte"))
    return client


@pytest.fixture
def duecause(monkeypatch):
    monkeypatch.setattr(commands.founding, "require_founded", lambda: None)

    def run(*arguments):
        return CliRunner().invoke(commands.notices_group, arguments, standalone_mode=False)

    return run


def page(client, name, *args, query=""):
    return client.get(reverse(f"notices:{name}", args=args) + query).content.decode()


def test_the_overview_counts_by_source_and_each_number_leads_to_its_rows(world, officer):
    html = page(officer, "overview")
    for state in ("overdue", "due"):
        link = f"{reverse('notices:rows', args=[world.source.code])}?state={state}"
        assert link in html
        behind = page(officer, "rows", world.source.code, query=f"?state={state}")
        assert behind.count('scope="row"') == 1
    assert "not reviewed by counsel" in html
    assert "Mila" not in html


def test_letters_are_sent_fetched_and_confirmed_on_the_page(world, officer):
    officer.post(reverse("notices:send"), {"controller": world.controller.code})
    batch = NoticeBatch.objects.get()
    work(batch, now=datetime.now(UTC))
    fetched = officer.post(reverse("notices:fetch", args=[batch.pk]))
    assert fetched["Content-Type"] == "application/zip"
    assert fetched.content.startswith(b"PK")
    today = local_day(datetime.now(UTC), "BE")
    officer.post(reverse("notices:confirm", args=[batch.pk]), {"on": f"{today}"})
    html = page(officer, "batch", batch.pk)
    assert "confirmed by Test lotte" in html
    assert html.count("notice 1 (nl)") == 2
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize("on", ["", "soon", "2031-01-01"])
def test_a_day_that_cannot_be_is_refused_with_what_to_do(world, officer, on):
    officer.post(reverse("notices:send"), {"controller": world.controller.code})
    batch = NoticeBatch.objects.get()
    work(batch, now=datetime.now(UTC))
    officer.post(reverse("notices:fetch", args=[batch.pk]))
    answer = officer.post(reverse("notices:confirm", args=[batch.pk]), {"on": on})
    assert answer.status_code == 422
    assert not Notice.objects.filter(state="sent").exists()


def test_an_exemption_needs_ground_reason_and_proof(world, officer):
    address = reverse("notices:exempt", args=[world.source.code])
    given = {
        "ground": "told_by_source",
        "because": "The seller told them about us by name.",
        "proof": "archive 12",
    }
    for name in given:
        assert officer.post(address, {**given, name: ""}).status_code == 422
    assert officer.post(address, given).status_code == 302
    assert "archive 12" in page(officer, "rows", world.source.code)
    assert "state=exempt" in page(officer, "overview")


def test_the_command_counts_as_the_page_does_and_ends_with_1_while_something_is_overdue(world, duecause):
    done = duecause("due", "--json")
    (source,) = json.loads(done.output)["sources"]
    assert (source["overdue"], source["due"]) == (1, 1)
    assert done.return_value == 1
    text = duecause("due").output
    assert "1 overdue, 1 due" in text
    assert "not reviewed by counsel" in text


def test_the_commands_send_fetch_confirm_and_say_what_is_known(world, duecause, tmp_path):
    sent = json.loads(duecause("send", "--json").output)
    assert (sent["people"], sent["unreachable"]) == (2, 0)
    (batch,) = NoticeBatch.objects.all()
    work(batch, now=datetime.now(UTC))
    out = tmp_path / "letters.zip"
    duecause("fetch", str(batch.pk), "--out", str(out))
    assert out.read_bytes().startswith(b"PK")
    assert oct(out.stat().st_mode & 0o777) == "0o600"
    assert "2 people were told by post" in duecause("confirm", str(batch.pk)).output
    assert "Confirmed before" in duecause("confirm", str(batch.pk)).output
    (told,) = json.loads(duecause("status", "--json").output)
    assert told["notices"]["sent"] == 2
    assert duecause("due").return_value == 0
