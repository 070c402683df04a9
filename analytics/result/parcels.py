"""What the parcels of sessions cost their seller, at the tariffs of the warehouses that packed them.

A parcel's price is shared by the pieces in it; pieces of others are paid by their owners. What still waits is told at
today's prices, as provisional.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.choices import SourceKind
from analytics.packing import lines_of, reservations_of
from analytics.result.account import Source
from analytics.shares.facts import QUERY_SIZE, Fact
from core import clock
from core.money import allocate, to_units
from core.portions import in_turn
from supplychain.choices import FeeKind, ReservationState
from supplychain.fees import Tariffs
from supplychain.models import Parcel, Reservation, WarehouseTariff


@dataclass
class Packed:
    """What a warehouse did for a session, in units of 1/10,000 CNY; None: it had no prices then."""

    pieces: int = 0
    units: int | None = 0
    waits: bool = False

    def add(self, pieces: int, units: int | None) -> None:
        self.pieces += pieces
        self.units = None if units is None or self.units is None else self.units + units


def parcels_of(seller_id: int, facts: Mapping[int, list[Fact]]) -> dict[int, list[Source]]:
    """By session (id) what its parcels cost; in a number of statements that does not grow with the sessions."""
    lines = lines_of(seller_id, facts)
    rows = [row for row in reservations_of(seller_id, lines) if row.state != ReservationState.RELEASED]
    tariffs = Tariffs(row.warehouse_id for row in rows)
    shares = dict(_shares(rows, tariffs))
    back = dict(
        Reservation.objects.filter(pk__in=[row.pk for row in rows], returned__isnull=False)
        .values_list("pk")
        .annotate(Sum("returned__quantity"))
    )
    found: dict[int, dict[tuple[str, bool], Packed]] = defaultdict(lambda: defaultdict(Packed))
    with_line: set[str] = set()
    for row in rows:
        with_line.add(row.line)
        waits = row.state != ReservationState.DISPATCHED
        packed = found[lines[row.line]][str(row.warehouse), waits]
        packed.waits = waits
        packed.add(row.quantity, _cost(row, shares[row.pk], back.get(row.pk, 0), tariffs))
    outside = {lines[name] for name in lines if name not in with_line}
    return {place: list(_sources(found[place], place in outside)) for place in facts}


def _shares(rows: list[Any], tariffs: Tariffs) -> Iterator[tuple[int, int | None]]:
    """By reservation its share of the price of its parcel; what waits in no parcel is shared by order."""
    parcels = sorted({row.parcel_id for row in rows if row.parcel_id is not None})
    beside: dict[object, list[tuple[int, int]]] = defaultdict(list)
    for some in in_turn(parcels, QUERY_SIZE):
        held = Reservation.objects.filter(parcel__in=some)
        for pk, parcel, quantity in (
            held.exclude(state=ReservationState.RELEASED)
            .order_by("pk")
            .values_list("pk", "parcel", "quantity")
        ):
            beside[parcel].append((pk, quantity))
    for row in rows:
        if row.parcel_id is None:
            beside[row.warehouse_id, row.source, row.order_no].append((row.pk, row.quantity))
    of_row = {row.pk: row for row in rows}
    for mine in beside.values():
        known = next(of_row[pk] for pk, _quantity in mine if pk in of_row)
        tariff = _tariff(known, tariffs)
        parts = allocate(to_units(tariff.per_parcel), [quantity for _pk, quantity in mine]) if tariff else []
        for number, (pk, _quantity) in enumerate(mine):
            yield pk, parts[number] if parts else None


def _tariff(row: Reservation, tariffs: Tariffs) -> WarehouseTariff | None:
    parcel: Parcel | None = row.parcel
    sent = parcel.dispatched_at if parcel is not None else None
    return tariffs.on(row.warehouse_id, clock.business_day(sent) if sent else clock.today())


def _cost(row: Reservation, share: int | None, back: int, tariffs: Tariffs) -> int | None:
    tariff = _tariff(row, tariffs)
    if tariff is None or share is None:
        return None
    own = row.owner_id == row.seller_id
    work = (
        to_units(tariff.price(FeeKind.PIECE)) * row.quantity + to_units(tariff.price(FeeKind.RETURN)) * back
    )
    return share + (work if own else 0)


def _sources(packed: Mapping[tuple[str, bool], Packed], outside: bool) -> Iterator[Source]:
    for (warehouse, waits), each in sorted(packed.items()):
        pieces = ngettext("%(count)d piece", "%(count)d pieces", each.pieces) % {"count": each.pieces}
        note = _("%(pieces)s, not sent yet") % {"pieces": pieces} if waits else pieces
        if each.units is None:
            note = _("%(pieces)s; the warehouse had no prices") % {"pieces": pieces}
        yield Source(SourceKind.PARCEL, warehouse, each.units, note, provisional=waits)
    if outside:
        yield Source(
            SourceKind.NONE, _("What was packed outside of the park's warehouses is on no record."), None
        )
    elif not packed:
        yield Source(SourceKind.PARCEL, _("no goods sold"), 0)
