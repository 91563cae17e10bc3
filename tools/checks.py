"""Rules of the house that no off-the-shelf linter knows. Errors fail, warnings are printed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Brackets keep these patterns from matching this file.
PLACES = re.compile(
    r"\bpyp[i]\.|python[h]osted|npm[j]s\.|deb\.debia[n]|file:/{3}"
    r"|(?<![\w.*)-])/(?:wor[k]|far[m]|roo[t])/|(?<![\w.*)-])/hom[e]/\w"
)
ASSERTS = re.compile(r"\bassert\b|raises|expect\(|fail\(|check_|verify|assert_")
SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*application/json)", re.I)
INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\shx-on|javascript:|\son(?:click|change|input|submit|load|error|focus|blur|toggle"
    r"|key\w+|mouse\w+|pointer\w+|touch\w+|drag\w+|drop|paste|scroll|wheel)\s*=",
    re.I,
)
EVALUATED = re.compile(r"\shx-(?:vals|headers|vars)\s*=\s*[\"']\s*js:|\shx-trigger=\"[^\"]*\[", re.I)
DECLARATION = re.compile(r"<c-vars\b[^>]*>")
DYNAMIC_TEXT = re.compile(r"\s:[\w-]+=\"[^\"]*\b_\(")
FILE_LINES = 500
FUNCTION_LINES = 70


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    path: str
    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}: {kind}{self.text}"


def places(path: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if PLACES.search(line):
            yield Finding(path, number, "names a package index host or a path of one machine")


def lock(path: str, text: str) -> Iterator[Finding]:
    """Every requirement pinned and hashed; nothing that says where it comes from."""
    logical = re.sub(r"\\\n\s*", " ", text)
    for line in logical.splitlines():
        requirement = line.strip()
        if not requirement or requirement.startswith("#"):
            continue
        number = text[: text.find(requirement.split()[0])].count("\n") + 1
        if requirement.startswith("-") or "://" in requirement:
            yield Finding(path, number, "a lock may not say where packages come from")
        elif "==" not in requirement or "--hash=sha256:" not in requirement:
            yield Finding(path, number, f"{requirement.split()[0]} is not pinned with a hash")
    if "://" in text:
        yield Finding(path, text[: text.find("://")].count("\n") + 1, "a lock holds no URL")


def template(path: str, text: str) -> Iterator[Finding]:
    # The arguments a component declares are not attributes of an element.
    text = DECLARATION.sub(lambda found: "\n" * found.group().count("\n"), text)
    for number, line in enumerate(text.splitlines(), 1):
        if SCRIPT.search(line) or INLINE.search(line):
            yield Finding(path, number, "inline style or script: the security policy blocks it")
        if EVALUATED.search(line):
            yield Finding(path, number, "htmx would evaluate this: the security policy blocks it")
        if DYNAMIC_TEXT.search(line):
            yield Finding(path, number, "a text in a dynamic attribute is not extracted: use {% translate %}")


def python(path: str, text: str) -> Iterator[Finding]:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        yield Finding(path, error.lineno or 1, "does not parse")
        return
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield Finding(path, lines, f"{lines} lines: which second idea wants its own file?", warning=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno
            if size > FUNCTION_LINES:
                yield Finding(path, node.lineno, f"{node.name} has {size} lines", warning=True)
            if path.startswith("tests/") and node.name.startswith("test_"):
                yield from _test(path, node)
        elif isinstance(node, ast.ExceptHandler) and _swallows(node):
            yield Finding(path, node.lineno, "swallows every exception")


def _test(path: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Finding]:
    body = ast.unparse(node)
    if not ASSERTS.search(body.partition("\n")[2]):
        yield Finding(path, node.lineno, f"{node.name} asserts nothing")
    if re.search(r"\bassert True\b", body):
        yield Finding(path, node.lineno, f"{node.name} asserts True")


def _swallows(node: ast.ExceptHandler) -> bool:
    everything = node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")
    return everything and all(isinstance(statement, ast.Pass) for statement in node.body)


def findings(path: str, text: str) -> Iterator[Finding]:
    """All findings in one file, `path` relative to the repository."""
    yield from places(path, text)
    suffix = Path(path).suffix
    if suffix == ".lock":
        yield from lock(path, text)
    elif suffix in (".html", ".svg") and path.startswith("src/"):
        yield from template(path, text)
    elif suffix == ".py" and "/migrations/" not in path:
        yield from python(path, text)


def repository_files() -> Iterator[tuple[str, str]]:
    """Every text file git knows or would add."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in sorted(set(listing.stdout.decode().split("\0")) - {""}):
        path = ROOT / name
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content[:4096]:
                yield name, content.decode(errors="replace")


def main() -> int:
    found = sorted(finding for name, text in repository_files() for finding in findings(name, text))
    for finding in found:
        print(finding)
    errors = sum(not finding.warning for finding in found)
    print(f"house rules: {errors} errors, {len(found) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
