"""The nightly round: rules that know who else is there link, the model suggests, nothing stays behind."""

import csv
import io
import tempfile
from pathlib import Path

import pytest

from benchmarks.matching_parts.people import World as People
from duecause.apps.ledger.models import Event
from duecause.apps.register import link_actions, proposing
from duecause.apps.register.models import Person, Record, RecordLink
from duecause.engine.actor import Actor, NotPermitted
from duecause.engine.matching import proposals
from tests.apps.register.lists import customers, record_of_row, take
from tests.apps.register.test_nothing_in_clear import every_stored_byte
from tests.support.world import NOW, OPERATOR

JOB = Actor.job("1", "register.link", "open:matching")
HEADER = "voornaam;achternaam;geboortedatum;telefoon;email;straat;postcode\n"
HOME = "Kerkstraat 12;9000"


def two_lists(world, first: str, second: str) -> tuple[Record, Record]:
    one, two = customers(world, "ONE"), customers(world, "TWO")
    take(one, HEADER + first + "\n")
    take(two, HEADER + second + "\n")
    return record_of_row(one, 2), record_of_row(two, 2)


def round_over() -> dict[str, int]:
    return dict(proposing.propose_links(actor=JOB, now=NOW))


def people_list(rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    for row in rows:
        phone = f"+{row.phone}" if row.phone else ""
        street = f"{row.street} {row.number}"
        writer.writerow([row.first, row.last, row.birth or "", phone, row.email, street, row.postcode])
    return HEADER + out.getvalue()


@pytest.mark.postgres
def test_two_records_that_share_nothing_but_name_birth_date_and_address_come_together(world):
    a, b = two_lists(
        world,
        f"Mila;Peeters;1980-05-17;0470000021;;{HOME}",
        f"Mila;Peeters;1980-05-17;;mila@example.org;{HOME}",
    )
    assert a.person != b.person and not RecordLink.objects.exists(), "an import sees shared identifiers only"
    assert round_over() == {"linked": 1}
    a.refresh_from_db(), b.refresh_from_db()
    link = RecordLink.objects.get()
    assert a.person == b.person and Person.objects.count() == 1
    assert (link.state, link.rule, "same_address" in link.evidence) == ("linked", "name_birth_date", True)
    assert Event.objects.filter(kind="register.links_proposed").count() == 1
    assert round_over() == {} and RecordLink.objects.count() == 1, "again changes nothing"


def test_a_suggestion_that_the_whole_register_makes_certain_is_linked(world):
    two_lists(world, f"Mila;Peeters;;0470000021;;{HOME}", f"Mila;Peeters;1980-05-17;0470000021;;{HOME}")
    assert RecordLink.objects.get().state == "suggested"
    assert round_over() == {"linked": 1}
    assert RecordLink.objects.get().state == "linked" and Person.objects.count() == 1


def test_a_namesake_in_the_house_keeps_it_a_suggestion(world):
    two_lists(world, f"Jan;Peeters;;0470000021;;{HOME}", f"Jan;Peeters;1980-05-17;0470000021;;{HOME}")
    take(customers(world, "THREE"), HEADER + f"Jan;Peeters;1952-01-09;0470000029;;{HOME}\n")
    assert round_over().get("linked", 0) == 0 and Person.objects.count() == 3


def test_what_somebody_decided_is_not_decided_again(world):
    two_lists(world, f"Mila;Peeters;;0470000021;;{HOME}", f"Mila;Peeters;1980-05-17;0470000021;;{HOME}")
    link_actions.decide_link(actor=OPERATOR, link=RecordLink.objects.get(), same=False, now=NOW)
    assert round_over() == {} and RecordLink.objects.get().state == "rejected"


def test_restricted_persons_are_left_alone(world):
    a, _ = two_lists(
        world,
        f"Mila;Peeters;1980-05-17;0470000021;;{HOME}",
        f"Mila;Peeters;1980-05-17;;m@example.org;{HOME}",
    )
    Person.objects.filter(pk=a.person_id).update(restricted_at=NOW)
    assert round_over() == {} and Person.objects.count() == 2


def test_only_a_job_with_the_function_opens_the_register(world):
    two_lists(world, f"Mila;Peeters;;0470000021;;{HOME}", f"Mila;Peeters;;0470000021;;{HOME}")
    with pytest.raises(NotPermitted):
        proposing.propose_links(actor=Actor.job("1", "register.link"), now=NOW)
    with pytest.raises(NotPermitted):
        proposing.propose_links(actor=Actor.job("1", "open:matching"), now=NOW)


def test_without_birth_dates_the_rules_still_look(world, monkeypatch):
    monkeypatch.setattr(proposals, "MODEL_NEEDS", 1)
    two_lists(world, f"Mila;Peeters;;0470000021;;{HOME}", f"Mila;Peeters;;0470000022;m@example.org;{HOME}")
    assert round_over() == {"linked": 1} and Person.objects.count() == 1


def test_the_model_suggests_and_leaves_nothing_behind(world, tmp_path, monkeypatch):
    monkeypatch.setattr(proposals, "MODEL_NEEDS", 200)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    rows = [row for row in People(people=500, seed=5).rows() if row.phone or row.email]
    take(customers(world), people_list(rows))
    before = set(RecordLink.objects.values_list("a", "b"))
    seen: list[tuple[int, int]] = []
    counts = proposing.propose_links(actor=JOB, now=NOW, progress=lambda *at: seen.append(at))
    proposed = RecordLink.objects.filter(rule="alike")
    assert proposed.exists() and {link.state for link in proposed} == {"suggested"}
    assert counts["suggested"] and set(RecordLink.objects.values_list("a", "b")) > before
    assert seen == sorted(seen) and seen[-1][0] == seen[-1][1], "progress grows to its end"
    assert list(Path(tmp_path).rglob("*")) == [], "no file was written while it worked, or it is gone"
    stored = every_stored_byte().lower()
    long_names = {row.last.lower() for row in rows if len(row.last) > 9 and row.last.isascii()}
    assert long_names and not [name for name in long_names if name.encode() in stored]
