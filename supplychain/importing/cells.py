"""Cells of export files as people and spreadsheets write them -> values.

Lenient in form (¥, thousands commas, 万, a dash for nothing, several ways to write a day), strict in value:
what could mean two things is refused. Texts come in cleaned (`clean`); an empty one is the caller's matter.
Every refusal is a StrictError.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Context, Decimal
from functools import lru_cache

from core import strict
from core.strict import StrictError
from core.words import gettext as _

MISSING = frozenset({"-", "--", "—", "——", "/", "N/A", "n/a", "null", "NULL", "None"})
PLACES = Decimal("0.0001")
MAX_AMOUNT = Decimal(10) ** 13
WAN = Decimal(10_000)

_EXCEL_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_PLAIN = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,4})?")  # most amounts: nothing has to be asked of them
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_YEN = re.compile(r"^(-?) ?[¥￥] ?")
_WHOLE = re.compile(r"-?[0-9]{1,10}")
_PERCENT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ?[%％]")
_SPREADSHEET_DIGITS = Context(prec=15)  # what a spreadsheet keeps of a number; the rest is binary noise
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_TIME = r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?" + _TIME)
_MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})" + _TIME)
_DASHED_CLOCK = re.compile(r" ([0-9]{2})-([0-9]{2})-([0-9]{2})$")
_PART = r"(?:([0-9]+(?:\.[0-9]+)?) ?"
_LENGTH = re.compile(
    _PART
    + r"(?:小时|时|h|hr|hrs|hour|hours) ?)?"
    + _PART
    + r"(?:分钟|分|m|min|mins|minute|minutes) ?)?"
    + _PART
    + r"(?:秒钟|秒|s|sec|secs|second|seconds))?"
)
_CLOCK = re.compile(r"([0-9]{1,3}):([0-9]{2}):([0-9]{2})")
_SERIAL = re.compile(r"[3-7][0-9]{4}(?:\.[0-9]+)?")
_SERIAL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # serials are wall-clock time, as the cells are
_FLOAT_ID = re.compile(r"([0-9]{1,15})\.0")
_WHOLE_ID = re.compile(r"[0-9]{15,}[1-9][0-9]*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def clean(raw: str) -> str:
    """The text a cell means: without outer white space, `="…"`, a leading apostrophe; "" where it says nothing."""
    text = raw.strip()
    if not text:
        return ""
    if text[0] in "='":
        wrapped = _EXCEL_TEXT.fullmatch(text)
        text = (wrapped[1] if wrapped else text.removeprefix("'")).strip()
    return "" if text in MISSING else text


def money(text: str) -> Decimal:
    """An amount with at most 4 decimals and 13 digits before the point; may be negative."""
    if _PLAIN.fullmatch(text):
        return Decimal(text) or Decimal(0)  # not the -0 of a spreadsheet
    found = _number(text)
    if found != found.quantize(PLACES):
        found = _SPREADSHEET_DIGITS.plus(found)
        if found != found.quantize(PLACES):
            raise StrictError(
                "digits", _("“%(value)s” has more than 4 decimals.") % {"value": strict.shown(text)}
            )
    return found


def count(text: str) -> int:
    """A whole number within 32 bits; may be negative."""
    if _WHOLE.fullmatch(text):
        return strict.quantity(int(text), signed=True)
    found = _number(text, "integer")
    if found != found.to_integral_value():
        raise StrictError("integer", _("“%(value)s” is not a whole number.") % {"value": strict.shown(text)})
    return strict.quantity(int(found), signed=True)


def percent(text: str) -> Decimal:
    """A share from a percentage: “12.5%” is 0.125."""
    found = _PERCENT.fullmatch(text)
    if found is None:
        message = _("“%(value)s” is not a percentage such as 12.5%%.")
        raise StrictError("percent", message % {"value": strict.shown(text)})
    return Decimal(found[1]) / 100


def _number(text: str, code: str = "amount") -> Decimal:
    bare = _YEN.sub(r"\1", text).removesuffix("元").strip()
    factor = WAN if bare.endswith("万") else 1
    bare = bare.removesuffix("万")
    if _NUMBER.fullmatch(bare):
        found = Decimal(bare) * factor
    elif _THOUSANDS.fullmatch(bare):
        found = Decimal(bare.replace(",", "")) * factor
    else:
        message = _("“%(value)s” is not a number such as 1234.50 or 1,234.50.")
        raise StrictError(code, message % {"value": strict.shown(text)})
    if abs(found) >= MAX_AMOUNT:
        message = _("“%(value)s” has more than 13 digits before the point.")
        raise StrictError("digits", message % {"value": strict.shown(text)})
    return found or Decimal(0)


def when(text: str, *, month_first: bool = False) -> datetime:
    """A day or a time as exports write it, or a spreadsheet's serial number: naive, as the clock on the wall.

    Text with an offset (ISO 8601) comes out aware. `month_first` reads 12/1/2010 as the first of December,
    which is refused otherwise, because half of the world reads it the other way.
    """
    try:
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text)
        found = _YEAR_FIRST.fullmatch(text)
        if found:
            year, month, day, *clock = found.groups()
            return _moment(year, month, day, clock)
        found = _MONTH_FIRST.fullmatch(text) if month_first else None
        if found:
            month, day, year, *clock = found.groups()
            return _moment(year, month, day, clock)
        if _SERIAL.fullmatch(text):
            return _SERIAL_EPOCH + timedelta(seconds=round(float(text) * 86_400))
    except ValueError:
        raise _no_time(text) from None
    return strict.instant(text)


def _moment(year: str, month: str, day: str, clock: list[str | None]) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock)
    return datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001  # see `when`


def _no_time(text: str) -> StrictError:
    message = _("“%(value)s” is not a time such as 2025-06-01 20:00:00.")
    return StrictError("time", message % {"value": strict.shown(text)})


def span(text: str) -> tuple[datetime, datetime]:
    """Two times with a ~ or 至 between, as in “2025-09-08 00-00-00~2025-09-08 07-00-46”; the clock may have dashes."""
    parts = [_DASHED_CLOCK.sub(r" \1:\2:\3", part.strip()) for part in re.split("[~～至]", text)]
    if len(parts) != 2:
        message = _("“%(value)s” is not two times with a ~ between.")
        raise StrictError("time", message % {"value": strict.shown(text)})
    return when(parts[0]), when(parts[1])


def duration(text: str, *, unit: int = 1) -> int:
    """Seconds of a length such as 1小时20分5秒, 3分钟20秒, 1h 20m 5s, 01:20:05; a bare number counts `unit` seconds."""
    found = _LENGTH.fullmatch(text.strip().casefold()) if text else None
    if found and any(found.groups()):
        hours, minutes, seconds = (Decimal(part or 0) for part in found.groups())
        return round(hours * 3600 + minutes * 60 + seconds)
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (Decimal(part or 0) for part in clock.groups())
        return round(hours * 3600 + minutes * 60 + seconds)
    if _NUMBER.fullmatch(text) and not text.startswith("-"):
        return round(Decimal(text) * unit)
    message = _("“%(value)s” is not a length such as 1h 20m 5s or 01:20:05.")
    raise StrictError("duration", message % {"value": strict.shown(text)})


def is_plain_id(text: str, max_len: int) -> bool:
    """Whether a text is an id as it stands, as most are: letters and digits, not cut off by a spreadsheet."""
    return text.isalnum() and text[-3:] != "000" and len(text) <= max_len and text not in MISSING


def identifier(text: str, max_len: int, *, trust: bool = False) -> str:
    """An id, refused where a spreadsheet has ruined it; one it only wrote as 536365.0 is taken back."""
    as_float = _FLOAT_ID.fullmatch(text) if text.endswith(".0") else None
    return strict.identifier(as_float[1] if as_float else text, max_len, trust=trust)


def is_text(raw: str) -> bool:
    """Whether a cell says of itself that it is text and no number: `="…"`, an apostrophe, a TAB before or after.

    Spreadsheets keep every digit of such a cell.
    """
    return raw[:2] in ('="', "'=") or raw[:1] in ("'", "\t") or raw[-1:] == "\t"


def is_whole_id(raw: str) -> bool:
    """Whether a bare cell holds digits that a spreadsheet would have cut, and did not."""
    return _WHOLE_ID.fullmatch(raw) is not None


@lru_cache(maxsize=4096)  # titles, provinces: the same words row after row
def label(text: str, max_len: int) -> str:
    """A title on one line, cut to its column: words for people, which must not cost the row its place."""
    return _CONTROL.sub(" ", text)[:max_len].strip()
