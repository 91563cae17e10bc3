"""What each of the twelve profiles may see and do, in the words of the people who asked for it."""

import pytest

DESK = (
    "inbound", "outbound", "billing", "shop", "warehouse", "technician", "team_lead", "qa_listener",
    "privacy_officer", "partner_agent",
)  # fmt: skip
SENSITIVE = {"bank", "national_id", "special"}

FUNCTIONS = """
                             in    out   bill  shop  ware  tech  lead  qa    priv  audit part  admin
desk.use                     x     x     x     x     x     x     x     x     x     -     x     -
consent.object               x     x     x     x     x     x     x     x     x     -     x     -
consent.consent              x     x     -     x     -     -     -     -     x     -     -     -
consent.read                 -     -     -     -     -     -     x     x     x     x     -     -
consent.invalidate           -     -     -     -     -     -     -     -     x     -     -     -
register.import              -     -     -     -     -     -     x     -     -     -     -     -
register.read                -     -     -     -     -     -     x     -     x     -     -     -
register.link                -     -     -     -     -     -     -     -     x     -     -     -
register.correct             x     -     -     -     -     -     -     -     x     -     -     -
register.hold                -     -     -     -     -     -     -     -     x     -     -     -
notices.read                 -     -     -     -     -     -     x     -     x     x     -     -
notices.send                 -     -     -     -     -     -     -     -     x     -     -     -
notices.exempt               -     -     -     -     -     -     -     -     x     -     -     -
registers.load               -     -     -     -     -     -     -     -     x     -     -     -
dialling.read                -     -     -     -     -     -     x     -     x     -     -     -
dialling.screen              -     -     -     -     -     -     x     -     -     -     -     -
dialling.release             -     -     -     -     -     -     x     -     -     -     -     -
dialling.check               -     -     -     -     -     -     x     -     x     -     -     -
dialling.call                x     x     -     -     -     -     -     -     -     -     -     -
dialling.script              -     -     -     -     -     -     x     -     x     -     -     -
ledger.read                  -     -     -     -     -     -     -     -     x     x     -     x
alarms.read                  -     -     -     -     -     -     -     -     x     x     -     -
alarms.handle                -     -     -     -     -     -     -     -     x     -     -     -
monitoring.file              -     -     -     -     -     -     -     -     x     -     -     -
staff.unlock                 -     -     -     -     -     -     -     -     x     -     -     -
parties.read                 -     -     -     -     -     -     x     -     x     x     -     x
parties.manage               -     -     -     -     -     -     -     -     -     -     -     x
parties.review               -     -     -     -     -     -     -     -     x     -     -     x
parties.override             -     -     -     -     -     -     x     -     x     -     -     -
parties.approve_override     -     -     -     -     -     -     -     -     x     -     -     -
catalogue.read               -     -     -     -     -     -     x     -     x     x     -     -
catalogue.approve            -     -     -     -     -     -     -     -     x     -     -     -
catalogue.retention          -     -     -     -     -     -     -     -     x     -     -     -
catalogue.retention_approve  -     -     -     -     -     -     -     -     x     -     -     -
evidence.read                -     -     -     -     -     -     x     -     x     x     -     -
evidence.export              -     -     -     -     -     -     x     -     x     x     -     -
evidence.sign                -     -     -     -     -     -     x     -     -     -     -     -
staff.read                   -     -     -     -     -     -     -     -     x     x     -     x
obligations.read             -     -     -     -     -     -     -     -     x     x     -     x
obligations.retry            -     -     -     -     -     -     -     -     x     -     -     x
rights.read                  -     -     -     -     -     -     -     -     x     -     -     -
rights.plan                  -     -     -     -     -     -     -     -     x     -     -     -
rights.approve               -     -     -     -     -     -     -     -     x     -     -     -
organisation.apply           -     -     -     -     -     -     -     -     -     -     -     x
apikeys.manage               -     -     -     -     -     -     -     -     -     -     -     x
gate.policies_read           -     -     -     -     -     -     x     -     x     x     -     x
gate.policies                -     -     -     -     -     -     -     -     x     -     -     x
gate.policies_approve        -     -     -     -     -     -     -     -     x     -     -     -
"""
COLUMNS = {
    "in": "inbound", "out": "outbound", "bill": "billing", "shop": "shop", "ware": "warehouse",
    "tech": "technician", "lead": "team_lead", "qa": "qa_listener", "priv": "privacy_officer",
    "audit": "auditor", "part": "partner_agent", "admin": "administrator",
}  # fmt: skip


def test_each_profile_has_exactly_the_functions_of_the_table(engine):
    short, *rows = [line.split() for line in FUNCTIONS.strip().splitlines()]
    header = [COLUMNS[word] for word in short]
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
        for place in engine.vocabulary.workplaces
        if engine.allow_set(
            profile=profile, action="say_source", facts=facts(workplace=place, assigned=True)
        ).groups
    }
    assert sayers == {p for p in engine.vocabulary.profiles if engine.may_use(profile=p, function="desk.use")}


def test_the_usual_purpose_of_a_reason_opens_the_card(engine, facts):
    usual = engine.vocabulary.usual_purpose
    for profile, links in {
        "inbound": ("caller", "chat", "ticket", "callback", "appointment", "complaint", "other"),
        "outbound": ("caller", "callback"),
        "billing": ("caller", "chat", "ticket", "dispute", "complaint"),
        "shop": ("visit", "appointment", "order"),
        "warehouse": ("order",),
        "technician": ("work_order",),
        "team_lead": ("caller", "chat", "ticket", "complaint"),
        "qa_listener": ("qa_sample",),
        "privacy_officer": (
            "caller", "chat", "ticket", "complaint", "qa_sample", "request_case", "incident", "other",
        ),
        "partner_agent": ("callback",),
    }.items():  # fmt: skip
        for link in links:
            place = "store" if profile == "shop" else "office"
            asked = facts(link=link, purpose=usual[link], workplace=place, assigned=True)
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


@pytest.mark.parametrize(
    "looking", [{}, {"link": "dispute"}, {"purpose": "billing"}, {"workplace": "home"}, {"mfa_fresh": True}]
)
def test_billing_reveals_a_bank_account_of_a_dispute_in_the_office_freshly_signed_in(engine, facts, looking):
    right = {"link": "dispute", "purpose": "billing", "mfa_fresh": True}

    def bank(**changed):
        return engine.allow_set(profile="billing", action="reveal", facts=facts(**changed)).groups & SENSITIVE

    assert bank(**right) == {"bank"}
    if looking == {"workplace": "home"}:
        looking = {**right, **looking}
    assert not bank(**looking)


def test_an_agent_of_a_partner_reaches_only_who_was_released_and_at_home_sees_no_number(engine, facts):
    def groups(action, **changed):
        asked = facts(**{"link": "callback", "purpose": "sales", "assigned": True, **changed})
        return engine.allow_set(profile="partner_agent", action=action, facts=asked).groups

    assert groups("reveal") == groups("call") == groups("call", workplace="home") == {"phone"}
    assert groups("reveal", workplace="home") == frozenset()
    for action in set(engine.vocabulary.actions) - {"record_objection", "withdraw_consent", "open_request"}:
        assert not groups(action, assigned=False), action


def test_shop_staff_see_customers_in_the_shop_only(engine, facts):
    def seen(workplace):
        asked = facts(link="visit", workplace=workplace)
        return engine.allow_set(profile="shop", action="view", facts=asked).groups

    assert "contracts" in seen("store")
    assert not seen("home") and not seen("office")


def test_who_calls_without_seeing_the_number_gets_none(engine, facts):
    for profile, link in {"technician": "work_order", "warehouse": "order"}.items():
        asked = facts(link=link, purpose=engine.vocabulary.usual_purpose[link])
        assert engine.allow_set(profile=profile, action="call", facts=asked).groups == {"phone"}
        for action in ("find", "view", "reveal", "export"):
            shown = engine.allow_set(profile=profile, action=action, facts=asked).groups
            assert not shown & {"phone", "email"}


def test_emergency_access_counts_only_while_it_is_open(engine, facts):
    def seen(**changed):
        asked = facts(link="emergency", purpose="emergency", **changed)
        return engine.allow_set(profile="inbound", action="view", facts=asked).groups

    assert "name" in seen(break_glass=True)
    assert not seen(break_glass=False)
    assert not seen(break_glass=True, relation="colleague")


def test_special_categories_are_never_exported(engine, facts):
    asked = facts(link="request_case", purpose="rights", mfa_fresh=True)
    exported = engine.allow_set(profile="privacy_officer", action="export", facts=asked).groups
    assert "bank" in exported and "special" not in exported


def test_auditors_and_administrators_see_nobody(engine, facts):
    for profile in ("auditor", "administrator"):
        for action in engine.vocabulary.actions:
            for link in engine.vocabulary.links:
                asked = facts(link=link, purpose=engine.vocabulary.usual_purpose[link], mfa_fresh=True)
                assert not engine.allow_set(profile=profile, action=action, facts=asked).groups
