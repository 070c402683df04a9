"""The firm's stock that hardly moves, and where that stands beside other sellers."""

from __future__ import annotations

from typing import Any

from analytics.slowstock import CLASSES, SALES_DAYS, SLOW_DAYS, slow_stock
from core.doors.portal import TenantPage
from supplychain.models import StockLevel

SHOWN_SKUS = 50


class SlowStockPage(TenantPage):
    """The class that the firm is in, the survey of 2022 beside it, and the SKUs that are worth most."""

    template_name = "portal/slow_stock.html"
    section = "reorders"
    needs = ("view", StockLevel)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = next(iter(slow_stock(self.actor, [self.tenant.pk])), None)
        return super().get_context_data(
            found=found,
            classes=CLASSES,
            skus=found.skus[:SHOWN_SKUS] if found else [],
            slow_days=SLOW_DAYS,
            sales_days=SALES_DAYS,
            **kwargs,
        )
