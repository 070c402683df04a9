"""The portal's page of a session's result, for those who keep the firm's money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from analytics.beside import may_see_payouts
from analytics.choices import ResultPart, SourceKind
from analytics.result import Line, Source, account_of
from analytics.result.metrics import RESULT_REGISTRY
from core.doors.portal import ScopedDetailPage
from core.policy import VIEW_RESULT
from livestreams.models import LiveSession
from tenants.models import Tenant

# Where the record behind an amount is looked at.
PAGES = {
    SourceKind.PRODUCT: "portal-product",
    SourceKind.AGREEMENT: "portal-agreement",
    SourceKind.STATEMENT: "portal-statement",
    SourceKind.BOOKING: "portal-booking",
}
RATIOS = ("roi_gmv", "roi_net", "roi_full", "roi_break_even")


class SessionResult(ScopedDetailPage):
    """What the firm keeps of a session, line by line down to the record."""

    template_name = "portal/session_result.html"
    section = "sessions"
    needs = (VIEW_RESULT, Tenant)
    model = LiveSession

    def base_queryset(self) -> Any:
        return LiveSession.objects.select_related("booking__room")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.get_object()
        account = account_of(self.actor, session)
        return super().get_context_data(
            session=session,
            account=account,
            sees_payouts=may_see_payouts(self.actor, session.tenant_id),
            lines=[(line, _signed(line), self._sources(line)) for line in account.lines.values()],
            tiles=[(RESULT_REGISTRY[code], account.metrics[code]) for code in RATIOS],
            **kwargs,
        )

    def _sources(self, line: Line) -> list[tuple[Source, str]]:
        return [(source, self._page(source)) for source in line.sources]

    def _page(self, source: Source) -> str:
        if not source.uid:
            return ""
        return self.url(PAGES[SourceKind(source.kind)], uid=source.uid)


def _signed(line: Line) -> Decimal | None:
    """What a line adds to the result; None while it is not known."""
    return line.amount if line.amount is None or line.part == ResultPart.NET else 0 - line.amount
