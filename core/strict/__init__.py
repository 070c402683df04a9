"""Strict parsing at the edge, shared by every door (API, importer, hooks, commands).

What enters is text or JSON of unknown origin; what leaves is typed, bounded and safe for every database.
Each function raises StrictError and nothing else, whatever it is given. No ORM, no present time.
"""

from core.clock import SHANGHAI
from core.strict.base import StrictError, shown
from core.strict.json_text import (
    check_depth,
    decode_utf8,
    duplicate_key,
    load_json,
    malformed,
    outline,
    unique_keys,
)
from core.strict.times import (
    FIRST_YEAR,
    LAST_YEAR,
    check_year,
    clock_time,
    closing_time,
    day,
    instant,
    moment,
    stamp,
    to_utc,
    zone,
)
from core.strict.values import MAX_QUANTITY, amount, code, currency, identifier, is_cut_off, quantity, text

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "MAX_QUANTITY",
    "SHANGHAI",
    "StrictError",
    "amount",
    "check_depth",
    "check_year",
    "clock_time",
    "closing_time",
    "code",
    "currency",
    "day",
    "decode_utf8",
    "duplicate_key",
    "identifier",
    "instant",
    "is_cut_off",
    "load_json",
    "malformed",
    "moment",
    "outline",
    "quantity",
    "shown",
    "stamp",
    "text",
    "to_utc",
    "unique_keys",
    "zone",
]
