"""Which columns of a panel make the index: the published twelve, or those of a panel of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from analytics.eci.indicators import (
    IndicatorSpec,
    eci_indicators,
    indicator_by_header,
    park_indicators,
    study_variables,
)
from analytics.statfiles.tables import TableError
from core.errors import RowError
from core.strict import StrictError, shown, text


class PanelError(TableError):
    """The panel cannot be used; `rows` name every line and column at fault."""

    def __init__(self, message: str, *, code: str = "panel", rows: Sequence[RowError] = ()) -> None:
        super().__init__(message, code=code, rows=rows)


def choose_columns(
    heads: Sequence[str], *, indicators: Sequence[str] = (), negative: Sequence[str] = ()
) -> tuple[dict[str, IndicatorSpec], tuple[str, ...]]:
    """The indicator under each chosen heading, in the order of the study, and the headings set aside.

    Without `indicators`, a panel with any of the twelve must have them all and nothing unknown beside but park-born
    series; a panel with none of them uses every column. The variables of the study (EXP, controls) are set aside in
    both cases. `negative` names the columns of which less is better.

    Raises:
        PanelError
    """
    known = {head: spec for head in heads if (spec := indicator_by_header(head))}
    if indicators:
        chosen = _named(heads, known, indicators)
    elif _codes(eci_indicators()) & _codes(known.values()):
        _refuse_partial(heads, known)
        chosen = known
    else:
        chosen = {head: known.get(head) or _own(head) for head in heads if head not in _variable_names()}
    if not chosen:
        raise PanelError(_("The panel has no indicator."), code="no_indicator")
    codes = [spec.code for spec in chosen.values()]
    twice = [head for head, spec in chosen.items() if codes.count(spec.code) > 1 or heads.count(head) > 1]
    if twice:
        raise PanelError(_("Columns that stand twice: %(names)s.") % {"names": _list(twice)}, code="repeated")
    _refuse_absent([name for name in negative if name not in codes and name not in chosen])
    turned = {
        head: replace(spec, direction=-1) if head in negative or spec.code in negative else spec
        for head, spec in chosen.items()
    }
    order = {spec.code: i for i, spec in enumerate(eci_indicators())}
    ordered = dict(sorted(turned.items(), key=lambda item: order.get(item[1].code, len(order))))
    return ordered, tuple(head for head in dict.fromkeys(heads) if head not in ordered)


def chosen_codes(
    beside: Sequence[str] = (), instead: Mapping[str, str] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The codes of an index with park-born series beside the twelve or instead of some, and those series alone.

    Raises:
        PanelError: no such series, none of the twelve, or one of them twice.
    """
    instead = instead or {}
    parks, twelve = _codes(park_indicators()), [spec.code for spec in eci_indicators()]
    taken = (*instead.values(), *beside)
    if strange := [name for name in taken if name not in parks]:
        message = _("No series of the parks: %(names)s. There are: %(known)s.")
        raise PanelError(
            message % {"names": _list(strange), "known": ", ".join(sorted(parks))}, code="no_park_series"
        )
    if strange := [name for name in instead if name not in twelve]:
        message = _("None of the twelve indicators: %(names)s.")
        raise PanelError(message % {"names": _list(strange)}, code="not_of_the_twelve")
    if len(set(taken)) < len(taken):
        raise PanelError(_("Columns that stand twice: %(names)s.") % {"names": _list(taken)}, code="repeated")
    return (*(instead.get(code, code) for code in twelve), *beside), taken


def _codes(specs: Iterable[IndicatorSpec]) -> set[str]:
    return {spec.code for spec in specs}


def _named(
    heads: Sequence[str], known: Mapping[str, IndicatorSpec], wanted: Sequence[str]
) -> dict[str, IndicatorSpec]:
    chosen = {
        head: known.get(head) or _own(head)
        for head in heads
        if head in wanted or (head in known and known[head].code in wanted)
    }
    codes = {spec.code for spec in chosen.values()}
    _refuse_absent([name for name in wanted if name not in chosen and name not in codes])
    return chosen


def _refuse_partial(heads: Sequence[str], known: Mapping[str, IndicatorSpec]) -> None:
    present = {spec.code for spec in known.values()}
    absent = [spec.code for spec in eci_indicators() if spec.code not in present]
    if absent:
        message = _("Of the twelve indicators the panel lacks %(names)s.") % {"names": _list(absent)}
        raise PanelError(message, code="no_column")
    unknown = [head for head in heads if head not in known and head not in _variable_names()]
    if unknown:
        message = _("Unknown columns: %(names)s. Remove them, or name the columns to use.")
        raise PanelError(message % {"names": _list(unknown)}, code="unknown_column")


def _refuse_absent(names: Sequence[str]) -> None:
    if names:
        raise PanelError(_("The panel has no column %(names)s.") % {"names": _list(names)}, code="no_column")


def _own(head: str) -> IndicatorSpec:
    """An indicator of one's own; its name must be printable and no formula when opened in a spreadsheet."""
    try:
        name = text(head, 100)
    except StrictError as error:
        raise PanelError(str(error), code="heading") from error
    if not name or name[0] in "=+-@":
        raise PanelError(_("“%(text)s” cannot head a column.") % {"text": shown(head)}, code="heading")
    return IndicatorSpec(code=name, name_zh=name, name_en=name)


def _variable_names() -> set[str]:
    return {name for item in study_variables() for name in (item.code, item.name_zh, item.name_en)}


def _list(names: Iterable[str]) -> str:
    return ", ".join(shown(name) for name in names)
