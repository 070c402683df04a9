"""What the park's warehouses hold for the sales of sessions: reserved, in a wave, or gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analytics.shares.facts import QUERY_SIZE, Fact
from core.portions import in_turn
from supplychain.choices import LineType, SalesKind
from supplychain.givenback import with_source
from supplychain.models import Reservation, SalesEvent
from supplychain.models.parcels import line_name


def lines_of(seller_id: int, facts: Mapping[int, list[Fact]]) -> dict[str, int]:
    """The names of a seller's order lines with goods, with the session (id) that each was sold in."""
    session_of = {fact.id: place for place, mine in facts.items() for fact in mine if _is_sold(fact)}
    ids = sorted(session_of)
    return {
        line_name(source, external_id): session_of[pk]
        for some in in_turn(ids, QUERY_SIZE)
        for pk, source, external_id in SalesEvent.objects.filter(seller=seller_id, pk__in=some).values_list(
            "pk", "source", "external_id"
        )
    }


def _is_sold(fact: Fact) -> bool:
    return fact.kind == SalesKind.PAID and fact.line_type == LineType.GOODS and fact.quantity > 0


def reservations_of(seller_id: int, lines: Iterable[str]) -> Iterator[Any]:
    """Every Reservation for the named lines of a seller, with its warehouse, its parcel and its order's `source`."""
    names = sorted(lines)
    for some in in_turn(names, QUERY_SIZE):
        held = Reservation.objects.filter(seller=seller_id, line__in=some)
        yield from with_source(held.select_related("warehouse", "parcel"))
