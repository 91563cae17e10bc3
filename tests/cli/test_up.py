import os
import signal
import stat
import time

import pytest

from tests.cli.running import Up, run

# Three seconds on an idle machine; the tests run beside others.
SECOND_START_SECONDS = 20.0


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder that was started once, with the demonstration."""
    folder = tmp_path_factory.mktemp("up") / "data"
    with Up(folder) as first:
        print(f"first start: {first.seconds:.1f} s")
        assert first.get("/healthz") == (200, "ok\n")
        assert "nora" in first.output()
    return folder


def test_a_second_start_is_quick_and_answers(data):
    with Up(data) as second:
        print(f"second start: {second.seconds:.2f} s")
        assert second.get("/healthz") == (200, "ok\n")
        status, page = second.get("/sign-in/")
        assert status == 200
        assert "/static/" in page
        assert "The data folder" not in second.output(), "it was prepared again"
    assert second.seconds < SECOND_START_SECONDS


def test_ctrl_c_leaves_no_process_behind(data):
    with Up(data) as started:
        commands = " ".join(started.processes().values())
        assert all(name in commands for name in ("granian", "worker", "sequencer"))
    assert started.process.returncode == 0
    assert started.processes() == {}


def test_children_end_with_a_killed_parent(data):
    with Up(data) as started:
        started.process.kill()
        deadline = time.monotonic() + 15
        while started.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert started.processes() == {}


def test_a_child_that_dies_is_started_again(data):
    with Up(data) as started:
        worker = next(pid for pid, command in started.processes().items() if "duecause worker" in command)
        os.kill(worker, signal.SIGKILL)
        started.wait_for("worker was ended by signal 9; starting it again in 1 s.")
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            running = [pid for pid, command in started.processes().items() if "duecause worker" in command]
            if running and worker not in running:
                break
            time.sleep(0.1)
        assert running and worker not in running


def test_a_folder_is_started_once_at_a_time_and_a_port_too(data):
    with Up(data) as started:
        twice = run(data, "up", "--port", str(started.port - 1))
        assert twice.returncode == 2
        assert "is running on" in twice.stderr
        taken = run(data.parent / "other", "up", "--port", str(started.port))
        assert taken.returncode == 2
        assert f"Port {started.port} is taken" in taken.stderr


def test_nothing_in_the_data_folder_is_for_others_to_read(data):
    """Static files are everybody's, but lie in a folder that is not."""
    private = [path for path in [data, *data.rglob("*")] if "static" not in path.relative_to(data).parts]
    open_to_others = [path for path in private if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


def test_without_the_demonstration_there_is_nobody(tmp_path):
    with Up(tmp_path / "bare", ["--no-demo"]) as started:
        assert "sign-ins" not in started.output()
    listed = run(tmp_path / "bare", "apikey", "list", "CC-GENT")
    assert listed.returncode == 2
    assert "Known: -." in listed.stderr
