"""The ledger as its seller reads it: lines, and one order with all that happened to it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, Sum

from core.doors.portal import ScopedListPage, TenantPage
from core.errors import NotFound
from core.scoping import may, visible_to
from livestreams.choices import ShiftRole
from livestreams.models import HostShift, LiveSession
from supplychain import placed
from supplychain.attribution.choices import choices_of
from supplychain.attribution.rule import within
from supplychain.choices import AttributionRule, SalesKind
from supplychain.exceeding import mark
from supplychain.filters import SalesEventFilter
from supplychain.models import Attribution, ImportBatch, SalesEvent
from supplychain.views.unplaced import SaySession, veil

SHOWN_FACTS = 500


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
        return SalesEvent.objects.current().of_any_hour().order_by("-slot", "-occurred_at", "-id")

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
        rows = self._rows(number)
        facts = self._facts(rows)
        if not facts:
            raise NotFound
        counted = [fact for fact in facts if fact.counts]
        sessions = {fact.session_now for fact in facts if fact.session_now}
        corrected = {(fact.source, fact.external_id) for fact in facts if not fact.counts}
        for fact in facts:
            fact.of_correction = (fact.source, fact.external_id) in corrected
        own = self.own(LiveSession.objects.filter(pk__in=sessions)) if sessions else []
        self._place(counted, {session.pk for session in own})
        can_answer = may(self.actor, "add", Attribution, self.node.pk)
        if can_answer:
            self._offer(counted, number)
        return super().get_context_data(
            number=number,
            facts=facts,
            left_out=rows.count() - len(facts) if len(facts) == SHOWN_FACTS else 0,
            **_sums(rows),
            exceeds=any(fact.exceeds for fact in counted),
            sources=sorted({fact.source for fact in counted}),
            sessions=own,
            can_answer=can_answer,
            **kwargs,
        )

    def _place(self, facts: list[Any], own: set[int]) -> None:
        """Say of each fact its session, how it was found, and of a payment who stood before the camera then."""
        placed.tell(facts)
        named = {fact.session_now for fact in facts if fact.session_now}
        sessions = LiveSession.objects.in_bulk(named)
        seen = veil(sessions.values(), self.actor)
        worked = HostShift.objects.filter(session__in=seen, role=ShiftRole.HOST).order_by("pk")
        shifts: dict[int, list[HostShift]] = defaultdict(list)
        for shift in visible_to(worked, self.actor).select_related("host"):
            shifts[shift.session_id].append(shift)
        for fact in facts:
            fact.place, fact.is_own_place = sessions.get(fact.session_now), fact.session_now in own
            fact.hosts = [
                shift.host
                for shift in shifts[fact.session_now]
                if fact.kind == SalesKind.PAID and within(fact.occurred_at, shift.starts_at, shift.ends_at)
            ]

    def _offer(self, facts: list[Any], number: str) -> None:
        """What may be said instead, at the fact that speaks for its line."""
        choices = choices_of(self.tenant, number)
        veil((session for choice in choices.values() for session in choice.candidates), self.actor)
        for fact in facts:
            choice = choices.get((fact.source, fact.external_id))
            if choice is None:
                continue
            fact.options = [session for session in choice.candidates if session.pk != fact.session_now]
            fact.may_be_none = fact.session_now is not None or fact.answer.rule in (
                "",
                AttributionRule.UNCLEAR,
            )

    def _rows(self, number: str) -> Any:
        if not is_number(number):
            raise NotFound
        return self.own(SalesEvent.objects.of_orders(self.tenant.pk, [number]), lookup="seller_id")

    def _facts(self, rows: Any) -> list[Any]:
        facts = list(rows.with_session().order_by("occurred_at", "id")[:SHOWN_FACTS])
        current = set(
            SalesEvent.objects.filter(pk__in=[fact.pk for fact in facts])
            .current()
            .values_list("pk", flat=True)
        )
        for fact in facts:
            fact.counts = fact.pk in current
        mark(fact for fact in facts if fact.counts)
        return facts


def _sums(rows: Any) -> dict[str, Any]:
    """What was paid and refunded of an order, and whether it was cancelled, by all its facts that count."""
    paid, refunded, cancelled = (Q(kind=kind) for kind in ("paid", "refunded", "cancelled"))
    found: dict[str, Any] = rows.current().aggregate(
        paid=Sum("amount", filter=paid, default=0),
        refunded=Sum("amount", filter=refunded, default=0),
        cancelled=Count("pk", filter=cancelled),
    )
    return found


class AnswerOrder(SaySession):
    """Another session, or none, for a line of an order, whoever or whatever said the one that it has."""

    def carry_out(self) -> None:
        asked = self.request.POST
        named = (asked.get("source", ""), asked.get("external_id", ""))
        choice = choices_of(self.tenant, self._number).get(named)
        if choice is None:
            raise NotFound
        self.say(choice.ids, choice.candidates)

    @property
    def _number(self) -> str:
        number = self.request.POST.get("no", "")
        if not is_number(number):
            raise NotFound
        return number

    def back_to(self) -> str:
        return f"{self.url('portal-order')}?{urlencode({'no': self._number})}"


def is_number(text: str) -> bool:
    """Whether a text can be the number of an order."""
    return text.isprintable() and 0 < len(text) <= 64
