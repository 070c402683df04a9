"""Outside hosts: what each sold and what came back of it, beside a recount in plain Python."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from analytics.choices import PeriodKind
from analytics.outsidehosts import OutsideHost, outside_hosts
from analytics.periods import Period
from core.choices import Role
from supplychain.services import placing
from tests.analytics.browsers import browser_of
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.both_databases
APRIL = Period(PeriodKind.MONTH, dt.date(2025, 4, 1))
LINES = (
    # order, line, day of 2025, account, CNY
    ("A", "1", (4, 1), "daren-1", "100.00"),
    ("A", "2", (4, 1), "daren-1", "50.00"),
    ("B", "1", (4, 30), "daren-2", "80.00"),
    ("C", "1", (4, 10), "daren-1", "30.00"),
    ("C", "2", (4, 10), "daren-2", "20.00"),
    ("D", "1", (3, 31), "daren-1", "70.00"),
    ("E", "1", (5, 1), "daren-2", "60.00"),
    ("F", "1", (4, 5), "", "40.00"),
)
BACK = (
    # order, line (blank: the order as a whole), CNY
    ("A", "1", "10.00"),
    ("A", "", "15.00"),
    ("B", "1", "79.99"),
    ("C", "", "5.00"),
    ("D", "1", "70.00"),
)


def night(month: int, day: int) -> dt.datetime:
    return dt.datetime(2025, month, day, 15, 30, tzinfo=dt.UTC)  # half past eleven at night in Shanghai


@pytest.fixture
def firm(world: World) -> TenantWorld:
    mine, neighbour = world.tenants
    for order, line, (month, day), account, amount in LINES:
        values: dict[str, Any] = {"channel": "outside_host", "host_ref": account, "line_no": line}
        record(mine.tenant, fact(order, amount=amount, occurred_at=night(month, day), **values))
    for number, (order, line, amount) in enumerate(BACK):
        values = {"ref_order_no": order, "ref_line": line, "line_no": ""}
        record(mine.tenant, fact(f"r{number}", "refunded", amount=amount, occurred_at=night(6, 1), **values))
    # A card of the shop may name an account as well: its class is another.
    record(
        mine.tenant,
        fact("G", amount="900.00", occurred_at=night(4, 6), channel="product_card", host_ref="daren-1"),
    )
    record(
        neighbour.tenant,
        fact("A", amount="7.00", occurred_at=night(4, 6), channel="outside_host", host_ref="daren-3"),
    )
    placing.drain()
    return mine


def recounted() -> dict[str, tuple[int, Decimal, Decimal]]:
    """An order as a whole gives back of each line what was paid of it, of all lines as many parts."""
    paid = {(order, line): Decimal(amount) for order, line, _day, _ref, amount in LINES}
    april = {(order, line): ref for order, line, (month, _), ref, _paid in LINES if month == 4 and ref}
    found = {}
    for account in ("daren-1", "daren-2"):
        mine = {key for key, ref in april.items() if ref == account}
        back = Decimal(0)
        for order, line, amount in BACK:
            of_order = {key: each for key, each in paid.items() if key[0] == order}
            back += (
                Decimal(amount)
                * sum(
                    (each for key, each in of_order.items() if key in mine and line in ("", key[1])),
                    Decimal(0),
                )
                / sum(each for key, each in of_order.items() if line in ("", key[1]))
            )
        found[account] = len({order for order, _line in mine}), sum(paid[key] for key in mine), back
    return found


def test_each_has_what_it_sold_and_what_came_back(firm: TenantWorld) -> None:
    hosts = outside_hosts(SYSTEM, firm.tenant, APRIL)
    told = {
        host.ref: (host.orders, Decimal(host.gross) / 10_000, Decimal(host.refunds) / 10_000)
        for host in hosts
    }
    assert told == recounted()
    assert told == {
        "daren-1": (2, Decimal(180), Decimal(28)),
        "daren-2": (2, Decimal(100), Decimal("81.99")),
    }
    assert [host.ref for host in hosts] == ["daren-1", "daren-2"]
    assert OutsideHost("x", "", 1, 30, 10).net == 20


def test_the_list_goes_on_page_by_page(firm: TenantWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.views.outsidehosts.PER_PAGE", 1)
    page, owner = reverse("portal-outside-hosts", args=[firm.tenant.code]), browser_of(firm)
    first, second = (
        owner.get(page, {"period": "2025-04", "page": number}).content.decode() for number in (1, 2)
    )
    assert "daren-1" in first
    assert "daren-2" not in first
    assert "?period=2025-04&amp;page=2" in first
    assert "daren-2" in second
    assert "daren-1" not in second
    assert "?period=2025-04&amp;page=1" in second


def test_the_page_shows_them_to_those_who_keep_the_money(world: World, firm: TenantWorld) -> None:
    page = reverse("portal-outside-hosts", args=[firm.tenant.code])
    for role in (Role.TENANT_OWNER, Role.TENANT_FINANCE):
        shown = browser_of(firm, role).get(page, {"period": "2025-04"}).content.decode()
        for text in ("daren-1", "¥152.00", "¥18.01"):
            assert text in shown
        assert "daren-3" not in shown
    empty = browser_of(firm).get(page, {"period": "2024", "page": "x"}).content.decode()
    assert "No outside host sold for you" in empty
    for role in (Role.TENANT_STAFF, Role.HOST):
        assert browser_of(firm, role).get(page).status_code == 403
    assert browser_of(world.tenants[1]).get(page).status_code == 404
