"""How values read in lists and forms."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from django.db.models import Model
from django.db.models.constants import LOOKUP_SEP
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from unfold.decorators import display

from core.clock import local
from core.money import to_cents

Column = Callable[[Model], Any]
Text = str | Promise
EMPTY = "-"
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


def badge(name: str, label: Text, colours: Mapping[Any, str]) -> Column:
    """A list column of a field with choices, each value in its colour (success, warning, danger, info) or in grey."""

    @display(description=label, ordering=name, label=_Colours(colours))
    def column(row: Model) -> tuple[str, str]:
        return getattr(row, name), getattr(row, f"get_{name}_display")()

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

    @display(description=label, ordering=name)
    def column(row: Model) -> int:
        return int(getattr(row, name) or 0)

    column.__name__ = name
    return column


def listed(name: str, label: Text) -> Column:
    """A list column of a JSON list of words."""

    @display(description=label, ordering=name)
    def column(row: Model) -> str:
        return ", ".join(map(str, getattr(row, name) or ())) or EMPTY

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


def shown_money(contents: str) -> str:
    """A read-only amount: the skin hands over the database's four decimals."""
    try:
        return cny(Decimal(str(contents).replace(",", "")))
    except ArithmeticError:
        return contents


def shown_json(contents: str) -> SafeString | str:
    """A read-only JSON value as lines of “name: value”.

    The skin hands over escaped text, or coloured markup of it, light and dark, where Pygments is installed.
    """
    try:
        value = json.loads(html.unescape(strip_tags(str(contents).partition("</pre>")[0])))
    except ValueError:
        return contents
    return json_lines(value)


def json_lines(value: Any) -> SafeString | str:
    """A JSON value for people: a mapping or list as lines, anything else as it is."""
    if isinstance(value, Mapping):
        pairs = ((key, _inner(inner)) for key, inner in value.items())
        return format_html_join("", '<div><span class="lp-key">{}</span> {}</div>', pairs) or EMPTY
    if isinstance(value, list):
        return format_html_join("", "<div>{}</div>", ((_inner(inner),) for inner in value)) or EMPTY
    return EMPTY if value in (None, "") else format_html("{}", value)


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
