"""What outside hosts (达人) sold for a firm: of each the sales paid in a period and what came back of them so far.

A line is an outside host's when its first payment carries an account and its final class is "outside host". All that
is told of the line counts with it, whenever it comes. What is given back of an order as a whole counts where all lines
of the order are of the same host and period; else it is of nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import OuterRef, Q, Subquery

from analytics.periods import Period
from analytics.result.gathering import may_see_result
from analytics.shares.counting import QUERY_SIZE, Fact, LineKey, Order, read_facts, sums_of
from core import clock
from core.actors import Actor
from core.errors import NotFound
from core.scoping import visible_to
from supplychain.choices import AgreementKind, AttributionRule, SalesKind
from supplychain.models import Agreement, Attribution, SalesEvent
from tenants.models import Tenant


@dataclass(frozen=True)
class OutsideHost:
    """An account and what it sold, in units of 1/10,000 CNY. Without an agreement that names it, the name is empty."""

    ref: str
    name: str
    orders: int
    gross: int
    refunds: int

    @property
    def net(self) -> int:
        return self.gross - self.refunds


def outside_hosts(actor: Actor, tenant: Tenant, period: Period) -> list[OutsideHost]:
    """Those who sold for a firm in a period, who brought most first. NotFound for all who do not keep its money."""
    if not may_see_result(actor, tenant.pk):
        raise NotFound
    host_of = _payments(tenant, period)
    facts = _of_their_orders(tenant, host_of)
    gross: dict[str, int] = defaultdict(int)
    refunds: dict[str, int] = defaultdict(int)
    orders: dict[str, set[Order]] = defaultdict(set)
    sums = sums_of(facts)
    for fact, ref in _told_of(facts, host_of):
        gross[ref] += sums[fact.id][0]
        refunds[ref] += sums[fact.id][1]
        orders[ref].add(fact.order)
    names = _names(actor, tenant)
    found = [
        OutsideHost(ref, names.get(ref, ""), len(orders[ref]), gross[ref], refunds[ref]) for ref in orders
    ]
    return sorted(found, key=lambda host: (-host.net, host.ref))


def _payments(tenant: Tenant, period: Period) -> dict[int, str]:
    """The accounts of the payments of a period whose final class is an outside host, by the id of the fact."""
    latest = Attribution.objects.filter(event_id=OuterRef("pk")).order_by("-version")
    paid = SalesEvent.objects.current().filter(
        seller=tenant,
        kind=SalesKind.PAID,
        slot__gte=clock.hour_of(clock.day_start(period.first)),
        slot__lt=clock.hour_of(clock.day_start(period.end)),
    )
    by_host = paid.exclude(host_ref="").annotate(rule=Subquery(latest.values("rule")[:1]))
    return dict(by_host.filter(rule=AttributionRule.OUTSIDE_HOST).values_list("pk", "host_ref"))


def _of_their_orders(tenant: Tenant, payments: Iterable[int]) -> list[Fact]:
    """All current facts of the orders of some payments, whatever their line and period."""
    numbers: set[str] = set()
    ids = sorted(payments)
    for start in range(0, len(ids), QUERY_SIZE):
        some = SalesEvent.objects.filter(pk__in=ids[start : start + QUERY_SIZE])
        numbers.update(some.values_list("order_no", flat=True))
    wanted, facts = sorted(numbers), {}
    for start in range(0, len(wanted), QUERY_SIZE):
        some_numbers = wanted[start : start + QUERY_SIZE]
        about = Q(order_no__in=some_numbers) | Q(ref_order_no__in=some_numbers)
        facts.update({fact.id: fact for fact in read_facts(SalesEvent.objects.filter(about, seller=tenant))})
    return [facts[pk] for pk in sorted(facts)]


def _told_of(facts: Iterable[Fact], host_of: Mapping[int, str]) -> list[tuple[Fact, str]]:
    """The facts that are of an outside host, with its account."""
    facts = list(facts)
    first: dict[LineKey, Fact] = {}
    for fact in sorted(facts, key=lambda each: (each.business_day, each.id)):
        if fact.kind == SalesKind.PAID:
            first.setdefault((fact.order, fact.line), fact)
    of_line = {line: host_of.get(fact.id, "") for line, fact in first.items()}
    of_order: dict[Order, set[str]] = defaultdict(set)
    for (order, _line), ref in of_line.items():
        of_order[order].add(ref)
    found = []
    for fact in facts:
        whole = of_order[fact.order]
        ref = of_line.get((fact.order, fact.line), next(iter(whole)) if len(whole) == 1 else "")
        if ref:
            found.append((fact, ref))
    return found


def _names(actor: Actor, tenant: Tenant) -> dict[str, str]:
    """The names of accounts by the agreements that name them; the latest one has the word."""
    agreements = Agreement.objects.filter(seller=tenant, kind=AgreementKind.OUTSIDE_HOST).exclude(
        outside_ref=""
    )
    rows = visible_to(agreements, actor).order_by("from_day", "pk")
    return dict(rows.values_list("outside_ref", "outside_name"))
