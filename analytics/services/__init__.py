"""Writes of analytics, one module per aggregate."""

from __future__ import annotations

from analytics.services.displays import (
    display_link_by_secret,
    display_link_make,
    display_link_revoke,
    display_link_seen,
)
from analytics.services.eventtrust import event_claim, event_claims_judge
from analytics.services.index_runs import index_run_create
from analytics.services.indicator_import import indicator_values_import
from analytics.services.indicators import indicators_load
from analytics.services.matching import match_run_repeat, match_run_start, match_run_stop
from analytics.services.park_indicators import park_indicators_publish, park_indicators_publish_daily
from analytics.services.periods import period_close
from analytics.services.rebuilds import figures_rebuild
from analytics.services.reports import (
    report_answer,
    report_ask_again,
    report_expect,
    report_take_back,
    reports_confirm,
    reports_drop,
)
from analytics.services.trust import parcels_judge, session_claim, verdict_reply

__all__ = [
    "display_link_by_secret",
    "display_link_make",
    "display_link_revoke",
    "display_link_seen",
    "event_claim",
    "event_claims_judge",
    "figures_rebuild",
    "index_run_create",
    "indicator_values_import",
    "indicators_load",
    "match_run_repeat",
    "match_run_start",
    "match_run_stop",
    "parcels_judge",
    "park_indicators_publish",
    "park_indicators_publish_daily",
    "period_close",
    "report_answer",
    "report_ask_again",
    "report_expect",
    "report_take_back",
    "reports_confirm",
    "reports_drop",
    "session_claim",
    "verdict_reply",
]
