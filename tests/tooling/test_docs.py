"""What the pages for people name is there: links, pictures, commands and their options, settings."""

import re
from pathlib import Path

import click
import pytest

from duecause.cli import group
from tools.lint import ROOT
from tools.transcript import PART, Command, commands, shortened

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
SPOKEN = re.compile(r"`(?:\.venv/bin/)?duecause ([^`]+)`|^\$ \.venv/bin/duecause (.+(?:\\\n.+)*)", re.M)


def named_commands():
    for page in PAGES:
        for found in SPOKEN.finditer(page.read_text()):
            yield pytest.param(re.split(r"[\s\\]+", found[1] or found[2]), id=f"{page.name}-{found[0][:60]}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_picture_leads_somewhere(page: Path):
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("words", named_commands())
def test_every_command_that_is_named_exists_with_its_options(words):
    command: click.Command | None = group
    rest = list(words)
    context = click.Context(group)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        command = command.get_command(context, rest.pop(0))
    assert command is not None, words
    known = {option for parameter in [*command.params, *group.params] for option in parameter.opts}
    known |= {"--help", "--version"}
    assert {word.partition("=")[0] for word in rest if word.startswith("--") and word != "--"} <= known


def test_every_setting_is_told_and_every_setting_told_is_read():
    sources = [ROOT / "src/duecause" / name for name in ("settings.py", "logs.py", "packs/law/__init__.py")]
    read = {name for path in sources for name in re.findall(r'environ\.get\("(\w+)"', path.read_text())}
    told = set(
        re.findall(r"`((?:DUECAUSE|DATABASE|KEYS_DATABASE)_\w+)`", (ROOT / "docs/operate.md").read_text())
    )
    assert told == read - {"DUECAUSE_TESTING"}


def test_a_transcript_is_read_as_commands_with_what_they_printed_and_their_exit_code():
    block = "$ one \\\n    --two\nfirst\nsecond\n[exit 4]\n$ three\n"
    text = f"before\n```console head=1\n{block}```\n<!-- run: sleep 1 -->\n"
    shown, hidden = PART.finditer(text)
    assert list(commands(shown["body"])) == [
        Command("one \\\n    --two", "first\nsecond\n[exit 4]"),
        Command("three", ""),
    ]
    assert [command.code for command in commands(shown["body"])] == [4, 0]
    assert hidden["hidden"] == "sleep 1"
    assert shortened("first\nsecond", 1) == "first\n…"
