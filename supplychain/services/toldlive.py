"""Orders that a connection to a shop has told of under another source: a platform's file would count them again."""

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
from supplychain.services import store
from supplychain.services.lines import REJECTED, LineResult
from supplychain.shophooks.standard import EXPORTED
from tenants.models import Tenant

BACK = frozenset({SalesKind.REFUNDED, SalesKind.CANCELLED})
Sources = defaultdict[str, set[str]]
"""Sources by the number of an order."""


def sources_told(seller: Tenant) -> dict[str, bool]:
    """The sources of a seller's connections, also of revoked ones, that are those of no platform's files.

    Of any other it is known whose orders they are: numbers that are alike on two platforms are of two orders. True: a
    connection still tells under it.
    """
    hooks = ShopHook.objects.filter(tenant=seller).exclude(source__in=EXPORTED)
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
    """An order that is paid under the source of a connection. `is_whole`: its refunds are told there, or will be."""

    source: str
    is_whole: bool


class ToldLive:
    """What connections have told of the orders of a seller's file. Without such a source nothing is asked for."""

    def __init__(self, seller: Tenant, source: str) -> None:
        self._seller, self._source = seller, source
        self._sources = sources_told(seller) if source in EXPORTED else {}

    def refused(self, facts: Sequence[SaleFact]) -> list[LineResult]:
        """The verdicts on facts, by their place, of orders whose payment is known from a connection alone.

        A refund that no connection has told, nor will, is taken: nothing else would tell it.
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
        """Which orders are paid under the source of a connection, and are not under the file's source."""
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
        text = _(
            "A shop connection has told of this order as “%(source)s”: with this file it would count twice. Import the"
            " others; for later orders, and what is given back of this one, connect the shop anew with the source"
            " “%(own)s”."
        )
        return text % {"source": source, "own": self._source}
