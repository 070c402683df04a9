"""A report file, read whole: the sessions that it states figures of, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

from analytics.services.trust import MOST
from core import clock
from core.errors import DomainError, RowError
from core.words import gettext as _
from supplychain.importing import FileReport, Profile, SessionRow, iter_sessions
from supplychain.models import ImportBatch
from supplychain.services.lines import NO_RATE, Rates, in_cny, no_rate, rates_for

SHOWN_PROBLEMS = 200


@dataclass(frozen=True)
class Stated:
    """What a row states of a session. Sales are CNY."""

    file: int
    line_no: int
    row: SessionRow
    sales: Decimal | None

    @property
    def figures(self) -> dict[str, Any]:
        """The figures as `session_claim` takes them."""
        row = self.row
        return {
            "sales": self.sales,
            "viewers": row.viewers,
            "stay_seconds": row.stay_seconds,
            "minutes": row.minutes,
            "peak": row.peak,
            "orders": row.orders,
        }


@dataclass
class ReadFile:
    """A file of a drop. With an error or problems nothing of it is taken."""

    number: int
    name: str
    batch: ImportBatch | None = None
    report: FileReport | None = None
    error: str = ""
    problems: list[RowError] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return bool(self.error or self.problems)

    def as_dict(self) -> dict[str, Any]:
        """The file as JSON values."""
        return {
            "name": self.name,
            "profile": self.report.profile if self.report else "",
            "form": self.report.form if self.report else "",
            "rows": self.report.rows if self.report else 0,
            "notes": dict(self.report.notes) if self.report else {},
            "dropped": self.report.dropped if self.report else [],
            "refused": self.refused,
            "error": self.error,
            "problem_count": len(self.problems),
            "problems": [problem.as_dict() for problem in self.problems[:SHOWN_PROBLEMS]],
        }


def read_file(
    number: int,
    name: str,
    opened: Callable[[], BinaryIO],
    *,
    profile: Profile[SessionRow] | None = None,
    currency: str = "",
    timezone: str = "",
    batch: ImportBatch | None = None,
) -> ReadFile:
    """Read a file. What stops it as a whole is its `error`, what is wrong with rows its `problems`."""
    found = ReadFile(number, name, batch)
    rows: list[tuple[int, SessionRow]] = []
    try:
        with opened() as stream:
            file = iter_sessions(stream, profile, currency=currency, timezone=timezone)
            for result in file:
                found.problems += result.problems
                rows += [(result.line_no, row) for row in result.facts]
    except DomainError as error:
        found.error = error.sentence
        return found
    found.report = file.report
    rates = rates_for(
        {
            (row.currency, clock.business_day(row.occurred_at))
            for _line_no, row in rows
            if row.amount_foreign is not None
        }
    )
    for line_no, row in rows:
        problem = _problem(line_no, row, rates)
        if problem is not None:
            found.problems.append(problem)
        else:
            found.stated.append(Stated(number, line_no, row, _sales(row, rates)))
    return found


def _sales(row: SessionRow, rates: Rates) -> Decimal | None:
    if row.amount_foreign is None:
        return row.amount
    return in_cny(row.amount_foreign, rates[row.currency, clock.business_day(row.occurred_at)].cny_per_unit)


def _problem(line_no: int, row: SessionRow, rates: Rates) -> RowError | None:
    """Why what is written well cannot be so."""
    day = clock.business_day(row.occurred_at)
    if (row.ended_at or row.occurred_at) > clock.latest():
        return RowError(line_no, "ended_at", "future", _("This time has not come yet."))
    if row.amount_foreign is not None and (row.currency, day) not in rates:
        return RowError(line_no, "currency", NO_RATE, no_rate(row.currency, day))
    figures = Stated(0, line_no, row, _sales(row, rates)).figures
    if all(figures[name] is None for name in ("sales", "viewers", "minutes")):
        return RowError(line_no, "viewers", "nothing_stated", _("The row states no figure of the session."))
    for name, value in figures.items():
        if value is not None and value > MOST[name]:
            message = _("This must lie between 0 and %(most)s.") % {"most": f"{MOST[name]:,}"}
            return RowError(line_no, name, "range", message)
    return None
