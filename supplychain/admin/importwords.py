"""What an import was told and what became of it, in the words of who looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.clock import local
from core.doors.admin.display import EMPTY, named_lines
from core.templatetags.portal import count
from supplychain.choices import CustomsMode, PayoutKind, SalesKind
from supplychain.importing import PAYOUT_PROFILES, PROFILES, SESSION_PROFILES, Profile, note_texts
from supplychain.importing.mapping import FIELD_NAMES

SHOWN = 100
READERS: Mapping[str, Profile[Any]] = {**PROFILES, **PAYOUT_PROFILES, **SESSION_PROFILES}
MAPPING = "mapping"
KIND_NAMES = dict((*SalesKind.choices, *PayoutKind.choices))


def options_told(options: Mapping[str, Any]) -> SafeString | str:
    """How a file is to be read; which column holds what, where a person said it."""
    columns = (options.get("mapping") or {}).get("columns", {})
    lines = [
        (_("currency"), options.get("currency")),
        (_("time zone"), options.get("timezone")),
        (_("customs mode"), _label(CustomsMode, options.get("customs_mode"))),
        *((column, str(FIELD_NAMES.get(field, field))) for column, field in columns.items()),
    ]
    return named_lines((name, value) for name, value in lines if value)


def read_by(profile: str) -> str:
    """Which reader took an import in, as people call it; what came without a file has none."""
    if profile in READERS:
        return str(READERS[profile].name)
    return _("Own mapping") if profile == MAPPING else EMPTY


def report_told(report: Mapping[str, Any]) -> SafeString | str:
    """The figures of an import, what a person should know of it, and what was wrong with which row."""
    lines = [(name, value) for name, value in _lines(report) if value]
    notes = [[note] for note in note_texts(report.get("notes", {}))]
    parts = [
        named_lines(lines) if lines else "",
        format_html_join("", "<div>{}</div>", notes),
        _problems(report),
    ]
    return format_html_join("", "{}", ([part] for part in parts if part)) or EMPTY


def _lines(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if undone := report.get("undone"):
        yield _("taken back"), _count(undone, "taken_back")
        yield _("counted again as other files have it"), _count(undone, "restated")
    yield _("rows"), _count(report, "rows")
    for kind, number in report.get("counts", {}).items():
        sums = report.get("sums", {}).get(kind, {})
        amounts = (f"{currency} {Decimal(total):,.2f}" for currency, total in sorted(sums.items()))
        yield str(KIND_NAMES.get(kind, kind)), " · ".join([count(number), *amounts])
    yield _("stored"), _count(report, "stored")
    yield _("known before"), _count(report, "duplicates")
    yield _("known with other content"), _count(report, "conflicts")
    yield _("rows with problems"), _count(report, "bad_rows")
    yield _("left out with them"), _count(report, "left_out")
    yield _("taken back"), _count(report, "taken_back")
    yield _("counted again as other files have it"), _count(report, "restated")
    span = [f"{local(datetime.fromisoformat(at)):%Y-%m-%d %H:%M}" for at in _span(report)]
    yield _("period"), " – ".join(span)
    yield _("columns that were never read"), _(", ").join(report.get("dropped", []))
    yield _("columns that are not needed"), _(", ").join(report.get("ignored", []))


def _problems(report: Mapping[str, Any]) -> SafeString | str:
    problems = report.get("problems", [])
    if not problems:
        return ""
    rows = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
        ((problem["row"], problem["field"], problem["message"]) for problem in problems[:SHOWN]),
    )
    return format_html(
        "<table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table><div>{}</div>",
        _("row"),
        _("field"),
        _("reason"),
        rows,
        _("Problems in all: %(count)s") % {"count": count(report.get("problem_count", len(problems)))},
    )


def _span(report: Mapping[str, Any]) -> list[str]:
    return [at for name in ("first_at", "last_at") if (at := report.get(name))]


def _count(report: Mapping[str, Any], name: str) -> str:
    number = report.get(name)
    return count(number) if number else ""


def _label(choices: Any, value: Any) -> str:
    return str(choices(value).label) if value in choices.values else ""
