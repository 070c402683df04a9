"""Statistics files become indicator values: what is not known yet is stored as a new vintage, nothing is changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.choices import PeriodKind, ValueSource
from analytics.models import SIGNIFICANT_DIGITS, Indicator, IndicatorValue
from analytics.services.indicators import indicator_called, indicators_load, province_nodes
from analytics.statfiles import IndicatorReading, StatFile, read_statfile
from core import audit, clock
from core.actors import Actor
from core.errors import InvalidInput, RowError
from core.locking import advisory_lock, retried
from core.models import AuditEntry
from core.policy import ADD
from core.scoping import require

IMPORTED: Final = "indicators.import"
SeriesKey = tuple[str, str]  # name and unit as the file has them


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """What an import did with one series: `revised` of the stored values follow an earlier vintage."""

    indicator: Indicator
    is_new: bool
    stored: int
    revised: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a statistics file held and what came of it; `missing` counts empty cells, which are not zero."""

    kind: str
    encoding: str
    published_on: date
    series: tuple[SeriesReport, ...]
    provinces: int
    years: tuple[int, ...]
    missing: int
    problems: tuple[RowError, ...]
    source_note: str

    @property
    def stored(self) -> int:
        return sum(one.stored for one in self.series)

    @property
    def revised(self) -> int:
        return sum(one.revised for one in self.series)

    @property
    def unchanged(self) -> int:
        return sum(one.unchanged for one in self.series)


@retried
def indicator_values_import(
    *,
    actor: Actor,
    source: bytes | Path,
    published_on: date | None = None,
    indicator: str = "",
    unit: str = "",
    file_name: str = "",
    skip_unreadable: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    """Store what a statistics file says that is not known yet; a revision is a new vintage, never an update.

    `published_on` is the day of the vintage: without it, the day on which the same file was first imported, else
    today. `indicator` (a code or a name) and `unit` say what the figures are where the file does not, or instead
    of a file with a single series. A dry run stores nothing and reports what would be.

    Raises:
        TableError: the file cannot be read as a whole.
        InvalidInput: rows that cannot be read (unless `skip_unreadable`), no indicator, another unit than the
            indicator's, a day in the future.
        Refused: the actor may not add indicator values.
    """
    require(actor, ADD, IndicatorValue)
    data = source.read_bytes() if isinstance(source, Path) else source
    name = _printable(file_name or (source.name if isinstance(source, Path) else ""))
    found = read_statfile(data, indicator=indicator, unit=unit)
    readings, problems = _storable(found)
    if problems and not skip_unreadable:
        raise _unreadable(problems)
    sha256 = hashlib.sha256(data).hexdigest()
    day = published_on or _first_imported(sha256) or clock.today()
    if day > clock.today():
        raise InvalidInput(
            _("The day of publication lies in the future."), code="future", field="published_on"
        )
    with transaction.atomic():
        advisory_lock(IMPORTED)
        indicators_load()
        nodes = province_nodes({reading.province_code for reading in readings})
        fresh: list[IndicatorValue] = []
        reports: list[SeriesReport] = []
        for key, row in _series(found, readings, indicator, unit).items():
            own = [reading for reading in readings if (reading.indicator_name, reading.unit) == key]
            values, unchanged, revised = _new_vintages(row, own, nodes, day)
            for value, reading in values:
                value.source_note = found.source_note[:300]
                value.lineage = {
                    "file": name,
                    "sha256": sha256,
                    "line": reading.line_no,
                    "name": reading.indicator_name,
                }
                fresh.append(value)
            reports.append(SeriesReport(row, row.pk is None, len(values), revised, unchanged))
        report = ImportReport(
            kind=found.kind,
            encoding=found.encoding,
            published_on=day,
            series=tuple(reports),
            provinces=len(nodes),
            years=tuple(sorted({reading.year for reading in readings})),
            missing=found.missing,
            problems=tuple(problems),
            source_note=found.source_note,
        )
        if fresh and not dry_run:
            _store(actor, report, fresh, name, sha256)
    return report


def _unreadable(problems: Sequence[RowError]) -> InvalidInput:
    message = ngettext(
        "Nothing is imported: %(count)d cell or row cannot be read.",
        "Nothing is imported: %(count)d cells or rows cannot be read.",
        len(problems),
    )
    return InvalidInput(message % {"count": len(problems)}, code="unreadable_rows", rows=problems)


def _printable(name: str) -> str:
    """A file's name as every database can keep it: file systems and browsers allow more."""
    return "".join(char if char.isprintable() else "�" for char in name)[:200]


def _storable(found: StatFile) -> tuple[list[IndicatorReading], list[RowError]]:
    """Readings whose figures every database keeps exactly, and everything that cannot be read."""
    problems = list(found.problems)
    readings = []
    for reading in found.readings:
        if len(reading.value.normalize().as_tuple().digits) > SIGNIFICANT_DIGITS:
            message = _("“%(text)s” has more digits than a figure can have.") % {"text": reading.value}
            problems.append(RowError(reading.line_no, str(reading.year), "too_long", message))
        else:
            readings.append(reading)
    return readings, problems


def _first_imported(sha256: str) -> date | None:
    """The day given to the same file when it was imported before."""
    known = AuditEntry.objects.filter(
        object_type=IndicatorValue._meta.label, verb=IMPORTED, after__sha256=sha256
    ).order_by("pk")
    entry = known.first()
    return date.fromisoformat(entry.after["published_on"]) if entry and entry.after else None


def _series(
    found: StatFile, readings: Sequence[IndicatorReading], indicator: str, unit: str
) -> dict[SeriesKey, Indicator]:
    """The indicator of each series of the file, unsaved where it is new. Raises InvalidInput."""
    names = _series_names(found, readings, indicator, unit)
    series = {key: indicator_called(*named) for key, named in names.items()}
    _refuse_two_names(series)
    return series


def _series_names(
    found: StatFile, readings: Sequence[IndicatorReading], indicator: str, unit: str
) -> dict[SeriesKey, SeriesKey]:
    """The name and unit to go by for each series of the file: its own, or what the caller says."""
    keys = list(dict.fromkeys((reading.indicator_name, reading.unit) for reading in readings))
    if indicator and len(keys) > 1:
        message = _("The file names %(count)d indicators of its own; leave the indicator open.")
        raise InvalidInput(message % {"count": len(keys)}, code="many_indicators", field="indicator")
    if not found.names_indicator and not indicator:
        message = _("The file does not say what its figures are; name the indicator and its unit.")
        raise InvalidInput(message, code="no_indicator", field="indicator")
    return {(name, own): (indicator or name, unit or own) for name, own in keys}


def _refuse_two_names(series: Mapping[SeriesKey, Indicator]) -> None:
    """A file may not give one indicator under two names: its figures would be vintages of each other."""
    names: dict[str, str] = {}
    for (name, _unit), row in series.items():
        first = names.setdefault(row.code, name)
        if first != name:
            message = _("“%(first)s” and “%(second)s” are the same indicator; keep one of them.")
            raise InvalidInput(message % {"first": first, "second": name}, code="same_indicator")


def _new_vintages(
    row: Indicator, readings: Sequence[IndicatorReading], nodes: Mapping[str, int], day: date
) -> tuple[list[tuple[IndicatorValue, IndicatorReading]], int, int]:
    """Values that differ from what was in force on `day`; how many are as they were, how many are revisions."""
    in_force: dict[tuple[int, date], Decimal | None] = {}
    last_seq: dict[tuple[int, date], int] = {}
    known = IndicatorValue.objects.filter(
        indicator_id=row.pk, period_kind=PeriodKind.YEAR, published_on__lte=day
    ).order_by("published_on", "seq")
    for place, period, published_on, seq, source, value in known.values_list(
        "place_id", "period", "published_on", "seq", "source", "value"
    ):
        if source != ValueSource.SYNTHETIC:
            in_force[place, period] = value
        if published_on == day:
            last_seq[place, period] = seq
    fresh = []
    unchanged = revised = 0
    for reading in readings:
        cell = (nodes[reading.province_code], date(reading.year, 1, 1))
        if in_force.get(cell) == reading.value:
            unchanged += 1
            continue
        revised += cell in in_force
        row_value = IndicatorValue(
            indicator=row,
            place_id=cell[0],
            period=cell[1],
            published_on=day,
            seq=last_seq.get(cell, 0) + 1,
            value=reading.value,
            source=ValueSource.OFFICIAL,
        )
        fresh.append((row_value, reading))
    return fresh, unchanged, revised


def _store(actor: Actor, report: ImportReport, fresh: list[IndicatorValue], name: str, sha256: str) -> None:
    for one in report.series:
        if one.is_new:
            one.indicator.save()
    IndicatorValue.objects.bulk_create(fresh)
    audit.record(
        actor=actor,
        verb=IMPORTED,
        object_type=IndicatorValue._meta.label,
        label=name,
        after={
            "sha256": sha256,
            "published_on": report.published_on,
            "indicators": [one.indicator.code for one in report.series],
            "stored": report.stored,
            "revised": report.revised,
            "unchanged": report.unchanged,
        },
    )
