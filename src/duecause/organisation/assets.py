"""What the web serves beside pages: compiled messages where a checkout has none yet, and static files."""

from __future__ import annotations

from pathlib import Path

from babel.messages import mofile, pofile
from django.conf import settings
from django.core.management import call_command


def compile_messages() -> None:
    """An installed package brings its compiled messages along; a checkout compiles them when they changed."""
    for folder in settings.LOCALE_PATHS:
        for source in Path(folder).glob("*/LC_MESSAGES/*.po"):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            with source.open("rb") as catalogue, target.open("wb") as compiled:
                mofile.write_mo(compiled, pofile.read_po(catalogue))


def collect() -> None:
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
