"""Behind TLS the site passes Django's own checklist for deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from duecause.apps.vault import keyring

NOT_SERVED_WITH = ("DUECAUSE_", "DJANGO_")
SHOW = "from django.conf import settings as s; print(*(repr(getattr(s, name)) for name in {names!r}))"


def run(data: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_SERVED_WITH)}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**kept, "DUECAUSE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "duecause.settings", **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    keyring.create(tmp_path / "keys")
    return tmp_path


def test_behind_tls_the_checklist_for_deployment_has_no_remark(data: Path) -> None:
    checked = run(data, "-m", "django", "check", "--deploy", "--fail-level", "DEBUG", DUECAUSE_TLS="1")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "no issues (1 silenced)" in checked.stdout


def test_behind_tls_cookies_and_addresses_stay_on_it(data: Path) -> None:
    names = (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_PROXY_SSL_HEADER",
    )
    shown = run(data, "-c", SHOW.format(names=names), DUECAUSE_TLS="1").stdout
    assert shown.split()[:3] == ["True"] * 3
    assert int(shown.split()[3]) >= 31_536_000
    plain = run(data, "-c", SHOW.format(names=names)).stdout
    assert plain.split() == ["False", "False", "False", "0", "None"]


def test_before_key_files_exist_no_session_key_is_known_or_shared(tmp_path: Path) -> None:
    keys = {run(tmp_path, "-c", SHOW.format(names=("SECRET_KEY",))).stdout for _ in range(2)}
    assert len(keys) == 2
    assert all(len(key) > 50 for key in keys)
