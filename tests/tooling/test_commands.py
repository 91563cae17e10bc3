import json
import subprocess
import sys

from tools.lint import ROOT


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def test_an_unknown_command_says_which_there_are():
    done = run("sh", str(ROOT / "dev"), "fly")
    assert done.returncode == 1
    assert "unknown command: fly" in done.stderr and "./dev bench NAME" in done.stderr


def test_a_benchmark_ends_with_one_object_of_stable_shape():
    done = run(sys.executable, "-m", "tools.bench", "phone", "--json")
    figures = json.loads(done.stdout.splitlines()[-1])
    assert list(figures) == ["bench", "commit", "cpu", "figures"]
    assert figures["bench"] == "phone"
    assert figures["figures"]["disagreements"] == 0


def test_an_unknown_benchmark_names_the_known_ones():
    done = run(sys.executable, "-m", "tools.bench", "nothing")
    assert done.returncode == 2
    assert "phone" in done.stderr


def test_an_unknown_check_is_refused():
    done = run(sys.executable, "-m", "tools.lint", "spelling")
    assert done.returncode == 2
    assert "house rules" in done.stderr
