from importlib.resources import files

import pytest
import yaml
from django.test import Client

from duecause.apps.catalogue.models import Wording
from duecause.apps.dialling.models import Campaign
from duecause.apps.gate.actors import actor_of
from duecause.apps.ledger import upserts
from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import Controller, Source
from duecause.apps.staff.models import Employee, EmployeeIdentifier
from duecause.apps.vault.indexes import lookup_token
from duecause.engine.actor import NotPermitted
from duecause.organisation import applying, schema, showing
from duecause.organisation.loading import FileRefused
from duecause.packs import law
from tests.organisation.files import FILE, NOW, OPERATOR, SMALL, apply, line_of, plan

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_applying_creates_what_the_file_says():
    done = apply(SMALL)
    assert all(change.created for change in done.changes)
    assert Source.objects.get(code="WEB").controller == Controller.objects.get(code="KLEIN")
    assert [c.code for c in Wording.objects.get(version="v1").controllers.all()] == ["KLEIN"]


def test_applying_twice_changes_nothing_and_writes_no_event():
    apply(SMALL)
    events = Event.objects.count()
    again = apply(SMALL)
    assert (again.changes, again.same) == ((), 10)
    assert Event.objects.count() == events
    assert plan(SMALL).changes == ()


def test_the_plan_shows_what_applying_then_changes():
    planned = plan(SMALL)
    assert not Controller.objects.exists()
    assert Event.objects.count() == 0
    done = apply(SMALL)
    assert [(c.noun, c.key, set(c.names)) for c in done.changes] == [
        (c.noun, c.key, set(c.names)) for c in planned.changes
    ]


def test_a_new_name_is_shown_from_old_to_new():
    apply(SMALL)
    planned = plan(SMALL.replace("name: Heat pumps", "name: Heat pumps 2027"))
    assert list(showing.lines(planned)) == [
        "~ campaign PUMPS",
        "    name: Heat pumps → Heat pumps 2027",
        "0 new, 1 changed, 9 unchanged.",
    ]


def test_an_unknown_reference_is_named_with_its_line_and_the_known_ones():
    text = SMALL.replace("controller: KLEIN\n    purpose", "controller: KLIEN\n    purpose")
    with pytest.raises(FileRefused) as refused:
        applying.read(text, file=FILE)
    [problem] = refused.value.problems
    assert f"line {line_of(text, 'KLIEN')}" in problem.text
    assert "Did you mean “KLEIN”? Known: KLEIN." in problem.text


def test_a_file_with_one_part_may_name_what_was_applied_before():
    apply(SMALL)
    part = SMALL[SMALL.index("campaigns:") : SMALL.index("teams:")].replace("PUMPS", "PUMPS-2")
    assert [change.key for change in apply(f"organisation: Klein\n{part}").changes] == ["PUMPS-2"]


def test_what_people_agreed_to_stays_what_it_was():
    apply(SMALL)
    text = SMALL.replace("Klein BV mag mij bellen.", "Iedereen mag mij bellen.")
    with pytest.raises(FileRefused) as refused:
        plan(text)
    [problem] = refused.value.problems
    assert f"line {line_of(text, '      - code: WEB')}" in problem.text
    assert "Add a new version" in problem.text
    start = "        valid_from: 2026-01-01\n"
    ended = SMALL.replace(start, f"{start}        valid_to: 2026-06-30\n")
    assert [change.names for change in apply(ended).changes] == [("valid_to",)]


def test_a_failure_in_the_middle_leaves_nothing_behind(monkeypatch):
    def fail(**_):
        raise RuntimeError

    monkeypatch.setattr("duecause.apps.staff.actions.apply_team", fail)
    with pytest.raises(RuntimeError):
        apply(SMALL)
    assert not Controller.objects.exists()
    assert not Event.objects.exists()


def test_an_employees_own_identifiers_are_kept_as_tokens_only():
    planned = plan(SMALL)
    apply(SMALL)
    tokens = {(row.kind, bytes(row.token)) for row in EmployeeIdentifier.objects.all()}
    assert tokens == {
        ("phone", lookup_token("phone", "31610000999")),
        ("email", lookup_token("email", "anna@example.org")),
    }
    shown = "\n".join(showing.lines(planned)) + repr(planned)
    assert "610000999" not in shown
    assert "example.org" not in shown
    left = apply(SMALL.replace("    own_emails: [Anna@Example.org]\n", ""))
    assert [change.names for change in left.changes] == [("identifiers",)]
    assert EmployeeIdentifier.objects.count() == 1


def test_events_tell_of_an_employee_by_id_and_never_by_name(monkeypatch):
    payloads = []
    recorded = upserts.record
    monkeypatch.setattr(
        upserts, "record", lambda **event: (payloads.append(event["payload"]), recorded(**event))
    )
    apply(SMALL)
    told = str(payloads)
    assert "'changed'" in told
    assert not any(word in told for word in ("anna", "Anna", "610000999", "31201099901"))
    assert str(Employee.objects.get(username="anna").pk) in told


def test_a_later_apply_leaves_a_password_that_somebody_chose():
    apply(SMALL)
    anna = Employee.objects.get(username="anna")
    assert anna.check_password("a-long-demo-word")
    anna.set_password("chosen by anna herself")
    anna.save()
    apply(SMALL.replace("a-long-demo-word", "another-demo-word"))
    anna.refresh_from_db()
    assert anna.check_password("chosen by anna herself")


def test_somebody_who_left_is_out_at_the_next_request():
    apply(SMALL)
    browser = Client()
    browser.force_login(Employee.objects.get(username="anna"))
    apply(SMALL.replace("    team: sales\n", "    team: sales\n    is_active: false\n"))
    assert actor_of(Employee.objects.get(username="anna")).functions == frozenset()
    assert browser.get("/desk/").status_code == 302


def test_an_agent_may_not_apply_a_file():
    apply(SMALL)
    agent = actor_of(Employee.objects.get(username="anna"))
    changed = applying.read(SMALL.replace("name: Heat pumps", "name: Other"), file=FILE)
    with pytest.raises(NotPermitted):
        applying.apply(changed, actor=agent, now=NOW)
    assert Campaign.objects.get(code="PUMPS").name == "Heat pumps"


def demo() -> schema.Organisation:
    return applying.read(files("duecause.packs").joinpath("demo", "org.yaml").read_text("utf-8"), file=FILE)


def test_the_demonstration_has_what_the_guided_path_needs():
    organisation = demo()
    applying.apply(organisation, actor=OPERATOR, now=NOW)
    assert {entry.code for entry in organisation.sources} == {
        "WEBSHOP-BE",
        "FAIR-BE",
        "BROKER-NL",
        "CUSTOMERS-BE",
        "CUSTOMERS-NL",
        "PARTNER-FR",
        "LEADS-PL",
        "CALLBACK-NL",
    }
    assert set(Employee.objects.values_list("profile", flat=True)) == set(schema.profiles())
    assert applying.plan(organisation, file=FILE).changes == ()


def test_the_french_campaign_is_in_a_sector_that_the_law_bans():
    renovation = next(entry for entry in demo().campaigns if entry.code == "RENOVATION-FR")
    assert renovation.countries == ("FR",)
    assert renovation.sector in law_sectors()


def law_sectors() -> set[str]:
    texts = law.country_texts().values()
    rules = [rule for text in texts for rule in yaml.safe_load(text)["rules"]]
    return {rule["sector"] for rule in rules if rule["kind"] == "sector_ban"}


def test_a_campaign_can_name_every_sector_that_a_law_bans():
    assert law_sectors() <= set(schema.sectors())
