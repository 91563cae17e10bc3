"""Run the commands of a document again and see whether they still end as it says.

    python -m tools.transcript docs/start.md --clone DIR [--write]

Blocks that begin with ```console hold commands after "$ " and what they printed; "[exit 4]" stands under a
command that does not end with 0. `head=N` on the block keeps N lines of what each command prints. A comment
`<!-- run: … -->` is run without being shown. DIR is a clone of the repository; nothing else is touched. With
--write what is printed now replaces what stands there.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PART = re.compile(
    r"^```console(?P<options>[^\n]*)\n(?P<body>.*?)^```$|^<!-- run: (?P<hidden>.*?) -->$", re.M | re.S
)
EXIT = re.compile(r"^\[exit (\d+)\]$", re.M)
END = "--the-end-of-it--"
READY = "Ctrl-C stops it."


@dataclass
class Command:
    text: str
    told: str

    @property
    def code(self) -> int:
        found = EXIT.search(self.told)
        return int(found[1]) if found else 0


class Shell:
    """One bash for the whole document, so that variables and the working folder carry over."""

    def __init__(self, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DUECAUSE_")}
        environment |= {"PYTHON": sys.executable, "ROOT": str(ROOT), "COLUMNS": "100"}
        self.folder = folder
        self.process = subprocess.Popen(
            ["bash"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, command: str) -> tuple[str, int]:
        """What it printed and its exit code. A command that ends in & is waited for until it is ready."""
        background = command.endswith("&")
        closing = "" if background else f"\nprintf '%s %s\\n' {END} $?\n"
        self._send(f"{command}{closing}\n")
        lines: list[str] = []
        for line in self._lines():
            end = re.match(f"(.*){END} (\\d+)$", line)
            if end:
                return self._neutral([*lines, end[1]] if end[1] else lines), int(end[2])
            lines.append(line)
            if background and line == READY:
                return self._neutral(lines), 0
        raise SystemExit(f"The shell ended during: {command}")

    def close(self) -> None:
        self._send("kill $(jobs -p) 2>/dev/null; wait; exit\n")
        self.process.wait(timeout=30)

    def _send(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def _lines(self) -> Iterator[str]:
        assert self.process.stdout
        for line in self.process.stdout:
            yield line.rstrip("\n")

    def _neutral(self, lines: list[str]) -> str:
        """The folder it ran in is nobody's business."""
        return "\n".join(lines).replace(str(self.folder), "~/duecause").strip("\n")


def commands(body: str) -> Iterator[Command]:
    for piece in re.split(r"^\$ ", body, flags=re.M)[1:]:
        text, _, told = re.sub(r"\\\n", "\\\\\0", piece).partition("\n")
        yield Command(text.replace("\0", "\n"), told.strip("\n"))


def shortened(told: str, head: int) -> str:
    lines = told.splitlines()
    return told if not head or len(lines) <= head else "\n".join([*lines[:head], "…"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("document", type=Path)
    parser.add_argument("--clone", type=Path, required=True, metavar="DIR")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    shell, wrong = Shell(given.clone.resolve()), []

    def again(part: re.Match[str]) -> str:
        if part["hidden"]:
            told, code = shell.run(part["hidden"])
            if code:
                wrong.append(f"hidden: {part['hidden']}: exit {code}\n{told}")
            return part[0]
        head = re.search(r"head=(\d+)", part["options"])
        written = ""
        for command in commands(part["body"]):
            told, code = shell.run(command.text)
            if code != command.code:
                wrong.append(f"{command.text}: exit {code}, the document says {command.code}\n{told}")
            shown = shortened(told, int(head[1]) if head else 0)
            mark = f"[exit {code}]" if code else ""
            written += "\n".join(filter(None, [f"$ {command.text}", shown, mark])) + "\n"
        return f"```console{part['options']}\n{written}```"

    text = given.document.read_text(encoding="utf-8")
    try:
        text = PART.sub(again, text)
    finally:
        shell.close()
    if given.write:
        given.document.write_text(text, encoding="utf-8")
    print("\n".join(wrong) or "Every command ended as the document says.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
