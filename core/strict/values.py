"""Amounts, quantities and names as they may enter."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from core.strict.base import StrictError, shown
from core.words import gettext as _

MAX_QUANTITY = 2**31 - 1

_AMOUNT = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_CURRENCY = re.compile("[A-Z]{3}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WRITTEN_AS_NUMBER = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]+|[0-9]{16,}\.0+")
_CUT_OFF = re.compile(r"(?=[0-9]*000$)[0-9]{15}0+")


def amount(value: object, *, places: int = 4, digits: int = 13, signed: bool = False) -> Decimal:
    """A Decimal from an ASCII decimal string with at most `digits` before and `places` after the point.

    JSON numbers are refused: they pass through binary fractions on the way. So are exponents, full-width
    digits, spaces, signs other than one minus (where `signed`), leading zeros and the minus of a zero.
    """
    if not isinstance(value, str):
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise StrictError("number", _('Send amounts as strings, such as "12.50", not as JSON numbers.'))
        raise StrictError("type", _('An amount is a string such as "12.50".'))
    if _grammar(places, digits).fullmatch(value):
        return Decimal(value)
    found = _AMOUNT.fullmatch(value)
    if found is None:
        message = _("“%(value)s” is not an amount: ASCII digits, at most %(places)d decimals, such as 12.50.")
        raise StrictError("amount", message % {"value": shown(value), "places": places})
    minus, whole, fraction = found.groups()
    if len(whole) > digits or len(fraction or "") > places:
        message = _(
            "“%(value)s” has too many digits: at most %(digits)d before and %(places)d after the point."
        )
        raise StrictError("digits", message % {"value": shown(value), "digits": digits, "places": places})
    if minus and not signed:
        raise _negative(value)
    if not Decimal(value):
        raise StrictError(
            "negative_zero", _("“%(value)s” is a zero with a sign; send 0.") % {"value": shown(value)}
        )
    return Decimal(value)


@cache
def _grammar(places: int, digits: int) -> re.Pattern[str]:
    """What an amount without a sign looks like."""
    return re.compile(rf"(?:0|[1-9][0-9]{{0,{digits - 1}}})(?:\.[0-9]{{1,{places}}})?")


def quantity(value: object, *, signed: bool = False) -> int:
    """An int within 32 bits, from a JSON integer or from its ASCII digits (CSV has nothing else)."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        number = int(value[:12])  # twelve characters are out of range already; int() refuses very long texts
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        raise StrictError("integer", _("“%(value)s” is not a whole number.") % {"value": shown(value)})
    if abs(number) > MAX_QUANTITY:
        message = _("“%(value)s” is out of range: at most %(limit)d.")
        raise StrictError("range", message % {"value": shown(value), "limit": MAX_QUANTITY})
    if number < 0 and not signed:
        raise _negative(value)
    return number


def code(value: object, max_len: int) -> str:
    """A printable, stripped identifier of at most `max_len` characters; may be empty; case is kept."""
    if not isinstance(value, str):
        raise _no_string(value)
    found = value.strip()
    if not found.isprintable():
        message = _("“%(value)s” holds characters that cannot be printed.")
        raise StrictError("characters", message % {"value": shown(value)})
    if len(found) > max_len:
        raise _too_long(found, max_len)
    return found


def identifier(value: object, max_len: int, *, trust: bool = False) -> str:
    """A `code` that a platform gave, refused where a spreadsheet has ruined it.

    Spreadsheets keep 15 digits of a number: longer ids turn into 1.23457E+17, or end in zeros from the 16th
    digit on. Three or more such zeros are taken for damage; `trust` accepts them, for text that cannot have
    been in a spreadsheet. JSON numbers are refused: readers of JSON cut them in the same way.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        message = _('Send ids as strings, such as "6917528391234567891": numbers lose digits after the 15th.')
        raise StrictError("type", message)
    found = code(value, max_len)
    if found.isalnum() and (trust or len(found) <= 15 or not found.endswith("000")):
        return found
    if _WRITTEN_AS_NUMBER.fullmatch(found) or (not trust and is_cut_off(found)):
        message = _(
            "“%(value)s” is an id ruined by a spreadsheet, which keeps 15 digits. Export again and import the"
            " file without opening and saving it there."
        )
        raise StrictError("id_ruined", message % {"value": shown(found)})
    return found


def is_cut_off(text: str) -> bool:
    """Whether digits end as those of a number of which a spreadsheet kept 15."""
    return _CUT_OFF.fullmatch(text) is not None


def text(value: object, max_len: int) -> str:
    """A stripped line in any script, emoji included, without control characters; may be empty."""
    if not isinstance(value, str):
        raise _no_string(value)
    found = value.strip()
    if not found.isprintable() and _CONTROL.search(found):
        raise StrictError("characters", _("“%(value)s” holds control characters.") % {"value": shown(value)})
    if len(found) > max_len:
        raise _too_long(found, max_len)
    return found


def currency(value: object) -> str:
    """A currency code: three capital ASCII letters."""
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return value
    raise StrictError(
        "currency", _("“%(value)s” is not a currency code such as CNY.") % {"value": shown(value)}
    )


def _negative(value: object) -> StrictError:
    return StrictError("negative", _("“%(value)s” must not be negative here.") % {"value": shown(value)})


def _no_string(value: object) -> StrictError:
    return StrictError("type", _("“%(value)s” is not a string.") % {"value": shown(value)})


def _too_long(value: str, max_len: int) -> StrictError:
    message = _("“%(value)s” is too long: at most %(limit)d characters.")
    return StrictError("too_long", message % {"value": shown(value), "limit": max_len})
