"""What is proposed of a launch: from its days, the launches before it, and the room its factory has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

from django.core.cache import cache
from django.db.models import F, QuerySet, Sum

from core import audit, clock
from core.actors import system_actor
from core.money import to_cents
from supplychain import reorders
from supplychain.choices import REORDER_COMING, ReorderState
from supplychain.models import Factory, Launch, Reorder, StockLevel
from supplychain.services.factories import steps_of, taken_of
from supplychain.services.news import reorder_proposed

DECIDED_ON = (1, 3, 7, 11, 16)
"""Days of a sale on which one looks again: a proposal counts on the next of them."""
ROOM_DAYS = 14
LEAST_PART = 0.1
"""Of the test batch: fewer pieces are not worth a run."""
LEARNED_FROM = timedelta(days=365)
MOST_LEARNED = 400
"""The last of them, which is more than the seasons hold on which the estimate was measured (docs/reorders.md)."""
LEAST_EXPOSURE = 0.02
AUDITED = ("state", "quantity", "proposed", "expected", "day_then", "sold_then", "stock_then")


@dataclass(frozen=True)
class Wish:
    """What would be good to make of a launch, with what it was chosen on."""

    launch: Launch
    situation: reorders.Situation
    choice: reorders.Choice
    spread: reorders.Spread


class Room:
    """What a factory can do from tomorrow on, as far as it is not promised."""

    def __init__(self, factory: Factory) -> None:
        self.first_day = clock.today() + clock.DAY
        self.steps, self.taken = steps_of(factory), taken_of(factory, self.first_day)
        self.pieces = reorders.free(self.steps, self.taken, self.first_day, ROOM_DAYS)

    def days_for(self, pieces: int) -> int | None:
        """In how many days some pieces would be there; None where they do not fit at all."""
        work = reorders.plan(self.steps, self.taken, pieces, self.first_day)
        return None if work is None else (max(one.day for one in work) - self.first_day).days + 1


def propose(launches: Sequence[Launch]) -> None:
    """Estimate the demand of launches, which the caller has locked and saves, and propose more of them, or less.

    A proposal follows the sales until somebody answers it. Once declined, the next comes on the next day of decision.
    Launches that want the same factory share its room, so that all that is proposed can be confirmed.
    """
    rooms: dict[int, Room] = {}
    wishes: dict[int, list[Wish]] = defaultdict(list)
    for launch in launches:
        wish = _wish(launch, rooms)
        if wish is None:
            _take_back(launch)
        else:
            wishes[wish.launch.factory_id or 0].append(wish)
    for factory, asked in wishes.items():
        others = Reorder.objects.filter(factory=factory, state=ReorderState.PROPOSED)
        promised = others.exclude(launch__in=launches).aggregate(all=Sum("quantity"))["all"] or 0
        shared = reorders.share([wish.choice for wish in asked], max(rooms[factory].pieces - promised, 0))
        for wish, choice in zip(asked, shared, strict=True):
            if choice.quantity < max(LEAST_PART * wish.launch.test_batch, 1):
                _take_back(wish.launch)
            else:
                _keep(replace(wish, choice=choice))


def _wish(launch: Launch, rooms: dict[int, Room]) -> Wish | None:
    """What to make of a launch if it had its factory for itself; None where nothing is worth a proposal."""
    today = clock.today()
    if not launch.day <= today < launch.season_end:
        return None
    prior, seen = prior_of(launch.tenant_id, launch.product.category), seen_of(launch)
    day, last = (today - launch.day).days, (launch.season_end - launch.day).days
    spread = reorders.spread_of(prior, launch.test_batch, seen, min(day + 1, last), last)
    launch.low, launch.high = launch.sold + spread.low, launch.sold + spread.high
    launch.expected = launch.sold + round(spread.mean)
    if launch.factory is None or not launch.sold or _declined(launch, day):
        return None
    if launch.factory_id not in rooms:
        rooms[launch.factory.pk] = Room(launch.factory)
    room = rooms[launch.factory.pk]
    lead_days = room.days_for(launch.test_batch)
    if lead_days is None or launch.factory.is_closed_by(today):
        return None
    situation = reorders.Situation(
        batch=launch.test_batch,
        days=seen,
        today=day + 1,
        last_day=last,
        stock=left_of(launch),
        lead_days=lead_days,
        price=float(launch.price),
        cost=float(launch.cost),
        leftover=float(launch.leftover_value),
        most=room.pieces,
        coming=coming_of(launch),
        next_day=next((one for one in DECIDED_ON if one > day + 1), None),
        returned=launch.returned_percent / 100,
    )
    return Wish(launch, situation, reorders.choose(prior, situation), spread)


def prior_of(tenant_id: int, category: str) -> reorders.Prior:
    """What the firm's launches of a category are like, as far as it has some, held together by what all are like.

    Learned once a day; whoever locks rows asks for it before, so that nobody waits for the learning.
    """
    of_firm = Launch.objects.filter(tenant_id=tenant_id)
    all_alike = _learned(f"launches:{tenant_id}", of_firm)
    key = f"launches:{tenant_id}:{sha256(category.encode()).hexdigest()}"
    return _learned(key, of_firm.filter(product__category=category), all_alike)


def _learned(key: str, launches: QuerySet[Launch], start: reorders.Prior | None = None) -> reorders.Prior:
    """What some launches teach, up to yesterday."""
    today = clock.today()
    known = cache.get(f"{key}:{today}")
    if known is not None:
        return reorders.Prior(*known)
    rows = launches.filter(day__lt=today, day__gte=today - LEARNED_FROM).order_by("-day", "-pk")
    told = list(rows.prefetch_related("days", "reorders__lines")[:MOST_LEARNED])
    oldest_first = [(row.test_batch, seen_of(row, whole_days=True)) for row in reversed(told)]
    prior = reorders.learn(oldest_first, start)
    cache.set(f"{key}:{today}", astuple(prior), clock.DAY.total_seconds())
    return prior


def seen_of(launch: Launch, *, whole_days: bool = False) -> list[reorders.Seen]:
    """The days of a launch so far; today as far as it is over, or left out."""
    today = clock.today()
    sold = {row.day: row.sold for row in launch.days.all()}
    received = _received(launch)
    over = (clock.now() - clock.day_start(today)) / clock.DAY
    there, gone, found = launch.test_batch, 0, []
    for number in range((min(today + clock.DAY, launch.season_end) - launch.day).days):
        day = launch.day + number * clock.DAY
        if day == today and whole_days:
            break
        there += received.get(day, 0)
        gone += sold.get(day, 0)
        exposure = max(over, LEAST_EXPOSURE) if day == today else 1.0
        found.append(reorders.Seen(number, sold.get(day, 0), exposure, sold_out=gone >= there))
    return found


def left_of(launch: Launch) -> int:
    """Pieces that can still be sold: of what was made, with what is expected to come back of those sold.

    Where the stock ledger has more of the style, that many: nobody makes what lies on the shelf.
    """
    kept = round(launch.sold * (100 - launch.returned_percent) / 100)
    return max(launch.test_batch + sum(_received(launch).values()) - kept, available_of(launch), 0)


def available_of(launch: Launch) -> int:
    """What the stock ledger has of a style and is not reserved, in all warehouses.

    Only SKUs that take stock count: of others sales take nothing, so that what was received would lie there for ever.
    """
    levels = StockLevel.objects.filter(sku__product=launch.product_id, sku__tracked_since__isnull=False)
    return int(levels.aggregate(free=Sum(F("on_hand") - F("reserved")))["free"] or 0)


def coming_of(launch: Launch) -> list[tuple[int, int]]:
    """What is being made: the day of the sale on which it comes, and the pieces."""
    rows = launch.reorders.filter(state__in=REORDER_COMING, due_on__isnull=False)
    return [((row.due_on - launch.day).days + 1, row.quantity) for row in rows if row.due_on]


def _received(launch: Launch) -> dict[date, int]:
    found: dict[date, int] = {}
    for row in launch.reorders.all():
        if row.state == ReorderState.RECEIVED and row.received_on:
            pieces = sum(line.received for line in row.lines.all())
            found[row.received_on] = found.get(row.received_on, 0) + pieces
    return found


def _declined(launch: Launch, day: int) -> bool:
    """Whether somebody said no since the last day of decision."""
    since = launch.day + max((one for one in DECIDED_ON if one <= day), default=0) * clock.DAY
    return launch.reorders.filter(state=ReorderState.DECLINED, ended_on__gte=since).exists()


def _keep(wish: Wish) -> None:
    launch, situation, spread = wish.launch, wish.situation, wish.spread
    row = launch.reorders.filter(state=ReorderState.PROPOSED).first()
    before = audit.snapshot(row, AUDITED) if row is not None else None
    if row is None:
        row = Reorder(launch=launch, signalled_at=clock.now())
    row.factory_id, row.price = launch.factory_id or row.factory_id, launch.cost
    row.quantity = row.proposed = wish.choice.quantity
    row.gain = to_cents(Decimal(wish.choice.gain))
    row.low, row.expected, row.high = spread.low, round(spread.mean), spread.high
    row.day_then, row.sold_then, row.stock_then = situation.today - 1, launch.sold, situation.stock
    row.lead_days = situation.lead_days
    row.save()
    after = audit.snapshot(row, AUDITED)
    if before is None:
        reorder_proposed(row)
    if before is None or before["quantity"] != after["quantity"]:
        _record(row, "reorder.propose", before, after)


def _take_back(launch: Launch) -> None:
    """Take back what is only proposed: the sales do not say so any more."""
    row = launch.reorders.filter(state=ReorderState.PROPOSED).first()
    if row is not None:
        before = audit.snapshot(row, AUDITED)
        row.state, row.ended_on = ReorderState.CANCELLED, clock.today()
        row.save(update_fields=["state", "ended_on", "updated_at"])
        _record(row, "reorder.take_back", before, audit.snapshot(row, AUDITED))


def _record(row: Reorder, verb: str, before: object, after: object) -> None:
    audit.record(
        actor=system_actor("reorders"),
        verb=verb,
        obj=row,
        node_id=row.launch.tenant_id,
        before=before,  # type: ignore[arg-type]
        after=after,  # type: ignore[arg-type]
    )
