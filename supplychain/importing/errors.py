"""What stops a file as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import InvalidInput


class FileError(InvalidInput):
    """A file that cannot be read at all: `code`, a sentence, and the headers seen and missing where it matters."""

    def __init__(
        self, code: str, message: str, *, seen: Sequence[str] = (), missing: Sequence[str] = ()
    ) -> None:
        super().__init__(message, code=code, seen=list(seen), missing=list(missing))
        self.message = message
        self.seen = tuple(seen)
        self.missing = tuple(missing)
