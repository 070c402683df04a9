"""The portal's page of a session's result, for those who keep the firm's money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from analytics.beside import may_see_payouts
from analytics.choices import ResultPart, SourceKind
from analytics.result import Account, Line, Source, account_of
from analytics.result.metrics import RESULT_REGISTRY
from core.doors.portal import ScopedDetailPage, TenantPage
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
            lines=shown_lines(self, account),
            tiles=[(RESULT_REGISTRY[code], account.metrics[code]) for code in RATIOS],
            **kwargs,
        )


def shown_lines(
    page: TenantPage, account: Account
) -> list[tuple[Line, Decimal | None, list[tuple[Source, str]]]]:
    """The lines of an account with what each adds to it, and where the record behind each amount is looked at."""
    return [
        (line, _signed(line), [(source, _page_of(page, source)) for source in line.sources])
        for line in account.lines.values()
    ]


def _page_of(page: TenantPage, source: Source) -> str:
    return page.url(PAGES[SourceKind(source.kind)], uid=source.uid) if source.uid else ""


def _signed(line: Line) -> Decimal | None:
    """What a line adds to the result; None while it is not known."""
    return line.amount if line.amount is None or line.part == ResultPart.NET else 0 - line.amount
