"""Closed months of a firm: as closed, as they are now, and what came in since."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from analytics.choices import PeriodKind
from analytics.closing import came_later, standings
from analytics.models import PeriodClose
from analytics.periods import period_named
from core.doors.portal import ScopedListPage
from supplychain.choices import SalesKind


class ClosedMonths(ScopedListPage):
    """The closed months, the latest first; of the one that is named what came in after it was closed."""

    template_name = "portal/closed_months.html"
    section = "closed-months"
    needs = ("view", PeriodClose)
    model = PeriodClose
    page_size = 12

    def base_queryset(self) -> QuerySet[Any]:
        return PeriodClose.objects.order_by("-month", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        found = standings([self.tenant.pk]) if context["rows"] else {}
        for row in context["rows"]:
            row.stands = found[row.tenant_id, row.month]
            row.change = row.stands.live - row.stands.closed
        shown = self._named()
        later = came_later(shown) if shown is not None else []
        return {
            **context,
            "shown": shown,
            "later": [(each, SalesKind(each.kind).label) for each in later],
        }

    def _named(self) -> PeriodClose | None:
        """The close that the address names, if it is the firm's own."""
        asked = period_named(self.request.GET.get("month", ""))
        if asked is None or asked.kind != PeriodKind.MONTH:
            return None
        close: PeriodClose | None = self.own(self.base_queryset()).filter(month=asked.first).first()
        return close
