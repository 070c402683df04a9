"""How values read in lists and forms."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial, reduce
from typing import Any

from django.db.models import CharField, Field, IntegerField, JSONField, Model
from django.db.models.constants import LOOKUP_SEP
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from unfold.decorators import display

from core.clock import local
from core.money import MoneyField, to_cents
from core.templatetags.portal import count

Column = Any  # a function of a row; what an export takes instead of its text is its `exported`
Text = str | Promise
Words = Mapping[str, Text]
EMPTY = "-"
# Whole numbers that name something and count nothing.
NAMING = frozenset(
    {
        "year",
        "first_year",
        "last_year",
        "number",
        "line_no",
        "seed",
        "slot",
        "object_id",
        "actor_id",
        "event_id",
    }
)
# As the rows' JSON holds it: aware, so that nobody has to guess whose clock it is.
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def cny(amount: Decimal | None) -> str:
    """An amount as people write it: 12,345.60; more than two decimals only where they say something."""
    if amount is None:
        return EMPTY
    return f"{amount:,.2f}" if amount == to_cents(amount) else f"{amount.normalize():,f}"


def money(name: str, label: Text) -> Column:
    """A list column of a MoneyField or of a Decimal attribute."""

    @display(description=label, ordering=name)
    def column(row: Model) -> str:
        return cny(getattr(row, name))

    column.__name__ = name
    return column


def is_count(field: Field[Any, Any] | None) -> bool:
    """Whether a column counts something, and so is read with thousands separators."""
    if not isinstance(field, IntegerField) or isinstance(field, MoneyField):
        return False
    return not (field.choices or field.primary_key or field.name in NAMING)


def whole(name: str, label: Text) -> Column:
    """A list column of a whole number: with thousands separators on the page, as it is in an export."""

    @display(description=label, ordering=name)
    def column(row: Model) -> str:
        number = getattr(row, name)
        return EMPTY if number is None else count(number)

    column.__name__ = name
    column.exported = lambda row: getattr(row, name)
    return column


def badge(
    name: str,
    label: Text,
    colours: Mapping[Any, str],
    instead: Callable[[Any], tuple[str, str] | None] = lambda _row: None,
) -> Column:
    """A list column of a field with choices, each value in its colour (success, warning, danger, info) or in grey.

    `instead` gives the value and the words of a row that has come to mean something else.
    """

    @display(description=label, ordering=name, label=_Colours(colours))
    def column(row: Model) -> tuple[str, str]:
        return instead(row) or (getattr(row, name), getattr(row, f"get_{name}_display")())

    column.__name__ = name
    return column


class _Colours(dict[Any, str]):
    """The skin shows the raw value of what has no colour; here everything has one, also where none is named."""

    def __missing__(self, value: Any) -> str:
        return "default"

    def __bool__(self) -> bool:
        return True


def count_of(name: str, label: Text) -> Column:
    """A list column of a number that the queryset annotated."""

    def number(row: Model) -> int:
        return int(getattr(row, name) or 0)

    @display(description=label, ordering=name)
    def column(row: Model) -> str:
        return count(number(row))

    column.__name__ = name
    column.exported = number
    return column


def listed(name: str, label: Text, words: Words | None = None) -> Column:
    """A list column of a JSON list of words, or of codes that there are words for."""

    @display(description=label, ordering=name)
    def column(row: Model) -> str:
        return worded(getattr(row, name) or (), words or {}) or EMPTY

    column.__name__ = name
    return column


def related(path: str, label: Text) -> Column:
    """A list column of a field of a related row, under that field's own name."""

    @display(description=label, ordering=path)
    def column(row: Model) -> Any:
        return reduce(getattr, path.split(LOOKUP_SEP), row)

    column.__name__ = path
    return column


def brief(name: str, label: Text, length: int = 40) -> Column:
    """A list column of a long text, cut."""

    @display(description=label, ordering=name)
    def column(row: Model) -> str:
        text = str(getattr(row, name))
        return text if len(text) <= length else f"{text[: length - 1]}…"

    column.__name__ = name
    return column


def worded(codes: Iterable[Any], words: Words) -> str:
    """Codes in the reader's words, as far as there are words for them."""
    return ", ".join(str(words.get(code, code)) for code in codes)


def shown_as(model: type[Model], words: Mapping[str, Words]) -> dict[str, Callable[[str], Any]]:
    """What makes the read-only texts of a model's fields readable, by the name of the field."""
    shapes = ((field.name, _shape(field, words.get(field.name))) for field in model._meta.fields)
    return {name: shape for name, shape in shapes if shape is not None}


def _shape(field: Field[Any, Any], words: Words | None) -> Callable[[str], Any] | None:
    if isinstance(field, MoneyField):
        return shown_money
    if isinstance(field, JSONField):
        return shown_json if words is None else partial(_shown_codes, words=words)
    if isinstance(field, CharField) and words is not None:
        return lambda code: str(words.get(code, code))
    return shown_count if is_count(field) else None


def _shown_codes(contents: str, words: Words) -> str:
    codes = _json_of(contents)
    return worded(codes, words) or EMPTY if isinstance(codes, list) else contents


def shown_count(contents: str) -> str:
    """A read-only whole number with thousands separators."""
    try:
        return count(int(str(contents)))
    except ValueError:
        return contents


def shown_money(contents: str) -> str:
    """A read-only amount: the skin hands over the database's four decimals."""
    try:
        return cny(Decimal(str(contents).replace(",", "")))
    except ArithmeticError:
        return contents


def shown_json(contents: str) -> SafeString | str:
    """A read-only JSON value as lines of “name: value”.

    What is none is left as it is.
    """
    value = _json_of(contents)
    return contents if value is contents else json_lines(value)


def _json_of(contents: str) -> Any:
    """The value that the skin hands over as escaped text, or as coloured markup of it, light and dark, where Pygments
    is installed; the contents themselves where they hold none."""
    try:
        return json.loads(html.unescape(strip_tags(str(contents).partition("</pre>")[0])))
    except ValueError:
        return contents


def json_lines(value: Any) -> SafeString | str:
    """A JSON value for people: a mapping or list as lines, anything else as it is."""
    if isinstance(value, Mapping):
        return named_lines(value.items())
    if isinstance(value, list):
        return format_html_join("", "<div>{}</div>", ((_inner(inner),) for inner in value)) or EMPTY
    return EMPTY if value in (None, "") else format_html("{}", value)


def named_lines(pairs: Iterable[tuple[Any, Any]]) -> SafeString | str:
    """A line for each name with its value; two of them may bear the same name."""
    lines = ((name, _inner(value)) for name, value in pairs)
    return format_html_join("", '<div><span class="lp-key">{}</span> {}</div>', lines) or EMPTY


def _inner(value: Any) -> str:
    """A value inside another: an instant in the park's time, the ends of a span of time with a dash between."""
    if at := _instant(value):
        return at
    if isinstance(value, list) and len(value) == 2 and (ends := list(filter(None, map(_instant, value))))[1:]:
        return " – ".join(ends)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _instant(value: Any) -> str:
    """An instant in the park's time; nothing for what only looks like one: people type these texts."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        return ""
    try:
        at = local(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return ""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"
