"""What the demo's firms have agreed on their sales: with the park, an agency, their platform and an outside host.

An outside host has signed with the first firm, another has not yet with the second. The last month's statements are
counted; that of the park is approved. Of the sessions of the last days it is told what was spent on traffic, so that
their results are known.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from analytics.demo.built import BuiltPark
from analytics.demo.days import outside_host
from core.actors import Actor
from core.clock import DAY, day_start, hour_of, hour_start, month_of, today
from livestreams.choices import SessionState
from livestreams.models import LiveSession
from livestreams.services import SpendHour, spend_record
from supplychain.choices import AgreementKind, SettledSales, SlotFeePer
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
    for number, seller in enumerate([tenant for tenant in built.tenants if tenant != agency][:FIRMS]):
        if Agreement.objects.filter(seller=seller).exists():
            continue
        agreed: dict[str, Any] = {"seller": seller, "from_day": month}
        with_park, *others = (
            agreement_sign(actor=actor, agreement=agreement_propose(actor=actor, **agreed, **terms))
            for terms in (_of_park(built), _of_agency(agency), _of_platform(built))
        )
        outside = agreement_propose(actor=actor, **agreed, **_of_outside_host(seller))
        if number == 0:
            others.append(agreement_sign(actor=actor, agreement=outside))
        _tell_ad_spend(seller, actor)
        for agreement in (with_park, *others):
            statement = statement_count(actor=actor, agreement=agreement, month=month)
            if agreement == with_park:
                statement_approve(actor=actor, statement=statement)


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
