from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from duecause.web.uploads import FORM_ALLOWANCE


def _send(visitor: Client, *sizes: int) -> tuple[int, str]:
    files = [SimpleUploadedFile(f"list-{n}.csv", b"x" * size) for n, size in enumerate(sizes)]
    answer = visitor.post("/forms/upload/", {"list": files})
    return answer.status_code, answer.content.decode()


def test_a_file_within_the_limit_arrives_whole(visitor: Client, settings: Settings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 5_000_000
    assert _send(visitor, 4_900_000) == (200, "4900000 bytes")


@pytest.mark.parametrize("size", [2_000_001, 2_000_000 + FORM_ALLOWANCE + 10])
def test_a_file_beyond_the_limit_is_refused_with_the_limit_and_a_remedy(
    visitor: Client, settings: Settings, size: int
) -> None:
    settings.UPLOAD_LIMIT_BYTES = 2_000_000
    status, page = _send(visitor, size)
    assert status == 413
    assert "at most 1 MB" in page
    assert "Split the file" in page


def test_the_limit_holds_for_all_files_of_a_request_together(visitor: Client, settings: Settings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 2_000_000
    assert _send(visitor, 1_200_000, 1_200_000)[0] == 413


def test_an_upload_never_touches_a_temporary_folder(
    visitor: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made: list[object] = []
    for name in ("NamedTemporaryFile", "TemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, lambda *args, **kwargs: made.append(args))
    status, _page = _send(visitor, 4_000_000)
    assert status == 200
    assert made == []
    assert list(tmp_path.iterdir()) == []
