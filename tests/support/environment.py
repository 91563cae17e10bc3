"""Loaded by pytest before Django: every test process gets its own empty data folder.

pytest-django imports the settings before any conftest, so this cannot wait for one (`-p` in pyproject.toml).
"""

import os
import shutil
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="duecause-test-"))
os.environ["DUECAUSE_TESTING"] = "1"
os.environ["DUECAUSE_DATA"] = str(FOLDER)
# The live server's thread shares the connections with async Playwright's loop.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
