"""The state of an order as a tool sends it, made into the facts that every export of the order agrees with.

Where a message and a file tell of the same, the fact of the file has the higher version and counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from core import strict
from core.clock import SHANGHAI
from core.strict import StrictError
from core.words import gettext as _
from supplychain.facts import CHANNELS, CODE_LENGTH, TITLE_LENGTH, SaleFact
from supplychain.facts.fact import BASE_CURRENCY
from supplychain.importing.profiles import douyin
from supplychain.importing.profiles.base import Options
from supplychain.importing.profiles.states import NOTHING, OrderState

LINE_SHAPE = dict.fromkeys(
    ("line_no", "sku_code", "title", "qty", "amount", "freight", "refunded", "ended_at")
)
STATE_SHAPE: dict[str, Any] = {
    **dict.fromkeys(
        (
            *(
                "order_no",
                "currency",
                "created_at",
                "paid_at",
                "ended_at",
                "closed",
                "channel",
                "session_ref",
            ),
            *("host_ref", "destination", "freight", "total", "refunded"),
        )
    ),
    "lines": [LINE_SHAPE],
}
_id = partial(strict.identifier, max_len=CODE_LENGTH, trust=True)
_code = partial(strict.code, max_len=CODE_LENGTH)
_title = partial(strict.text, max_len=TITLE_LENGTH)


def facts_of_state(data: Mapping[str, Any], source: str) -> list[SaleFact]:
    """Created, paid and what went back of each line, and of the order as a whole where it says so.

    What was given back stands at the lines or at the order, as the shop's own export has it. Raises StrictError,
    which names the field.
    """
    options = Options(
        currency=_read(data, "currency", strict.currency) or BASE_CURRENCY,
        zone=SHANGHAI,
        columns=frozenset(),
        notes=Counter(),
    )
    lines = data.get("lines")
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines) or not lines:
        raise StrictError("required", _("The order has no lines."), field="lines")
    as_a_whole = data.get("refunded") is not None
    closed = _read(data, "closed", _flag) or False
    common: dict[str, Any] = {
        "options": options,
        "order_no": _need(data, "order_no", _id),
        "created_at": _need(data, "created_at", strict.moment),
        "paid_at": _read(data, "paid_at", strict.moment),
        "told": True,
        "more": {
            "channel": _read(data, "channel", _channel) or "other",
            "session_ref": _read(data, "session_ref", _id) or "",
            "host_ref": _read(data, "host_ref", _id) or "",
            "destination": _read(data, "destination", _code) or "",
        },
    }
    ended_at = _read(data, "ended_at", strict.moment)
    found: list[SaleFact] = []
    for number, line in enumerate(lines):
        of_line = _of_line(line, f"lines.{number}.", source)
        of_line["ended_at"] = of_line["ended_at"] or ended_at
        found += OrderState(**common, **of_line, closed=closed and not as_a_whole).facts()
    freight = _read(data, "freight", _money) or NOTHING
    if as_a_whole or freight:
        whole = OrderState(
            **common,
            freight=freight,
            total=_read(data, "total", _money),
            refunded=_read(data, "refunded", _money),
            ended_at=ended_at,
            closed=closed and as_a_whole,
        )
        found += whole.facts()
    return found


def _of_line(line: Mapping[str, Any], place: str, source: str) -> dict[str, Any]:
    """What a line says for itself, as OrderState takes it; `place` names it in complaints."""
    line_no = _need(line, "line_no", _id, place)
    return {
        "line_no": line_no,
        "goods": {
            "sku_code": _read(line, "sku_code", _code, place) or "",
            "title": _read(line, "title", _title, place) or "",
            "qty": _need(line, "qty", strict.quantity, place),
        },
        "amount": _need(line, "amount", _money, place),
        "freight": _read(line, "freight", _money, place) or NOTHING,
        "refunded": _read(line, "refunded", _money, place),
        "ended_at": _read(line, "ended_at", strict.moment, place),
        "back_id": douyin.back_id(line_no) if source == douyin.ORDERS.source else "",
    }


def _read(row: Mapping[str, Any], name: str, parse: Callable[[Any], Any], place: str = "") -> Any:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        return parse(value)
    except StrictError as error:
        error.field = place + name
        raise


def _need(row: Mapping[str, Any], name: str, parse: Callable[[Any], Any], place: str = "") -> Any:
    found = _read(row, name, parse, place)
    if found is None or found == "":
        raise StrictError("required", _("This field is required."), field=place + name)
    return found


def _money(value: object) -> Decimal:
    return strict.amount(value, places=2)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise StrictError("type", _("“%(value)s” is neither true nor false.") % {"value": strict.shown(value)})


def _channel(value: object) -> str:
    if isinstance(value, str) and value in CHANNELS:
        return value
    message = _("“%(value)s” is none of: %(choices)s.")
    raise StrictError("choice", message % {"value": strict.shown(value), "choices": ", ".join(CHANNELS)})
