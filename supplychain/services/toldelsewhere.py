"""Orders that are known by another door: a connection to a shop, a tool, a file. Told once more they would count again.

A platform's numbers are its own, so two platforms' are of two orders; one that a tool or an ERP tells under a source of
its own is the platform's order. That it was placed counts once, and that it was paid: by the door that told it first.
What is given back is told by the door that told of the payment: told by two it would count twice, whoever came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from django.db.models import QuerySet

from core.words import gettext as _
from supplychain.attribution.lines import order_of
from supplychain.choices import SalesKind
from supplychain.facts import SaleFact
from supplychain.models import SalesEvent, ShopHook
from supplychain.querysets import SalesEventQuerySet
from supplychain.samenumber import PLATFORMS, paid_under
from supplychain.services import store
from supplychain.services.lines import DUPLICATE, REJECTED, LineResult
from supplychain.services.standing import nothing
from supplychain.services.store import Door
from tenants.models import Tenant

BACK = frozenset({SalesKind.REFUNDED, SalesKind.CANCELLED})
Sources = defaultdict[str, set[str]]
"""Sources by the number of an order."""
Doors = defaultdict[str, set[Door]]


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
    """An order that is paid by another door, or was placed there.

    `is_whole`: its refunds are told there, or will be.
    """

    door: Door
    is_paid: bool
    is_whole: bool = False


class ToldElsewhere:
    """What other doors have told of orders that come under a source. Where there are none, nothing is asked for.

    Of a platform's source they are all that are no platform's, of any other the platforms'. What a tool posts under the
    name of a platform (`by_file` False) and what its files tell (True) are two doors, too. A connection (None) agrees
    with the files; where there is one, files cannot tell from what it said what a tool has posted.
    """

    def __init__(self, seller: Tenant, source: str, *, by_file: bool | None = None) -> None:
        self._seller, self._source = seller, source
        is_platform = source in PLATFORMS
        self._hooks = sources_told(seller) if is_platform else {}
        known = store.sources_of(seller.pk)
        others = [other for other in known if (other in PLATFORMS) != is_platform]
        self._sources = {**dict.fromkeys(others, True), **self._hooks}
        self._others: list[Door] = [(other, None) for other in self._sources]
        self._own: Door = (source, None)
        connected = ShopHook.objects.filter(tenant=seller, source=source)
        if by_file is not None and is_platform and source in known and not (by_file and connected.exists()):
            self._own = (source, by_file)
            self._others.append((source, not by_file))

    def _door_of(self, event: SalesEvent) -> Door:
        if event.source != self._source or self._own[1] is None:
            return event.source, None
        return event.source, event.import_batch_id is not None

    def verdicts(self, facts: Sequence[SaleFact]) -> list[LineResult]:
        """The verdicts on facts, by their place, that would count a second time; all others are to be stored.

        Rejected is what is told of an order whose payment is known from another door alone. A refund of an order whose
        connection is gone, and told none, is taken: nothing else would tell it. A cancellation would be worth nothing
        under another source than the payment. A duplicate is that an order was placed which another door has told of
        as placed.
        """
        if not self._others:
            return []
        orders = [order_of(fact.kind, fact.order_no, fact.ref_order_no) for fact in facts]
        known = self._known({*orders} - {""})
        return [
            verdict
            for place, (order, fact) in enumerate(zip(orders, facts, strict=True))
            if order in known and (verdict := self._verdict(place, fact, known[order])) is not None
        ]

    def _verdict(self, place: int, fact: SaleFact, known: Known) -> LineResult | None:
        if not known.is_paid:
            return LineResult(place, DUPLICATE) if fact.kind == SalesKind.CREATED.value else None
        if fact.kind == SalesKind.REFUNDED.value and not known.is_whole:
            return None
        return LineResult(place, REJECTED, "told_live", self._why(*known.door), "order_no")

    def _known(self, orders: Iterable[str]) -> dict[str, Known]:
        """Which orders are paid by another door, and not by this one; or so placed."""
        sold = store.sold_orders(self._seller.pk, self._others, orders)
        if not sold:
            return {}
        placed, paid, back = Doors(set), Doors(set), Doors(set)
        by_kind = {SalesKind.CREATED: placed, SalesKind.PAID: paid, **dict.fromkeys(BACK, back)}
        for event in self._facts_of(sold, by_kind):
            number = order_of(event.kind, event.order_no, event.ref_order_no)
            by_kind[SalesKind(event.kind)][number].add(self._door_of(event))
        found = {}
        for number in sold:
            if paid[number] and self._own not in paid[number]:
                is_whole = any(
                    self._sources.get(door[0], True) or door in back[number] for door in paid[number]
                )
                found[number] = Known(min(paid[number], key=str), is_paid=True, is_whole=is_whole)
            elif placed[number] and self._own not in placed[number]:
                found[number] = Known(min(placed[number], key=str), is_paid=False)
        return found

    def superseded(self, facts: Sequence[SaleFact]) -> dict[str, list[SaleFact]]:
        """What other doors told as given back before any payment was known: versions that say nothing, by source.

        Of orders that this door has told of as paid, once it has told, too, of something given back of the same line,
        or of the order. To be asked when these facts are stored.
        """
        if not self._others:
            return {}
        kinds = {SalesKind.PAID.value, *BACK}
        told = [fact for fact in facts if fact.kind in kinds]
        orders = {order_of(fact.kind, fact.order_no, fact.ref_order_no) for fact in told} - {""}
        refunded = store.refunded_orders(self._seller.pk, self._others, orders)
        if not refunded:
            return {}
        of_order: dict[str, list[SalesEvent]] = defaultdict(list)
        for event in self._facts_of(refunded, kinds):
            of_order[order_of(event.kind, event.order_no, event.ref_order_no)].append(event)
        found: dict[str, list[SaleFact]] = defaultdict(list)
        for number in refunded:
            for event in self._told_twice(of_order[number]):
                found[event.source].append(nothing(event, event.version + 1))
        return found

    def _told_twice(self, order: Sequence[SalesEvent]) -> list[SalesEvent]:
        """The refunds of an order that this door, which has told of its payment, says by now."""
        paid = [event for event in order if event.kind == SalesKind.PAID]
        payers, doors = {event.source for event in paid}, {self._door_of(event) for event in paid}
        if self._own not in doors:
            return []
        lines = {event.line_no for event in paid if self._door_of(event) == self._own}
        back = {
            event.ref_line if event.kind == SalesKind.REFUNDED else event.line_no
            for event in order
            if event.kind in BACK and self._door_of(event) == self._own
        }
        refunds = [
            event
            for event in order
            if event.kind == SalesKind.REFUNDED
            and self._door_of(event) not in doors
            and paid_under(event.source, payers) == self._source
        ]
        if "" in back:
            return refunds
        return [
            event for event in refunds if event.ref_line in back or (back and event.ref_line not in lines)
        ]

    def _facts_of(self, numbers: Collection[str], kinds: Collection[str]) -> SalesEventQuerySet:
        """What counts of some orders as told by this door and the others."""
        facts = SalesEvent.objects.current().of_orders(self._seller.pk, numbers)
        return facts.filter(source__in={*self._sources, self._source}, kind__in=kinds)

    def _why(self, source: str, by_file: bool | None) -> str:
        if by_file:
            text = _(
                "A file of “%(source)s” has told of this order: posted, too, it would count twice. Leave it out,"
                " and let the files tell what is given back of it."
            )
        elif by_file is False:
            text = _(
                "A tool has posted this order as “%(source)s”: with this file it would count twice. Leave it out, and"
                " let the tool tell what is given back of it."
            )
        elif source in self._hooks:
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
