"""./dev bench NAME [--json]: run one benchmark; without a name, list them."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
HELPERS = {"report", "__init__"}


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in HELPERS)


def main(arguments: list[str]) -> int:
    chosen = [word for word in arguments if not word.startswith("-")]
    if not chosen:
        print("\n".join(names()))
        return 0
    name = chosen[0]
    if name not in names():
        print(f"no benchmark {name!r}; there are: {', '.join(names()) or 'none yet'}", file=sys.stderr)
        return 2
    arguments.remove(name)
    sys.argv = [f"benchmarks/{name}.py", *arguments]
    runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
