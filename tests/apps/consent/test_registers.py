"""A national register is loaded whole or not at all, and what was active goes on answering."""

import hashlib
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from benchmarks.phone_parts import messy
from duecause.apps.consent import queries, registers
from duecause.apps.consent import register_load_actions as loading
from duecause.apps.consent.models import NationalRegister, RegisterEntry, RegisterVersion
from duecause.apps.ledger.models import Event
from duecause.apps.vault import indexes
from duecause.engine.actor import NotPermitted
from duecause.engine.phone import read_cell
from duecause.engine.problems import Refused
from duecause.engine.screening.law import load_book
from duecause.packs import law
from tests.support.world import NOW, OPERATOR, make_world

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
TODAY = NOW.date()
DAY = timedelta(days=1)
FIRST = b"0470000011;2015-07-11\n0470000012;2016-01-01\n"


@pytest.fixture
def register():
    return NationalRegister.objects.create(code="BE-DNCM", country="BE", name="Do Not Call Me")


def load(register, data=FIRST, *, on=TODAY, **options):
    return loading.load_register(
        actor=OPERATOR,
        register=register,
        data=data,
        file_name="dncm.txt",
        version_date=on,
        now=NOW,
        **options,
    )


def names(number):
    return [version.version_date for version in queries.registers_naming(indexes.dial_token(number))]


def refusal(register, data=FIRST, **options):
    """The code of the refusal; nothing may have changed."""
    before = (list(RegisterVersion.objects.filter(state="active").values()), RegisterEntry.objects.count())
    with pytest.raises(Refused) as refused:
        load(register, data, **options)
    assert "0470" not in refused.value.problem.text
    after = (list(RegisterVersion.objects.filter(state="active").values()), RegisterEntry.objects.count())
    assert before == after
    return refused.value.code


def test_a_loaded_number_is_found_by_its_token(register):
    load(register)
    assert names(32470000011) == [TODAY]
    assert names(32470000099) == []
    assert Event.objects.filter(kind="consent.register_loaded").count() == 1


@pytest.mark.parametrize(
    "line",
    [
        "0470000011",
        "0470000011 2015-07-11",
        "0470000011\t2015-07-11",
        "0470000011,2015-07-11",
        "+32470000011;x",
        "0032470000011;2015-07-11",
        "0470/00.00.11;2015-07-11",
        "0470 00 00 11;2015-07-11",
        '"0470000011";2015',
    ],
)
def test_each_way_of_writing_a_line_is_read(register, line):
    load(register, (line + "\r\n").encode())
    assert names(32470000011) == [TODAY]


def test_a_heading_and_a_closing_count_are_understood(register):
    load(register, b"number;registered\n" + FIRST + b"# 2\n")
    assert RegisterVersion.objects.get().rows == 2


def test_the_same_file_twice_changes_nothing(register):
    first = load(register)
    again = load(register)
    assert again.repeated
    assert again.version == first.version
    assert Event.objects.filter(kind="consent.register_loaded").count() == 1


def test_a_newer_version_replaces_the_older_and_its_numbers_go(register):
    load(register, on=TODAY - DAY)
    load(register, b"0470000012;2016-01-01\n0470000013;2026-10-30\n")
    assert names(32470000011) == []
    assert names(32470000013) == [TODAY]
    assert RegisterEntry.objects.count() == 2
    assert set(RegisterVersion.objects.values_list("state", flat=True)) == {"active", "replaced"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "register_empty"),
        (b"\n \n", "register_empty"),
        (b"number;date\n", "register_empty"),
        (b"0470000011;2015-07-11\n0470000012;20", "register_half_written"),
        (FIRST + b"# 3\n", "register_half_written"),
        (FIRST + b"TOTAL;1\n", "register_half_written"),
        (FIRST + b"?????\n", "register_malformed"),
        (FIRST.decode().encode("utf-16"), "register_encoding"),
        (b"PK\x03\x04\x00\x00\xff\xfe\n", "register_encoding"),
    ],
)
def test_a_doubtful_file_is_refused_and_the_active_version_still_answers(register, data, code):
    load(register, on=TODAY - DAY)
    assert refusal(register, data) == code
    assert names(32470000011) == [TODAY - DAY]


def test_a_file_of_the_future_or_beyond_its_age_is_refused(register):
    assert refusal(register, on=TODAY + DAY) == "register_future"
    assert refusal(register, on=TODAY - 6 * DAY) == "register_stale"
    load(register, on=TODAY - 5 * DAY)


def test_a_file_older_than_the_active_one_is_refused(register):
    load(register)
    assert refusal(register, on=TODAY - DAY) == "register_older"


def test_another_file_of_the_same_date_is_refused(register):
    load(register)
    assert refusal(register, FIRST + b"0470000013;2026-10-30\n") == "register_same_date"


def test_a_shrunken_file_is_loaded_only_on_request(register):
    load(register, b"".join(b"04700001%02d;2015-07-11\n" % n for n in range(20)), on=TODAY - DAY)
    eighteen = b"".join(b"04700001%02d;2015-07-11\n" % n for n in range(18))
    seventeen = b"".join(b"04700001%02d;2015-07-11\n" % n for n in range(17))
    assert refusal(register, seventeen) == "register_shrunken"
    assert load(register, seventeen, force_shrunken=True).version.rows == 17
    RegisterVersion.objects.all().delete()
    load(register, b"".join(b"04700001%02d;2015-07-11\n" % n for n in range(20)), on=TODAY - DAY)
    assert load(register, eighteen).version.rows == 18


def test_how_much_smaller_a_file_may_be_stands_in_the_rule_of_the_country(register, monkeypatch):
    numbers = [b"04700001%02d;2015-07-11\n" % n for n in range(20)]
    load(register, b"".join(numbers), on=TODAY - DAY)
    with own_rules(monkeypatch, lambda text: text.replace("days: 5\n", "days: 5\n    shrink_percent: 40\n")):
        assert refusal(register, b"".join(numbers[:11])) == "register_shrunken"
        assert load(register, b"".join(numbers[:12])).version.rows == 12


@contextmanager
def own_rules(monkeypatch, change):
    """The Belgian rules as somebody changed them."""
    texts = law.country_texts()
    changed = {**texts, "be.yaml": change(texts["be.yaml"])}
    assert changed != texts
    monkeypatch.setattr(loading.law, "book", lambda: load_book(changed))
    yield


@pytest.mark.parametrize("said", ["{right}", "{RIGHT}", "", " {right} "])
def test_a_file_is_what_its_publisher_says(register, said):
    right = hashlib.sha256(FIRST).hexdigest()
    load(register, sha256=said.format(right=right, RIGHT=right.upper()))
    assert names(32470000011) == [TODAY]


@pytest.mark.parametrize(("said", "code"), [("0" * 64, "checksum_wrong"), ("abc", "checksum_unreadable")])
def test_a_file_of_another_checksum_is_refused(register, said, code):
    load(register, on=TODAY - DAY)
    assert refusal(register, sha256=said) == code


def test_a_file_of_several_countries_is_refused_and_a_stray_number_is_listed(register):
    load(register, on=TODAY - DAY)
    foreign = FIRST + b"+33612345678;2016-01-01\n"
    assert refusal(register, foreign) == "register_mixed_countries"
    many = b"".join(b"04700001%02d;2015-07-11\n" % n for n in range(60))
    assert load(register, many + b"+33612345678;2016-01-01\n").version.rows == 61
    assert names(33612345678) == [TODAY]


def test_a_register_that_publishes_no_file_says_how_it_is_consulted():
    italian = NationalRegister.objects.create(code="IT-RPO", country="IT", name="RPO")
    assert refusal(italian) == "register_submits"


@pytest.mark.parametrize("beside", [True, False])
def test_the_command_reads_the_sum_that_lies_beside_the_file(register, tmp_path, monkeypatch, beside):
    from duecause.cli import consent as commands

    monkeypatch.setattr(commands.founding, "require_founded", lambda: None)
    file = tmp_path / "dncm.txt"
    file.write_bytes(FIRST)
    wrong = "0" * 64
    if beside:
        (tmp_path / "dncm.txt.sha256").write_text(f"{wrong}  dncm.txt\n")
    asked = ["load", "BE-DNCM", str(file), "--version", f"{datetime.now(UTC):%Y-%m-%d}"]
    done = CliRunner().invoke(
        commands.registers_group, asked if beside else [*asked, "--sha256", wrong], standalone_mode=False
    )
    assert isinstance(done.exception, Refused) and done.exception.code == "checksum_wrong"
    assert not RegisterVersion.objects.exists()


def test_a_load_that_breaks_leaves_the_active_version_and_no_rows_of_its_own(register, monkeypatch):
    load(register, on=TODAY - DAY)

    def broken(*args):
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        load(register, b"0470000012;2016-01-01\n0470000013;2026-10-30\n", progress=broken)
    assert names(32470000011) == [TODAY - DAY]
    assert RegisterEntry.objects.count() == 2
    assert RegisterVersion.objects.get(version_date=TODAY).state == "failed"
    load(register, b"0470000012;2016-01-01\n0470000013;2026-10-30\n")
    assert names(32470000013) == [TODAY]


MANY = [b"04700002%02d;2015-07-11\n" % n for n in range(40)]
LATER = b"".join(MANY[1:]) + b"0470000300;2026-10-30\n0470000301;2026-10-30\n"


@pytest.mark.postgres
def test_a_file_that_differs_little_changes_only_that(register):
    before = load(register, b"".join(MANY), on=TODAY - DAY).version
    entries = dict(RegisterEntry.objects.values_list("token", "pk"))
    gone = indexes.dial_token(32470000200)
    now = load(register, LATER).version
    after = dict(RegisterEntry.objects.values_list("token", "pk"))
    assert entries.pop(gone) and gone not in after
    assert entries.items() <= after.items()
    new = {indexes.dial_token(32470000300), indexes.dial_token(32470000301)}
    assert after.keys() - entries.keys() == new
    assert (now.state, now.version_date, now.rows, now.pk) == ("active", TODAY, 41, before.pk)
    replaced = RegisterVersion.objects.get(state="replaced")
    assert (replaced.version_date, replaced.rows, replaced.sha256) == (TODAY - DAY, 40, before.sha256)
    assert names(32470000200) == [] and names(32470000300) == names(32470000201) == [TODAY]
    told = Event.objects.filter(kind="consent.register_loaded").latest("pk")
    assert told
    assert load(register, LATER).repeated
    assert refusal(register, b"".join(MANY)) == "register_same_date"


@pytest.mark.postgres
def test_a_small_change_that_breaks_leaves_everything_as_it_was(register):
    load(register, b"".join(MANY), on=TODAY - DAY)
    entries = dict(RegisterEntry.objects.values_list("token", "pk"))

    def broken(*args):
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        load(register, LATER, progress=broken)
    assert dict(RegisterEntry.objects.values_list("token", "pk")) == entries
    assert names(32470000200) == [TODAY - DAY]
    assert RegisterVersion.objects.get(version_date=TODAY).state == "failed"
    assert load(register, LATER).version.rows == 41


def line_by_line(line, country):
    """What one line says, read alone."""
    cell = re.split("[;,\t ]+", line.strip(), maxsplit=1)[0].strip("\"'")
    plain = cell.translate(str.maketrans("", "", "./-()\u00a0"))
    code = {"BE": "32", "PL": "48"}[country]
    if match := re.fullmatch(r"(?:\+|00)([1-9]\d{6,14})", plain):
        return {int(match[1])}
    if country == "BE" and (match := re.fullmatch(r"0([1-9]\d{6,10})", plain)):
        return {int(code + match[1])}
    spaced = re.split(r"[;,\t]", line.strip(), maxsplit=1)[0]
    for text in (cell, spaced):
        found = {n.e164 for n in read_cell(text, region=country, policy="suppression").numbers}
        if found:
            return found
    return set()


@pytest.mark.parametrize("country", ["BE", "PL"])
def test_many_lines_at_once_are_read_as_each_alone(country):
    behind = ("", ";2015-07-11", " 2015-07-11", "\t", ", x", "; ")
    cells = [text for text, _ in messy.cells(3_000, 11)]
    lines = [text + behind[at % len(behind)] for at, text in enumerate(cells)]
    lines = [line for line in lines if line.strip() and len(line.splitlines()) == 1]
    numbers, malformed = registers._read(lines, country)
    alone = [line_by_line(line, country) for line in lines]
    assert set(numbers.tolist()) == set().union(*alone)
    assert malformed == sum(not found for found in alone)


def test_what_a_crash_left_behind_is_cleared_by_the_next_load(register):
    left = RegisterVersion.objects.create(
        register=register, version_date=TODAY - DAY, sha256="0" * 64, actor=OPERATOR.ref
    )
    RegisterEntry.objects.create(version=left, token=indexes.dial_token(32470000077))
    assert names(32470000077) == []
    load(register)
    assert RegisterEntry.objects.count() == 2


def test_only_who_may_load_registers_does(register):
    agent = make_world().actor("inbound")
    with pytest.raises(NotPermitted):
        loading.load_register(
            actor=agent, register=register, data=FIRST, file_name="x", version_date=TODAY, now=NOW
        )
