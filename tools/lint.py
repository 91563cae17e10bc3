"""./dev lint: every check that reads the code without running it. All run; one failure fails the whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "types": ["mypy", "src/duecause", "tools", "benchmarks"],
    "layers": ["lint-imports", "--no-logo"],
    "templates": ["djlint", "src/duecause", "--lint", "--quiet"],
    "house rules": ["tools.checks"],
    "texts": ["tools.i18n", "--check"],
}


def command_line(words: list[str]) -> list[str]:
    if words[0].startswith("tools."):
        return [sys.executable, "-m", *words]
    program = shutil.which(words[0], path=str(Path(sys.executable).parent))
    return [program or words[0], *words[1:]]


def main(arguments: list[str]) -> int:
    unknown = set(arguments) - set(CHECKS)
    if unknown:
        print(f"unknown check {sorted(unknown)}; there are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    failed = []
    for name in arguments or CHECKS:
        started = time.perf_counter()
        print(f"── {name}", flush=True)
        if subprocess.run(command_line(CHECKS[name]), cwd=ROOT, check=False).returncode:
            failed.append(name)
        print(f"   {time.perf_counter() - started:.1f} s", flush=True)
    print(f"lint: failed: {', '.join(failed)}" if failed else "lint: all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
