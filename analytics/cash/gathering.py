"""What a firm's cash-flow calendar is made of: settlements, money in transit, statements, ad spend, charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Min, Q, Sum

from analytics.beside import settled_until, waiting_orders, waiting_platforms
from analytics.cash.calendar import Calendar, Entry, calendar_of, expected, usual_delay
from analytics.choices import CashKind
from analytics.periods import Period
from analytics.result import may_see_result
from core.actors import Actor
from core.clock import DAY, business_day, day_start, today
from core.errors import NotFound
from core.money import to_units
from core.scoping import visible_to
from livestreams.models import AdSpend
from livestreams.spending import spend_by_hour
from supplychain.choices import AgreementKind, PayoutKind, SalesKind, StatementState
from supplychain.models import PayoutEntry, SalesEvent, Statement
from tenants.choices import Platform
from tenants.models import Charge, Tenant

DELAY_DAYS = 180
"""The settlements of so many days tell how long a platform usually takes."""
MOST_ORDERS = 1_000
"""So many of them, the last ones, are enough for a median."""
OWED = (StatementState.APPROVED, StatementState.INVOICED)


@dataclass(frozen=True)
class CashFlow:
    """A month. `delays` are the days from payment to settlement by platform, of those with money on its way that have a
    usual one; `settled_until` is the day up to which a platform's settlements were imported. What is on its way through
    the platforms of `not_settled` is not known: none of theirs was imported."""

    month: Period
    calendar: Calendar
    delays: dict[str, int]
    settled_until: dict[str, date]
    not_settled: tuple[str, ...]


@dataclass(frozen=True)
class _Transit:
    entries: tuple[Entry, ...] = ()
    delays: dict[str, int] = field(default_factory=dict)
    settled_until: dict[str, date] = field(default_factory=dict)


def cash_flow(actor: Actor, tenant: Tenant, month: Period) -> CashFlow:
    """What came in and went out in a month and is expected to, as things stand now.

    What is expected without a day stands in the present month, a charge in its own. NotFound for all who do not keep
    the firm's money.
    """
    if not may_see_result(actor, tenant.pk):
        raise NotFound
    present = month.first <= today() < month.end
    # What is still to come is not to come in a month that is over.
    transit = _in_transit(actor, tenant) if today() < month.end else _Transit()
    found = [
        *transit.entries,
        *_payouts(actor, tenant, month),
        *_statements(actor, tenant, month),
        *_ad_spend(actor, tenant, month),
    ]
    shown = [
        entry for entry in found if (present if entry.day is None else month.first <= entry.day < month.end)
    ]
    calendar = calendar_of([*shown, *_charges(actor, tenant, month)], month.first, month.end)
    unknown = (
        waiting_platforms(tenant.pk) - transit.settled_until.keys() - {Platform.OTHER} if present else ()
    )
    return CashFlow(month, calendar, transit.delays, transit.settled_until, tuple(sorted(unknown)))


def _in_transit(actor: Actor, tenant: Tenant) -> _Transit:
    """What buyers paid and platforms have not settled, by the day of the payment; before fees."""
    settling = {platform: business_day(at) for platform, at in settled_until(tenant.pk).items()}
    paid: dict[tuple[str, date], int] = defaultdict(int)
    for order in waiting_orders(tenant.pk, settling):
        if order.left:
            paid[order.platform, business_day(order.paid_at)] += order.left
    delays = _usual_delays(actor, tenant, {platform for platform, _day in paid})
    entries = []
    for (platform, day), amount in sorted(paid.items()):
        due = day + delays[platform] * DAY if platform in delays else None
        entry = Entry(CashKind.TRANSIT, amount, due, _name(platform), platform=platform, paid_on=day)
        entries.append(expected(entry, today()))
    return _Transit(tuple(_together(entries)), delays, settling)


def _together(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The same, with one entry for all that has no day, of each platform."""
    undated: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.day is None:
            undated[entry.platform].append(entry)
        else:
            yield entry
    for platform, some in undated.items():
        due = min((entry.was_due for entry in some if entry.was_due), default=None)
        amount = sum(entry.amount for entry in some)
        yield Entry(CashKind.TRANSIT, amount, None, _name(platform), True, platform=platform, was_due=due)


def _usual_delays(actor: Actor, tenant: Tenant, platforms: set[str]) -> dict[str, int]:
    """By platform the days that its orders usually took from their first payment to the settlement of goods."""
    usual = {platform: usual_delay(_took(actor, tenant, platform)) for platform in sorted(platforms)}
    return {platform: days for platform, days in usual.items() if days is not None}


def _took(actor: Actor, tenant: Tenant, platform: str) -> list[int]:
    """The days that each of the orders that a platform settled last took."""
    goods = PayoutEntry.objects.standing().filter(
        tenant=tenant,
        platform=platform,
        kind=PayoutKind.GOODS,
        business_day__gt=today() - DELAY_DAYS * DAY,
    )
    orders = visible_to(goods.exclude(order_no=""), actor).order_by().values("order_no")
    settled = (
        orders.annotate(on=Min("business_day")).order_by("-on", "order_no").values_list("order_no", "on")
    )
    settled_on = dict(settled[:MOST_ORDERS])
    paid = SalesEvent.objects.current().filter(seller=tenant, kind=SalesKind.PAID, order_no__in=settled_on)
    first_paid = paid.order_by().values_list("order_no").annotate(Min("business_day"))
    return [(settled_on[order] - day).days for order, day in first_paid if day <= settled_on[order]]


def _payouts(actor: Actor, tenant: Tenant, month: Period) -> Iterator[Entry]:
    """What platforms settled, by the day on which they did."""
    settled = PayoutEntry.objects.standing().filter(
        tenant=tenant,
        kind=PayoutKind.SETTLED,
        business_day__gte=month.first,
        business_day__lt=month.end,
    )
    by_day = (
        visible_to(settled, actor).order_by("business_day", "platform").values("business_day", "platform")
    )
    sums = by_day.annotate(
        paid=Sum("amount", filter=Q(amount__gt=0)), taken_back=Sum("amount", filter=Q(amount__lt=0))
    )
    for day, platform, *amounts in sums.values_list("business_day", "platform", "paid", "taken_back"):
        for amount in filter(None, amounts):
            yield Entry(CashKind.PAYOUT, to_units(amount), day, _name(platform), platform=platform)


def _statements(actor: Actor, tenant: Tenant, month: Period) -> Iterator[Entry]:
    """What was paid by statements in the month, and what approved ones still owe, to the firm or by it.

    None of a platform's: it takes its fee before it pays out, and the payouts are without it. Nor the shares of an
    outside host that a platform withholds: of such a statement the rest is paid beside.
    """
    of_either = Q(agreement__seller=tenant) | Q(agreement__partner=tenant.pk)
    in_month = Q(state=StatementState.PAID, paid_on__gte=month.first, paid_on__lt=month.end)
    rows = Statement.objects.filter(of_either, in_month | Q(state__in=OWED)).select_related(
        "agreement__seller", "agreement__partner__park", "agreement__partner__tenant", "agreement__host"
    )
    rows = rows.exclude(agreement__kind=AgreementKind.PLATFORM)
    for statement in visible_to(rows, actor).order_by("pk"):
        agreement = statement.agreement
        is_payer = (agreement.seller_id == tenant.pk) == agreement.seller_pays
        other = agreement.payee_name if is_payer else agreement.payer_name
        amount = to_units(statement.to_pay)
        is_paid = statement.state == StatementState.PAID
        entry = Entry(
            CashKind.STATEMENT,
            -amount if is_payer else amount,
            statement.paid_on if is_paid else statement.due_on,
            f"{other} {statement.month:%Y-%m}",
            uid=str(statement.uid),
        )
        if amount:
            yield entry if is_paid else expected(entry, today())


def _ad_spend(actor: Actor, tenant: Tenant, month: Period) -> Iterator[Entry]:
    """What was spent on traffic, by session and day."""
    facts = AdSpend.objects.filter(
        session__tenant=tenant, hour__gte=day_start(month.first), hour__lt=day_start(month.end)
    )
    told: dict[int, list[AdSpend]] = defaultdict(list)
    for fact in visible_to(facts, actor).select_related("session").order_by("hour", "pk"):
        told[fact.session_id].append(fact)
    for of_session in told.values():
        spent: dict[date, int] = defaultdict(int)
        for hour, amount in spend_by_hour(of_session).items():
            spent[business_day(hour)] += to_units(amount)
        session = of_session[0].session
        for day, units in spent.items():
            if units:
                yield Entry(CashKind.AD_SPEND, -units, day, str(session), uid=str(session.uid))


def _charges(actor: Actor, tenant: Tenant, month: Period) -> Iterator[Entry]:
    """What the park charges for the month. Nobody says when it is due or whether it is paid."""
    charges = Charge.objects.filter(tenant=tenant, period__gte=month.first, period__lt=month.end)
    sums: dict[str, int] = defaultdict(int)
    for charge in visible_to(charges, actor).select_related("park").order_by("park", "kind", "pk"):
        sums[f"{charge.get_kind_display()} · {charge.park}"] += to_units(charge.amount)
    for name, units in sums.items():
        if units:
            yield Entry(CashKind.CHARGE, -units, None, name, is_expected=True)


def _name(platform: str) -> str:
    return str(Platform(platform).label)
