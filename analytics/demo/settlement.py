"""What the demo's firms have agreed on their sales: with the park, an agency, their platform and an outside host.

An outside host has signed with the first firm, another has not yet with the second. Who lends them hosts shares what it
earns so with one of its own, who had most of their sessions. The last month's statements are counted; that of the park
is approved. Of the sessions of the last days it is told what was spent on traffic, so that their results are known.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from analytics.demo.build import BuiltPark
from analytics.demo.days import outside_host
from core.actors import Actor
from core.clock import DAY, day_start, hour_of, hour_start, month_of, today
from livestreams.choices import SessionState, ShiftRole
from livestreams.models import Host, LiveSession
from livestreams.services import SpendHour, spend_record
from supplychain.choices import AgreementKind, SettledBase, SettledSales, SlotFeePer
from supplychain.models import Agreement
from supplychain.services import agreement_propose, agreement_sign, statement_approve, statement_count
from tenants.choices import Platform, TenantKind
from tenants.models import Tenant

FIRMS = 2
SPEND_DAYS = 14
# What the hours of a session cost, one after the other.
SPEND = (Decimal(60), Decimal("118.50"), Decimal(90))
MICROSECOND = timedelta(microseconds=1)


def build_settlement(built: BuiltPark, *, actor: Actor) -> None:
    """Make the agreements of the park's first sellers, once, and the statements of the month that is over."""
    month = month_of(month_of(today()) - DAY)
    agency = next((tenant for tenant in built.tenants if tenant.kind == TenantKind.MCN), built.tenants[-1])
    # Without an agency the park's first firm has the hosts whom the others borrow.
    lender = agency if agency.kind == TenantKind.MCN else built.tenants[0]
    sellers = [tenant for tenant in built.tenants if tenant != agency][:FIRMS]
    for number, seller in enumerate(sellers):
        if Agreement.objects.filter(seller=seller).exists():
            continue
        agreed: dict[str, Any] = {"seller": seller, "from_day": month}
        with_park, *others = (
            agreement_sign(actor=actor, agreement=agreement_propose(actor=actor, **agreed, **terms))
            for terms in (
                _of_park(built),
                _of_agency(agency if seller == lender else lender),
                _of_platform(built),
            )
        )
        outside = agreement_propose(actor=actor, **agreed, **_of_outside_host(seller))
        if number == 0:
            others.append(agreement_sign(actor=actor, agreement=outside))
        _tell_ad_spend(seller, actor)
        for agreement in (with_park, *others):
            statement = statement_count(actor=actor, agreement=agreement, month=month)
            if agreement == with_park:
                statement_approve(actor=actor, statement=statement)
    _share_with_own_host(lender, month, actor)


def _of_park(built: BuiltPark) -> dict[str, Any]:
    return {
        "kind": AgreementKind.PARK,
        "title": "园区服务费（演示）",
        "partner": built.park.code,
        "sales": SettledSales.SESSIONS,
        "tiers": [(Decimal(0), Decimal(3)), (Decimal(500_000), Decimal("2.5"))],
    }


def _of_agency(agency: Tenant) -> dict[str, Any]:
    return {
        "kind": AgreementKind.AGENCY,
        "title": "MCN 直播分成（演示）",
        "partner": agency.code,
        "sales": SettledSales.SESSIONS,
        "tiers": [(Decimal(0), Decimal(20)), (Decimal(100_000), Decimal(25))],
        "guarantee": Decimal(5_000),
        "slot_fee": Decimal(300),
        "clawback_days": 30,
    }


def _share_with_own_host(agency: Tenant, month: date, actor: Actor) -> None:
    """What the agency and its own host have agreed on, once, and the statement of the month that is over."""
    if Agreement.objects.filter(seller=agency, kind=AgreementKind.HOST).exists():
        return
    earning = Agreement.objects.filter(partner=agency.pk, kind=AgreementKind.AGENCY).values("seller")
    in_month = Q(shifts__session__tenant__in=earning, shifts__starts_at__gte=day_start(month))
    in_month &= Q(shifts__role=ShiftRole.HOST)
    own = Host.objects.filter(in_month, tenant=agency).annotate(times=Count("shifts"))
    host = own.order_by("-times", "pk").first()
    if host is None:
        return
    terms: dict[str, Any] = {
        "kind": AgreementKind.HOST,
        "title": "自有主播佣金分成（演示）",
        "host": host,
        "sales": SettledSales.FOR_OTHERS,
        "base": SettledBase.COMMISSION,
        "tiers": [(Decimal(0), Decimal(30))],
    }
    agreement = agreement_propose(actor=actor, seller=agency, from_day=month, **terms)
    statement_count(actor=actor, agreement=agreement_sign(actor=actor, agreement=agreement), month=month)


def _of_platform(built: BuiltPark) -> dict[str, Any]:
    return {
        "kind": AgreementKind.PLATFORM,
        "title": "平台技术服务费（演示）",
        "outside_name": str(Platform(built.plan.platform).label),
        "sales": SettledSales.ALL,
        "tiers": [(Decimal(0), Decimal(5))],
    }


def _tell_ad_spend(seller: Tenant, actor: Actor) -> None:
    sessions = LiveSession.objects.filter(
        tenant=seller, state=SessionState.ENDED, started_at__gte=day_start(today() - SPEND_DAYS * DAY)
    )
    for session in sessions.order_by("started_at"):
        if session.started_at is None or session.ended_at is None:
            continue
        first, last = hour_of(session.started_at), hour_of(session.ended_at - MICROSECOND)
        hours = [
            SpendHour(hour_start(hour), SPEND[number % len(SPEND)])
            for number, hour in enumerate(range(first, last + 1))
        ]
        spend_record(actor=actor, session=session, hours=hours)


def _of_outside_host(seller: Tenant) -> dict[str, Any]:
    return {
        "kind": AgreementKind.OUTSIDE_HOST,
        "title": "达人带货（演示）",
        "outside_name": "达人 小满",
        "outside_ref": outside_host(seller.code),
        "sales": SettledSales.OUTSIDE,
        "tiers": [(Decimal(0), Decimal(18))],
        "slot_fee": Decimal(2_000),
        "guaranteed_sales": Decimal(30_000),
        "slot_fee_per": SlotFeePer.MONTH,
    }
