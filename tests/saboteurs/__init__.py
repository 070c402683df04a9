"""Saboteurs: small changes that each take one guard away. The tests that are named beside it must then fail.

`make sabotage` applies them one by one to a copy of the tree. A guard whose loss no test notices is no promise.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Saboteur:
    """`find` stands once in `file` and becomes `replace`; one of `tests` (paths) must then fail."""

    guard: str
    file: str
    find: str
    replace: str
    tests: list[str]

    def sabotaged(self, text: str) -> str:
        """The text without the guard. ValueError where the guard does not stand there exactly once."""
        if text.count(self.find) != 1:
            raise ValueError(f"{self.guard}: stands {text.count(self.find)} times in {self.file}")
        return text.replace(self.find, self.replace)


def saboteurs() -> Iterator[Saboteur]:
    """All of them, by file."""
    for path in sorted(HERE.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["saboteur"]:
            yield Saboteur(**row)
