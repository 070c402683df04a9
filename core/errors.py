"""Domain errors: one shape from the service to every door.

Each has a stable `code` for programs, a sentence for people and, where rows are concerned, the rows with
their reasons. The API renders them as problem+json, the portal and the admin as messages, commands as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.words import said


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row: its number from 1 (of a file: the line), the field, a code and a sentence."""

    row: int
    field: str
    code: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return {"row": self.row, "field": self.field, "code": self.code, "message": said(self.message)}


class DomainError(Exception):
    """Something the caller may read and act on. Never carries data that the caller may not see.

    What else there is to say is given by name in `extra`; what takes long to find out, as a function that a door calls
    by reading it.
    """

    status = 400
    code = "invalid"
    title = _("The request cannot be carried out")

    def __init__(
        self,
        detail: Any = None,
        *,
        code: str | None = None,
        rows: Sequence[RowError] = (),
        field: str = "",
        **extra: Any,
    ) -> None:
        # Not whether it is empty: a lazy sentence would be put into words for that, and most refusals are never read.
        self.detail = self.title if detail is None else detail
        super().__init__(self.detail)
        self.code = code or self.code
        self.rows = tuple(rows)
        self.field = field
        self._extra = extra

    @cached_property
    def extra(self) -> dict[str, Any]:
        """What else a door shows beside the sentence."""
        return {name: value() if callable(value) else value for name, value in self._extra.items()}

    def add(self, **extra: Any) -> None:
        """Say more beside the sentence: for who passes it on and knows what it is about."""
        self._extra |= extra

    @property
    def sentence(self) -> str:
        """The detail as a text that can be kept for readers of other languages."""
        return said(self.detail)

    def __str__(self) -> str:
        return str(self.detail)


class InvalidInput(DomainError):
    """The input has the wrong shape or an impossible value."""

    title = _("The input is not valid")


class Refused(DomainError):
    """The actor is known and may not do this here."""

    status = 403
    code = "forbidden"
    title = _("You may not do this")


class NotFound(DomainError):
    """Absent or foreign: both get the same answer, so that nobody can probe for ids."""

    status = 404
    code = "not_found"
    title = _("There is no such object")


class Conflict(DomainError):
    """The request is well-formed and contradicts what is already known."""

    status = 409
    code = "conflict"
    title = _("This contradicts what is already stored")


class TooLarge(DomainError):
    """Over a limit of the door; the detail names the way that takes larger amounts."""

    status = 413
    code = "too_large"
    title = _("This is too large")


class Unprocessable(DomainError):
    """Well-formed, and not acceptable as a whole."""

    status = 422
    code = "unprocessable"
    title = _("This cannot be processed")


class Busy(DomainError):
    """Try again: another writer was faster, or a part is away."""

    status = 503
    code = "busy"
    title = _("The system is busy, please try again")


class NoRoom(Busy):
    """A disk took nothing more, which does not pass by itself."""

    code = "disk_full"
    title = _("The disk is full")
