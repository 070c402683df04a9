"""The sales that agreements are about, read from the ledger as shares of sessions are.

An agreement is about what was paid on its days. A refund counts in the month in which it succeeded, unless it came
later after the payment than the agreement goes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from analytics.shares.facts import QUERY_SIZE, Fact, first_payments, read_facts, sums_of
from analytics.shares.goods import Cut, cuts_of, orders_of, owners_of
from analytics.shares.split import NOTHING, LineSums, Measures, Shift, share_lines
from core.clock import business_day, day_start, month_of
from core.portions import in_turn
from livestreams.choices import SessionState, ShiftRole
from livestreams.models import Host, HostShift, LiveSession
from supplychain.choices import SalesKind, SettledSales, SlotFeePer
from supplychain.models import Agreement, ExplainEvent, SalesEvent, Sku
from supplychain.querysets import SalesEventQuerySet
from supplychain.settlement import Sale, Slot
from supplychain.settlement.source import Sold
from tenants.choices import Platform

Order = tuple[int, str, str]
LINE = ("seller_id", "source", "order_no", "line_no")
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
class Told(Piece):
    """A piece that counts, with the month and the session it counts in, and the month in which it was paid."""

    month: date
    session: int
    paid_in: date


@dataclass(frozen=True)
class Book:
    """Facts of one seller: what each adds, the day and the session (0: none) it counts in, and what was paid when."""

    facts: list[Fact]
    places: dict[int, tuple[date, int]]
    sums: dict[int, Measures]
    line_paid_at: dict[tuple[Order, str], datetime]
    order_paid_at: dict[Order, datetime]


def sold_by_seller(agreement: Agreement) -> Sold:
    """What the seller sold under an agreement, of its whole life."""
    book = read_book(agreement.seller_id, agreement.from_day)
    return Sold(tuple(sales_of(agreement, book)), tuple(slots_of(agreement, LiveSession.objects.all())))


def read_book(seller_id: int, from_day: date) -> Book:
    """The whole book of a seller from a day on."""
    events = SalesEvent.objects.filter(seller=seller_id, kind__in=KINDS, business_day__gte=from_day)
    places = {
        pk: (day, session or 0)
        for pk, day, session in events.with_session().values_list("pk", "business_day", "session_now")
    }
    # What came in between the two reads is told the next time.
    return book_of([fact for fact in read_facts(events) if fact.id in places], places)


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
    return sales_told(agreement, told_of(agreement, book))


def sales_told(agreement: Agreement, told: list[Told]) -> list[Sale]:
    """The same of what was told."""
    return list(
        on_shift(hosts_of(agreement), told) if agreement.sales == SettledSales.HOSTS else _whole(told)
    )


def told_of(agreement: Agreement, book: Book) -> list[Told]:
    """What counts of a book by an agreement, whoever was on shift."""
    if agreement.sales == SettledSales.OWNED:
        pieces = _of_owner(agreement, book)
    else:
        mine = _lines_meant(agreement, book)
        pieces = _pieces(book) if mine is None else _of_lines(mine, book)
    return [each for each in counted(agreement, book, pieces) if _is_about(agreement, each)]


def _pieces(book: Book) -> Iterator[Piece]:
    for fact in book.facts:
        yield Piece(fact, book.line_paid_at.get((fact.order, fact.line)), *book.sums[fact.id][:2])


def counted(agreement: Agreement, book: Book, pieces: Iterable[Piece]) -> list[Told]:
    """The pieces of the agreement's days and platform, without what is given back later than it goes back."""
    told = list(_of_its_days(agreement, book, pieces))
    return _on_platform(agreement.platform, told) if agreement.platform else told


def _of_its_days(agreement: Agreement, book: Book, pieces: Iterable[Piece]) -> Iterator[Told]:
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
            yield Told(fact, each.paid_at, each.paid, refunds, month_of(day), session, month_of(paid_on))


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


def _lines_meant(agreement: Agreement, book: Book) -> dict[Order, set[str]] | None:
    """The lines by order that an agreement is about, if it is about some only: those of an account, of a product."""
    payments = SalesEvent.objects.filter(seller=agreement.seller_id, kind=SalesKind.PAID).current()
    of_account = (
        _lines_of(payments, agreement.outside_ref) if agreement.sales == SettledSales.OUTSIDE else None
    )
    if agreement.product_id is None:
        return of_account
    found: dict[Order, set[str]] = defaultdict(set)
    skus = Sku.objects.filter(product=agreement.product_id).values("pk")
    of_product = payments.with_sku().filter(sku_now__in=skus)
    numbers = sorted({fact.order[2] for fact in book.facts})
    for some in in_turn(numbers, QUERY_SIZE):
        for seller, source, number, line in of_product.filter(order_no__in=some).values_list(*LINE):
            order = seller, source, number
            if of_account is None or line in of_account.get(order, ()):
                found[order].add(line)
    return found


def _of_lines(mine: dict[Order, set[str]], book: Book) -> Iterator[Piece]:
    """What some lines sold, and their parts of what is given back of whole orders."""
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
                    at = book.line_paid_at.get((order, line))
                    yield replace(piece, fact=_on_line(piece.fact, line), paid_at=at, refunds=refunds)


def _on_line(fact: Fact, line: str) -> Fact:
    return fact._replace(ref_line=line) if fact.kind == SalesKind.REFUNDED else fact._replace(line_no=line)


def _of_owner(agreement: Agreement, book: Book) -> Iterator[Piece]:
    """What was sold of the partner's goods, and what was given back of them."""
    owners = owners_of(book.facts, book.sums)
    for piece in _pieces(book):
        paid, refunds, *_units = owners[piece.fact.id].get(agreement.partner_id or 0, NOTHING)
        yield replace(piece, paid=paid, refunds=refunds)


def _lines_of(payments: SalesEventQuerySet, account: str) -> dict[Order, set[str]]:
    """The lines by order whose first payment names an account, as for the pages of outside hosts."""
    # Of the seller of each payment, not of `payments`, which name one: by that SQLite would look through all of theirs.
    told = SalesEvent.objects.filter(kind=SalesKind.PAID).current()
    same_line = told.filter(**{name: OuterRef(name) for name in LINE})
    earlier = Q(business_day__lt=OuterRef("business_day")) | Q(
        business_day=OuterRef("business_day"), pk__lt=OuterRef("pk")
    )
    first = payments.filter(~Exists(same_line.filter(earlier)), host_ref=account)
    found: dict[Order, set[str]] = defaultdict(set)
    for seller, source, number, line in first.values_list(*LINE):
        found[seller, source, number].add(line)
    return found


def _whole(told: Iterable[Told]) -> Iterator[Sale]:
    for each in told:
        _seller, source, number = each.fact.order
        yield Sale(each.month, each.session, (source, number), each.paid, each.refunds, each.paid_in)


def on_shift(mine: set[int], told: Iterable[Told]) -> Iterator[Sale]:
    """What was sold while some hosts were on shift."""
    return (sale for together, sale in by_group(mine, told, mine.__contains__) if together)


def by_host(host: int, told: Iterable[Told]) -> Iterator[tuple[int, Sale]]:
    """What each host sold in the sessions in which one of them was on shift, and what nobody did."""
    return by_group({host}, told, int)


def by_group(mine: set[int], told: Iterable[Told], group: Callable[[int], int]) -> Iterator[tuple[int, Sale]]:
    """What was sold by people of each group in the sessions in which some hosts were on shift.

    A month has the share by its end less the share by the end of the one before: so the months add up to the share
    that the host has of the session.
    """
    by_session: dict[int, list[Told]] = defaultdict(list)
    for each in told:
        by_session[each.session].append(each)
    on_shift: dict[int, list[Shift]] = defaultdict(list)
    for shift in HostShift.objects.filter(session__in=by_session, role=ShiftRole.HOST):
        on_shift[shift.session_id].append(Shift(shift.host_id, shift.starts_at, shift.ends_at))
    for session in sorted(on_shift):
        shifts = on_shift[session]
        if mine & {shift.person for shift in shifts}:
            yield from _by_month(session, by_session[session], shifts, group)


def _by_month(
    session: int, facts: Sequence[Told], shifts: Sequence[Shift], group: Callable[[int], int]
) -> Iterator[tuple[int, Sale]]:
    """What each group sold of one session, month by month."""
    so_far: dict[tuple[Order, str], Measures] = {}
    before: dict[tuple[Order, int], list[int]] = {}
    paid_at = {(each.fact.order, each.fact.line): each.paid_at for each in facts}
    paid_in = _paid_in(facts)
    for month in sorted({each.month for each in facts}):
        for each in facts:
            if each.month == month:
                key = each.fact.order, each.fact.line
                paid, refunds, *_units = so_far.get(key, NOTHING)
                so_far[key] = (paid + each.paid, refunds + each.refunds, 0, 0)
        lines = [LineSums(*key, paid_at[key], sums) for key, sums in sorted(so_far.items())]
        now: dict[tuple[Order, int], list[int]] = defaultdict(lambda: [0, 0])
        for line, shares in share_lines(lines, shifts):
            for person, (paid, refunds, *_units) in shares.items():
                row = now[line.order, group(person)]  # type: ignore[index]
                row[0] += paid
                row[1] += refunds
        for (order, people), (paid, refunds) in sorted(now.items()):
            was = before.get((order, people), [0, 0])
            if [paid, refunds] != was:
                more = paid - was[0], refunds - was[1]
                yield people, Sale(month, session, order[1:], *more, paid_in[order])
        before = now


def _paid_in(told: Iterable[Told]) -> dict[Order, date]:
    """The month in which each order was paid first."""
    found: dict[Order, date] = {}
    for each in told:
        found[each.fact.order] = min(each.paid_in, found.get(each.fact.order, each.paid_in))
    return found


def hosts_of(agreement: Agreement) -> set[int]:
    """The hosts whose shifts an agreement is about: the one it names, else all of the partner."""
    if agreement.host_id is not None:
        return {agreement.host_id}
    return set(Host.objects.filter(tenant=agreement.partner_id).values_list("pk", flat=True))


def slots_of(agreement: Agreement, among: QuerySet[LiveSession]) -> Iterator[Slot]:
    """The seller's sessions among some that began on the agreement's days, where a slot fee concerns them."""
    if not agreement.slot_fee or agreement.slot_fee_per == SlotFeePer.MONTH:
        return
    sessions = of_its_days(agreement, among.filter(tenant=agreement.seller_id))
    explained = ExplainEvent.objects.filter(product__isnull=False)
    if agreement.sales == SettledSales.HOSTS:
        sessions = sessions.filter(shifts__host__in=hosts_of(agreement), shifts__role=ShiftRole.HOST)
    elif agreement.sales == SettledSales.OWNED:
        explained = explained.filter(product__tenant=agreement.partner_id)
        sessions = sessions.filter(explain_events__in=explained)
    if agreement.product_id is not None:
        explained = explained.filter(product=agreement.product_id)
        sessions = sessions.filter(explain_events__in=explained)
    products = Count("explain_events__product", filter=Q(explain_events__in=explained), distinct=True)
    for pk, at, count in sessions.annotate(products=products).values_list("pk", "started_at", "products"):
        if at is not None and (count or agreement.slot_fee_per == SlotFeePer.SESSION):
            yield Slot(month_of(business_day(at)), pk, count)


def of_its_days(agreement: Agreement, sessions: QuerySet[LiveSession]) -> QuerySet[LiveSession]:
    """Those that ended, began on the agreement's days and were on its platform."""
    found = sessions.filter(state=SessionState.ENDED, started_at__gte=day_start(agreement.from_day))
    if agreement.platform:
        found = found.filter(platform=agreement.platform)
    if agreement.to_day is not None:
        found = found.filter(started_at__lt=day_start(agreement.to_day))
    return found
