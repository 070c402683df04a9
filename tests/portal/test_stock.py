"""A firm's own stock on the portal: what is there, what is reserved, what is left, and the moves behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, now, today
from core.models import User
from supplychain.choices import RESERVATION_OPEN
from supplychain.models import Backorder, InboundNotice, Reorder, Reservation, StockLevel, Warehouse
from supplychain.services import (
    goods_offer,
    sample_agree,
    sample_ask,
    sample_hand_out,
    stock_adjust,
    stock_receive,
)
from supplychain.shelfday import shelf_day
from tests.factories import SYSTEM, TenantWorld, World, make_sku, make_stock, make_user

pytestmark = pytest.mark.django_db
BrowserOf = Callable[[User], Client]


def stock_page(firm: TenantWorld) -> str:
    return reverse("portal-stock", args=[firm.tenant.code])


def told(page: Any) -> list[tuple[str, str, int, int, int]]:
    return [
        (level.sku.code, level.zone, level.on_hand, level.reserved, level.available)
        for level in page.context["rows"]
    ]


def test_the_owner_sees_own_stock_alone(owner: Client, world: World, firm: TenantWorld) -> None:
    goods = owner.get(reverse("portal-goods", args=[firm.tenant.code]))
    assert stock_page(firm) in goods.text
    page = owner.get(stock_page(firm))
    mine = firm.skus[0].code
    assert told(page) == [(mine, f"{world.canary}a", 50, 2, 48)]
    assert "48" in page.text
    theirs = StockLevel.objects.exclude(owner=firm.tenant).get()
    assert theirs.sku.code not in page.text
    assert owner.get(stock_page(world.tenants[1])).status_code == 404


def test_the_owner_sees_in_which_zones_goods_lie(owner: Client, world: World, firm: TenantWorld) -> None:
    lamp = make_sku(firm.tenant, "Lamp-7")
    goods = {"actor": SYSTEM, "warehouse": world.warehouse, "sku": lamp}
    stock_receive(quantity=1200, zone="A-01", **goods)
    stock_receive(quantity=30, zone="S-09", **goods)
    for address in (stock_page(firm), reverse("portal-product", args=[firm.tenant.code, lamp.product.uid])):
        page = owner.get(address).text
        assert "A-01 1,200" in page
        assert "S-09 30" in page
    stock_adjust(quantity=-1200, note="sent on", zone="A-01", **goods)
    page = owner.get(stock_page(firm)).text
    assert "S-09 30" in page
    assert "A-01" not in page, "nothing lies there"


def test_stock_is_found_by_code_or_name(owner: Client, world: World, firm: TenantWorld) -> None:
    lamp = make_sku(firm.tenant, "Lamp-7")
    make_stock(world.warehouse, lamp, "A-03-2")
    for words in ("lamp", "P-LAMP", "Lamp-7商品", " Lamp-7 Product "):
        assert told(owner.get(stock_page(firm), {"search": words})) == [("Lamp-7", "A-03-2", 50, 2, 48)]
    assert 'href="?"' in owner.get(stock_page(firm), {"search": "nothing"}).text


def test_a_product_shows_its_stock_and_the_moves_behind_it(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    lamp, other = make_sku(firm.tenant, "Lamp-7"), make_sku(firm.tenant, "Lamp-8")
    common = {"actor": SYSTEM, "warehouse": world.warehouse}
    stock_receive(sku=lamp, quantity=1200, source_key="one", note="first lorry", **common)
    stock_adjust(sku=lamp, quantity=-7, source_key="two", note="broken", **common)
    stock_receive(sku=other, quantity=5, source_key="three", **common)
    page = owner.get(reverse("portal-product", args=[firm.tenant.code, lamp.product.uid]))
    assert [(level.on_hand, level.available) for level in page.context["levels"]] == [(1193, 1193)]
    assert [(move.quantity, move.note) for move in page.context["moves"]] == [
        (-7, "broken"),
        (1200, "first lorry"),
    ]
    for words in ("1,193", "+1,200", "-7", "first lorry", world.warehouse.name_zh):
        assert words in page.text
    assert sum(move.quantity for move in page.context["moves"]) == page.context["levels"][0].on_hand


def test_goods_without_stock_say_so_and_a_new_product_shows_none(owner: Client, firm: TenantWorld) -> None:
    bare = make_sku(firm.tenant, "Bare").product
    page = owner.get(reverse("portal-product", args=[firm.tenant.code, bare.uid]))
    assert 'id="stock"' in page.text
    assert 'class="lp-stock"' not in page.text
    assert 'id="stock"' not in owner.get(reverse("portal-product-new", args=[firm.tenant.code])).text


def test_who_may_not_see_stock_sees_none(firm: TenantWorld, browser_of: BrowserOf) -> None:
    """The firm's finance looks at goods; what lies in the warehouse is for those who sell and store."""
    money = browser_of(make_user("money", Role.TENANT_FINANCE, firm.tenant.node))
    assert money.get(stock_page(firm)).status_code == 403
    product = firm.skus[0].product
    page = money.get(reverse("portal-product", args=[firm.tenant.code, product.uid]))
    assert page.status_code == 200
    assert 'id="stock"' not in page.text
    assert stock_page(firm) not in money.get(reverse("portal-goods", args=[firm.tenant.code])).text
    storeman = browser_of(make_user("store", Role.TENANT_WAREHOUSE, firm.tenant.node))
    assert len(told(storeman.get(stock_page(firm)))) == 1


def test_a_re_order_waits_for_an_answer_and_is_to_be_made_by_a_day_not_signed_and_paid(
    owner: Client, firm: TenantWorld
) -> None:
    owner.cookies["django_language"] = "zh-hans"
    known = Reorder.objects.filter(launch__tenant=firm.tenant)
    proposed = known.filter(state="proposed").earliest("pk")
    page = owner.get(reverse("portal-reorder", args=[firm.tenant.code, proposed.uid])).text
    assert "待答复" in page
    assert "待签署" not in page
    confirmed = known.filter(state="confirmed").earliest("pk")
    day = dt.date(2025, 7, 1)
    Reorder.objects.filter(pk=confirmed.pk).update(due_on=day)
    for name, more in (
        ("portal-reorder", [confirmed.uid]),
        ("portal-reorders", []),
        ("portal-factories", []),
    ):
        page = owner.get(reverse(name, args=[firm.tenant.code, *more])).text
        assert "交期" in page, name
        assert "应付日" not in page, name


def test_a_re_order_shows_the_stock_beside_what_is_left(
    owner: Client, firm: TenantWorld, browser_of: BrowserOf
) -> None:
    reorder = Reorder.objects.filter(launch__tenant=firm.tenant, state="proposed").earliest("pk")
    level = StockLevel.objects.get(owner=firm.tenant)
    assert level.sku.product == reorder.launch.product
    address = reverse("portal-reorder", args=[firm.tenant.code, reorder.uid])
    owner.cookies["django_language"] = "en"
    assert "48 of 50 available now" in owner.get(address).text
    money = browser_of(firm.users[Role.TENANT_FINANCE])
    money.cookies["django_language"] = "en"
    page = money.get(address)
    assert page.status_code == 200
    assert "available now" not in page.text


def test_the_first_page_of_who_keeps_the_goods_is_the_day_at_the_shelves(
    firm: TenantWorld, world: World, browser_of: BrowserOf
) -> None:
    """Nothing of rooms and sessions, which this role does not see, and no call that is refused."""
    storeman = browser_of(make_user("store", Role.TENANT_WAREHOUSE, firm.tenant.node))
    first = reverse("portal-today", args=[firm.tenant.code])
    before = storeman.get(first).context["shelf_day"]
    sku = firm.skus[0]
    warehouse = Warehouse.objects.filter(park=world.park).earliest("pk")
    for days in (0, 1, -1):
        InboundNotice.objects.create(
            owner=firm.tenant, warehouse=warehouse, sku=sku, pieces=3, day=today() - days * DAY
        )
    stock_receive(actor=SYSTEM, warehouse=warehouse, sku=sku, quantity=9)
    offer = goods_offer(
        actor=SYSTEM,
        product=sku.product,
        floor_price=Decimal(9),
        commission_rate=Decimal(5),
        pieces=9,
        samples=3,
    )
    asked = [
        sample_ask(
            actor=SYSTEM, offer=offer, tenant=world.tenants[1].tenant, pieces=1, until=today() + days * DAY
        )
        for days in (0, 9)
    ]
    for request in asked:
        sample_agree(actor=SYSTEM, request=request, price=Decimal(1))
    sample_hand_out(actor=SYSTEM, request=asked[0], sku=sku, warehouse=warehouse)
    Backorder.objects.create(
        owner=firm.tenant, sku=sku, event_id=10**9, order_no="owed", quantity=2, occurred_at=now()
    )
    page = storeman.get(first)
    day = page.context["shelf_day"]
    assert (day.inbound, day.late) == (before.inbound + 2, before.late + 1)
    assert (day.to_hand_out, day.not_back) == (before.to_hand_out + 1, before.not_back)
    assert day.orders.missing == before.orders.missing + 1
    mine = Reservation.objects.filter(seller=firm.tenant, state__in=RESERVATION_OPEN)
    assert day.orders.orders == mine.order_by().values("order_no").distinct().count() > 0
    with time_machine.travel(now() + 2 * DAY):
        assert shelf_day(SYSTEM, firm.tenant).not_back == before.not_back + 1
    for name in ("portal-stock-work", "portal-inbound-new", "portal-inbound"):
        assert f'href="{reverse(name, args=[firm.tenant.code])}' in page.text
    assert "data-only-clears" in page.text, "nothing of who used this phone before is kept"
    for absent in ('id="next"', 'id="live"'):
        assert absent not in page.text
        assert absent in browser_of(firm.users[Role.TENANT_OWNER]).get(first).text
    assert browser_of(firm.users[Role.TENANT_OWNER]).get(first).context["shelf_day"] is None
