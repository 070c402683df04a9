"""The one error of the strict parsers, and how foreign values may stand in a message."""

from __future__ import annotations

from typing import Any

from core.errors import InvalidInput


class StrictError(InvalidInput):
    """A refused value: `code` for programs, `message` for people; `field`, `row`, `line`, `offset` where known.

    `line` and `row` count from 1, `offset` from 0 (bytes for text that is not UTF-8, characters otherwise).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str = "",
        row: int | None = None,
        line: int | None = None,
        offset: int | None = None,
    ) -> None:
        place = {"row": row, "line": line, "offset": offset}
        known: dict[str, Any] = {name: value for name, value in place.items() if value is not None}
        super().__init__(message, code=code, field=field, **known)
        self.message = message
        self.line = line
        self.offset = offset


def shown(value: object) -> str:
    """A foreign value as it may stand in a message: short, printable, without control characters."""
    if isinstance(value, str):
        text = value[:64]
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**40):
        text = repr(value)
    else:
        text = type(value).__name__
    text = "".join(char if char.isprintable() else "�" for char in text)
    return text[:40] + "…" if len(text) > 40 else text
