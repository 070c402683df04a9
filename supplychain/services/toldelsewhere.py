"""Orders that are known by another door: a connection to a shop, a tool, a file. Told once more they would count again.

A platform's numbers are its own, so two platforms' are of two orders; one that a tool or an ERP tells under a source of
its own is the platform's order. What is given back of an order is told by the door that told of its payment: told by
two it would count twice, whoever came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import QuerySet

from core.words import gettext as _
from supplychain.attribution.lines import order_of
from supplychain.choices import SalesKind
from supplychain.facts import SaleFact
from supplychain.models import SalesEvent, ShopHook
from supplychain.samenumber import PLATFORMS
from supplychain.services import store
from supplychain.services.lines import REJECTED, LineResult
from tenants.models import Tenant

BACK = frozenset({SalesKind.REFUNDED, SalesKind.CANCELLED})
Sources = defaultdict[str, set[str]]
"""Sources by the number of an order."""


def sources_told(seller: Tenant) -> dict[str, bool]:
    """The sources of a seller's connections, also of revoked ones, that are named after no platform.

    A platform's source says whose orders they are: equal numbers on two platforms are two orders. True: a connection
    still tells under it.
    """
    hooks = ShopHook.objects.filter(tenant=seller).exclude(source__in=PLATFORMS)
    told: dict[str, bool] = {}
    for source, revoked_at in hooks.values_list("source", "revoked_at"):
        told[source] = told.get(source, False) or revoked_at is None
    return told


def told_by(facts: QuerySet[SalesEvent]) -> tuple[Sources, Sources]:
    """Who told of a payment, and who of something given back, by the orders that these facts are of."""
    paid, back = Sources(set), Sources(set)
    facts = facts.filter(kind__in={SalesKind.PAID, *BACK}).order_by()
    for kind, source, *numbers in facts.values_list("kind", "source", "order_no", "ref_order_no"):
        (back if kind in BACK else paid)[order_of(kind, *numbers)].add(source)
    return paid, back


class Known(NamedTuple):
    """An order that is paid under another source. `is_whole`: its refunds are told there, or will be."""

    source: str
    is_whole: bool


class ToldElsewhere:
    """What other doors have told of orders that come under a source. Where there are none, nothing is asked for.

    Of a platform's source they are all that are no platform's, of any other the platforms'.
    """

    def __init__(self, seller: Tenant, source: str) -> None:
        self._seller, self._source = seller, source
        is_platform = source in PLATFORMS
        self._hooks = sources_told(seller) if is_platform else {}
        others = [other for other in store.sources_of(seller.pk) if (other in PLATFORMS) != is_platform]
        self._sources = {**dict.fromkeys(others, True), **self._hooks}

    def refused(self, facts: Sequence[SaleFact]) -> list[LineResult]:
        """The verdicts on facts, by their place, of orders whose payment is known from another door alone.

        A refund of an order whose connection is gone, and told none, is taken: nothing else would tell it. A
        cancellation would be worth nothing under another source than the payment.
        """
        if not self._sources:
            return []
        orders = [order_of(fact.kind, fact.order_no, fact.ref_order_no) for fact in facts]
        known = self._known({*orders} - {""})
        return [
            LineResult(place, REJECTED, "told_live", self._why(known[order].source), "order_no")
            for place, (order, fact) in enumerate(zip(orders, facts, strict=True))
            if order in known and (fact.kind != SalesKind.REFUNDED.value or known[order].is_whole)
        ]

    def _known(self, orders: Iterable[str]) -> dict[str, Known]:
        """Which orders are paid under the source of another door, and not under their own."""
        told = store.paid_orders(self._seller.pk, self._sources, orders)
        if not told:
            return {}
        facts = SalesEvent.objects.current().of_orders(self._seller.pk, told)
        paid, back = told_by(facts.filter(source__in={*self._sources, self._source}))
        return {
            number: Known(min(sources), any(self._sources[each] or each in back[number] for each in sources))
            for number, sources in paid.items()
            if self._source not in sources
        }

    def _why(self, source: str) -> str:
        if source in self._hooks:
            text = _(
                "A shop connection has told of this order as “%(source)s”: with this file it would count twice."
                " Import the others; for later orders, and what is given back of this one, connect the shop anew"
                " with the source “%(own)s”."
            )
        else:
            text = _(
                "This order is known from “%(source)s”: told as “%(own)s”, too, it would count twice. Leave it out,"
                " and let “%(source)s” tell what is given back of it."
            )
        return text % {"source": source, "own": self._source}
