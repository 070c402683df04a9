"""One fact from a mapping of field names to raw values, as JSON and CSV doors deliver them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from core import strict
from core.errors import InvalidInput, RowError
from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts.fact import (
    CHANNELS,
    CODE_LENGTH,
    CUSTOMS_MODES,
    EXTERNAL_ID_LENGTH,
    KINDS,
    LINE_TYPES,
    TITLE_LENGTH,
    SaleFact,
)

Parsers = dict[str, Callable[[object], object]]


class FactError(InvalidInput):
    """A row that is no fact; `problems` holds a StrictError for each field that is wrong."""

    def __init__(self, problems: list[StrictError]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems

    def row_errors(self, row: int) -> list[RowError]:
        """The problems as those of row number `row`."""
        return [RowError(row, problem.field, problem.code, problem.message) for problem in self.problems]


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    allowed = frozenset(choices)
    listed = ", ".join(choices)

    def parse(value: object) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        message = _("“%(value)s” is none of: %(choices)s.")
        raise StrictError("choice", message % {"value": strict.shown(value), "choices": listed})

    return parse


def _version(value: object) -> int:
    number = strict.quantity(value)
    if number < 1:
        raise StrictError("range", _("Versions count from 1."))
    return number


parse_rate = partial(strict.amount, places=8, digits=10)
_code = partial(strict.code, max_len=CODE_LENGTH)
_signed_amount = partial(strict.amount, signed=True)
_signed_quantity = partial(strict.quantity, signed=True)

_IDS = {
    "external_id": EXTERNAL_ID_LENGTH,
    **dict.fromkeys(
        ("order_no", "line_no", "ref_order_no", "ref_line", "session_ref", "host_ref"), CODE_LENGTH
    ),
}


def _ids(*, trust: bool) -> Parsers:
    return {name: partial(strict.identifier, max_len=length, trust=trust) for name, length in _IDS.items()}


PARSERS: Parsers = {
    **_ids(trust=True),
    "kind": _one_of(KINDS),
    "version": _version,
    "line_type": _one_of(LINE_TYPES),
    "sku_code": _code,
    "title": partial(strict.text, max_len=TITLE_LENGTH),
    "qty": _signed_quantity,
    "amount": _signed_amount,
    "currency": strict.currency,
    "amount_foreign": _signed_amount,
    "rate": parse_rate,
    "rate_day": strict.day,
    "occurred_at": strict.instant,
    "channel": _one_of(CHANNELS),
    "owner": _code,
    "destination": _code,
    "customs_mode": _one_of(CUSTOMS_MODES),
}
# A table may have been through a spreadsheet.
CELL_PARSERS = {**PARSERS, **_ids(trust=False)}
REQUIRED = ("kind", "order_no", "qty", "occurred_at")
_REQUIRED = frozenset(REQUIRED)


def fact_from_values(values: Mapping[str, object], parsers: Parsers = PARSERS) -> SaleFact:
    """The SaleFact of raw values (JSON values; texts of a CSV row by CELL_PARSERS); None and "" count as absent.

    Raises FactError that lists every field that is unknown, missing or wrong.
    """
    found: dict[str, object] = {}
    problems: list[StrictError] = []
    for name, value in values.items():
        if value is None or value == "":
            continue
        parser = parsers.get(name)
        if parser is None:
            problems.append(
                StrictError("unknown_field", _("There is no such field."), field=strict.shown(name))
            )
            continue
        try:
            parsed = parser(value)
        except StrictError as error:
            error.field = name
            problems.append(error)
        else:
            if parsed != "":
                found[name] = parsed
    if not problems and found.keys() >= _REQUIRED:
        try:
            return SaleFact(**found)  # type: ignore[arg-type]  # the parsers give each field its type
        except StrictError as error:
            raise FactError([error]) from None
    refused = {problem.field for problem in problems}
    missing = [name for name in REQUIRED if name not in found and name not in refused]
    problems += [StrictError("required", _("This field is required."), field=name) for name in missing]
    raise FactError(problems)
