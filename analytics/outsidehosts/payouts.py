"""What platforms kept of the orders of an outside host, as their settlements say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.beside.gathering import SETTLING
from analytics.choices import SourceKind
from analytics.result.account import Source
from analytics.shares.facts import QUERY_SIZE, LineKey, Order
from core.money import to_units
from core.portions import in_turn
from supplychain.choices import PayoutKind
from supplychain.models import PayoutEntry
from tenants.choices import Platform
from tenants.models import Tenant


@dataclass
class Kept:
    """Commission and fees that a platform kept, in units, and the numbers of the orders that it settled."""

    units: int = 0
    settled: set[str] = field(default_factory=set)


def kept_by_platforms(
    tenant: Tenant, lines: Iterable[LineKey], whole: Collection[Order]
) -> Mapping[str, Kept]:
    """By platform what it kept of some lines. What it says of an order without its line counts where `whole` has it."""
    mine = {(order[2], line) for order, line in lines}
    numbers, wholly = sorted({number for number, _line in mine}), {order[2] for order in whole}
    found: dict[str, Kept] = defaultdict(Kept)
    for some in in_turn(numbers, QUERY_SIZE):
        entries = PayoutEntry.objects.filter(
            tenant=tenant,
            order_no__in=some,
            kind__in=(PayoutKind.COMMISSION, *SETTLING),
        ).standing()
        for platform, number, line, kind, amount in entries.values_list(
            "platform", "order_no", "line_no", "kind", "amount"
        ):
            if number not in wholly and (number, line) not in mine:
                continue
            if kind == PayoutKind.COMMISSION:
                found[platform].units -= to_units(amount)
            else:
                found[platform].settled.add(number)
    return found


def platform_sources(kept: Mapping[str, Kept], not_settled: int) -> list[Source]:
    """What platforms kept, each with the orders that it settled; what is not settled is not known."""
    found = [
        Source(SourceKind.PAYOUT, str(Platform(platform).label), each.units, _orders(len(each.settled)))
        for platform, each in sorted(kept.items())
    ]
    if not_settled:
        found.append(
            Source(
                SourceKind.NONE,
                _("No settlement of a platform was imported that names them."),
                None,
                _orders(not_settled),
            )
        )
    return found or [
        Source(SourceKind.ORDERS, _("nothing is left of the orders that a platform could keep"), 0)
    ]


def _orders(count: int) -> str:
    return ngettext("%(count)d order", "%(count)d orders", count) % {"count": count}
