"""Platforms' reports on live sessions: dropped, looked at, placed, read into what is stated of each session."""

from __future__ import annotations

from analytics.services.reports.answers import report_answer
from analytics.services.reports.drops import (
    reports_confirm,
    reports_drop,
    reports_keep,
    reports_load,
    reports_look,
)
from analytics.services.reports.expecting import report_expect
from analytics.services.reports.files import read_file
from analytics.services.reports.takingback import report_ask_again, report_take_back

__all__ = [
    "read_file",
    "report_answer",
    "report_ask_again",
    "report_expect",
    "report_take_back",
    "reports_confirm",
    "reports_drop",
    "reports_keep",
    "reports_load",
    "reports_look",
]
