"""Policies come into force by two persons; every process takes them up; any decision can be asked again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from duecause.apps.gate import actions as gate
from duecause.apps.gate import policies, policy_actions, policy_replay
from duecause.apps.gate.facts import Reason
from duecause.apps.gate.policy_models import PolicyRelease, PolicyVersion
from duecause.apps.ledger.models import Event
from duecause.engine.actor import NotPermitted
from duecause.engine.policy.differences import differences
from duecause.engine.problems import Refused
from duecause.packs import policies as packed
from tests.support.world import make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
CALLER = Reason(link="caller", purpose="customer_care")
WHY = "Agents need no notes for a first call."
FUNCTIONS = ('Function::"gate.policies"', 'Function::"gate.policies_approve"')
OFFICER_FUNCTIONS = (
    'Function::"gate.policies_read",\n   Function::"gate.policies", Function::"gate.policies_approve"]',
    'Function::"gate.policies_read"]',
)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def officers(world):
    return world.actor("privacy_officer"), world.actor("privacy_officer")


def shipped():
    return packed.texts()["policies"]


def without_notes():
    """Inbound agents see no notes any more."""
    text = shipped()
    start = text.index('@id("inbound-view")')
    head, tail = text[:start], text[start:]
    return head + tail.replace(', Field::"notes"]', "]", 1).replace(',\n   Field::"notes"]', "]", 1)


def adding(lines):
    return f"{shipped()}\n{lines}\n"


def released(officers, text, now):
    first, second = officers
    release = policy_actions.propose(actor=first, text=text, why=WHY, now=now)
    return policy_actions.approve(actor=second, release=release, now=now)


def look(world, person, now, profile="inbound", **asked):
    return gate.reveal(actor=world.actor(profile), person=person.pk, reason=CALLER, now=now, **asked)


def refused(text):
    with pytest.raises(Refused) as caught:
        policy_actions.check(text)
    return caught.value


def test_what_ships_is_kept_from_the_start_and_in_force(world):
    assert PolicyVersion.objects.filter(version=policies.packaged().version).exists()
    policies.look(now=True)
    assert policies.running() is policies.packaged()


def test_who_proposes_does_not_approve(world, officers, now):
    release = policy_actions.propose(actor=officers[0], text=without_notes(), why=WHY, now=now)
    with pytest.raises(Refused) as caught:
        policy_actions.approve(actor=officers[0], release=release, now=now)
    assert caught.value.code == "policy_same_person"
    policies.look(now=True)
    assert policies.running() is policies.packaged()
    policy_actions.approve(actor=officers[1], release=release, now=now)
    policies.look(now=True)
    assert policies.running().version == release.version.version
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {"gate.policy_proposed", "gate.policy_released"} <= kinds


@pytest.mark.parametrize("profile", ["inbound", "team_lead", "auditor", "administrator"])
def test_only_those_who_may_approve_do(world, officers, now, profile):
    release = policy_actions.propose(actor=officers[0], text=without_notes(), why=WHY, now=now)
    with pytest.raises(NotPermitted):
        policy_actions.approve(actor=world.actor(profile), release=release, now=now)


def test_the_next_request_is_decided_by_the_new_lines(world, officers, now):
    client = Client()
    client.force_login(world.employee("inbound"))
    assert client.get("/desk/").status_code == 200
    text = shipped().replace(
        '[Profile::"inbound", Profile::"outbound"].contains(principal)\n  && [Function::"desk.use"',
        '[Profile::"outbound"].contains(principal)\n  && [Function::"desk.use"',
    )
    assert text != shipped()
    released(officers, text + '\n// They wait.\n@id("wait")\npermit (principal == Profile::"inbound",'
        ' action == Action::"use", resource == Function::"parties.read");\n', now)  # fmt: skip
    policies._in_force.looked = float("-inf")  # a second has gone by
    assert client.get("/desk/").status_code == 403
    assert client.get("/partners/").status_code == 200


def test_one_request_is_decided_by_one_set_to_its_end(world, officers, now):
    with policies.one_policy_set() as began_with:
        released(officers, without_notes(), now)
        policies.look(now=True)
        assert policies.engine() is began_with is not policies.running()
    assert policies.engine() is policies.running()


def test_rolling_back_is_a_release_of_the_older_lines(world, officers, now):
    released(officers, without_notes(), now)
    policies.look(now=True)
    back = policy_actions.propose(actor=officers[1], text=shipped(), why="Notes were needed.", now=now)
    policy_actions.approve(actor=officers[0], release=back, now=now)
    policies.look(now=True)
    assert policies.running().version == policies.packaged().version
    assert list(PolicyRelease.objects.order_by("number").values_list("number", "state")) == [
        (1, "replaced"),
        (2, "in_force"),
    ]


def test_a_second_proposal_waits_for_the_first(world, officers, now):
    policy_actions.propose(actor=officers[0], text=without_notes(), why=WHY, now=now)
    with pytest.raises(Refused) as caught:
        policy_actions.propose(actor=officers[1], text=adding("// x"), why=WHY, now=now)
    assert caught.value.code == "policy_waiting"


def test_a_refused_proposal_changes_nothing_and_cannot_be_approved(world, officers, now):
    release = policy_actions.propose(actor=officers[0], text=without_notes(), why=WHY, now=now)
    policy_actions.refuse(actor=officers[0], release=release, now=now)
    with pytest.raises(Refused) as caught:
        policy_actions.approve(actor=officers[1], release=release, now=now)
    assert caught.value.code == "policy_decided"


def test_two_persons_must_be_left_to_change_the_policies_again(world, officers):
    world.employee("team_lead")
    lead = (
        '// Leads.\n@id("x")\npermit (principal == Profile::"team_lead", action == Action::"use", resource)\n'
    )
    lead += f"when {{ [{', '.join(FUNCTIONS)}].contains(resource) }};"
    text = shipped().replace(*OFFICER_FUNCTIONS)
    assert text != shipped()
    assert refused(f"{text}\n{lead}\n").code == "policy_two_persons"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ('@id("x")\nforbid (principal, action, resource);', "policy_locks_out"),
        (
            '@id("x")\nforbid (principal, action in Action::"touch_data", resource);',
            "policy_locks_everyone_out",
        ),
        (
            '@id("x")\nforbid (principal == Profile::"inbound", action == Action::"use", resource);',
            "policy_idle",
        ),
        ('@id("x")\npermit (principal, action == Action::"view", resource)\nwhen { context.purpsoe };', None),
        ('@id("x")\npermit (principal action);', "policy_unreadable"),
        ("permit (principal, action, resource);", "policy_without_id"),
    ],
)
def test_lines_that_would_do_harm_are_refused_in_words(world, lines, code):
    world.employee("inbound")
    error = refused(adding(f"// A line.\n{lines}"))
    assert error.code == (code or "policy_invalid")
    assert len(str(error)) > 40


def test_an_administrator_cannot_be_given_customer_data(world):
    text = shipped()
    start = text.index("// Administrators run the system and see no")
    end = text.index(";", start) + 1
    lines = '@id("x")\npermit (principal == Profile::"administrator", action == Action::"view", resource)\n'
    lines += 'when { context.link == Link::"incident" && context.purpose == Purpose::"security" };'
    error = refused(f"{text[:start]}{text[end:]}\n// Help.\n{lines}\n")
    assert error.code == "policy_blind_sees" and "administrator" in str(error) and "x" in str(error)


def test_who_has_left_cannot_be_let_in(world):
    error = refused(shipped().replace('context.status != Status::"active"', "false"))
    assert error.code == "policy_gone_let_in"


def test_a_mistake_is_told_with_its_line(world):
    text = shipped().replace("!context.trained", "!context.traned")
    line = text[: text.index('@id("not-trained")')].count("\n") + 1
    assert f"line {line}" in str(refused(text))


def test_who_gains_and_loses_is_told_exactly(world):
    rules = policy_actions.check(without_notes())
    found = differences(rules.vocabulary, policies.reach(policies.packaged()), policies.reach(rules))
    assert [(d.profile, d.gained, d.action, d.groups) for d in found] == [
        ("inbound", False, "view", ("notes",))
    ]
    assert found[0].links == ("caller", "chat", "ticket", "callback", "appointment", "complaint")
    assert found[0].workplaces == () and found[0].against == ()


def test_a_forbid_that_goes_is_told_by_what_it_was_against(world):
    text = shipped()
    start = text.index("// A record under legal hold")
    rules = policy_actions.check(text[:start] + text[text.index("};", start) + 2 :])
    found = differences(rules.vocabulary, policies.reach(policies.packaged()), policies.reach(rules))
    assert {d.profile for d in found} == {"inbound", "privacy_officer"}
    assert {(d.gained, d.against) for d in found} == {(True, ("legal_hold",))}


def test_every_decision_in_the_ledger_comes_out_the_same_by_the_policies_that_took_it(world, officers, now):
    person = world.person()
    look(world, person, now)
    look(world, person, now, profile="warehouse")
    look(world, person, now, action="reveal", groups=["bank", "phone"])
    released(officers, without_notes(), now)
    policies.look(now=True)
    look(world, person, now)
    look(world, person, now, action="view", groups=["notes"])
    found = policy_replay.replay()
    assert (found.asked, found.untold, found.differing) == (5, 0, [])


def test_a_decision_that_was_altered_is_found(world, now, monkeypatch):
    person = world.person()
    decision = gate._decision
    monkeypatch.setattr(gate, "_decision", lambda **asked: {**decision(**asked), "groups": ["bank"]})
    look(world, person, now)
    assert len(policy_replay.replay().differing) == 1


def test_the_last_look_ups_say_who_would_be_refused(world, now):
    person = world.person()
    for _ in range(3):
        look(world, person, now, action="reveal", groups=["phone"])
    look(world, person, now - timedelta(days=31), action="reveal", groups=["phone"])
    text = shipped()
    start = text.index('@id("inbound-reveal-contact")')
    rules = policy_actions.check(
        text[:start] + text[start:].replace('[Field::"phone", Field::"email"]', '[Field::"email"]', 1)
    )
    found = policy_replay.impact(rules, now=now)
    assert found.asked == 3
    assert dict(found.refused) == {("inbound", "reveal", ("phone",)): 3} and not found.allowed
