"""Customer service signs a version once, in the ledger; what changes later is shown until it is signed."""

import pytest

from duecause.apps.catalogue.models import Field, RetentionRule, Wording
from duecause.apps.evidence import actions, changing, queries
from duecause.apps.evidence.filters import scope_of
from duecause.apps.evidence.models import SignOff
from duecause.apps.evidence.record import assemble
from duecause.apps.home import due
from duecause.apps.ledger.models import Event
from duecause.engine.actor import NotPermitted
from duecause.engine.problems import Refused
from tests.apps.evidence.records import company, hand_out, signed_in
from tests.support.world import NOW

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]


@pytest.fixture
def world():
    return company()


def sign(world, profile="team_lead"):
    scope = scope_of("")
    version = assemble(scope, now=NOW).version
    return actions.sign_off(actor=world.actor(profile), scope=scope, version=version, now=NOW)


def changes():
    return changing.rows(queries.standing(scope_of(""), now=NOW))


def test_a_signature_names_the_version_and_the_person_and_is_in_the_ledger(world):
    signed = sign(world)
    assert signed.actor.startswith("employee:") and queries.standing(scope_of(""), now=NOW).signed
    assert Event.objects.get(kind="evidence.signed_off").uid == signed.event


def test_changes_since_are_named_field_by_field_with_before_and_after(world):
    sign(world)
    assert changes() == []
    RetentionRule.objects.update(months=36)
    Field.objects.filter(code="phone").update(law_class="communications", perception=4)
    found = {what: (before, after) for what, before, after in changes()}
    assert found["Purpose “Sales by telephone”: kept"] == (
        "24 months after the last contact: erased",
        "36 months after the last contact: erased",
    )
    assert found["Field “phone”: class by law"] == ("Ordinary", "Content and traffic of communications")
    assert found["Field “phone”: felt as private"][1].startswith("4 of 5")
    assert len(found) == 3


def test_a_new_wording_and_a_new_recipient_are_whole_entries(world):
    sign(world)
    Wording.objects.update(version="v5", text="Warm NV mag mij bellen, ook ’s avonds.")
    hand_out(world)
    found = {what: (before, after) for what, before, after in changes()}
    assert found["Wording “WEB-CALL v4 nl”"][1] == ""
    assert "ook ’s avonds" in found["Wording “WEB-CALL v5 nl”"][1]
    assert "agreements: Processor contract DPA-1" in found["Recipient “Centre A”"][1]
    assert found["Activity “Selling by telephone”: recipients"] == ("", "Centre A")


def test_what_changed_while_it_was_read_is_not_signed(world):
    scope = scope_of("")
    version = assemble(scope, now=NOW).version
    RetentionRule.objects.update(months=12)
    with pytest.raises(Refused, match="changed while you read it"):
        actions.sign_off(actor=world.actor("team_lead"), scope=scope, version=version, now=NOW)
    assert not SignOff.objects.exists()


def test_a_version_is_signed_once(world):
    sign(world)
    with pytest.raises(Refused, match="already"):
        sign(world)
    assert SignOff.objects.count() == 1


def test_going_back_to_an_earlier_version_needs_a_signature_of_its_own(world):
    sign(world)
    RetentionRule.objects.update(months=12)
    sign(world)
    RetentionRule.objects.update(months=24)
    assert not queries.standing(scope_of(""), now=NOW).signed
    sign(world)
    assert SignOff.objects.count() == 3


def test_the_privacy_officer_reads_but_does_not_sign_for_customer_service(world):
    with pytest.raises(NotPermitted):
        sign(world, "privacy_officer")
    assert "evidence/record/sign/" not in signed_in(world).get("/evidence/record/sign-off/").content.decode()


def test_an_unsigned_change_is_due_for_who_signs_until_it_is_signed(world):
    lead = world.actor("team_lead")

    def titles():
        return [one.title for one in due.queue(lead, NOW) if one.href and "sign-off" in one.href]

    assert titles() == ["Record of processing activities of Warm NV was never signed off"]
    assert queries.due_for(lead) == 1
    sign(world)
    assert titles() == [] and queries.due_for(lead) == 0
    RetentionRule.objects.update(months=36)
    assert titles() == ["Record of processing activities of Warm NV: 1 change since it was signed off"]
    assert not [
        one for one in due.queue(world.actor("privacy_officer"), NOW) if "sign-off" in (one.href or "")
    ]


def test_the_page_signs_and_then_says_so(world):
    client = signed_in(world, "team_lead")
    version = assemble(scope_of(""), now=NOW).version
    given = {"of": "controller.WARM", "version": version}
    assert f'value="{version}"' in client.get("/evidence/record/sign-off/").content.decode()
    answer = client.post("/evidence/record/sign/", given, follow=True)
    assert answer.status_code == 200 and "Signed off as it is" in answer.content.decode()
    again = client.post("/evidence/record/sign/", given)
    assert again.status_code == 422 and "already" in again.content.decode()
