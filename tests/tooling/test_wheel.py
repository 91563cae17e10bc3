"""The wheel runs where there is no repository: its own templates, assets, packs and messages are in it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.lint import ROOT

PARTS = ("pyproject.toml", "hatch_build.py", "README.md", "src")
BUILT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.mo")
SECONDS = 150


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy without anything that an earlier build left in the source."""
    copy = tmp_path_factory.mktemp("source")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=BUILT)
        else:
            shutil.copy(ROOT / part, copy / part)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=copy, check=True)
    [built] = (copy / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def outside(tmp_path_factory, wheel) -> Path:
    """A fresh environment with the wheel in it. It shares the locked packages of this one; those are found
    through a path file, which does not read the path file of the editable install beside them."""
    place = tmp_path_factory.mktemp("elsewhere")
    venv.create(place / "env", with_pip=False)
    library = sysconfig.get_path("purelib", vars={"base": str(place / "env")})
    Path(library, "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*command, "--python", str(place / "env" / "bin" / "python"), str(wheel)], check=True)
    return place


def environment(place: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(place), "DUECAUSE_DATA": str(place / "data")}


def run(place: Path, *words: str) -> str:
    done = subprocess.run(
        [str(place / "env" / "bin" / words[0]), *words[1:]],
        cwd=place, env=environment(place), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(place: Path) -> Iterator[str]:
    """Web, worker and sequencer; the address of the first."""
    port = free_port()
    with (place / "up.log").open("wb") as log:
        command = [str(place / "env" / "bin" / "duecause"), "up", "--no-demo", "--port", str(port)]
        running = subprocess.Popen(command, cwd=place, env=environment(place), stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            running.send_signal(signal.SIGINT)
            assert running.wait(timeout=90) == 0


def fetched(address: str, language: str = "en") -> str:
    request = urllib.request.Request(address, headers={"Accept-Language": language})
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_the_wheel_holds_templates_assets_packs_and_compiled_messages(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    held = {name for name in names if name.startswith("duecause/")}
    source = ROOT / "src"
    ships = {".html", ".css", ".js", ".svg", ".yaml", ".cedar", ".cedarschema", ".py", ".csv", ".xlsx"}
    tracked = subprocess.run(
        ["git", "ls-files", "src/duecause"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    wanted = {
        str(Path(name).relative_to("src"))
        for name in tracked
        if Path(name).suffix in ships
        if (ROOT / name).exists()
    }
    assert wanted and wanted - held == set()
    catalogues = {str(po.relative_to(source).with_suffix(".mo")) for po in source.glob("*/locale/**/*.po")}
    assert len(catalogues) == 6 and catalogues - held == set()
    assert not [name for name in names if name.startswith(("tests", "tools", "benchmarks"))]


def test_it_runs_without_the_repository(outside):
    where = run(outside, "python", "-c", "import duecause, sys; print(duecause.__file__); print(sys.path)")
    assert where.startswith(str(outside)) and str(ROOT / "src") not in where
    assert run(outside, "duecause", "--version").startswith("duecause, version ")
    run(outside, "duecause", "init")
    organisation = next(outside.glob("env/lib/*/site-packages/duecause/packs/demo/org.yaml"))
    assert "controller WARMHUIS" in run(outside, "duecause", "apply", str(organisation))
    assert "Nothing to change" in run(outside, "duecause", "apply", str(organisation), "--dry-run")
    with started(outside) as address:
        page = fetched(f"{address}/sign-in/")
        assert 'name="password"' in page and "Password" in page
        assert "Wachtwoord" in fetched(f"{address}/sign-in/", "nl")
        [sheet, *_] = [part.split('"')[0] for part in page.split('href="') if ".css" in part.split('"')[0]]
        assert "@layer" in fetched(address + sheet)
