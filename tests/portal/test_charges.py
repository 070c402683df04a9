"""What the park charges, as its firms read it: each with its reason, and only their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from core.choices import Role
from core.clock import DAY, month_of, today
from livestreams.models import Booking
from supplychain.services.fees import SOURCE
from supplychain.views.charges import reasons
from tenants.choices import ChargeKind
from tenants.models import Charge
from tenants.services import charge_record
from tests.factories import SYSTEM, TenantWorld, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    owner.cookies["django_language"] = "en"


def charge(firm: TenantWorld, kind: str, source: str, amount: str, explanation: dict[str, Any]) -> Charge:
    return charge_record(
        actor=SYSTEM, tenant=firm.tenant, park=firm.tenant.node.parent.park, kind=kind, source=source,
        source_id=f"{source}:{firm.tenant.pk}", period=month_of(month_of(today()) - DAY), amount=Decimal(amount),
        explanation=explanation,
    )  # fmt: skip


WORK = {
    "warehouse": "w",
    "work": [{"kind": "parcel", "count": 1200, "price": "3.5000", "amount": "4200.0000"}],
    "month": "4200.00",
    "earlier_months": "-12.50",
}


def test_a_firm_reads_what_it_is_charged_and_why(
    owner: Client, firm: TenantWorld, world: World, browser_of: Any
) -> None:
    charge(firm, ChargeKind.WAREHOUSE, SOURCE, "4187.50", WORK)
    charge(firm, ChargeKind.SERVICE, "manual", "80.00", {"reason": "keys of the gate"})
    charge(world.tenants[1], ChargeKind.SERVICE, "manual", "66.00", {"reason": "not of this firm"})
    address = reverse("portal-charges", args=[firm.tenant.code])
    assert address in owner.get(reverse("portal-settlement", args=[firm.tenant.code])).content.decode()
    shown = owner.get(address).content.decode()
    for text in (
        "parcel sent: 1,200 × ¥3.5 = ¥4,200.00",
        "Corrections of earlier months: CNY -12.50",
        "¥4,187.50",
        "keys of the gate",
    ):
        assert text in shown, text
    assert "not of this firm" not in shown
    told = owner.get("/api/v1/charges", {"kind": "warehouse"}).json()["results"]
    assert [row["amount"] for row in told] == ["4187.50"]
    assert browser_of(firm.users[Role.TENANT_STAFF]).get(address).status_code == 403


def test_amounts_of_work_are_not_rounded_one_by_one() -> None:
    """The month is rounded once: rounded lines would not add up to it."""
    night = {"kind": "night", "count": 1, "price": "0.0125", "amount": "0.0125"}
    parcel = {"kind": "parcel", "count": 1, "price": "0.0125", "amount": "0.0125"}
    told = {"warehouse": "w", "work": [night, parcel], "month": "0.03", "earlier_months": "-3.5000"}
    with override("en"):
        shown = list(reasons(Charge(source=SOURCE, explanation=told)))
    assert [line.rpartition("¥")[2] for line in shown[:2]] == ["0.0125", "0.0125"]
    assert shown[2].endswith("CNY -3.50")


def test_a_booking_that_was_charged_says_which(firm: TenantWorld, world: World) -> None:
    booking = Booking.objects.filter(tenant=firm.tenant).first()
    assert booking is not None
    found = charge(
        firm,
        ChargeKind.ROOM,
        "booking",
        "10.00",
        {"room": "R1", "starts_at": "2025-06-01T20:00:00+08:00", "state": "no_show"},
    )
    with override("en"):
        assert list(reasons(found)) == ["R1 · 2025-06-01 20:00 · no-show"]
