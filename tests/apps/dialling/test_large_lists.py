"""A list judged from files gets the verdicts, row for row, that it gets in memory: whatever is known for and
against its numbers, killed and resumed, cancelled, in pieces of any size."""

import random
import stat

import pytest
from django.conf import settings

from duecause.apps.consent import actions as consent
from duecause.apps.consent.models import Suppression
from duecause.apps.dialling import actions, large_lists
from duecause.apps.dialling.given import ListFile
from duecause.apps.dialling.models import Attempt, DialList, ListRow, Release, ReleaseRow
from duecause.apps.ledger.models import Event
from duecause.apps.register.models import DialFact, GuardToken, Person
from duecause.apps.vault import indexes
from duecause.engine.problems import Refused
from duecause.engine.screening import bulk
from tests.apps.dialling.lists import DAY, TODAY, imported, load_dncm, refused_row, screen, waterfall_adds_up
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = [pytest.mark.django_db(databases=["default", "keys"]), pytest.mark.postgres]
FIRST = 32470000000
COLUMNS = (
    "position", "file", "sheet", "row", "record_id", "person_id", "token", "country", "released", "reasons",
)  # fmt: skip


class Killed(BaseException):
    pass


@pytest.fixture
def world():
    world = make_world()
    world.controller.canary_numbers = [f"+{FIRST + 30}"]
    world.controller.save()
    return world


def peopled(world):
    """Thirty people; of every kind of thing that keeps a number from being called there is one."""
    people = [imported(world, FIRST + n) for n in range(30)]
    taking = consent.Taking(how="call")
    consent.record_objection(
        actor=OPERATOR, person=people[0], controller=world.controller, taking=taking, now=NOW,
        scope=consent.ALL_MARKETING,
    )  # fmt: skip
    Person.objects.filter(pk=people[1].pk).update(restricted_at=NOW)
    DialFact.objects.filter(person=people[2]).update(minor_band="minor", adult_from=TODAY + DAY)
    DialFact.objects.filter(person=people[3]).update(basis="ended")
    # Two people share a number, and one person has two.
    DialFact.objects.filter(person=people[5]).update(token=indexes.dial_token(FIRST + 4))
    DialFact.objects.filter(person=people[7]).update(person=people[6])
    DialFact.objects.filter(person=people[8]).update(country="NL")
    DialFact.objects.filter(person=people[9]).update(basis="unknown")
    Suppression.objects.create(
        token=indexes.dial_token(FIRST + 10), key_id=indexes.dial_key_id(), reason="wrong_number",
        controller=world.controller, effective_at=NOW - DAY,
    )  # fmt: skip
    erased = FIRST + 90
    GuardToken.objects.create(
        kind="phone", token=indexes.guard_token("phone", str(erased)), key_id=indexes.guard_key_id(),
        made_at=NOW, delete_after=NOW + 900 * DAY,
    )  # fmt: skip
    load_dncm(FIRST + 11, FIRST + 12, FIRST + 80)
    given_away(world, people[13])
    called_often(world, people[14])


def release_of(world, centre, person):
    made = Release.objects.create(
        campaign=world.campaign, centre=centre, released_at=NOW - DAY, expires_at=NOW + DAY, rows=1,
        watermark=f"w{person.pk.hex[:20]}", file_sha256="0" * 64, event=person.pk, actor="test",
    )  # fmt: skip
    fact = DialFact.objects.filter(person=person).get()
    return ReleaseRow.objects.create(
        release=made, reference="r", token=fact.token, person=person, record=fact.record
    )


def given_away(world, person):
    release_of(world, world.other_centre, person)


def called_often(world, person):
    row = release_of(world, world.centre, person)
    world.campaign.most_attempts, world.campaign.attempt_days = 1, 30
    world.campaign.save()
    Attempt.objects.create(row=row, at=NOW - DAY, outcome="no_answer", reported_at=NOW)


def cells(seed):
    """Rows of a file as people write them: known, unknown, erased, twice, several in a row, none, broken."""
    rnd = random.Random(seed)
    ways = ("0{}", "+32{}", "0032 {}", "0{}.0", "n/a", "", "0{} / 0471000099", "+32(0){}", "call {}")
    lines = ["name;phone;mobile"]
    for at in range(rnd.randint(40, 90)):
        numbers = [rnd.choice(ways).format(FIRST % 10**9 + rnd.randint(0, 95)) for _ in range(2)]
        numbers[1] = numbers[1] if rnd.random() < 0.3 else ""
        lines.append(";".join([f"Row {at}", *numbers]) + (";more" if rnd.random() < 0.05 else ""))
    return "\n".join(lines) + "\n"


def verdicts(dial_list):
    rows = ListRow.objects.filter(dial_list=dial_list).order_by("position").values_list(*COLUMNS)
    return [(*row[:6], row[6] and bytes(row[6]), *row[7:]) for row in rows]


def both(world, monkeypatch, *, piece=7, **given):
    """The list in memory and from files."""
    small = screen(world, **given)
    monkeypatch.setattr(large_lists, "FROM_ROWS", 1)
    monkeypatch.setattr(large_lists, "PIECE", piece)
    large = screen(world, **given)
    monkeypatch.undo()
    return small, large


def same(report):
    return {name: value for name, value in report.items() if name not in ("list", "certificate")}


def work():
    root = settings.DATA / "cache" / "lists"
    return sorted(root.iterdir()) if root.exists() else []


@pytest.mark.parametrize("seed", range(4))
def test_both_ways_give_every_row_of_a_file_the_same_verdict(world, monkeypatch, seed):
    peopled(world)
    file = ListFile(cells(seed).encode(), "fair.csv", country="BE")
    small, large = both(world, monkeypatch, file=file, piece=[1, 7, 30, 500][seed])
    assert verdicts(small) == verdicts(large)
    assert same(small.report) == same(large.report)
    assert small.candidates_from == large.candidates_from
    assert waterfall_adds_up(large)
    assert large.state == DialList.State.SCREENED
    assert len(small.report["totals"]) > 6
    assert not work()


def test_both_ways_give_the_rows_of_a_source_the_same_verdicts(world, monkeypatch):
    peopled(world)
    refused_row(world, "phone_decimal")
    refused_row(world, "phone_placeholder")
    refused_row(world, "consent_names_others", outcome="quarantined")
    small, large = both(world, monkeypatch)
    assert verdicts(small) == verdicts(large)
    assert same(small.report) == same(large.report)
    assert {"quarantined", "invalid_number", "missing_phone", "released_elsewhere"} <= set(
        large.report["totals"]
    )
    assert Event.objects.filter(kind="dialling.screened").count() == 2


def large_file(world, monkeypatch, progress=None, **more):
    monkeypatch.setattr(large_lists, "FROM_ROWS", 1)
    monkeypatch.setattr(large_lists, "PIECE", 10)
    return screen(
        world, file=ListFile(cells(1).encode(), "fair.csv", country="BE"), progress=progress, **more
    )


def test_a_run_that_is_killed_goes_on_where_it_was_and_asks_again_who_objected(world, monkeypatch):
    peopled(world)
    before = verdicts(screen(world, file=ListFile(cells(1).encode(), "fair.csv", country="BE")))
    read = []
    once = bulk.read_piece
    monkeypatch.setattr(bulk, "read_piece", lambda *a, **k: read.append(1) or once(*a, **k))

    def kill(phase, done, total):
        if phase == "facts":
            raise Killed

    with pytest.raises(Killed):
        large_file(world, monkeypatch, kill)
    (left,) = work()
    assert stat.S_IMODE(left.stat().st_mode) == 0o700
    pieces = len(read)
    assert pieces > 3
    token = next(row[6] for row in before if row[8])
    Suppression.objects.create(
        token=token, key_id=indexes.dial_key_id(), reason="court", controller=world.controller,
        effective_at=NOW - DAY,
    )  # fmt: skip
    again = large_file(world, monkeypatch)
    assert len(read) == pieces
    assert again.report["totals"]["court"] >= 1
    assert [row[0] for row in verdicts(again)] == [row[0] for row in before]
    assert not work()


@pytest.mark.parametrize("phase", ["list", "known", "facts", "judge", "store"])
@pytest.mark.parametrize("how", [KeyboardInterrupt, Refused])
def test_a_list_that_is_cancelled_leaves_nothing_behind(world, monkeypatch, phase, how):
    peopled(world)

    def stop(now, done, total):
        if now == phase:
            raise how("stopped", "Stopped.") if how is Refused else how

    with pytest.raises(how):
        large_file(world, monkeypatch, stop)
    assert not work()
    assert DialList.objects.get().state == DialList.State.FAILED
    assert not ListRow.objects.exists()


def test_no_number_lies_in_the_folder_and_nobody_else_may_look_into_it(world, monkeypatch):
    peopled(world)
    seen = []

    def look(phase, done, total):
        if phase == "store" and not seen:
            (folder,) = work()
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            seen.append(b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()))

    large_file(world, monkeypatch, look)
    for n in range(96):
        assert str(FIRST + n).encode() not in seen[0]
        assert (FIRST + n).to_bytes(8, "little") not in seen[0]


def test_what_was_left_a_day_ago_is_removed_by_the_next_list(world, monkeypatch):
    import os

    load_dncm()
    root = settings.DATA / "cache" / "lists"
    old, young = root / "file-old", root / "file-young"
    for path in (old, young):
        path.mkdir(parents=True)
    os.utime(old, (0, 0))
    large_file(world, monkeypatch)
    assert work() == [young]
    young.rmdir()


def test_the_bar_grows(world, monkeypatch):
    load_dncm()
    seen = []
    large_file(world, monkeypatch, lambda *told: seen.append(told))
    assert list(dict.fromkeys(phase for phase, _, _ in seen))[:3] == ["list", "known", "facts"]
    assert seen[-1][0] == "store"
    for _, done, total in seen:
        assert 0 <= done <= total
    actions.today(world.campaign, NOW)
