"""What a firm sold of whose goods, and what collective stores sold of a maker's.

The ledger names the seller of each line and whose goods it was. So the rows of a seller add up to its counted figures,
goods that are its own among them. A maker reads its own row of each collective store that has it as a member, and
nothing else of that store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import BigIntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from analytics.channels import Against, Mix, mix_of, period_before
from analytics.channels.mix import Row
from analytics.figures import days_read
from analytics.models import DaySales
from analytics.periods import Period
from analytics.rollup.recount import worth_of
from analytics.shares.facts import read_facts, sums_of
from analytics.shares.goods import owners_of, unsaid
from analytics.shares.split import Measures
from core.actors import Actor
from core.clock import DAY, day_start, hour_of
from core.days import open_on
from core.errors import NotFound
from core.money import from_units, to_units
from core.policy import VIEW
from core.scoping import may
from supplychain.certificates import certified_today
from supplychain.choices import LineType, SalesKind
from supplychain.models import SalesEvent, Sku
from tenants.models import Store, Tenant

GROUPS: Sequence[str] = ("whose", "product", "kind", "line_type")
NOTHING_PAID = Row("", Decimal(0), Decimal(0), None, None)


@dataclass
class Sold:
    """Of one owner's goods: amounts in units of 1/10,000 CNY, pieces, and the products that were paid."""

    paid: int = 0
    refunds: int = 0
    units_paid: int = 0
    units_refunded: int = 0
    products: set[int] = field(default_factory=set)

    def give_back(self, sums: Measures, sign: int = 1) -> None:
        _paid, refunds, _units, units = sums
        self.refunds += sign * refunds
        self.units_refunded += sign * units


@dataclass(frozen=True)
class OwnerRow:
    """A firm and what was sold of its goods, in CNY and pieces.

    For the operator of a collective store `maker` is whose goods they are, `share` compares the row with all others,
    and the quality mark is for members whose `products` sold in the period are all `certified`. For a maker `seller`
    is who sold; share and certificates are not told.
    """

    seller: Tenant
    maker: Tenant
    is_member: bool
    paid: Decimal
    refunds: Decimal
    units_paid: int
    units_refunded: int
    products: int
    certified: int
    share: Row | None

    @property
    def net(self) -> Decimal:
        return self.paid - self.refunds

    @property
    def bears_mark(self) -> bool:
        """Whether each of its goods that were sold has a certificate today."""
        return 0 < self.products == self.certified


@dataclass(frozen=True)
class Collective:
    """The rows of a seller, the largest first, and their sum; those of its goods that others sold.

    `read_from` is the first day that is read when one of the two periods is not read whole: the firm came or left
    in it.
    """

    rows: tuple[OwnerRow, ...]
    mix: Mix
    sold_by: tuple[OwnerRow, ...]
    read_from: date | None = None

    @property
    def refunds(self) -> Decimal:
        return sum((row.refunds for row in self.rows), Decimal(0))


def collective_result(actor: Actor, firm: Tenant, period: Period, against: Against) -> Collective:
    """What a firm sold by the owners of the goods, beside an earlier period. NotFound without the right.

    People of a park read it from the day on which the firm came to the day before it left, as its figures.
    """
    if not may(actor, VIEW, DaySales, firm.pk):
        raise NotFound
    earlier = period_before(period, against)
    came, last = days_read(actor, firm, earlier.first, period.last)
    end = min(period.end, last + DAY)
    sold, before = (_sold(firm.pk, max(each.first, came), min(each.end, end)) for each in (period, earlier))
    stores = Store.objects.filter(open_on(max(period.first, came)), tenant=firm)
    members = set(stores.values_list("members", flat=True))
    of_members = {product for owner in members & sold.keys() for product in sold[owner].products}
    certified = certified_today(of_members) if of_members else set()
    mix = mix_of(_paid(sold), _paid(before))
    shares = {int(row.name): row for row in mix.rows}
    makers = Tenant.objects.in_bulk({firm.pk, *sold, *shares})
    rows = [
        _row(
            firm,
            makers[owner],
            sold.get(owner, Sold()),
            is_member=owner in members,
            certified=certified,
            share=shares.get(owner, NOTHING_PAID),
        )
        for owner in sold.keys() | shares.keys()
    ]
    return Collective(
        tuple(sorted(rows, key=lambda row: (-row.paid, row.maker.code))),
        mix,
        _sold_by_others(firm, max(period.first, came), end),
        came if (came, last) != (earlier.first, period.last) else None,
    )


def _sold_by_others(maker: Tenant, first: date, end: date) -> tuple[OwnerRow, ...]:
    """What the collective stores sold that have the maker as a member; of one that closed, until that day."""
    stores = Store.objects.filter(open_on(first), members=maker).exclude(tenant=maker)
    until: dict[int, date] = defaultdict(lambda: first)
    for operator, closed_on in stores.values_list("tenant", "closed_on"):
        until[operator] = max(until[operator], min(closed_on or end, end))
    operators = Tenant.objects.filter(pk__in=until).order_by("code")
    found = ((each, _sold(each.pk, first, until[each.pk]).get(maker.pk)) for each in operators)
    return tuple(_row(operator, maker, sold, is_member=True) for operator, sold in found if sold is not None)


def _row(
    seller: Tenant,
    maker: Tenant,
    sold: Sold,
    *,
    is_member: bool,
    certified: Set[int] = frozenset(),
    share: Row | None = None,
) -> OwnerRow:
    return OwnerRow(
        seller=seller,
        maker=maker,
        is_member=is_member,
        paid=from_units(sold.paid) or Decimal(0),
        refunds=from_units(sold.refunds) or Decimal(0),
        units_paid=sold.units_paid,
        units_refunded=sold.units_refunded,
        products=len(sold.products),
        certified=len(sold.products & certified),
        share=share,
    )


def _paid(sold: Mapping[int, Sold]) -> dict[str, Decimal]:
    return {str(owner): from_units(each.paid) or Decimal(0) for owner, each in sold.items()}


def _sold(seller_id: int, first: date, end: date) -> dict[int, Sold]:
    """What a seller sold and took back on the days [first, end), by the owner of the goods."""
    # Goods whose owner was unknown belong to whoever has the SKU that was found for them.
    sku = Sku.objects.filter(pk=OuterRef("sku_now"))
    told = SalesEvent.objects.filter(
        seller=seller_id, slot__gte=hour_of(day_start(first)), slot__lt=hour_of(day_start(end))
    )
    facts = (
        told.current()
        .with_sku()
        .annotate(
            whose=Coalesce(Subquery(sku.values("tenant")), "owner", output_field=BigIntegerField()),
            product=Subquery(sku.values("product")),
        )
        .order_by()
    )
    found: dict[int, Sold] = defaultdict(Sold)
    given = facts.filter(kind__in=(SalesKind.PAID, SalesKind.REFUNDED))
    sums = given.values_list(*GROUPS).annotate(Sum("amount"), Sum("quantity"))
    for owner, product, kind, line_type, amount, quantity in sums:
        sold = found[owner]
        pieces = quantity if line_type == LineType.GOODS else 0
        if kind == SalesKind.PAID:
            sold.paid += to_units(amount)
            sold.units_paid += pieces
            sold.products |= {product} - {None}
        else:
            sold.refunds += to_units(amount)
            sold.units_refunded += pieces
    cancelled = dict(facts.filter(kind=SalesKind.CANCELLED).values_list("pk", GROUPS[0]))
    for pk, worth in worth_of(list(cancelled)).items():
        found[cancelled[pk]].refunds += worth
    back = read_facts(unsaid(told))
    whole = sums_of(back)
    owners = owners_of(back, whole)
    for fact in back:
        found[fact.owner].give_back(whole[fact.id], -1)
        for owner, parts in owners[fact.id].items():
            found[owner].give_back(parts)
    return dict(found)
