"""The sales that agreements are about, read from the ledger as shares of sessions are.

An agreement is about what was paid on its days. A refund counts in the month in which it succeeded, unless it came
later after the payment than the agreement goes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from analytics.shares.facts import Fact, first_payments, read_facts, sums_of
from analytics.shares.goods import Cut, cuts_of, orders_of, owners_of
from analytics.shares.split import NOTHING, LineSums, Measures, Shift, share_lines
from core.clock import business_day, day_start, month_of
from livestreams.choices import SessionState, ShiftRole
from livestreams.models import Host, HostShift, LiveSession
from supplychain.choices import SalesKind, SettledSales, SlotFeePer
from supplychain.models import Agreement, ExplainEvent, SalesEvent
from supplychain.querysets import SalesEventQuerySet
from supplychain.settlement import Sale, Slot
from supplychain.settlement.source import Sold, reads_sales
from tenants.choices import Platform

Order = tuple[int, str, str]
PLATFORMS = frozenset(Platform.values)
KINDS = (SalesKind.PAID, SalesKind.REFUNDED, SalesKind.CANCELLED)


@dataclass(frozen=True)
class Piece:
    """What a fact adds, or a part of it, and when its line was paid first; None: it is about a whole order."""

    fact: Fact
    paid_at: datetime | None
    paid: int
    refunds: int


@dataclass(frozen=True)
class Told:
    """A piece that counts, with the month and the session it counts in, and the month in which it was paid."""

    fact: Fact
    month: date
    session: int
    paid_at: datetime | None
    paid: int
    refunds: int
    paid_in: date


@dataclass(frozen=True)
class Book:
    """Facts of one seller: what each adds, the day and the session (0: none) it counts in, and what was paid when."""

    facts: list[Fact]
    places: dict[int, tuple[date, int]]
    sums: dict[int, Measures]
    line_paid_at: dict[tuple[Order, str], datetime]
    order_paid_at: dict[Order, datetime]


@reads_sales
def sold_under(agreement: Agreement) -> Sold:
    """What was sold under an agreement, of its whole life."""
    events = SalesEvent.objects.filter(
        seller=agreement.seller_id, kind__in=KINDS, business_day__gte=agreement.from_day
    )
    places = {
        pk: (day, session or 0)
        for pk, day, session in events.with_session().values_list("pk", "business_day", "session_now")  # type: ignore[misc]
    }
    # What came in between the two reads is told the next time.
    book = book_of([fact for fact in read_facts(events) if fact.id in places], places)
    return Sold(tuple(sales_of(agreement, book)), tuple(slots_of(agreement, LiveSession.objects.all())))


def book_of(facts: Iterable[Fact], places: dict[int, tuple[date, int]]) -> Book:
    """Current facts of a seller as agreements read them."""
    ordered = sorted(facts)
    paid_at = first_payments({fact.order for fact in ordered})
    of_order: dict[Order, datetime] = {}
    for (order, _line), first in paid_at.items():
        of_order[order] = min(first, of_order.get(order, first))
    return Book(ordered, places, sums_of(ordered), paid_at, of_order)


def sales_of(agreement: Agreement, book: Book) -> list[Sale]:
    """What the agreement is about of a book, by month, session and order."""
    readers = {SettledSales.OUTSIDE: _of_account, SettledSales.OWNED: _of_owner}
    reader = readers.get(SettledSales(agreement.sales))
    pieces = reader(agreement, book) if reader is not None else _pieces(book)
    told = [each for each in _told(agreement, book, pieces) if _is_about(agreement, each)]
    if agreement.platform:
        told = _on_platform(agreement.platform, told)
    return list(_on_shift(agreement, told) if agreement.sales == SettledSales.HOSTS else _whole(told))


def _pieces(book: Book) -> Iterator[Piece]:
    for fact in book.facts:
        yield Piece(fact, book.line_paid_at.get((fact.order, fact.line)), *book.sums[fact.id][:2])


def _told(agreement: Agreement, book: Book, pieces: Iterable[Piece]) -> Iterator[Told]:
    for each in pieces:
        fact = each.fact
        day, session = book.places[fact.id]
        at = each.paid_at or book.order_paid_at.get(fact.order)
        paid_on = business_day(at) if at is not None else day
        if min(day, paid_on) < agreement.from_day or (
            agreement.to_day is not None and paid_on >= agreement.to_day
        ):
            continue
        refunds = each.refunds
        if agreement.clawback_days is not None and (day - paid_on).days > agreement.clawback_days:
            refunds = 0
        if each.paid or refunds:
            yield Told(fact, month_of(day), session, each.paid_at, each.paid, refunds, month_of(paid_on))


def _is_about(agreement: Agreement, told: Told) -> bool:
    beside = (SettledSales.ALL, SettledSales.OUTSIDE, SettledSales.OWNED)
    return bool(told.session) or agreement.sales in beside


def _on_platform(platform: str, told: list[Told]) -> list[Told]:
    """What was sold on a platform: an order's is its source, else that of the first session of its facts, else none."""
    sessions = {each.session for each in told if each.session and each.fact.order[1] not in PLATFORMS}
    shown_on = (
        dict(LiveSession.objects.filter(pk__in=sessions).values_list("pk", "platform")) if sessions else {}
    )
    of_order: dict[Order, str] = {}
    for each in told:
        _seller, source, _number = each.fact.order
        if source in PLATFORMS:
            of_order[each.fact.order] = source
        elif each.session in shown_on:
            of_order.setdefault(each.fact.order, shown_on[each.session])
    return [each for each in told if of_order.get(each.fact.order) == platform]


def _of_account(agreement: Agreement, book: Book) -> Iterator[Piece]:
    """What the account of the outside host sold: its lines, and their parts of what is given back of whole orders."""
    payments = SalesEvent.objects.filter(seller=agreement.seller_id, kind=SalesKind.PAID).current()
    mine = _lines_of(payments, agreement.outside_ref)
    whole = {
        fact.order
        for fact in book.facts
        if fact.order in mine and (fact.order, fact.line) not in book.line_paid_at
    }
    cuts: dict[int, Cut] = {}
    for facts in orders_of(whole):
        cuts.update(cuts_of(facts, sums_of(facts)))
    for piece in _pieces(book):
        order = piece.fact.order
        if piece.fact.line in mine.get(order, ()):
            yield piece
        elif piece.paid_at is None and order in mine:
            for (line, _owner), (_paid, refunds, *_units) in cuts.get(piece.fact.id, {}).items():
                if line in mine[order]:
                    yield replace(piece, paid_at=book.line_paid_at.get((order, line)), refunds=refunds)


def _of_owner(agreement: Agreement, book: Book) -> Iterator[Piece]:
    """What was sold of the partner's goods, and what was given back of them."""
    owners = owners_of(book.facts, book.sums)
    for piece in _pieces(book):
        paid, refunds, *_units = owners[piece.fact.id].get(agreement.partner_id or 0, NOTHING)
        yield replace(piece, paid=paid, refunds=refunds)


def _lines_of(payments: SalesEventQuerySet, account: str) -> dict[Order, set[str]]:
    """The lines by order whose first payment names an account, as for the pages of outside hosts."""
    of_line = ("seller_id", "source", "order_no", "line_no")
    same_line = payments.filter(**{name: OuterRef(name) for name in of_line})
    earlier = Q(business_day__lt=OuterRef("business_day")) | Q(
        business_day=OuterRef("business_day"), pk__lt=OuterRef("pk")
    )
    first = payments.filter(~Exists(same_line.filter(earlier)), host_ref=account)
    found: dict[Order, set[str]] = defaultdict(set)
    for seller, source, number, line in first.values_list(*of_line):
        found[seller, source, number].add(line)
    return found


def _whole(told: Iterable[Told]) -> Iterator[Sale]:
    for each in told:
        _seller, source, number = each.fact.order
        yield Sale(each.month, each.session, (source, number), each.paid, each.refunds, each.paid_in)


def _on_shift(agreement: Agreement, told: Iterable[Told]) -> Iterator[Sale]:
    """What was sold while the agreement's hosts were on shift.

    A month has the share by its end less the share by the end of the one before: so the months add up to the share
    that the host has of the session.
    """
    mine = {agreement.host_id} if agreement.host_id else _hosts_of(agreement)
    by_session: dict[int, list[Told]] = defaultdict(list)
    for each in told:
        by_session[each.session].append(each)
    on_shift: dict[int, list[Shift]] = defaultdict(list)
    for shift in HostShift.objects.filter(session__in=by_session, role=ShiftRole.HOST):
        on_shift[shift.session_id].append(Shift(shift.host_id, shift.starts_at, shift.ends_at))
    for session in sorted(on_shift):
        shifts = on_shift[session]
        if not mine & {shift.person for shift in shifts}:
            continue
        so_far: dict[tuple[Order, str], Measures] = {}
        before: dict[Order, list[int]] = {}
        facts = by_session[session]
        paid_at = {(each.fact.order, each.fact.line): each.paid_at for each in facts}
        paid_in = _paid_in(facts)
        for month in sorted({each.month for each in facts}):
            for each in facts:
                if each.month == month:
                    key = each.fact.order, each.fact.line
                    paid, refunds, *_units = so_far.get(key, NOTHING)
                    so_far[key] = (paid + each.paid, refunds + each.refunds, 0, 0)
            lines = [LineSums(*key, paid_at[key], sums) for key, sums in sorted(so_far.items())]
            now: dict[Order, list[int]] = defaultdict(lambda: [0, 0])
            for line, shares in share_lines(lines, shifts):
                for person in mine & shares.keys():
                    now[line.order][0] += shares[person][0]  # type: ignore[index]
                    now[line.order][1] += shares[person][1]  # type: ignore[index]
            for order, (paid, refunds) in sorted(now.items()):
                was = before.get(order, [0, 0])
                if [paid, refunds] != was:
                    more = paid - was[0], refunds - was[1]
                    yield Sale(month, session, order[1:], *more, paid_in[order])
            before = now


def _paid_in(told: Iterable[Told]) -> dict[Order, date]:
    """The month in which each order was paid first."""
    found: dict[Order, date] = {}
    for each in told:
        found[each.fact.order] = min(each.paid_in, found.get(each.fact.order, each.paid_in))
    return found


def _hosts_of(agreement: Agreement) -> set[int]:
    return set(Host.objects.filter(tenant=agreement.partner_id).values_list("pk", flat=True))


def slots_of(agreement: Agreement, among: QuerySet[LiveSession]) -> Iterator[Slot]:
    """The seller's sessions among some that began on the agreement's days, where a slot fee concerns them."""
    if not agreement.slot_fee or agreement.slot_fee_per == SlotFeePer.MONTH:
        return
    sessions = among.filter(
        tenant=agreement.seller_id, state=SessionState.ENDED, started_at__gte=day_start(agreement.from_day)
    )
    if agreement.platform:
        sessions = sessions.filter(platform=agreement.platform)
    if agreement.to_day is not None:
        sessions = sessions.filter(started_at__lt=day_start(agreement.to_day))
    explained = ExplainEvent.objects.filter(product__isnull=False)
    if agreement.sales == SettledSales.HOSTS:
        mine = [agreement.host_id] if agreement.host_id else _hosts_of(agreement)
        sessions = sessions.filter(shifts__host__in=mine, shifts__role=ShiftRole.HOST)
    elif agreement.sales == SettledSales.OWNED:
        explained = explained.filter(product__tenant=agreement.partner_id)
        sessions = sessions.filter(explain_events__in=explained)
    products = Count("explain_events__product", filter=Q(explain_events__in=explained), distinct=True)
    for pk, at, count in sessions.annotate(products=products).values_list("pk", "started_at", "products"):
        if at is not None and (count or agreement.slot_fee_per == SlotFeePer.SESSION):
            yield Slot(month_of(business_day(at)), pk, count)
