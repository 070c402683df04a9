"""The registered metrics of a session's result (docs/result.md); None as soon as one of the amounts is not known."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.metrics import Adds, Metric, Unit, divided, quotient

_OF_RESULTS = (
    Metric(
        code="session_result",
        label=_("result of the session"),
        unit=Unit.CNY,
        adds=Adds.SUM,
        formula=_("net sales - goods - commission and slot fees - room - ad spend - parcels where known"),
        needs=("session_result",),
        compute=lambda sums: sums["session_result"],
    ),
    quotient(
        "roi_gmv",
        _("ROI on paid GMV"),
        Unit.RATIO,
        _("paid GMV / ad spend"),
        "gmv_paid",
        "ad_spend",
    ),
    quotient(
        "roi_net",
        _("ROI on net sales"),
        Unit.RATIO,
        _("net sales / ad spend"),
        "net_sales",
        "ad_spend",
    ),
    Metric(
        code="roi_full",
        label=_("ROI on all costs"),
        unit=Unit.RATIO,
        adds=Adds.RATIO,
        formula=_("result of the session / all its costs"),
        needs=("session_result", "net_sales"),
        compute=lambda sums: divided(sums["session_result"], sums["net_sales"] - sums["session_result"]),
    ),
    Metric(
        code="roi_break_even",
        label=_("break-even ROI"),
        unit=Unit.RATIO,
        adds=Adds.RATIO,
        formula=_(
            "1 / (margin on goods x (1 - refund rate)): the ROI on paid GMV at which ads eat the margin"
        ),
        needs=("gmv_paid", "net_sales", "goods"),
        compute=lambda sums: (
            divided(sums["gmv_paid"], sums["net_sales"] - sums["goods"])
            if sums["net_sales"] > sums["goods"]
            else None
        ),
    ),
)

RESULT_REGISTRY: dict[str, Metric] = {metric.code: metric for metric in _OF_RESULTS}
