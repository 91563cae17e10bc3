"""An import survives a crash between its chunks; an upload waits sealed and is gone when its job ends."""

import stat
from datetime import UTC, datetime, timedelta

import pytest

from duecause.apps.ledger.models import Event
from duecause.apps.obligations import runner
from duecause.apps.obligations.models import Obligation, Step
from duecause.apps.register import actions, loading, queries, spool, writing
from duecause.apps.register.models import ImportBatch, ImportRow, Person, Record
from duecause.apps.vault.models import DataKey
from duecause.engine.problems import Refused
from tests.apps.register.lists import customers, outcomes, take
from tests.support.world import NOW, OPERATOR

ROWS = [f"Mila{n};m{n}@example.org;04700000{n:02}" for n in range(7)]
TEXT = "\n".join(("voornaam;email;telefoon", *ROWS)) + "\n"


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(loading, "CHUNK_ROWS", 2)


def crash_in_chunk(monkeypatch, number: int):
    real, seen = writing.write_chunk, []

    def crashing(*args):
        seen.append(1)
        written = real(*args)
        if len(seen) == number:
            raise OSError("the power went")
        return written

    monkeypatch.setattr(writing, "write_chunk", crashing)
    return lambda: monkeypatch.setattr(writing, "write_chunk", real)


@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_an_interrupted_import_goes_on_behind_its_last_whole_chunk(world, monkeypatch, small_chunks, chunk):
    source = customers(world)
    mend = crash_in_chunk(monkeypatch, chunk)
    with pytest.raises(OSError):
        take(source, TEXT)
    half = ImportBatch.objects.get()
    assert half.state == "loading" and half.rows_done == 2 * (chunk - 1) == Record.objects.count()
    mend()
    batch = take(source, TEXT)
    assert batch == half and batch.state == "complete"
    assert batch.counts == {"stored": 7} and Record.objects.count() == Person.objects.count() == 7
    assert sorted(outcomes(batch)) == list(range(2, 9))
    assert Event.objects.filter(kind="register.import_chunk").count() == 4


def test_a_repeated_row_is_known_after_a_crash_too(world, monkeypatch, small_chunks):
    source = customers(world)
    text = TEXT + ROWS[0] + "\n"
    mend = crash_in_chunk(monkeypatch, 4)
    with pytest.raises(OSError):
        take(source, text)
    mend()
    batch = take(source, text)
    row = ImportRow.objects.get(batch=batch, row=9)
    assert row.outcome == "unchanged" and row.problems[0]["params"]["first"] == 2


def test_a_chunk_that_another_process_stored_meanwhile_is_not_stored_again(world, monkeypatch, small_chunks):
    source = customers(world)

    def overtaken(done, total):
        ImportBatch.objects.update(rows_done=4)

    with pytest.raises(Refused) as refused:
        take(source, TEXT, progress=overtaken)
    assert refused.value.code == "import_elsewhere" and Record.objects.count() == 2


def upload(source, text=TEXT, **options):
    return actions.queue_import(
        actor=OPERATOR, source=source, data=text.encode(), file_name="list.csv", options=options, now=NOW
    )


def work():
    while runner.run_once("test"):
        pass


def test_an_upload_waits_sealed_for_the_worker_and_leaves_nothing_behind(world):
    source = customers(world)
    batch = upload(source)
    path = spool.path_of(batch.pk)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"example.org" not in path.read_bytes()
    work()
    batch.refresh_from_db()
    assert batch.state == "complete" and Record.objects.count() == 7
    assert not path.exists() and not DataKey.objects.filter(owner=batch.pk).exists()
    step = queries.import_detail(batch).step
    assert (step.state, step.progress_done, step.progress_total) == ("done", 7, 7)


def test_an_unusable_upload_is_refused_at_once_and_not_kept(world):
    with pytest.raises(Refused):
        upload(customers(world), "naam\nMila\n")
    assert not ImportBatch.objects.exists() and not spool.older_than(NOW)


def test_an_upload_that_fails_later_is_gone_as_well(world, monkeypatch):
    batch = upload(customers(world))

    def refuse(**_):
        raise Refused("no_room", "No room.")

    monkeypatch.setattr(actions, "import_file", refuse)
    work()
    batch.refresh_from_db()
    assert batch.state == "failed" and not spool.path_of(batch.pk).exists()
    assert Step.objects.get(obligation__kind="register.import").state == "refused"


def test_an_upload_whose_worker_crashed_is_kept_for_the_next_try(world, monkeypatch):
    batch = upload(customers(world))
    mend = crash_in_chunk(monkeypatch, 1)
    work()
    assert spool.path_of(batch.pk).exists()
    mend()
    Step.objects.filter(obligation__kind="register.import").update(next_at=NOW)
    work()
    batch.refresh_from_db()
    assert batch.state == "complete" and not spool.path_of(batch.pk).exists()


def test_the_same_upload_twice_is_one_import(world):
    source = customers(world)
    assert upload(source) == upload(source)
    assert Obligation.objects.filter(kind="register.import").count() == 1


def test_an_import_that_crashed_at_the_command_line_is_finished_by_an_upload(
    world, monkeypatch, small_chunks
):
    source = customers(world)
    mend = crash_in_chunk(monkeypatch, 2)
    with pytest.raises(OSError):
        take(source, TEXT)
    mend()
    batch = upload(source)
    work()
    batch.refresh_from_db()
    assert batch.state == "complete" and Record.objects.count() == 7 and ImportBatch.objects.count() == 1


def test_an_upload_that_no_job_awaits_is_destroyed(world, monkeypatch):
    batch = upload(customers(world))
    Obligation.objects.filter(kind="register.import").update(state="cancelled")
    later = datetime.now(UTC) + timedelta(days=2)
    assert actions.drop_stray_uploads(actor=OPERATOR, now=later) > 0
    assert not spool.path_of(batch.pk).exists() and not DataKey.objects.filter(owner=batch.pk).exists()


def test_the_quarantine_is_emptied_every_day_by_the_worker(world):
    work()
    assert Obligation.objects.filter(kind="register.purge_quarantine", state="done").count() == 1
