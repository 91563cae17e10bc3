"""What stands in PostgreSQL's own catalogue about the wall between partners: which tables have it, and what
the partners' role may touch. A new table with a partner in it fails here until somebody has decided."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.db.models import ForeignKey, Model

from duecause.apps.dialling import feed_wall
from duecause.apps.dialling.models import (
    AllowedCall,
    Attempt,
    CorrectedRow,
    Custody,
    DialList,
    FeedEntry,
    FeedReceipt,
    FeedStream,
    FeedWitness,
    ListRow,
    Release,
    ReleaseRow,
    ReportedObjection,
)
from duecause.apps.parties.models import Partner
from tests.support.world import NOW, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
WALLED = {
    Attempt, CorrectedRow, Custody, DialList, FeedEntry, FeedReceipt, FeedStream, FeedWitness, ListRow,
    Release, ReleaseRow, ReportedObjection,
}  # fmt: skip
# The house's alone: walled as well, with no policy under which a partner would read or write them.
HOUSE_ONLY = {AllowedCall}
# A partner in it and no wall: why that is right. The partners' role has no right to any of them.
REVIEWED = {
    "parties.Contract": "read by the house to decide about releases; never shown to partners",
    "parties.TransferBasis": "as the contract",
    "parties.Engagement": "as the contract: who works for whom",
    "parties.Override": "as the contract: what two of our people let not count",
    "parties.Source": "names who supplied data; read by the house alone",
    "dialling.Exchange": "where and with which key files are exchanged; read by workers alone",
    "parties.KeyRemoval": "what two of our people decide about a centre's key; never shown to partners",
    "dialling.DiallerSecret": "read before it is known who signed, by the centre named; sealed",
    "dialling.SignedReport": "which signed reports came in, against replay; written by the house alone",
    "dialling.SnapshotKept": "sealed, made ahead by jobs and given by the house to the centre it is of",
    "staff.Employee": "agents of a centre have accounts of ours; partners' keys read no account",
    "parties.ApiKey": "read before it is known who asks, by the prefix of the key; holds a hash only",
}
# Everything the role may do, table by table.
RIGHTS = {
    "dialling_release": {"SELECT"},
    "dialling_releaserow": {"SELECT"},
    "dialling_feedstream": {"SELECT", "INSERT", "UPDATE"},
    "dialling_feedentry": {"SELECT", "UPDATE"},
    "dialling_correctedrow": {"SELECT"},
    "dialling_feedreceipt": {"SELECT", "INSERT"},
    "dialling_feedwitness": {"SELECT", "INSERT"},
    "dialling_reportedobjection": {"SELECT", "INSERT"},
    "dialling_attempt": {"SELECT", "INSERT"},
    "dialling_campaign": {"SELECT"},
    "parties_controller": {"SELECT"},
}
# Read by the role without a wall: columns that tell of no partner and of no person.
OPEN_COLUMNS = {
    "dialling_campaign": {
        "id",
        "code",
        "channel",
        "sector",
        "countries",
        "purpose_id",
        "controller_id",
        "most_attempts",
        "attempt_days",
        "dated_scripts",
    },
    "parties_controller": {"id", "country"},
}


@pytest.fixture
def world() -> World:
    return make_world()


def asked(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def related(model: type[Model]) -> set[Any]:
    return {field.related_model for field in model._meta.get_fields() if isinstance(field, ForeignKey)}


def test_every_table_with_a_partner_in_it_has_the_wall_or_a_reason() -> None:
    """Also those that hang on a walled one: a row of a release is a partner's because the release is."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("duecause.")]
    held = {model for model in ours if related(model) & {Partner, *WALLED}}
    assert held - WALLED - HOUSE_ONLY == {apps.get_model(label) for label in REVIEWED}
    assert held >= WALLED


def test_the_wall_is_forced_and_holds_for_reading_and_writing() -> None:
    if connection.vendor != "postgresql":
        assert not hasattr(connection, "pg_version")
        return
    forced = asked("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    tables, house = ({model._meta.db_table for model in models} for models in (WALLED, HOUSE_ONLY))
    assert {name for (name,) in forced} == tables | house
    for name, policy, command, using, check in asked(
        "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies"
    ):
        # Without a check of its own a policy for everything checks what is written by what may be read.
        assert command == "ALL" and using and (check or name in house), (name, policy)
        assert "nullif" in using.lower(), "an empty context must not be taken for a partner"
    policies = {(name, policy) for name, policy in asked("SELECT tablename, policyname FROM pg_policies")}
    expected = {(table, policy) for table in tables for policy in ("house", "own_partner")}
    assert policies == expected | {(table, "house") for table in house}


def test_the_role_may_do_what_a_partners_request_needs_and_no_more() -> None:
    if connection.vendor != "postgresql":
        return
    found: dict[str, set[str]] = {}
    columns: dict[str, set[str]] = {}
    for table, column, right in asked(
        "SELECT table_name, column_name, privilege_type FROM information_schema.column_privileges"
        " WHERE grantee = %s", feed_wall.ROLE,
    ):  # fmt: skip
        found.setdefault(table, set()).add(right)
        columns.setdefault(table, set()).add(column)
    assert found == RIGHTS
    assert {table: columns[table] for table in OPEN_COLUMNS} == OPEN_COLUMNS
    role = asked(
        "SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolinherit FROM pg_roles"
        " WHERE rolname = %s", feed_wall.ROLE,
    )  # fmt: skip
    assert role == [(False, False, False, False, False)]
    owned = "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = %s)"
    assert asked(owned, feed_wall.ROLE) == [(0,)]


def test_nothing_leads_around_the_wall() -> None:
    """Views run as their owner, materialised views keep rows without policies, and so do definer
    functions."""
    if connection.vendor != "postgresql":
        return
    assert asked("SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                 " WHERE relkind IN ('v', 'm') AND nspname = 'public'") == []  # fmt: skip
    assert asked("SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace"
                 " WHERE prosecdef AND nspname = 'public'") == []  # fmt: skip


def test_a_unique_key_that_a_partner_writes_tells_nothing_of_anothers_rows() -> None:
    """An error about a row one may not see would tell that it is there: each key holds the partner, or a row
    that is the partner's."""
    for model in (FeedStream, FeedReceipt, FeedWitness, ReportedObjection, Attempt):
        keys = [set(each.fields) for each in model._meta.constraints if hasattr(each, "fields")]
        keys += [{field.name} for field in model._meta.fields if field.unique and not field.primary_key]
        assert keys and all(key & {"partner", "row"} for key in keys), model


def receipt(partner: Partner) -> FeedReceipt:
    return FeedReceipt.objects.create(partner=partner, cursor=1, at=NOW, entries=0, sha256="0" * 64)


def test_behind_the_wall_a_partner_writes_its_own_rows_only(world: World) -> None:
    theirs, mine = receipt(world.other_centre), receipt(world.centre)
    FeedStream.objects.create(partner=world.other_centre, written=5, given=5)
    if connection.vendor != "postgresql":
        return
    with feed_wall.walled(world.centre):
        assert [each.pk for each in FeedReceipt.objects.all()] == [mine.pk]
        assert FeedStream.objects.update(acknowledged=5) == 0
    for forbidden in (
        lambda: FeedReceipt.objects.create(
            partner=world.other_centre, cursor=2, at=NOW, entries=0, sha256="0" * 64
        ),
        lambda: FeedReceipt.objects.filter(pk=mine.pk).update(cursor=9),
        lambda: FeedEntry.objects.update(cursor=9),
        lambda: FeedReceipt.objects.all().delete(),
        lambda: list(DialList.objects.all()),
        lambda: list(Partner.objects.all()),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), feed_wall.walled(world.centre):
            forbidden()
    assert FeedReceipt.objects.filter(pk=theirs.pk).exists()


def test_without_a_partner_the_role_sees_nothing_and_the_owner_is_confined_with_one(world: World) -> None:
    """An empty text is no partner, and FORCE binds whoever owns the tables: what a house gets that may make
    no roles."""
    receipt(world.other_centre), receipt(world.centre)
    if connection.vendor != "postgresql":
        return
    connection.check_constraints()  # a table with checks still to come cannot change hands
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', %s, true)", [feed_wall.ROLE])
        assert list(FeedReceipt.objects.all()) == []
        cursor.execute("SELECT set_config('app.partner', '', true)")
        assert list(FeedReceipt.objects.all()) == []
        cursor.execute("RESET ROLE")
        cursor.execute("CREATE ROLE plain_owner NOLOGIN")
        cursor.execute("GRANT ALL ON SCHEMA public TO plain_owner")
        for table in ("dialling_feedreceipt", "parties_partner"):
            cursor.execute(f"ALTER TABLE {table} OWNER TO plain_owner")
        cursor.execute("SET LOCAL ROLE plain_owner")
        assert FeedReceipt.objects.count() == 2
        cursor.execute("SELECT set_config('app.partner', %s, true)", [str(world.centre.pk)])
        assert {each.partner_id for each in FeedReceipt.objects.all()} == {world.centre.pk}
        assert FeedReceipt.objects.filter(partner=world.other_centre).update(cursor=7) == 0
