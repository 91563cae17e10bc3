"""What each of the six profiles may see and do, in the words of the people who asked for it."""

import pytest

DESK = ("inbound", "outbound", "technician", "team_lead", "privacy_officer")
SENSITIVE = {"bank", "national_id", "special"}

FUNCTIONS = """
                     inbound outbound technician team_lead privacy_officer administrator
desk.use             x       x        x          x         x               -
consent.object       x       x        x          x         x               -
consent.consent      x       x        -          -         x               -
consent.read         -       -        -          x         x               -
consent.invalidate   -       -        -          -         x               -
register.import      -       -        -          x         -               -
register.read        -       -        -          x         x               -
register.link        -       -        -          -         x               -
register.correct     x       -        -          -         x               -
register.hold - - - - x -
notices.read         -       -        -          x         x               -
notices.send         -       -        -          -         x               -
notices.exempt       -       -        -          -         x               -
registers.load       -       -        -          -         x               -
dialling.read        -       -        -          x         x               -
dialling.screen      -       -        -          x         -               -
dialling.release     -       -        -          x         -               -
dialling.check       -       -        -          x         x               -
dialling.call        x       x        -          -         -               -
dialling.script      -       -        -          x         x               -
ledger.read          -       -        -          -         x               x
alarms.read          -       -        -          -         x               -
alarms.handle        -       -        -          -         x               -
parties.read         -       -        -          x         x               x
parties.manage       -       -        -          -         -               x
parties.review       -       -        -          -         x               x
parties.override     -       -        -          x         x               -
parties.approve_override - - - - x -
catalogue.read       -       -        -          x         x               -
catalogue.approve    -       -        -          -         x               -
catalogue.retention - - - - x -
catalogue.retention_approve - - - - x -
evidence.read        -       -        -          x         x               -
evidence.export      -       -        -          x         x               -
evidence.sign        -       -        -          x         -               -
staff.read           -       -        -          -         x               x
obligations.read     -       -        -          -         x               x
obligations.retry    -       -        -          -         x               x
rights.read          -       -        -          -         x               -
rights.plan          -       -        -          -         x               -
rights.approve       -       -        -          -         x               -
organisation.apply   -       -        -          -         -               x
apikeys.manage       -       -        -          -         -               x
gate.policies        -       -        -          -         x               -
"""


def test_each_profile_has_exactly_the_functions_of_the_table(engine):
    header, *rows = [line.split() for line in FUNCTIONS.strip().splitlines()]
    assert sorted(header) == sorted(engine.vocabulary.profiles)
    assert [row[0] for row in rows] == list(engine.vocabulary.functions)
    for column, profile in enumerate(header, start=1):
        expected = {row[0] for row in rows if row[column] == "x"}
        assert engine.functions_of(profile) == expected, profile


def test_a_stranger_has_no_function(engine):
    assert engine.functions_of("nobody") == frozenset()
    assert not engine.may_use(profile="nobody", function="desk.use")
    assert engine.may_use(profile="technician", function="desk.use")


@pytest.mark.parametrize("no_reason", [{"link": "none"}, {"reason_ok": False}])
def test_without_a_reason_only_the_search_result_shows(engine, facts, no_reason):
    for profile in engine.vocabulary.profiles:
        for action in engine.vocabulary.actions:
            groups = engine.allow_set(profile=profile, action=action, facts=facts(**no_reason)).groups
            assert not groups or action == "find", (profile, action)
    found = engine.allow_set(profile="inbound", action="find", facts=facts(**no_reason)).groups
    assert found == {"name", "address", "customer_no"}


@pytest.mark.parametrize("lacking", [{"status": "leaver"}, {"status": "locked"}, {"trained": False}])
def test_who_left_or_is_locked_or_untrained_gets_nothing(engine, facts, lacking):
    for profile in engine.vocabulary.profiles:
        for action in engine.vocabulary.actions:
            assert not engine.allow_set(profile=profile, action=action, facts=facts(**lacking)).groups


@pytest.mark.parametrize(
    "hindrance",
    [
        {},
        {"restricted": True},
        {"objected": True, "purpose": "sales"},
        {"relation": "colleague"},
        {"relation": "self"},
        {"legal_hold": True},
        {"workplace": "home"},
    ],
)
def test_nothing_about_the_person_hinders_an_objection_or_a_request(engine, facts, hindrance):
    for profile in DESK:
        assert engine.may_use(profile=profile, function="consent.object")
        for action in ("record_objection", "withdraw_consent", "open_request"):
            assert engine.allow_set(profile=profile, action=action, facts=facts(**hindrance)).groups


def test_everybody_at_the_desk_can_say_where_the_data_came_from(engine, facts):
    sayers = {
        profile
        for profile in engine.vocabulary.profiles
        if engine.allow_set(profile=profile, action="say_source", facts=facts()).groups
    }
    assert sayers == {p for p in engine.vocabulary.profiles if engine.may_use(profile=p, function="desk.use")}


def test_the_usual_purpose_of_a_reason_opens_the_card(engine, facts):
    usual = engine.vocabulary.usual_purpose
    for profile, links in {
        "inbound": ("caller", "ticket", "callback", "complaint", "other"),
        "outbound": ("caller", "callback"),
        "technician": ("work_order",),
        "team_lead": ("caller", "ticket", "complaint"),
        "privacy_officer": ("caller", "ticket", "complaint", "other", "request_case"),
    }.items():
        for link in links:
            asked = facts(link=link, purpose=usual[link])
            assert "name" in engine.allow_set(profile=profile, action="view", facts=asked).groups, (
                profile,
                link,
            )


def test_own_record_is_closed_and_a_colleagues_opens_only_for_a_request(engine, facts):
    case = {"link": "request_case", "purpose": "rights"}
    for profile in engine.vocabulary.profiles:
        for relation in ("self", "colleague"):
            groups = engine.allow_set(profile=profile, action="view", facts=facts(relation=relation)).groups
            assert not groups, (profile, relation)

    def officer(relation):
        return engine.allow_set(
            profile="privacy_officer", action="view", facts=facts(relation=relation, **case)
        ).groups

    assert "name" in officer("colleague")
    assert not officer("self")


def test_a_restricted_record_shows_only_its_identity_and_only_to_the_privacy_officer(engine, facts):
    asked = facts(restricted=True, link="request_case", purpose="rights", mfa_fresh=True)
    shown = {
        (profile, group)
        for profile in engine.vocabulary.profiles
        for action in ("find", "view", "reveal", "edit", "export", "say_source")
        for group in engine.allow_set(profile=profile, action=action, facts=asked).groups
    }
    identity = ("name", "birth", "phone", "email", "address", "customer_no")
    assert shown == {("privacy_officer", group) for group in identity}


def test_who_objected_is_not_reached_for_sales(engine, facts):
    def phone(**changed):
        asked = facts(link="callback", purpose="sales", **changed)
        return engine.allow_set(profile="outbound", action="reveal", facts=asked).groups

    assert phone() == {"phone"}
    assert phone(objected=True) == frozenset()


def test_sensitive_data_open_to_the_privacy_officer_for_a_request_freshly_signed_in(engine, facts):
    case = {"link": "request_case", "purpose": "rights"}

    def sensitive(profile, action, **changed):
        return SENSITIVE & engine.allow_set(profile=profile, action=action, facts=facts(**changed)).groups

    assert sensitive("privacy_officer", "reveal", **case, mfa_fresh=True) == SENSITIVE
    assert not sensitive("privacy_officer", "reveal", **case)
    assert not sensitive("privacy_officer", "reveal", mfa_fresh=True)
    assert not sensitive("privacy_officer", "reveal", **case, mfa_fresh=True, workplace="home")


def test_outbound_agents_see_what_the_call_needs_and_only_for_their_call(engine, facts):
    asked = facts(link="callback", purpose="sales")
    seen = engine.allow_set(profile="outbound", action="view", facts=asked).groups
    assert seen == {"name", "language", "contracts", "consents", "objections", "provenance"}
    for link in set(engine.vocabulary.links) - {"callback", "caller"}:
        assert not engine.allow_set(
            profile="outbound", action="view", facts=facts(link=link, purpose="sales")
        ).groups
