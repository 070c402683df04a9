"""Launches: written down with their test batch, and counted again whenever sales of their goods come in.

Sales mark the hours they are of (core.buckets); the drain reads those days of the ledger again, replaces the rows of
the launches' days, and proposes what is worth making more of.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from core import buckets, clock
from core.actors import Actor
from core.days import open_on
from core.draining import Bucket, drain_family
from core.errors import Conflict, DomainError, InvalidInput, RowError
from core.locking import lock_row, lock_rows, retried
from core.models import BucketFailure, BucketMark
from core.policy import ADD, CHANGE
from core.records import record_create, record_update
from core.scoping import get_visible, require
from supplychain.choices import LineType, SalesKind
from supplychain.importing.drops import COLUMNS, DropRow, refused
from supplychain.models import Factory, Launch, LaunchDay, Product, SalesEvent, Sku
from supplychain.querysets import SalesEventQuerySet
from supplychain.services.proposals import prior_of, propose
from tenants.models import Tenant

HOURS_TOGETHER = 200
HOURS_OF_DAY = 24
LONGEST_SEASON = 366
LOOK_AGAIN = timedelta(minutes=50)
"""What sold nothing is looked at again by the sweep of every hour, and not with each sale of another style."""


@retried
def launch_create(
    *,
    actor: Actor,
    tenant: Tenant,
    product: Product,
    day: date,
    season_end: date,
    factory: Factory | None = None,
    **values: Any,
) -> Launch:
    """Write down a style's test batch. What was sold of it since its day is counted at once.

    InvalidInput for goods or a factory of others, goods that are no longer sold on that day, a season that ends before
    it begins, or a piece that earns nothing.
    """
    require(actor, ADD, Launch, tenant.pk)
    get_visible(Product, actor, pk=product.pk)
    if product.tenant_id != tenant.pk or (factory is not None and factory.tenant_id != tenant.pk):
        raise InvalidInput(_("There is no such object."), code="not_found", field="product")
    with transaction.atomic():
        if lock_row(Product, product.pk).is_closed_by(day):
            raise InvalidInput(_("These goods are no longer sold."), code="closed", field="product")
        _check_days(product, day, season_end)
        launch = record_create(
            actor=actor,
            model=Launch,
            tenant=tenant,
            product=product,
            factory=factory,
            day=day,
            season_end=season_end,
            **values,
        )
        _mark_days(launch)
    return launch


@retried
def drop_create(*, actor: Actor, tenant: Tenant, styles: Sequence[DropRow], **usual: Any) -> list[Launch]:
    """Write down a whole drop, or nothing of it: InvalidInput names every row that is refused, and why.

    `usual` stands for what a row leaves open: day, end of the season, factory.
    """
    require(actor, ADD, Launch, tenant.pk)
    products = _named(Product.objects.filter(tenant=tenant), "code", {style.product for style in styles})
    factories = _named(
        Factory.objects.filter(open_on(clock.today()), tenant=tenant),
        "name",
        {style.factory for style in styles},
    )
    wrong: list[RowError] = []
    launches = []
    with transaction.atomic():
        lock_rows(Product.objects.filter(pk__in=[product.pk for product in products.values()]))
        for style in styles:
            try:
                given = {"leftover_value": 0, **usual, **style.values}
                if style.factory:
                    given["factory"] = _known(factories, style.factory, "factory")
                product = _known(products, style.product, "product")
                launches.append(launch_create(actor=actor, tenant=tenant, product=product, **given))
            except DomainError as refusal:
                place = ", ".join([style.product, *COLUMNS.get(refusal.field, ())[:1]])
                wrong.append(RowError(style.line, place, refusal.code, str(refusal.detail)))
        if wrong:
            raise refused(wrong)
    return launches


def _named(rows: QuerySet[Any], column: str, names: Collection[str]) -> dict[str, Any]:
    return {getattr(row, column): row for row in rows.filter(**{f"{column}__in": names})}


def _known(rows: Mapping[str, Any], name: str, field: str) -> Any:
    if name not in rows:
        message = _("There is no “%(name)s” in your books.") % {"name": name}
        raise InvalidInput(message, code="not_found", field=field)
    return rows[name]


@retried
def launch_update(*, actor: Actor, launch: Launch, **values: Any) -> Launch:
    """Correct what is said of a launch: batch, money, factory, end of the season. It is looked at again at once.

    Its style and its day stay: the days that were counted hang on them. Errors as of launch_create.
    """
    with transaction.atomic():
        lock_row(Product, launch.product_id)
        lock_row(Launch, launch.pk)
        held = get_visible(Launch, actor, CHANGE, pk=launch.pk)
        factory = values.get("factory")
        if factory is not None and factory.tenant_id != held.tenant_id:
            raise InvalidInput(_("There is no such object."), code="not_found", field="factory")
        _check_days(held.product, held.day, values.get("season_end", held.season_end), but=held)
        held = record_update(actor=actor, row=held, **values)
        LaunchDay.objects.filter(launch=held, day__gte=held.season_end).delete()
        Launch.objects.filter(pk=held.pk).update(counted_at=None)
        _mark_days(held)
    return held


def _check_days(product: Product, day: date, season_end: date, but: Launch | None = None) -> None:
    if not 0 < (season_end - day).days <= LONGEST_SEASON:
        raise InvalidInput(
            _("A season ends after it begins, and within a year."), code="order", field="season_end"
        )
    others = Launch.objects.filter(product=product, day__lt=season_end, season_end__gt=day)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise Conflict(_("This style is on sale in those days already."), code="launched", field="day")


def _mark_days(launch: Launch) -> None:
    """Mark each day of its sale so far, by its first hour."""
    days = max((min(clock.today() + clock.DAY, launch.season_end) - launch.day).days, 0)
    starts = (clock.day_start(launch.day + number * clock.DAY) for number in range(days))
    buckets.mark(buckets.LAUNCHES, [(launch.tenant_id, clock.hour_of(start)) for start in starts])


def mark_sold(seller: Tenant, slots: Iterable[int]) -> None:
    """Mark hours in which goods of a firm were sold, where it has launches: most have none, and pay nothing for it."""
    if Launch.objects.filter(tenant=seller).exists():
        buckets.mark(buckets.LAUNCHES, [(seller.pk, slot) for slot in slots])


def sweep() -> int:
    """Mark today for every firm with a style on sale: days pass without sales too. Returns how many firms."""
    today = clock.today()
    rows = Launch.objects.filter(day__lte=today, season_end__gt=today).values_list("tenant_id", flat=True)
    return buckets.mark(buckets.LAUNCHES, [(tenant, clock.hour_of(clock.now())) for tenant in set(rows)])


def drain(*, seconds: float = math.inf, tenant_id: int | None = None) -> int:
    """Count every marked hour's day once; returns how many hours. Safe to run twice, at once, and to kill."""
    return drain_family(
        buckets.LAUNCHES, count_together, most=HOURS_TOGETHER, seconds=seconds, tenant_id=tenant_id
    )


def count_together(marked: Sequence[Bucket]) -> int:
    """Count the days of some (tenant, hour) again, and delete the marks that were seen."""
    days: dict[int, set[date]] = defaultdict(set)
    for tenant, slot in marked:
        days[tenant].add(clock.business_day(clock.hour_start(slot)))
    on_sale = _on_sale(list(days), set().union(*days.values()))
    for tenant, category in on_sale.order_by().values_list("tenant", "product__category").distinct():
        prior_of(tenant, category)
    with transaction.atomic():
        # Marks are read before the facts: what is counted holds at least their facts.
        rows = BucketMark.objects.filter(
            family=buckets.LAUNCHES, node_id__in=days, slot__in={slot for _tenant, slot in marked}
        )
        wanted = set(marked)
        seen = [pk for pk, *bucket in rows.values_list("pk", "node_id", "slot") if tuple(bucket) in wanted]
        for tenant in sorted(days):
            _count(tenant, days[tenant])
        BucketMark.objects.filter(pk__in=seen).delete()
        for tenant, slot in marked:
            BucketFailure.objects.filter(family=buckets.LAUNCHES, node_id=tenant, slot=slot).delete()
    return len(marked)


def _count(tenant_id: int, days: set[date]) -> None:
    launches = lock_rows(_on_sale([tenant_id], days))
    if not launches:
        return
    changed = _keep_days(launches, days, _sold(tenant_id, launches, days))
    looked_at = [
        launch
        for launch in launches
        if launch in changed or launch.counted_at is None or clock.now() - launch.counted_at > LOOK_AGAIN
    ]
    for launch in looked_at:
        launch.sold = launch.days.aggregate(all=Sum("sold"))["all"] or 0
        launch.counted_at = clock.now()
    propose(looked_at)
    for launch in looked_at:
        launch.save(update_fields=["sold", "low", "expected", "high", "counted_at", "updated_at"])


def _on_sale(tenants: Collection[int], days: Collection[date]) -> QuerySet[Launch]:
    return Launch.objects.filter(tenant__in=tenants, day__lte=max(days), season_end__gt=min(days))


def _keep_days(launches: Sequence[Launch], days: set[date], sold: dict[tuple[int, date], int]) -> set[Launch]:
    """Replace the rows of some days; returns the launches of which one is another than before."""
    rows = LaunchDay.objects.filter(launch__in=launches, day__in=days)
    known = {(row.launch_id, row.day): row for row in rows}
    new, other, changed = [], [], set()
    for launch in launches:
        for day in sorted(day for day in days if launch.day <= day < launch.season_end):
            row, pieces = known.get((launch.pk, day)), max(sold[launch.pk, day], 0)
            if pieces == (row.sold if row else 0):
                continue
            changed.add(launch)
            if row is None:
                new.append(LaunchDay(launch=launch, day=day, sold=pieces))
            else:
                row.sold = pieces
                other.append(row)
    LaunchDay.objects.bulk_create(new)
    LaunchDay.objects.bulk_update(other, ["sold"])
    return changed


def _sold(tenant_id: int, launches: Sequence[Launch], days: set[date]) -> dict[tuple[int, date], int]:
    """Pieces paid by launch and day, from the ledger as it is now."""
    products = {launch.product_id for launch in launches}
    skus: dict[int, int] = dict(Sku.objects.filter(product__in=products).values_list("pk", "product_id"))
    of_product = defaultdict(list)
    for launch in launches:
        of_product[launch.product_id].append(launch)
    hours = [clock.hour_of(clock.day_start(day)) + number for day in days for number in range(HOURS_OF_DAY)]
    found: dict[tuple[int, date], int] = defaultdict(int)
    facts = _paid(tenant_id, skus).filter(slot__in=hours)
    for day, sku, quantity in facts.values_list("business_day", "sku_now", "quantity").iterator():
        for launch in of_product[skus[sku]]:
            if launch.day <= day < launch.season_end:
                found[launch.pk, day] += quantity
    return found


def sold_by_sku(launch: Launch, skus: Collection[int]) -> dict[int, int]:
    """Pieces of some SKUs that were paid since a launch."""
    found: dict[int, int] = defaultdict(int)
    facts = _paid(launch.tenant_id, skus).filter(slot__gte=clock.hour_of(clock.day_start(launch.day)))
    for sku, quantity in facts.values_list("sku_now", "quantity").iterator():
        found[sku] += quantity
    return found


def _paid(tenant_id: int, skus: Collection[int]) -> SalesEventQuerySet:
    facts = SalesEvent.objects.filter(seller_id=tenant_id, kind=SalesKind.PAID, line_type=LineType.GOODS)
    return facts.current().with_sku().filter(sku_now__in=list(skus))
