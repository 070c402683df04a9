"""The quick way from JSON to facts: read and converted by C code, for batches in which every row is good.

Good batches are the rule. Whatever gives the least doubt is left to `fact_from_values`, which is slower, names
each problem, and has the last word: both give the same facts.
"""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import force_setattr

from core import strict
from core.strict import StrictError
from supplychain.facts.fact import SaleFact
from supplychain.facts.values import FactError, fact_from_values

_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,4})?")
# Texts that msgspec reads as the parsers of `core.strict` do. It reads more than these: 1e3 or １ as an amount.
_PLAIN = {
    "occurred_at": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
        r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
    ),
    "amount": _AMOUNT,
    "amount_foreign": _AMOUNT,
    "rate": re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,8})?"),
    "rate_day": re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}"),
}
_Row = dict[str, str | int]
_array = msgspec.json.Decoder(list[_Row])
_lines = msgspec.json.Decoder(_Row)


def quick_facts(body: bytes, *, keys: int, ndjson: bool) -> list[SaleFact] | None:
    """The facts of a body whose objects have `keys` keys in all; None where a closer look is needed.

    A key that stands twice in an object is read once: then there are fewer than `keys`.
    """
    try:
        rows = _lines.decode_lines(body) if ndjson else _array.decode(body)
        if sum(map(len, rows)) != keys or not all(_are_plain(rows, name) for name in _PLAIN):
            return None
        facts = msgspec.convert(rows, list[SaleFact])
        for index, fact in enumerate(facts):
            if _needs_care(fact):
                facts[index] = fact_from_values(rows[index])
            elif (moment := strict.to_utc(fact.occurred_at)) is not fact.occurred_at:
                force_setattr(fact, "occurred_at", moment)
    except (msgspec.DecodeError, UnicodeDecodeError, StrictError, FactError):
        return None
    return facts


def _are_plain(rows: list[_Row], name: str) -> bool:
    texts = [row[name] for row in rows if name in row]
    try:
        return all(map(_PLAIN[name].fullmatch, texts))  # type: ignore[arg-type]
    except TypeError:  # a number
        return False


def _needs_care(fact: SaleFact) -> bool:
    """Whether a text may have spaces around it, characters that cannot be printed, or be an id written as a number."""
    texts = (
        f"|{fact.external_id}|{fact.order_no}|{fact.line_no}|{fact.ref_order_no}|{fact.ref_line}|{fact.sku_code}"
        f"|{fact.session_ref}|{fact.host_ref}|{fact.owner}|{fact.destination}|{fact.currency}|{fact.title}|"
    )
    return "| " in texts or " |" in texts or "+" in texts or ".0" in texts or not texts.isprintable()
