"""What outside hosts (达人) sold for a firm: of each the sales paid in a period and what came back of them so far.

A line is an outside host's when its first payment carries an account and its final class is "outside host". All that
is told of the line counts with it, whenever it comes, and so does the line's part of what is given back of its order as
a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from analytics.outsidehosts.samples import pieces_by_host
from analytics.periods import Period
from analytics.result.gathering import may_see_result
from analytics.shares.facts import QUERY_SIZE, Fact, LineKey, Order, read_facts, sums_of
from analytics.shares.goods import Cut, cuts_of
from analytics.shares.split import Measures
from core import clock
from core.actors import Actor
from core.errors import NotFound
from core.portions import in_turn
from core.scoping import visible_to
from supplychain.choices import AgreementKind, AttributionRule, SalesKind
from supplychain.models import Agreement, Attribution, SalesEvent
from supplychain.querysets import SalesEventQuerySet
from tenants.models import Tenant


@dataclass(frozen=True)
class OutsideHost:
    """An account and what it sold, in units of 1/10,000 CNY, and the pieces of samples that it was lent.

    Without an agreement that names it, the name is empty.
    """

    ref: str
    name: str
    orders: int
    gross: int
    refunds: int
    samples: int = 0

    @property
    def net(self) -> int:
        return self.gross - self.refunds


@dataclass(frozen=True)
class Held:
    """Whose the lines of some orders are, and whole orders where all lines are of the same; "": of nobody here.

    `first` is what each line was paid with first, `cuts` of which lines and whose goods each fact gives back.
    """

    of_line: Mapping[LineKey, str]
    of_order: Mapping[Order, str]
    first: Mapping[LineKey, Fact]
    cuts: Mapping[int, Cut]

    def parts(self, fact: Fact, sums: Measures) -> Iterator[tuple[LineKey, int, Measures]]:
        """What a fact adds by line and owner of the goods: to its own line, of a whole order to each a part."""
        for (line, owner), part in self.cuts.get(fact.id, {(fact.line, fact.owner): sums}).items():
            if (fact.order, line) in self.of_line:
                yield (fact.order, line), owner, part


def outside_hosts(actor: Actor, tenant: Tenant, period: Period) -> list[OutsideHost]:
    """Those who sold for a firm in a period or were lent samples, who brought most first.

    NotFound for all who do not keep its money.
    """
    if not may_see_result(actor, tenant.pk):
        raise NotFound
    facts, held = told_of(tenant, payments_of(tenant, period))
    gross: dict[str, int] = defaultdict(int)
    refunds: dict[str, int] = defaultdict(int)
    orders: dict[str, set[Order]] = defaultdict(set)
    sums = sums_of(facts)
    for fact in facts:
        for line, _owner, part in held.parts(fact, sums[fact.id]):
            if ref := held.of_line[line]:
                gross[ref] += part[0]
                refunds[ref] += part[1]
                orders[ref].add(fact.order)
    names, samples = names_of(actor, tenant), pieces_by_host(actor, tenant, period)
    found = [
        OutsideHost(ref, names.get(ref, ""), len(orders[ref]), gross[ref], refunds[ref], samples[ref])
        for ref in {*orders, *samples}
    ]
    return sorted(found, key=lambda host: (-host.net, host.ref))


def by_outside_hosts(payments: SalesEventQuerySet) -> SalesEventQuerySet:
    """Those payments that name an account and whose final class is an outside host."""
    latest = Attribution.objects.filter(event_id=OuterRef("pk")).order_by("-version")
    named = payments.filter(kind=SalesKind.PAID).exclude(host_ref="")
    return named.annotate(rule=Subquery(latest.values("rule")[:1])).filter(rule=AttributionRule.OUTSIDE_HOST)


def payments_of(tenant: Tenant, period: Period, **narrower: str) -> dict[int, str]:
    """The accounts of the payments by outside hosts in a period, by the id of the fact."""
    paid = SalesEvent.objects.current().filter(
        seller=tenant,
        slot__gte=clock.hour_of(clock.day_start(period.first)),
        slot__lt=clock.hour_of(clock.day_start(period.end)),
        **narrower,
    )
    return dict(by_outside_hosts(paid).values_list("pk", "host_ref"))


def told_of(tenant: Tenant, host_of: Mapping[int, str]) -> tuple[list[Fact], Held]:
    """All that is told of the orders of some payments, whatever its line and period, and whose it is."""
    facts = facts_of_orders(tenant, host_of)
    first: dict[LineKey, Fact] = {}
    for fact in sorted(facts, key=lambda each: (each.business_day, each.id)):
        if fact.kind == SalesKind.PAID:
            first.setdefault((fact.order, fact.line), fact)
    of_line = {line: host_of.get(fact.id, "") for line, fact in first.items()}
    accounts: dict[Order, set[str]] = defaultdict(set)
    for (order, _line), ref in of_line.items():
        accounts[order].add(ref)
    of_order = {order: next(iter(refs)) for order, refs in accounts.items() if len(refs) == 1}
    by_order: dict[Order, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_order[fact.order].append(fact)
    sums, cuts = sums_of(facts), {}
    for whole in by_order.values():
        cuts.update(cuts_of(whole, sums))
    return facts, Held(of_line, of_order, first, cuts)


def facts_of_orders(tenant: Tenant, payments: Iterable[int]) -> list[Fact]:
    """All current facts of the orders of some payments, by their id."""
    numbers: set[str] = set()
    ids = sorted(payments)
    for some in in_turn(ids, QUERY_SIZE):
        numbers.update(SalesEvent.objects.filter(pk__in=some).values_list("order_no", flat=True))
    facts = {}
    for wanted in in_turn(sorted(numbers), QUERY_SIZE):
        about = SalesEvent.objects.of_orders(tenant.pk, wanted)
        facts.update({fact.id: fact for fact in read_facts(about)})
    return [facts[pk] for pk in sorted(facts)]


def names_of(actor: Actor, tenant: Tenant) -> dict[str, str]:
    """The names of accounts by the agreements that name them; the latest one has the word."""
    agreements = Agreement.objects.filter(seller=tenant, kind=AgreementKind.OUTSIDE_HOST).exclude(
        outside_ref=""
    )
    rows = visible_to(agreements, actor).order_by("from_day", "pk")
    return dict(rows.values_list("outside_ref", "outside_name"))
