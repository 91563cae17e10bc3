"""A directory of employees keeps our accounts: who comes, who moves, who leaves, in the words of SCIM 2.0 and
in those of Entra ID."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from duecause.apps.directory import actions, queries
from duecause.apps.directory.models import Directory
from duecause.apps.gate.models import Alarm
from duecause.apps.ledger.models import Event
from duecause.apps.ledger.queries import records_of
from duecause.apps.staff.models import Employee
from duecause.cli.directory import directory_group
from duecause.organisation import founding
from tests.support.world import NOW, OPERATOR, World, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
EVA = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "eva.example@company.example",
    "externalId": "oid-1",
    "name": {"givenName": "Eva", "familyName": "Voorbeeld"},
    "emails": [{"value": "eva@company.example", "primary": True}],
    "phoneNumbers": [{"value": "+32470000123", "type": "mobile"}],
    "preferredLanguage": "nl-BE",
    "password": "taken-from-nobody",
    "active": True,
}
INBOUND, LEAD = "duecause-inbound", "duecause-team_lead"


class Provider:
    """What speaks for the directory."""

    def __init__(self, code: str = "ENTRA") -> None:
        directory = actions.set_up(actor=OPERATOR, code=code, name="Entra ID", now=NOW)
        self.key = actions.make_key(actor=OPERATOR, directory=directory, now=NOW)

    def __call__(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """(status, document)."""
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer = Client().generic(
            method, f"/scim/v2/{path}", content, content_type="application/scim+json", headers=headers
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        return self("PATCH", path, {"Operations": list(operations)})

    def member(self, group: str, account: str, op: str = "add") -> Any:
        return self.patch(f"Groups/{group}", {"op": op, "path": "members", "value": [{"value": account}]})


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def entra(world: World) -> Provider:
    return Provider()


@pytest.fixture
def eva(entra: Provider) -> str:
    status, made = entra("POST", "Users", EVA)
    assert status == 201
    return str(made["id"])


def test_who_comes_has_an_account_that_can_do_nothing_until_a_group_gives_a_profile(entra, eva):
    account = Employee.objects.get(pk=eva)
    assert (account.display_name, account.language, account.profile) == ("Eva Voorbeeld", "nl", "")
    assert not account.has_usable_password(), "a password said by a directory is not taken"
    client = Client()
    client.force_login(account)
    assert client.get("/desk/").status_code == 403
    assert entra.member(INBOUND, eva)[0] == 200
    assert client.get("/desk/").status_code == 200
    assert entra("GET", f"Users/{eva}")[1]["groups"] == [{"value": INBOUND, "display": INBOUND}]


def test_of_what_a_directory_says_only_what_has_a_purpose_is_kept(eva):
    stored = str(Employee.objects.filter(pk=eva).values().get())
    assert "32470000123" not in stored and "eva@company.example" not in stored
    [event] = list(Event.objects.filter(kind="staff.employee_changed").order_by("-pk")[:1])
    written = json.dumps(records_of([event]), default=str)
    assert "Voorbeeld" not in written and "eva.example" not in written and "ENTRA" in written


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": False},
        {"op": "Replace", "path": "active", "value": "False"},  # Entra ID
        {"op": "replace", "value": {"active": False}},  # Okta
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": "false"},
    ],
)
def test_who_leaves_is_out_at_the_next_request_and_a_later_try_alarms(entra, eva, operation):
    entra.member(INBOUND, eva)
    client = Client()
    client.force_login(Employee.objects.get(pk=eva))
    assert client.get("/desk/").status_code == 200
    status, said = entra.patch(f"Users/{eva}", operation)
    assert (status, said["active"], said["groups"]) == (200, False, [])
    assert client.get("/desk/").status_code == 302
    assert Alarm.objects.filter(employee_id=eva, kind="account").count() == 1


def test_a_replayed_activation_opens_nothing(entra, eva):
    """The account wakes, and the profile does not come back with it."""
    entra.member(LEAD, eva)
    entra.patch(f"Users/{eva}", {"op": "replace", "path": "active", "value": False})
    assert entra.member(LEAD, eva)[0] == 200, "a closed account takes no profile, and the directory goes on"
    entra.patch(f"Users/{eva}", {"op": "replace", "path": "active", "value": True})
    assert Employee.objects.get(pk=eva).profile == ""


def test_who_moves_has_one_profile_at_a_time(entra, eva):
    entra.member(INBOUND, eva)
    entra.member(LEAD, eva)
    entra.member(INBOUND, eva, op="Remove")
    assert Employee.objects.get(pk=eva).profile == "team_lead"
    status, group = entra("GET", f"Groups/{LEAD}")
    assert (status, [one["value"] for one in group["members"]]) == (200, [eva])
    entra.patch(f"Groups/{LEAD}", {"op": "remove", "path": f'members[value eq "{eva}"]'})
    assert Employee.objects.get(pk=eva).profile == ""


def test_who_is_deleted_is_gone_to_the_directory_and_may_come_back_without_the_old_profile(entra, eva):
    entra.member(LEAD, eva)
    assert entra("DELETE", f"Users/{eva}") == (204, None)
    assert entra("GET", f"Users/{eva}")[0] == 404
    assert entra("GET", 'Users?filter=userName eq "eva.example@company.example"')[1]["totalResults"] == 0
    status, back = entra("POST", "Users", EVA)
    assert (status, back["id"], back["active"], back["groups"]) == (201, eva, True, [])


def test_a_directory_finds_accounts_by_name_in_any_case_and_by_its_own_id(entra, eva):
    for asked in ('userName eq "EVA.Example@company.example"', 'externalId eq "oid-1"', f'id eq "{eva}"'):
        status, listed = entra("GET", f"Users?filter={asked}")
        assert (status, [one["id"] for one in listed["Resources"]]) == (200, [eva]), asked
    assert entra("GET", "Users?startIndex=1&count=0")[1]["Resources"] == []


def test_the_same_said_twice_writes_nothing_twice(entra, eva):
    before = Event.objects.count()
    assert entra("PUT", f"Users/{eva}", EVA)[0] == 200
    assert (
        entra.patch(f"Users/{eva}", {"op": "replace", "path": "displayName", "value": "Eva Voorbeeld"})[0]
        == 200
    )
    assert Event.objects.count() == before


def test_two_directories_and_the_agents_of_partners_are_apart(world, entra, eva):
    other = Provider("OKTA")
    agent = world.employee("outbound")
    Employee.objects.filter(pk=agent.pk).update(partner=world.centre)
    for account in (eva, agent.pk):
        assert other("GET", f"Users/{account}")[0] == 404
        assert other.patch(f"Users/{account}", {"op": "replace", "path": "active", "value": False})[0] == 404
    assert other.member(LEAD, eva)[0] == 404
    assert Employee.objects.filter(pk__in=(eva, agent.pk), is_active=True).count() == 2


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("POST", "Users", EVA, 409, "uniqueness"),
        ("POST", "Users", {"name": {"formatted": "No name"}}, 400, "invalidValue"),
        ("POST", "Users", b"{not json", 400, "invalidSyntax"),
        ("POST", "Users", b"[" * 100_000, 400, "invalidSyntax"),
        ("POST", "Users", [1], 400, "invalidSyntax"),
        ("POST", "Users", {"userName": "a\nb"}, 400, "invalidValue"),
        ("POST", "Users", {"userName": "x" * 300}, 400, "invalidValue"),
        ("POST", "Users", {"userName": "x", "active": "perhaps"}, 400, "invalidValue"),
        ("GET", 'Users?filter=emails.value co "a"', None, 400, "invalidFilter"),
        ("GET", 'Users?filter=userName eq "a" or userName eq "b"', None, 400, "invalidFilter"),
        ("GET", "Users?startIndex=first", None, 400, "invalidValue"),
        (
            "PATCH",
            f"Groups/{INBOUND}",
            {"Operations": [{"op": "remove", "path": "members"}]},
            400,
            "noTarget",
        ),
        ("PATCH", f"Groups/{INBOUND}", {"Operations": []}, 400, "invalidSyntax"),
        ("PATCH", f"Groups/{INBOUND}", {"Operations": [{"op": "move"}]}, 400, "invalidSyntax"),
        ("PATCH", "Groups/duecause-king", {"Operations": [{"op": "add"}]}, 404, None),
        ("GET", "Users/not-an-id", None, 404, None),
    ],
)
def test_what_cannot_be_done_is_said_in_the_form_of_the_protocol(
    entra, eva, method, path, body, status, kind
):
    before = list(Employee.objects.order_by("pk").values())
    got, said = entra(method, path, body)
    assert (got, said["status"], said.get("scimType")) == (status, str(status), kind)
    assert said["detail"] and said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert list(Employee.objects.order_by("pk").values()) == before


def test_nothing_opens_without_the_key_and_the_key_before_has_ended(entra, eva):
    old = entra.key
    directory = Directory.objects.get()
    entra.key = actions.make_key(actor=OPERATOR, directory=directory, now=NOW)
    for key in (old, "", "dc_00000000_x", entra.key + "x"):
        assert entra("GET", "Users", key=key)[0] == 401
    assert entra("GET", "Users")[0] == 200
    actions.end(actor=OPERATOR, directory=directory, now=NOW)
    assert entra("GET", "Users")[0] == 401


def test_a_directory_is_set_up_on_the_command_line(world, monkeypatch):
    monkeypatch.setattr(founding, "require_founded", lambda: None)
    run = CliRunner().invoke
    assert run(directory_group, ["set", "ENTRA", "--name", "Entra ID"]).exit_code == 0
    key = run(directory_group, ["key", "ENTRA"]).stdout.strip()
    assert queries.directory_by_key(key) == Directory.objects.get()
    assert "has a key; keeps 0 accounts" in run(directory_group, ["status"]).stdout
    run(directory_group, ["end", "ENTRA"])
    assert queries.directory_by_key(key) is None
