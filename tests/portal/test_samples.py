"""Samples in the portal: asked for beside an offer, answered, handed out, taken back and charged by both firms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, now, today
from core.models import User
from supplychain.choices import SampleState
from supplychain.models import GoodsOffer, SampleRequest, StockLevel, StockMove
from supplychain.services import goods_offer
from tests.factories import TenantWorld, World, make_user, make_world

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
        samples=3,
    )


def page(firm: TenantWorld, name: str, *more: object) -> str:
    return reverse(name, args=[firm.tenant.code, *more])


def text(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def test_samples_go_out_and_come_back(
    world: World,
    firm: TenantWorld,
    theirs: TenantWorld,
    offer: GoodsOffer,
    owner: Client,
    browser_of: Callable[[User], Client],
) -> None:
    ask = page(firm, "portal-goods-offer-samples", offer.uid)
    assert ask in text(owner, page(firm, "portal-pool"))
    form = {"pieces": "2", "until": f"{today() + DAY:%Y-%m-%d}", "host": firm.host.code, "note": "red"}
    for wrong in (
        {"pieces": "4"},
        {"pieces": "0"},
        {"pieces": "x"},
        {"until": f"{today() - DAY:%Y-%m-%d}"},
        {"until": ""},
        {"host": theirs.host.code},
    ):
        assert owner.post(ask, {**form, **wrong}).status_code == 400
    assert owner.post(ask, form).status_code == 302
    request = SampleRequest.objects.get()
    giver = browser_of(theirs.users[Role.TENANT_OWNER])
    storeman = browser_of(make_user("store", Role.TENANT_WAREHOUSE, theirs.tenant.node))
    own, their = (page(side, "portal-sample", request.uid) for side in (firm, theirs))
    assert their in text(giver, page(theirs, "portal-samples"))
    assert own in text(owner, page(firm, "portal-samples"))
    asked = "1 request for samples of your goods waits for your answer"
    for browser, side, said in ((giver, theirs, True), (owner, firm, False)):
        browser.cookies["django_language"] = "en"
        assert (asked in text(browser, page(side, "portal-today"))) == said
        browser.cookies["django_language"] = "zh-hans"
    assert 'name="price"' in text(giver, their)
    assert 'name="price"' not in text(owner, own)
    agree = page(theirs, "portal-sample-agree", request.uid)
    for price in ("", "-1", "x", "1.001"):
        giver.post(agree, {"price": price})
        assert SampleRequest.objects.get().state == SampleState.ASKED
    giver.post(agree, {"price": "45.50", "answer": "take care"})
    assert "45.50" in text(owner, own)
    assert page(firm, "portal-sample-withdraw", request.uid) in text(owner, own)
    place = {"sku": str(theirs.skus[0].uid), "warehouse": str(world.warehouse.uid)}
    hand_out = page(theirs, "portal-sample-hand-out", request.uid)
    for wrong in ({"sku": "x"}, {"sku": str(firm.skus[0].uid)}, {"warehouse": str(offer.uid)}):
        storeman.post(hand_out, {**place, **wrong})
        assert SampleRequest.objects.get().state == SampleState.AGREED
    assert str(theirs.skus[0].uid) in text(storeman, their)
    storeman.post(hand_out, place)
    assert StockLevel.objects.get(sku=theirs.skus[0]).on_hand == 48
    take_back = page(theirs, "portal-sample-take-back", request.uid)
    for wrong in ({"whole": "3"}, {"whole": ""}, {"whole": "1", "damaged": "-1"}):
        storeman.post(take_back, wrong)
    assert 'name="zone"' in text(storeman, their)
    back_in = {"whole": "1", "damaged": "1", "warehouse": place["warehouse"], "zone": " S-09 "}
    storeman.post(take_back, {**back_in, "zone": "x" * 33})
    assert SampleRequest.objects.get().state == SampleState.OUT
    storeman.post(take_back, back_in)
    assert StockMove.objects.latest("pk").zone == "S-09"
    back = SampleRequest.objects.get()
    assert (back.state, back.whole, back.damaged) == (SampleState.BACK, 1, 1)
    assert StockLevel.objects.get(sku=theirs.skus[0]).on_hand == 49
    charge = page(theirs, "portal-sample-charge", request.uid)
    assert charge in text(giver, their)
    owner.post(page(firm, "portal-sample-charge", request.uid))
    assert SampleRequest.objects.get().state == SampleState.BACK
    giver.post(charge)
    assert SampleRequest.objects.get().amount == Decimal("45.50")
    assert text(owner, own).count("45.50") == 2


def test_own_goods_go_to_an_outside_host(
    world: World, firm: TenantWorld, theirs: TenantWorld, offer: GoodsOffer, owner: Client, browser_of: Any
) -> None:
    form = {
        "pieces": "1",
        "until": f"{today() + DAY:%Y-%m-%d}",
        "platform": "douyin",
        "outside_ref": "达人/1",
    }
    # Goods of another firm, for an outside host.
    assert owner.post(page(firm, "portal-goods-offer-samples", offer.uid), form).status_code == 302
    assert "达人/1" in text(browser_of(theirs.users[Role.TENANT_OWNER]), page(theirs, "portal-samples"))
    ask = page(theirs, "portal-goods-offer-samples", offer.uid)
    giver = browser_of(theirs.users[Role.TENANT_OWNER])
    assert ask in text(giver, page(theirs, "portal-pool"))
    assert ask not in text(browser_of(theirs.users[Role.HOST]), page(theirs, "portal-pool"))
    assert 'name="host"' not in text(giver, ask)
    assert browser_of(theirs.users[Role.HOST]).get(ask).status_code == 404
    for wrong in ({"platform": ""}, {"platform": "nowhere"}, {"outside_ref": ""}, {"outside_ref": "x" * 65}):
        assert giver.post(ask, {**form, **wrong}).status_code == 400
    assert giver.post(ask, form).status_code == 302
    request = SampleRequest.objects.latest("pk")
    assert (request.tenant, request.platform, request.outside_ref) == (theirs.tenant, "douyin", "达人/1")
    own = page(theirs, "portal-sample", request.uid)
    assert page(theirs, "portal-sample-withdraw", request.uid) in text(giver, own)
    giver.post(page(theirs, "portal-sample-agree", request.uid), {"price": "45.50"})
    storeman = browser_of(make_user("store", Role.TENANT_WAREHOUSE, theirs.tenant.node))
    place = {"sku": str(theirs.skus[0].uid), "warehouse": str(world.warehouse.uid)}
    storeman.post(page(theirs, "portal-sample-hand-out", request.uid), place)
    assert StockLevel.objects.get(sku=theirs.skus[0]).on_hand == 49
    giver.post(page(theirs, "portal-sample-charge", request.uid))
    shown = text(giver, own)
    assert "达人/1" in shown
    assert "与该达人没有分成协议" in shown


def test_what_is_overdue_stands_on_top(
    firm: TenantWorld,
    theirs: TenantWorld,
    offer: GoodsOffer,
    owner: Client,
    browser_of: Callable[[User], Client],
) -> None:
    form = {"pieces": "1", "until": f"{today():%Y-%m-%d}"}
    host = browser_of(firm.users[Role.HOST])
    fields = [f'name="{name}"' for name in ("pieces", "host", "platform", "outside_ref")]
    for browser, seen in ((host, 1), (owner, 4)):
        shown = text(browser, page(firm, "portal-goods-offer-samples", offer.uid))
        assert [name in shown for name in fields] == [True] * seen + [False] * (4 - seen)
    assert host.post(page(firm, "portal-goods-offer-samples", offer.uid), form).status_code == 302
    request = SampleRequest.objects.get()
    assert request.host == firm.host
    SampleRequest.objects.update(state=SampleState.AGREED, price=1)
    SampleRequest.objects.update(state=SampleState.OUT, sku=theirs.skus[0], handed_out_on=today())
    assert "overdue=true" not in text(host, page(firm, "portal-samples"))
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        for browser, side in (
            (browser_of(firm.users[Role.HOST]), firm),
            (browser_of(theirs.users[Role.TENANT_OWNER]), theirs),
        ):
            assert "overdue=true" in text(browser, page(side, "portal-samples"))
            assert str(request.uid) in text(browser, page(side, "portal-samples") + "?overdue=true")
            assert str(request.uid) not in text(browser, page(side, "portal-samples") + "?state=asked")


def test_strangers_and_empty_pages(
    firm: TenantWorld, offer: GoodsOffer, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    assert page(firm, "portal-pool") in text(owner, page(firm, "portal-samples"))
    stranger = make_world("beta").tenants[0]
    away = browser_of(stranger.users[Role.TENANT_OWNER])
    assert away.get(page(stranger, "portal-goods-offer-samples", offer.uid)).status_code == 404
    owner.post(
        page(firm, "portal-goods-offer-samples", offer.uid), {"pieces": "1", "until": f"{today():%Y-%m-%d}"}
    )
    request = SampleRequest.objects.get()
    assert away.get(page(stranger, "portal-sample", request.uid)).status_code == 404
    finance = browser_of(firm.users[Role.TENANT_FINANCE])
    assert finance.get(page(firm, "portal-sample", request.uid)).status_code == 200
    assert finance.post(page(firm, "portal-sample-withdraw", request.uid)).status_code in (403, 404)
    owner.post(page(firm, "portal-sample-withdraw", request.uid))
    assert SampleRequest.objects.get().state == SampleState.WITHDRAWN
