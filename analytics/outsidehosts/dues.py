"""What agreements take of the sales of an outside host: as statements say, and what they do not say yet.

What is due follows from all sales of the account by the terms, as it does for statements; here the shares of some
orders are told, whatever the month in which they count, and the fees of the months of a period.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date

from django.db.models import F
from django.utils.translation import gettext as _

from analytics.choices import ResultPart, SourceKind
from analytics.outsidehosts.sales import facts_of_orders
from analytics.periods import Period
from analytics.result.account import Source
from analytics.settlement import Book, book_of, sales_of
from analytics.shares.facts import QUERY_SIZE, Order
from core.actors import Actor
from core.clock import day_start, hour_of, month_of, next_month, today
from core.days import in_force_on
from core.money import to_units
from core.portions import in_turn
from core.scoping import visible_to
from supplychain.choices import AgreementState, DueKind, SalesKind, SettledSales
from supplychain.models import Agreement, SalesEvent, Statement, StatementLine, StatementOrder
from supplychain.settlement import dues_of
from tenants.models import Tenant

PARTS = {
    DueKind.SHARE: ResultPart.COMMISSION,
    DueKind.GUARANTEE: ResultPart.COMMISSION,
    DueKind.DEDUCTION: ResultPart.COMMISSION,
    DueKind.SLOT_FEE: ResultPart.SLOT_FEE,
    DueKind.SLOT_FEE_BACK: ResultPart.SLOT_FEE,
}
# What is known of a month that is not over.
KNOWN_EARLY = (DueKind.SHARE, DueKind.SLOT_FEE)
Dues = dict[ResultPart, list[Source]]


def agreements_with(actor: Actor, tenant: Tenant, ref: str, period: Period) -> list[Agreement]:
    """The signed agreements on the sales of an account that were in force on a day of a period, the earliest first."""
    signed = Agreement.objects.filter(
        in_force_on(period.first, period.last),
        seller=tenant,
        state=AgreementState.SIGNED,
        sales=SettledSales.OUTSIDE,
        outside_ref=ref,
    )
    return list(visible_to(signed, actor).select_related("seller").order_by("from_day", "pk"))


def dues_of_host(
    agreements: list[Agreement], tenant: Tenant, ref: str, period: Period, orders: Collection[Order]
) -> Dues:
    """Shares of some orders and fees of the months of a period by line: what the firm pays counts above zero.

    A share that a platform withholds is in what that platform keeps, and not told here again.
    """
    found: Dues = {ResultPart.COMMISSION: [], ResultPart.SLOT_FEE: []}
    if not agreements:
        return found
    book = _book(tenant, ref, agreements[0].from_day)
    names = {order[1:] for order in orders}
    for agreement in agreements:
        sign = 1 if agreement.seller_pays else -1
        shared = () if agreement.withheld else names
        due = _due(agreement, book, period, shared)
        stated = _stated(agreement, period, shared)
        for part, sources in found.items():
            said = {statement: units for (each, statement), units in stated.items() if each == part}
            sources += [_of_statement(each, units * sign) for each, units in said.items() if units]
            left = due[part] - sum(said.values())
            is_withheld = agreement.withheld and part == ResultPart.COMMISSION
            if left or not (is_withheld or any(said.values())):
                sources.append(_not_stated(agreement, left * sign))
            if is_withheld:
                note = _("the share is withheld by the platform")
                sources.append(Source(SourceKind.AGREEMENT, str(agreement), 0, note, str(agreement.uid)))
    return found


def _book(tenant: Tenant, ref: str, first: date) -> Book:
    """What the account sold from a day on, as agreements read it."""
    paid = SalesEvent.objects.filter(
        seller=tenant, host_ref=ref, kind=SalesKind.PAID, slot__gte=hour_of(day_start(first))
    ).current()
    facts = facts_of_orders(tenant, paid.values_list("pk", flat=True))
    sessions: dict[int, int | None] = {}
    for some in in_turn(facts, QUERY_SIZE):
        events = SalesEvent.objects.filter(pk__in=[fact.id for fact in some])
        sessions.update(events.with_session().values_list("pk", "session_now"))
    return book_of(facts, {fact.id: (fact.business_day, sessions.get(fact.id) or 0) for fact in facts})


def _due(
    agreement: Agreement, book: Book, period: Period, orders: Collection[tuple[str, str]]
) -> dict[ResultPart, int]:
    """What is due by the ledger as it is now."""
    this_month = month_of(today())
    months = [month for month in _months(agreement.from_day, this_month) if agreement.is_in_force(month)]
    found: dict[ResultPart, int] = defaultdict(int)
    for key, due in dues_of(agreement.terms, sales_of(agreement, book), (), months).items():
        kind = DueKind(key.kind)
        if key.month > this_month or (key.month == this_month and kind not in KNOWN_EARLY):
            continue
        if kind == DueKind.SHARE:
            found[PARTS[kind]] += sum(part.amount for order, part in due.parts.items() if order in orders)
        elif period.first <= key.month < period.end:
            found[PARTS[kind]] += due.amount
    return found


def _months(first: date, last: date) -> Iterator[date]:
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def _stated(
    agreement: Agreement, period: Period, orders: Collection[tuple[str, str]]
) -> dict[tuple[ResultPart, Statement], int]:
    """What the lines that count of its statements say, the earliest first."""
    lines = StatementLine.objects.filter(
        statement__agreement=agreement, version=F("statement__version"), kind__in=PARTS
    ).order_by("statement__month", "pk")
    found: dict[tuple[ResultPart, Statement], int] = defaultdict(int)
    shares: dict[int, Statement] = {}
    for line in lines.select_related("statement__agreement"):
        if line.kind == DueKind.SHARE:
            shares[line.pk] = line.statement
        elif period.first <= line.month < period.end:
            found[PARTS[DueKind(line.kind)], line.statement] += to_units(line.amount)
    numbers = sorted({number for _source, number in orders})
    for some in in_turn(numbers, QUERY_SIZE):
        rows = StatementOrder.objects.filter(line__in=shares, order_no__in=some)
        for line_id, source, number, amount in rows.values_list("line_id", "source", "order_no", "amount"):
            if (source, number) in orders:
                found[ResultPart.COMMISSION, shares[line_id]] += to_units(amount)
    return found


def _of_statement(statement: Statement, units: int) -> Source:
    return Source(
        SourceKind.STATEMENT,
        str(statement.agreement),
        units,
        f"{statement.month:%Y-%m} · {statement.get_state_display()}",
        str(statement.uid),
        provisional=statement.approved_at is None,
    )


def _not_stated(agreement: Agreement, units: int) -> Source:
    note = _("not stated yet: by the terms on the sales so far") if units else ""
    return Source(
        SourceKind.AGREEMENT, str(agreement), units, note, str(agreement.uid), provisional=bool(units)
    )
