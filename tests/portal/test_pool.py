"""The goods pool and the run of show in the portal: offered, found, planned, moved, taken off, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.models import User
from supplychain.models import GoodsOffer, RunLine
from supplychain.services import goods_offer
from tests.factories import TenantWorld, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(world: World) -> TenantWorld:
    return world.tenants[1]


@pytest.fixture
def offer(theirs: TenantWorld) -> GoodsOffer:
    return goods_offer(
        actor=theirs.owner,
        product=theirs.skus[0].product,
        floor_price=Decimal("59.00"),
        commission_rate=Decimal("17.5"),
        pieces=100,
        certificates="CNAS 0815",
    )


def page(firm: TenantWorld, name: str, *more: object) -> str:
    return reverse(name, args=[firm.tenant.code, *more])


def text(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def test_goods_are_offered_found_and_withdrawn(
    firm: TenantWorld, theirs: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    product = firm.skus[0].product
    form = {
        "product": product.code,
        "floor_price": "88.50",
        "commission_rate": "17.5",
        "pieces": "40",
        "samples": "2",
    }
    for wrong in (
        {"floor_price": "-1"},
        {"commission_rate": "101"},
        {"pieces": "0"},
        {"pieces": "9" * 20},
        {"product": theirs.skus[0].product.code},
    ):
        assert owner.post(page(firm, "portal-pool-new"), {**form, **wrong}).status_code == 400
    assert owner.post(page(firm, "portal-pool-new"), form).status_code == 302
    offer = GoodsOffer.objects.get()
    assert owner.post(page(firm, "portal-pool-new"), form).status_code == 400  # it stands already
    neighbour = browser_of(theirs.users[Role.HOST])
    for search in ("", "?search=alpha-a", f"?search={product.code[-3:]}"):
        assert "88.50" in text(neighbour, page(theirs, "portal-pool") + search)
    assert "88.50" not in text(neighbour, page(theirs, "portal-pool") + "?search=nothing")
    stranger = make_world("beta").tenants[0]
    assert "88.50" not in text(browser_of(stranger.users[Role.TENANT_OWNER]), page(stranger, "portal-pool"))
    withdraw = "portal-goods-offer-withdraw"
    assert neighbour.post(page(theirs, withdraw, offer.uid)).status_code in (403, 404)
    assert owner.post(page(firm, withdraw, offer.uid)).status_code == 302
    assert "88.50" not in text(owner, page(firm, "portal-pool"))


def test_a_run_of_show_is_planned_on_a_phone(firm: TenantWorld, offer: GoodsOffer, owner: Client) -> None:
    run = page(firm, "portal-booking-run", firm.booking.uid)
    assert run in text(owner, page(firm, "portal-booking", firm.booking.uid))
    mine = {"product": firm.skus[0].product.code, "offer": "", "price": "69", "pieces": "10", "minute": ""}
    pool = {**mine, "product": "", "offer": str(offer.uid), "price": "59.00", "pieces": "130", "minute": "20"}
    for wrong in (
        {**pool, "price": "58.99"},
        {**pool, "product": mine["product"]},
        {**pool, "offer": str(firm.booking.uid)},
        {**pool, "minute": "500"},
        {**mine, "product": offer.product.code},
        {**mine, "pieces": "x"},
        {},
    ):
        assert owner.post(run, wrong).status_code == 400
    assert not RunLine.objects.exists()
    assert owner.post(run, mine).status_code == owner.post(run, pool).status_code == 302
    shown = text(owner, run)
    assert shown.index(str(firm.skus[0].product)) < shown.index(str(offer.tenant))
    assert "30" in shown[shown.index("pill wait") :][:40]  # so many are short
    line = RunLine.objects.get(offer=offer)
    assert owner.post(page(firm, "portal-run-line-move", line.uid), {"to": "up"}).url == run  # type: ignore[attr-defined]
    assert RunLine.objects.on().first() == line
    owner.post(page(firm, "portal-run-line-move", line.uid), {"to": "down"})
    assert RunLine.objects.on().last() == line
    owner.post(page(firm, "portal-run-line-drop", line.uid))
    assert list(RunLine.objects.on().values_list("product", flat=True)) == [firm.skus[0].product_id]


def test_a_host_looks_and_does_not_plan(
    firm: TenantWorld, theirs: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    run = page(firm, "portal-booking-run", firm.booking.uid)
    form = {"product": firm.skus[0].product.code, "offer": "", "price": "69", "pieces": "10"}
    owner.post(run, form)
    host = browser_of(firm.users[Role.HOST])
    assert "69.00" in text(host, run)
    assert 'name="pieces"' not in text(host, run)
    assert host.post(run, form).status_code in (400, 403)
    line = RunLine.objects.get()
    assert host.post(page(firm, "portal-run-line-drop", line.uid)).status_code in (403, 404)
    assert RunLine.objects.on().exists()
    assert browser_of(theirs.users[Role.TENANT_OWNER]).get(run).status_code == 404
