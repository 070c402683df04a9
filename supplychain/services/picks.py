"""Where the goods of a wave are fetched, and so from where they leave with their parcels.

Waves fetch in the order in which they were made: what an earlier one has not sent yet is not there for a later one.
Once a wave is fetched (somebody says so, or scans its first piece at the table) it stays with its lines from where:
what is brought to another shelf or counted there meanwhile is other goods.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from supplychain.choices import ReservationState
from supplychain.models import Parcel, Reservation, StockLevel, Wave, ZoneLevel
from supplychain.models.stock import Shelf
from supplychain.services.zones import Place, fetched_at, fetched_of, less, pieces_in, taken
from tenants.models import Tenant


@dataclass(frozen=True)
class Pick:
    """How much of one owner's SKU is fetched from where."""

    zone: str
    sku: str
    title: str
    owner: Tenant
    quantity: int


def pick_list(wave: Wave) -> list[Pick]:
    """What is fetched for a wave, in the order in which one walks: by zone and shelf, then by SKU and owner.

    For those who run the warehouse: it reads the goods of all owners.
    """
    lines = _open_lines(wave.pk)
    needed = _needed(lines.filter(fetched__isnull=True))
    parts = fetched_of(lines)
    levels = list(
        StockLevel.objects.filter(
            warehouse=wave.warehouse_id, sku__in={*needed, *(sku for sku, _zone in parts)}
        ).select_related("sku__product", "owner")
    )
    shelves = _shelves_for(wave.pk, [level for level in levels if level.sku_id in needed])
    for sku, quantity in needed.items():
        for zone, pieces in _parts(shelves[sku], quantity):
            parts[sku, zone] += pieces
    of_sku = {level.sku_id: level for level in levels}
    picks = [
        Pick(zone, of_sku[sku].sku.code, of_sku[sku].sku.product.name, of_sku[sku].owner, quantity)
        for (sku, zone), quantity in parts.items()
    ]
    return sorted(picks, key=lambda pick: (pick.zone, pick.sku, pick.owner.code))


def note_fetched(wave: int, lines: Sequence[Reservation], levels: Mapping[Place, StockLevel]) -> None:
    """Keep with the lines of a wave, locked as their levels are, from where they are fetched."""
    for line, parts in _parted(wave, lines, levels):
        line.fetched = parts
    Reservation.objects.bulk_update(lines, ["fetched"])


def fetched(
    parcel: Parcel, lines: Sequence[Reservation], levels: Mapping[Place, StockLevel]
) -> Iterator[tuple[Reservation, str, int]]:
    """Each line of a parcel with the zones its pieces were fetched from, as the pick list of its wave says.

    What the books have brought elsewhere since is taken from there.
    """
    for line, parts in _parted(parcel.wave_id, lines, levels):
        for zone, quantity in parts:
            yield line, zone, quantity


def fetched_from(level: StockLevel, zone: str) -> int:
    """How many pieces of a zone are fetched and have not left, as far as the books have them there."""
    return min(fetched_at(level)[zone], pieces_in(level, zone))


def _parted(
    wave: int, lines: Sequence[Reservation], levels: Mapping[Place, StockLevel]
) -> Iterator[tuple[Reservation, list[tuple[str, int]]]]:
    """Lines with the zones they are of: those kept with them as far as the goods are there, then as the list says."""
    mine = [levels[line.warehouse_id, line.sku_id] for line in lines]
    lying = _lying(mine)
    shelves = _shelves_for(wave, mine)
    for line in lines:
        kept = [(zone, min(pieces, _pieces(lying[line.sku_id], zone))) for zone, pieces in line.fetched or ()]
        parts = Counter(dict(kept))
        rest = line.quantity - parts.total()
        if rest:
            for zone, pieces in _parts(_less(shelves[line.sku_id], kept), rest):
                parts[zone] += pieces
        found = [(zone, pieces) for zone, pieces in parts.items() if pieces]
        lying[line.sku_id] = _less(lying[line.sku_id], found)
        shelves[line.sku_id] = _less(shelves[line.sku_id], found)
        yield line, found


def _lying(levels: Collection[StockLevel]) -> dict[int, list[Shelf]]:
    """What lies where of SKUs, the main place first. Goods of one place ask nothing."""
    spread = {level.pk: level for level in levels if level.elsewhere}
    lying = {level.sku_id: [Shelf(level.zone, level.on_hand - level.elsewhere)] for level in levels}
    if spread:
        for row in ZoneLevel.objects.filter(level__in=spread, on_hand__gt=0).order_by("zone"):
            lying[spread[row.level_id].sku_id].append(Shelf(row.zone, row.on_hand))
    return lying


def _shelves_for(wave: int, levels: Collection[StockLevel]) -> dict[int, list[Shelf]]:
    """What lies where of SKUs, less what other waves have fetched and what those before this one have still to send."""
    shelves = _lying(levels)
    spread = [level.sku_id for level in levels if level.elsewhere]
    if not spread:
        return shelves
    others = Reservation.objects.filter(
        warehouse__in={level.warehouse_id for level in levels}, sku__in=spread, state=ReservationState.IN_WAVE
    ).exclude(parcel__wave=wave)
    for (sku, zone), quantity in fetched_of(others).items():
        shelves[sku] = _less(shelves[sku], [(zone, quantity)])
    for sku, quantity in _needed(others.filter(fetched__isnull=True, parcel__wave__lt=wave)).items():
        shelves[sku] = _less(shelves[sku], taken(shelves[sku], quantity))
    return shelves


def _open_lines(wave: int) -> QuerySet[Reservation]:
    return Reservation.objects.filter(parcel__wave=wave, state=ReservationState.IN_WAVE)


def _needed(lines: QuerySet[Reservation]) -> Counter[int]:
    return Counter(dict(lines.order_by().values_list("sku").annotate(Sum("quantity"))))


def _parts(shelves: Sequence[Shelf], quantity: int) -> list[tuple[str, int]]:
    """Where so many pieces are fetched; what lies nowhere is looked for in the main place, which stands first."""
    parts = dict(taken(shelves, quantity))
    missing, main = quantity - sum(parts.values()), shelves[0].zone
    if missing:
        parts[main] = parts.get(main, 0) + missing
    return list(parts.items())


def _pieces(shelves: Iterable[Shelf], zone: str) -> int:
    return sum(shelf.on_hand for shelf in shelves if shelf.zone == zone)


def _less(shelves: Sequence[Shelf], parts: Iterable[tuple[str, int]]) -> list[Shelf]:
    return [Shelf(*left) for left in less(shelves, dict(parts))]
