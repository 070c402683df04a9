"""Where in a warehouse the pieces of a level lie.

A level has one main place (拣货位): what comes in goes there unless a zone is named, and what leaves is taken from
there first, less what waves have fetched. What lies elsewhere (存储位) has a ZoneLevel each. A sale that its main
place can serve reads and writes the level alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.errors import Conflict
from supplychain.choices import ReservationState
from supplychain.models import Reservation, StockLevel, StockMove, ZoneLevel

Place = tuple[int, int]
"""(warehouse id, SKU id)"""


class Placed(Protocol):
    """A change of stock: how much of what, in which zone, whether that is said (the main place may have no name), and
    whether it says where goods will go.
    """

    @property
    def place(self) -> Place: ...
    @property
    def quantity(self) -> int: ...
    @property
    def zone(self) -> str: ...
    @property
    def is_placed(self) -> bool: ...
    @property
    def names_place(self) -> bool: ...


class Lot:
    """The pieces of a locked level, zone by zone, while changes are made of it."""

    def __init__(self, level: StockLevel) -> None:
        self.level = level
        self.main = level.on_hand - level.elsewhere
        self.further: dict[str, int] = {}
        self.fetched: Mapping[str, int] = {}
        self.changed: set[str] = set()

    def parts(self, change: Placed) -> list[tuple[str, int]]:
        """Make a change and say what of it is of which zone. Conflict where a named zone has too little."""
        zone, quantity = change.zone, change.quantity
        if quantity > 0:
            is_empty = not self.level.zone and not self.main and not self.level.elsewhere
            if zone and is_empty and (change.names_place or self._are_first()):
                self.level.zone = zone  # they say where the others will go
            parts = [(zone or self.level.zone, quantity)]
        elif change.is_placed:
            if self._pieces(zone) < -quantity:
                raise short_in(zone, self._pieces(zone))
            parts = [(zone, quantity)]
        else:
            shelves = [(self.level.zone, self.main), *sorted(self.further.items())]
            lying = less(shelves, self.fetched)
            parts = [(where, -pieces) for where, pieces in taken(lying, -quantity)]
            if sum(pieces for _where, pieces in parts) != quantity:
                raise short(self.main + self.level.elsewhere)
        for where, pieces in parts:
            self._add(where, pieces)
        return parts

    def _are_first(self) -> bool:
        """Whether nothing of these goods has come here before."""
        place = {"warehouse": self.level.warehouse_id, "sku": self.level.sku_id}
        return not StockMove.objects.filter(**place).exists()

    def _pieces(self, zone: str) -> int:
        return self.main if zone == self.level.zone else self.further.get(zone, 0)

    def _add(self, zone: str, quantity: int) -> None:
        if zone == self.level.zone:
            self.main += quantity
        else:
            self.further[zone] = self.further.get(zone, 0) + quantity
            self.level.elsewhere += quantity
            self.changed.add(zone)


def taken(shelves: Iterable[tuple[str, int]], quantity: int) -> list[tuple[str, int]]:
    """So many pieces, from the shelves in their order as far as each reaches."""
    parts = []
    for zone, pieces in shelves:
        part = min(pieces, quantity)
        if part > 0:
            parts.append((zone, part))
            quantity -= part
    return parts


def less(shelves: Iterable[tuple[str, int]], gone: Mapping[str, int]) -> list[tuple[str, int]]:
    """What of shelves is left without so many pieces of each zone."""
    return [(zone, max(pieces - gone.get(zone, 0), 0)) for zone, pieces in shelves]


def fetched_of(lines: QuerySet[Reservation]) -> Counter[tuple[int, str]]:
    """What is kept with lines, summed by SKU and zone."""
    sums: Counter[tuple[int, str]] = Counter()
    kept = lines.filter(fetched__isnull=False)
    for sku, parts in kept.values_list("sku", "fetched"):
        for zone, pieces in parts or ():
            sums[sku, zone] += pieces
    return sums


def fetched_at(level: StockLevel) -> Counter[str]:
    """How many pieces of each zone are fetched and have not left: the books have them there, the shelf has not."""
    lines = Reservation.objects.filter(
        warehouse=level.warehouse_id, sku=level.sku_id, state=ReservationState.IN_WAVE
    )
    return Counter({zone: pieces for (_sku, zone), pieces in fetched_of(lines).items()})


def lots_of(changes: Sequence[Placed], levels: Mapping[Place, StockLevel]) -> dict[Place, Lot]:
    """The lots that changes are made of. What lies elsewhere is read only where the main places do not suffice."""
    lots = {place: Lot(levels[place]) for place in {change.place for change in changes}}
    for place in {change.place for change in changes if change.quantity < 0 and not change.is_placed}:
        if levels[place].elsewhere and levels[place].reserved:
            lots[place].fetched = fetched_at(levels[place])
    leaving: dict[Place, int] = defaultdict(int)
    wanted: dict[int, Lot] = {}
    for change in changes:
        lot = lots[change.place]
        leaving[change.place] -= min(change.quantity, 0)
        beyond = lot.level.elsewhere and leaving[change.place] > lot.main - lot.fetched.get(lot.level.zone, 0)
        if beyond or change.zone not in ("", lot.level.zone):
            wanted[lot.level.pk] = lot
    if wanted:
        for row in ZoneLevel.objects.filter(level__in=wanted):
            wanted[row.level_id].further[row.zone] = row.on_hand
    return lots


def write(lots: Iterable[Lot]) -> None:
    """Store what became of the places that are not the main ones."""
    rows = [
        ZoneLevel(level=lot.level, zone=zone, on_hand=lot.further[zone])
        for lot in lots
        for zone in sorted(lot.changed)
    ]
    if rows:
        ZoneLevel.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["level", "zone"], update_fields=["on_hand"]
        )


def pieces_in(level: StockLevel, zone: str) -> int:
    """How much of a locked level lies in a zone; in all of them where none is named."""
    if not zone:
        return level.on_hand
    if zone == level.zone:
        return level.on_hand - level.elsewhere
    return ZoneLevel.objects.filter(level=level, zone=zone).values_list("on_hand", flat=True).first() or 0


def cleared(
    places: Iterable[tuple[Place, str]], levels: Mapping[Place, StockLevel]
) -> set[tuple[Place, str]]:
    """Which of some zones are places of their level no more, because its goods were brought elsewhere as a whole."""
    asked = {(place, zone) for place, zone in places if zone != levels[place].zone}
    named = {levels[place].pk for place, zone in asked if zone}
    rows = set(ZoneLevel.objects.filter(level__in=named).values_list("level", "zone")) if named else set()
    return {(place, zone) for place, zone in asked if (levels[place].pk, zone) not in rows}


def short(available: int) -> Conflict:
    message = _("Only %(available)d are available.") % {"available": available}
    return Conflict(message, code="stock_short", field="quantity", available=available)


def short_in(zone: str, pieces: int) -> Conflict:
    message = _("Only %(available)d lie in %(zone)s.") % {"available": pieces, "zone": zone}
    return Conflict(message, code="stock_short", field="quantity", available=pieces)
