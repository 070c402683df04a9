"""The cash-flow calendar of a firm, for those who keep its money."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from analytics.cash import Entry, cash_flow
from analytics.choices import CashKind, PeriodKind
from analytics.periods import Period, period_named, period_of
from core.clock import DAY, today
from core.doors.portal import TenantPage
from core.money import from_units
from core.policy import VIEW_RESULT
from supplychain.importing import SETTLING
from tenants.choices import Platform
from tenants.models import Tenant


class CashCalendar(TenantPage):
    """A month of days with what came in and went out, what is expected, and what has no day."""

    template_name = "portal/cash.html"
    section = "cash"
    needs = (VIEW_RESULT, Tenant)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # What the address does not say sensibly is the present month.
        present = period_of(PeriodKind.MONTH, today())
        asked = period_named(self.request.GET.get("month", ""))
        month = asked if asked is not None and asked.kind == PeriodKind.MONTH else present
        flow = cash_flow(self.actor, self.tenant, month)
        calendar, monday = flow.calendar, month.first - month.first.weekday() * DAY
        names = ("came_in", "went_out", "expected_in", "expected_out")
        return super().get_context_data(
            month=month,
            month_before=_readable(month.first - DAY),
            month_after=_readable(month.end),
            today=today(),
            week=[monday + number * DAY for number in range(7)],
            days=[(each.day, self._shown(each.entries), from_units(each.running)) for each in calendar.days],
            sums={name: from_units(getattr(calendar.flow, name)) for name in names},
            undated=self._shown(calendar.undated),
            undated_sums={name: from_units(getattr(calendar.undated_flow, name)) for name in names},
            is_empty=not any(each.entries for each in calendar.days) and not calendar.undated,
            delays=[(Platform(platform).label, days) for platform, days in sorted(flow.delays.items())],
            settled_until=[(Platform(each).label, day) for each, day in sorted(flow.settled_until.items())],
            not_settled=[(Platform(each).label, each in SETTLING) for each in flow.not_settled],
            **kwargs,
        )

    def _shown(self, entries: Iterable[Entry]) -> list[dict[str, Any]]:
        return [
            {
                "entry": entry,
                "kind": CashKind(entry.kind).label,
                "amount": from_units(entry.amount),
                "url": self._page_of(entry),
            }
            for entry in entries
        ]

    def _page_of(self, entry: Entry) -> str:
        """The page that an amount is made of; none shows what a platform settled on a day."""
        match entry.kind:
            case CashKind.TRANSIT:
                return self.url("portal-beside") + (f"?until={entry.paid_on}" if entry.paid_on else "")
            case CashKind.STATEMENT:
                return self.url("portal-statement", uid=entry.uid)
            case CashKind.AD_SPEND:
                return self.url("portal-session", uid=entry.uid)
            case CashKind.CHARGE:
                return self.url("portal-charges")
        return ""


def _readable(day: date) -> Period | None:
    """The month of a day, if it can be asked for."""
    return period_named(period_of(PeriodKind.MONTH, day).name)
