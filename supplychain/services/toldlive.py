"""Orders that a connection to a shop has told of under another source: a platform's file would count them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from core.words import gettext as _
from supplychain.attribution.lines import order_of
from supplychain.choices import SalesKind
from supplychain.facts import SaleFact
from supplychain.models import SalesEvent, ShopHook
from supplychain.services import store
from supplychain.services.lines import REJECTED, LineResult
from supplychain.shophooks.standard import EXPORTED
from tenants.models import Tenant


def sources_told(seller: Tenant) -> set[str]:
    """The sources of a seller's connections, also of revoked ones, that are those of no platform's files.

    Of any other it is known whose orders they are: numbers that are alike on two platforms are of two orders.
    """
    hooks = ShopHook.objects.filter(tenant=seller).exclude(source__in=EXPORTED)
    return set(hooks.values_list("source", flat=True))


class ToldLive:
    """What connections have told of the orders of a seller's file. Without such a source nothing is asked for."""

    def __init__(self, seller: Tenant, source: str) -> None:
        self._seller, self._source = seller, source
        self._sources = sources_told(seller) if source in EXPORTED else set()

    def refused(self, facts: Sequence[SaleFact]) -> list[LineResult]:
        """The verdicts on facts, by their place, of orders whose payment is known from a connection alone."""
        if not self._sources:
            return []
        orders = [order_of(fact.kind, fact.order_no, fact.ref_order_no) for fact in facts]
        known = self._paid({*orders} - {""})
        return [
            LineResult(place, REJECTED, "told_live", self._why(known[order]), "order_no")
            for place, order in enumerate(orders)
            if order in known
        ]

    def _paid(self, orders: Iterable[str]) -> dict[str, str]:
        """The source of a connection by the orders that are paid there, and are not by the file's source."""
        told = {
            number: source
            for source in sorted(self._sources)
            for number in store.paid_orders(self._seller.pk, source, orders)
        }
        if not told:
            return {}
        paid = SalesEvent.objects.filter(
            seller=self._seller,
            order_no__in=told,
            kind=SalesKind.PAID,
            source__in={*self._sources, self._source},
        )
        sources: dict[str, set[str]] = defaultdict(set)
        for number, source in paid.current().values_list("order_no", "source"):
            sources[number].add(source)
        return {number: min(found) for number, found in sources.items() if self._source not in found}

    def _why(self, source: str) -> str:
        text = _(
            "A shop connection has told of this order as “%(source)s”: with this file it would count twice. Import the"
            " others; for later orders connect the shop with the source “%(own)s”."
        )
        return text % {"source": source, "own": self._source}
