"""Where consent is claimed, its text must name the company; else the row waits apart and is destroyed."""

from datetime import date, timedelta

import pytest

from duecause.apps.catalogue.models import Wording
from duecause.apps.dialling.models import ListRow
from duecause.apps.ledger.models import Event
from duecause.apps.parties.models import Controller
from duecause.apps.register import actions, loading
from duecause.apps.register.models import DialFact, GuardToken, ImportRow, Lookup, QuarantinedRow, Record
from duecause.apps.vault import indexes
from duecause.apps.vault.models import DataKey
from duecause.apps.vault.opening import Sealed, open_many
from duecause.engine.actor import Actor, NotPermitted
from tests.apps.dialling.lists import load_dncm, screen
from tests.apps.register.lists import customers, outcomes, problems, record_of_row, take
from tests.support.world import NOW, OPERATOR

TEXT = "email;toestemmingstekst;datum toestemming\nmila@example.org;{};2026-03-03\n"


def wording(world, version: str, *, controller=None, language="nl", valid_from=date(2025, 1, 1)) -> Wording:
    made = Wording.objects.create(
        code="WEB-CALL",
        version=version,
        language=language,
        text=f"Tekst {version} in het {language}.",
        source=world.source,
        purpose=world.sales,
        channels=["call"],
        valid_from=valid_from,
    )
    made.controllers.add(controller or world.controller)
    return made


@pytest.fixture
def other(world) -> Controller:
    return Controller.objects.create(code="OTHER", legal_name="Ander BV", country="NL")


@pytest.mark.parametrize("cell", ["v4", "V4", "WEB-CALL v4", "Warm NV mag mij bellen over warmtepompen."])
def test_the_text_is_found_by_its_version_its_code_or_its_words(world, cell):
    take(world.source, TEXT.format(cell))
    record = record_of_row(world.source, 2)
    assert record.wording == world.wording and record.basis == "consent"
    assert record.obtained_on == date(2026, 3, 3)


def test_the_text_in_the_persons_language_is_taken(world):
    french = wording(world, "v4", language="fr")
    take(world.source, "email;taal;toestemmingstekst\na@example.org;fr;v4\nb@example.org;nl;v4\n")
    assert record_of_row(world.source, 2).wording == french
    assert record_of_row(world.source, 3).wording == world.wording


def test_without_a_column_for_the_text_the_one_in_use_on_that_day_counts(world):
    take(world.source, "email;datum toestemming\nmila@example.org;2026-03-03\n")
    assert record_of_row(world.source, 2).wording == world.wording


def test_a_text_nobody_knows_sends_the_row_to_quarantine(world):
    batch = take(world.source, TEXT.format("v99"))
    assert outcomes(batch) == {2: "quarantined"} and problems(batch)["consent_text_unknown"] == 1
    assert not Record.objects.exists() and not Lookup.objects.exists()


def test_an_empty_cell_where_the_text_belongs_is_no_consent(world):
    assert problems(take(world.source, TEXT.format("")))["consent_text_unknown"] == 1


def test_a_text_that_names_another_company_sends_the_row_to_quarantine(world, other):
    wording(world, "v5", controller=other)
    batch = take(world.source, TEXT.format("v5"))
    assert QuarantinedRow.objects.get(batch=batch).reason == "consent_not_naming_controller"


def test_two_texts_in_use_on_that_day_send_the_row_to_quarantine(world):
    wording(world, "v5")
    batch = take(world.source, "email;datum toestemming\nmila@example.org;2026-03-03\n")
    assert problems(batch)["consent_text_ambiguous"] == 1


def test_a_list_that_claims_no_consent_needs_no_text(world):
    assert outcomes(take(customers(world), "email\nmila@example.org\n")) == {2: "stored"}


def test_after_the_text_was_mended_the_same_file_brings_the_row_in(world):
    take(world.source, TEXT.format("v5"))
    wording(world, "v5")
    assert outcomes(take(world.source, TEXT.format("v5"))) == {2: "stored"}


CALLED = "email;telefoon;toestemmingstekst;datum toestemming\n"
MILA, TOM = "mila@example.org;0470000021;{};2026-03-03\n", "tom@example.org;0470000022;v4;2026-03-03\n"


def bases(source):
    rows = DialFact.objects.filter(source=source).order_by("record__row")
    assert [fact.basis for fact in rows] == [fact.record.basis for fact in rows]
    return [fact.basis for fact in rows]


def verdicts(world):
    screened = screen(world)
    rows = ListRow.objects.filter(dial_list=screened).exclude(record=None)
    return {row.record.row: row.reasons for row in rows}


def test_a_corrected_row_without_a_valid_consent_takes_the_earlier_one_out_of_use(world):
    load_dncm()
    take(world.source, CALLED + MILA.format("v4") + TOM)
    assert verdicts(world) == {2: [], 3: []}
    batch = take(world.source, CALLED + MILA.format("v99") + TOM, now=NOW + timedelta(hours=1))
    assert outcomes(batch) == {2: "quarantined", 3: "unchanged"}
    assert problems(batch)["basis_withdrawn"] == 1
    assert bases(world.source) == ["unknown", "consent"]
    assert record_of_row(world.source, 2).wording is None
    assert verdicts(world) == {2: ["basis_unknown"], 3: []}


def test_without_its_earlier_consent_a_dutch_number_is_not_called_either(world):
    world.campaign.countries = ["NL"]
    world.campaign.save()
    row = "mila@example.org;+31612345678;{};2026-03-03\n"
    take(world.source, CALLED + row.format("v4"))
    assert verdicts(world) == {2: []}
    take(world.source, CALLED + row.format("v99"))
    [reasons] = verdicts(world).values()
    assert "no_consent" in reasons


def test_a_file_that_shows_the_consent_again_brings_it_back(world):
    load_dncm()
    take(world.source, CALLED + MILA.format("v4") + TOM)
    take(world.source, CALLED + MILA.format("v99") + TOM)
    batch = take(world.source, CALLED + MILA.format("v4") + TOM + "ida@example.org;;v4;2026-03-03\n")
    assert ImportRow.objects.get(batch=batch, row=2).changes == ["basis"]
    assert bases(world.source) == ["consent", "consent"]
    assert record_of_row(world.source, 2).wording == world.wording
    assert verdicts(world)[2] == []


@pytest.mark.parametrize("rows_at_once", [1, 2_000])
@pytest.mark.parametrize("texts", [("v4", "v99"), ("v99", "v4")])
def test_one_row_with_a_valid_consent_is_enough_whichever_comes_first(
    world, monkeypatch, rows_at_once, texts
):
    monkeypatch.setattr(loading, "CHUNK_ROWS", rows_at_once)
    take(world.source, CALLED + MILA.format("v4"))
    take(world.source, CALLED + "".join(map(MILA.format, texts)))
    assert bases(world.source) == ["consent"]


def test_a_quarantined_row_is_sealed_and_after_14_days_nobody_can_open_it(world):
    take(world.source, TEXT.format("v99"))
    row = QuarantinedRow.objects.get()
    sealed = Sealed(row.pk, "identity", "register.quarantine", bytes(row.content))
    assert open_many([sealed])[0]["email"] == "mila@example.org"

    assert actions.purge_quarantine(actor=OPERATOR, now=NOW + timedelta(days=13, hours=23)) == 0
    assert actions.purge_quarantine(actor=OPERATOR, now=NOW + timedelta(days=14)) == 1
    assert open_many([sealed]) == [None]
    assert not QuarantinedRow.objects.exists() and not DataKey.objects.filter(owner=row.pk).exists()
    assert Event.objects.filter(kind="register.quarantine_purged").count() == 1
    assert ImportRow.objects.get().outcome == "quarantined"


def test_nobody_empties_the_quarantine_without_the_function(world):
    with pytest.raises(NotPermitted):
        actions.purge_quarantine(actor=Actor.job("1"), now=NOW)


def guard(kind: str, value: str) -> None:
    GuardToken.objects.create(
        kind=kind,
        token=indexes.guard_token(kind, value),
        key_id="test",
        made_at=NOW - timedelta(days=10),
        delete_after=NOW + timedelta(days=365),
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "32470000021"), ("email", "mila@example.org"), ("customer_no", "K 1".replace(" ", ""))],
)
def test_a_list_does_not_bring_back_an_erased_person(world, kind, value):
    guard(kind, value)
    batch = take(
        customers(world),
        "klantnummer;email;telefoon\nk1;mila@example.org;0470000021\nk2;tom@example.org;0470000022\n",
    )
    assert outcomes(batch) == {2: "refused", 3: "stored"} and problems(batch)["erased_guard"] == 1


def test_a_fresh_consent_of_their_own_brings_an_erased_person_back_and_an_old_one_does_not(world):
    guard("email", "mila@example.org")
    guard("email", "tom@example.org")
    batch = take(
        world.source,
        "email;toestemmingstekst;datum toestemming\n"
        f"mila@example.org;v4;{NOW.date() - timedelta(days=1)}\n"
        f"tom@example.org;v4;{NOW.date() - timedelta(days=20)}\n",
    )
    assert outcomes(batch) == {2: "stored", 3: "refused"}
