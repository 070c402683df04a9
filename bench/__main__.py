"""`python -m bench [NAME ...]`: run the named benchmarks, or all of them, and print one table.

Ends with status 1 when a benchmark could not run, and with --strict also when a goal is missed.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import traceback
from collections.abc import Sequence

import bench
from bench import Row

HEADINGS = ("work", "limit", "peer", "ours", "unit", "ours/limit", "goal", "")


def names() -> list[str]:
    """The benchmarks of this package, by module name."""
    found = sorted(module.name for module in pkgutil.iter_modules(bench.__path__))
    return [name for name in found if not name.startswith("_")]


def measure(name: str) -> list[Row]:
    """The rows of one benchmark; none when the module is only a part of others."""
    run = getattr(importlib.import_module(f"bench.{name}"), "run", None)
    return list(run()) if run else []


def table(rows: Sequence[Row]) -> str:
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADINGS))]
    return "\n".join("  ".join(_aligned(line, widths)).rstrip() for line in cells)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure beside limit and peer.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(names())}")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is missed")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(names()))
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}; there are {', '.join(names())}")
    rows: list[Row] = []
    failed: list[str] = []
    for name in options.names or names():
        try:
            rows += measure(name)
        except Exception:  # one that cannot run here must not hide the others
            traceback.print_exc()
            failed.append(name)
    print(table(rows))
    for name in failed:
        print(f"{name}: could not run, see above")
    return 1 if failed or (options.strict and not all(row.passed for row in rows)) else 0


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (
        f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in (row.limit, row.peer, row.ours)
    )
    # A row without a goal stands beside the others to be read: it cannot be missed, and so it does not pass either.
    verdict = ("PASS" if row.passed else "MISS") if row.goal else ""
    return (row.work, *numbers, row.unit, f"{row.ratio:.2f}", row.goal, verdict)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    numeric = {1, 2, 3, 5}
    return [
        cell.rjust(width) if i in numeric else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]


if __name__ == "__main__":
    sys.exit(main())
