"""The ledger as its seller reads it: lines, and one order with all that happened to it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from core.doors.portal import ScopedListPage, TenantPage
from core.errors import NotFound
from core.scoping import may
from livestreams.models import LiveSession
from supplychain.exceeding import mark
from supplychain.filters import SalesEventFilter
from supplychain.models import ImportBatch, SalesEvent


class Orders(ScopedListPage):
    """Ledger lines that count now, the latest first."""

    template_name = "portal/orders.html"
    section = "orders"
    needs = ("view", SalesEvent)
    model = SalesEvent
    tenant_lookup = "seller_id"
    filterset_class = SalesEventFilter
    page_size = 50

    def base_queryset(self) -> Any:
        # The hour first: the ledger's index is by seller and hour.
        return SalesEvent.objects.current().order_by("-slot", "-occurred_at", "-id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            can_import=may(self.actor, "add", ImportBatch, self.node.pk), **kwargs
        )


class Order(TenantPage):
    """Every fact about one order: lines, refunds, corrections and what they replaced."""

    template_name = "portal/order.html"
    section = "orders"
    needs = ("view", SalesEvent)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        number = self.request.GET.get("no", "")
        facts = self._facts(number)
        if not facts:
            raise NotFound
        counted = [fact for fact in facts if fact.counts]
        sessions = {fact.session_now for fact in facts if fact.session_now}
        corrected = {(fact.source, fact.external_id) for fact in facts if not fact.counts}
        for fact in facts:
            fact.of_correction = (fact.source, fact.external_id) in corrected
        return super().get_context_data(
            number=number,
            facts=facts,
            paid=sum(fact.amount for fact in counted if fact.kind == "paid"),
            refunded=sum(fact.amount for fact in counted if fact.kind == "refunded"),
            exceeds=any(fact.exceeds for fact in counted),
            sources=sorted({fact.source for fact in counted}),
            cancelled=any(fact.kind == "cancelled" for fact in counted),
            sessions=self.own(LiveSession.objects.filter(pk__in=sessions)) if sessions else [],
            **kwargs,
        )

    def _facts(self, number: str) -> list[Any]:
        if not number.isprintable() or not 0 < len(number) <= 64:
            return []
        rows = SalesEvent.objects.filter(Q(order_no=number) | Q(ref_order_no=number)).with_session()
        facts = list(self.own(rows, lookup="seller_id").order_by("occurred_at", "id")[:500])
        current = set(
            SalesEvent.objects.filter(pk__in=[fact.pk for fact in facts])
            .current()
            .values_list("pk", flat=True)
        )
        for fact in facts:
            fact.counts = fact.pk in current
        mark(fact for fact in facts if fact.counts)
        return facts
