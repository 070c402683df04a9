"""What is sold under an agreement; of an agency and its own host that is what the host sells for other firms.

The agency earns on it by the agreements by which those firms pay it, and by these its host's part is cut: so the
parts of its hosts, and what nobody of them sold, add up to what the agency earns, to the unit of each order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from fractions import Fraction
from itertools import groupby

from django.db.models import Q, QuerySet

from analytics.settlement import (
    Told,
    by_host,
    counted,
    hosts_of,
    of_its_days,
    on_shift,
    read_book,
    sales_told,
    sold_by_seller,
    told_of,
)
from core.clock import business_day, day_start, month_of
from livestreams.choices import ShiftRole
from livestreams.models import HostShift, LiveSession
from supplychain.choices import SALES_OVERLAPPING, AgreementState, DueKind, SettledSales, SlotFeePer
from supplychain.models import Agreement, Attribution, SalesEvent
from supplychain.settlement import Due, Key, Part, Sale, Slot, Terms, cut, dues_of
from supplychain.settlement.source import Sold, reads_sales

Place = tuple[date, int, tuple[str, str]]
"""Month, session and order."""
Pieces = dict[int, tuple[int, int]]
"""Paid and refunds, by whose they are or by how they count."""
NEW, AGAIN, REST = range(3)
NONE = (0, 0)


@reads_sales
def sold_under(agreement: Agreement) -> Sold:
    """What was sold under an agreement, of its whole life."""
    if agreement.sales != SettledSales.FOR_OTHERS:
        return sold_by_seller(agreement)
    earning = earning_with(agreement)
    sellers = _sold_for(agreement, {each.seller_id for each in earning})
    sales = [
        sale
        for seller, theirs in groupby(earning, lambda each: each.seller_id)
        if seller in sellers
        for sale in _sales(agreement, list(theirs))
    ]
    return Sold(tuple(sales), tuple(_slots(agreement, earning)))


def earning_with(agreement: Agreement) -> list[Agreement]:
    """By which agreements other firms pay an agency on what a host of it sells; of a firm those on all goods first."""
    signed = Agreement.objects.filter(
        partner=agreement.seller_id,
        state=AgreementState.SIGNED,
        seller_pays=True,
        sales__in=SALES_OVERLAPPING,
    ).order_by("seller", "pk")
    about = [
        each for each in signed if each.sales != SettledSales.HOSTS or agreement.host_id in hosts_of(each)
    ]
    return sorted(about, key=lambda each: (each.seller_id, each.product_id is not None))


def _sold_for(agreement: Agreement, sellers: Collection[int]) -> set[int]:
    """Of some sellers those of whom there may be facts in sessions of the host: the books of others are not read."""
    sessions = _shifts(agreement).values("session")
    found: set[int] = set()
    for rows in (SalesEvent.objects.all(), Attribution.objects.all()):
        sold = rows.filter(session__in=sessions, seller__in=sellers).order_by()
        found.update(sold.values_list("seller", flat=True).distinct())
    return found


def _shifts(agreement: Agreement) -> QuerySet[HostShift]:
    since = Q(ends_at__isnull=True) | Q(ends_at__gt=day_start(agreement.from_day))
    return HostShift.objects.filter(since, host=agreement.host_id, role=ShiftRole.HOST)


def _sales(agreement: Agreement, earning: list[Agreement]) -> Iterator[Sale]:
    """What the host sold for one firm, with what the agency earns of it.

    A sale on which the agency earns by two agreements is one sale.
    """
    book = read_book(earning[0].seller_id, min(each.from_day for each in earning))
    known: set[tuple[int, str | None]] = set()
    for each in earning:
        told = told_of(each, book)
        new: list[Told] = []
        again: list[Told] = []
        for piece in counted(agreement, book, told):
            fact = piece.fact
            (again if known & {(fact.id, None), (fact.id, fact.line)} else new).append(piece)
        known |= {(piece.fact.id, piece.fact.line if each.product_id else None) for piece in new}
        yield from _with_commission(agreement.host_id or 0, each, told, {NEW: new, AGAIN: again})


def _with_commission(
    host: int, each: Agreement, told: list[Told], counting: dict[int, list[Told]]
) -> Iterator[Sale]:
    """The host's sales under one agreement of the agency, with their parts of what that says of their orders.

    An order is cut by who sold it, whoever asks, and the host's part of it by what counts for the host.
    """
    shares = dues_of(each.terms, sales_told(each, told), (), ())
    bases: dict[date, int] = defaultdict(int)
    for key, due in shares.items():
        bases[key.month] += due.base
    people = hosts_of(each) if each.sales == SettledSales.HOSTS else None
    sold_by: dict[Place, Pieces] = defaultdict(dict)
    for person, sale in by_host(host, told):
        if people is None or person in people:
            sold_by[_place(sale)][person] = sale.paid, sale.refunds
    of_host: dict[Place, Pieces] = defaultdict(dict)
    paid_in: dict[Place, date | None] = {}
    for which, pieces in counting.items():
        for sale in on_shift({host}, pieces):
            of_host[_place(sale)][which] = sale.paid, sale.refunds
            paid_in[_place(sale)] = sale.paid_in
    for place in sorted(of_host):
        month, session, order = place
        stated = shares.get(Key(month, DueKind.SHARE, session), Due()).parts.get(order, Part()).amount
        rate = each.terms.rate_of(bases[month])
        all_of_it = sold_by[place].get(host, NONE)
        mine = _cut(each.terms, sold_by[place], stated, rate).get(host, 0)
        of_host[place][REST] = _less(all_of_it, of_host[place])
        parts = _cut(each.terms, of_host[place], mine, rate)
        earned = mine - parts[REST]
        yield Sale(month, session, order, *of_host[place].get(NEW, NONE), paid_in[place], earned)


def _place(sale: Sale) -> Place:
    return sale.month, sale.session, sale.order


def _cut(terms: Terms, pieces: Pieces, amount: int, rate: Fraction) -> dict[int, int]:
    """An amount by the pieces that it is due of."""
    base = sum(terms.base_of(*piece) for piece in pieces.values())
    return {name: part.amount for name, part in cut(terms, pieces, base, amount, rate).items()}


def _less(whole: tuple[int, int], pieces: Pieces) -> tuple[int, int]:
    paid, refunds = whole
    return paid - sum(piece[0] for piece in pieces.values()), refunds - sum(
        piece[1] for piece in pieces.values()
    )


def _slots(agreement: Agreement, earning: list[Agreement]) -> Iterator[Slot]:
    """The sessions of other firms in which the host was on shift while they paid the agency for it."""
    if not agreement.slot_fee or agreement.slot_fee_per == SlotFeePer.MONTH:
        return
    among = LiveSession.objects.filter(
        tenant__in={each.seller_id for each in earning}, pk__in=_shifts(agreement).values("session")
    )
    for session in of_its_days(agreement, among):
        day = business_day(session.started_at or session.created_at)
        if any(_is_for(each, session, day) for each in earning):
            yield Slot(month_of(day), session.pk, 0)


def _is_for(each: Agreement, session: LiveSession, day: date) -> bool:
    ends = each.to_day
    return (
        each.seller_id == session.tenant_id
        and each.from_day <= day
        and (ends is None or day < ends)
        and each.platform in ("", session.platform)
    )
