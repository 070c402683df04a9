"""Closed months on the portal: as closed, as they are now, and what came in since, for who keeps the firm's money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from analytics.counting import drain_everything
from analytics.services import period_close
from core.choices import Role
from core.models import User
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.django_db
SOLD = dt.datetime(2026, 5, 10, 4, tzinfo=dt.UTC)
CLOSED = dt.datetime(2026, 6, 2, 4, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 6, 20, 4, tzinfo=dt.UTC)


def test_the_firms_finance_reads_what_came_into_a_closed_month(
    world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    address = reverse("portal-closed-months", args=[firm.tenant.code])
    with time_machine.travel(CLOSED, tick=False) as clock:
        record(firm.tenant, fact("A1", occurred_at=SOLD, amount="120.00"))
        drain_everything()
        period_close(actor=SYSTEM, tenant=firm.tenant, month=SOLD.date().replace(day=1))
        clock.move_to(LATER)
        late = fact("A1", kind="refunded", occurred_at=SOLD, amount="20.00", external_id="R1")
        record(firm.tenant, late, fact("A2", occurred_at=SOLD, amount="7.00"))
        drain_everything()
        money = browser_of(firm.users[Role.TENANT_FINANCE])
        money.cookies["django_language"] = "en"
        page = money.get(address)
        assert [(row.stands.closed, row.stands.live, row.stands.open) for row in page.context["rows"]] == [
            (120, 107, -13)
        ]
        assert "2026-06-20" not in page.text
        page = money.get(address, {"month": "2026-05"})
        assert [(each.day, each.kind, each.amount) for each, _label in page.context["later"]] == [
            (LATER.date(), "paid", 7),
            (LATER.date(), "refunded", 20),
        ]
        for nothing in ("2026-04", "x", "2026", ""):
            assert money.get(address, {"month": nothing}).context["shown"] is None
        assert address in money.get(reverse("portal-more", args=[firm.tenant.code])).text
        assert browser_of(firm.users[Role.TENANT_OWNER]).get(address).status_code == 200
        assert browser_of(firm.users[Role.TENANT_STAFF]).get(address).status_code == 403


def test_what_came_in_adds_up_to_the_change(firm: TenantWorld, browser_of: Callable[[User], Client]) -> None:
    """A correction adds what it says less what it replaces: nothing when it is older, all of it away from the month."""

    def paid(order: str, amount: str, version: int = 1, at: dt.datetime = SOLD) -> None:
        told = {"external_id": order, "version": version, "occurred_at": at, "amount": amount}
        record(firm.tenant, fact(order, **told))

    with time_machine.travel(CLOSED, tick=False) as clock:
        for order in ("A1", "A2", "A3"):
            paid(order, "100.00")
        period_close(actor=SYSTEM, tenant=firm.tenant, month=SOLD.date().replace(day=1))
        clock.move_to(LATER)
        paid("A1", "90.00", 3)
        paid("A1", "1.00", 2)
        paid("A2", "100.00", 2, CLOSED)
        paid("A4", "8.00")
        clock.shift(dt.timedelta(days=1))
        paid("A1", "85.00", 4)
        paid("A2", "70.00", 3, CLOSED)
        drain_everything()
        page = browser_of(firm.users[Role.TENANT_FINANCE]).get(
            reverse("portal-closed-months", args=[firm.tenant.code]), {"month": "2026-05"}
        )
    later = [each for each, _label in page.context["later"]]
    assert [(each.day.day, each.facts, each.corrections, each.amount) for each in later] == [
        (21, 1, 1, -5),
        (20, 3, 2, -102),
    ]
    assert [row.change for row in page.context["rows"]] == [sum(each.amount for each in later)] == [-107]
