"""Yes and no to goods of the pool in the portal, what follows for the owner, and the lines behind counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, now, today
from core.models import User
from core.scoping import visible_to
from supplychain.models import Agreement, Backorder, OfferAnswer, Reservation, SalesEvent
from supplychain.services import agreement_propose, agreement_sign, goods_offer
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.django_db


def page(firm: TenantWorld, name: str, *more: object) -> str:
    return reverse(name, args=[firm.tenant.code, *more])


def english(browser: Client, address: str) -> str:
    browser.cookies["django_language"] = "en"
    return browser.get(address).content.decode()


def test_from_the_yes_to_the_signed_commission(
    world: World, firm: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    theirs = world.tenants[1]
    offer = goods_offer(
        actor=theirs.owner,
        product=theirs.skus[0].product,
        floor_price=Decimal("59.00"),
        commission_rate=Decimal("17.5"),
        pieces=100,
    )
    address, run = (
        page(firm, "portal-goods-offer-page", offer.uid),
        page(firm, "portal-booking-run", firm.booking.uid),
    )
    assert address in english(owner, page(firm, "portal-pool"))
    assert "management of the park see what you say" in english(owner, address)
    assert owner.post(address, {"sells": "no", "reason": ""}).status_code == 400
    assert str(offer.product) in english(owner, run)
    owner.post(address, {"sells": "no", "reason": "too dear"})
    assert str(offer.product) not in english(owner, run)
    owner.post(address, {"sells": "yes", "reason": ""})
    assert f"✓ {offer.product}" in english(owner, run)

    their_owner = browser_of(theirs.users[Role.TENANT_OWNER])
    first = english(their_owner, page(theirs, "portal-today"))
    assert "1 agreement waits for your signature" in first
    assert "1 said yes this week, 0 no" in first
    pool = english(their_owner, page(theirs, "portal-pool"))
    assert f"{page(theirs, 'portal-goods-offer-page', offer.uid)}#answers" in pool
    assert 'yes <span class="num">1</span>' in pool
    agreement = Agreement.objects.get(product=offer.product)
    signing = page(theirs, "portal-agreement", agreement.uid)
    assert signing in english(their_owner, page(theirs, "portal-goods-offer-page", offer.uid))
    their_owner.post(page(theirs, "portal-agreement-sign", agreement.uid))
    assert "too dear" in english(their_owner, page(theirs, "portal-goods-offer-page", offer.uid))
    manager = user_actor(world.users[Role.PARK_MANAGER])
    assert visible_to(OfferAnswer.objects.filter(reason="too dear"), manager).exists()
    assert "17.50 %" in english(owner, page(firm, "portal-agreement", agreement.uid))


def test_behind_the_counts_stand_their_lines(world: World, firm: TenantWorld, owner: Client) -> None:
    sku = firm.skus[0]
    held = {
        "warehouse": world.warehouse,
        "seller": firm.tenant,
        "owner": firm.tenant,
        "sku": sku,
        "quantity": 2,
    }
    for number, hours in enumerate((1, 500)):
        Reservation.objects.create(
            event_id=number + 900_001,
            line=f"x:{number}",
            source_key=f"behind-{number}",
            order_no=f"behind-{hours}",
            paid_at=now() - timedelta(hours=hours),
            **held,
        )
    Backorder.objects.create(
        owner=firm.tenant, sku=sku, event_id=900_009, order_no="behind-short", quantity=5, presold=2,
        occurred_at=now(),
    )  # fmt: skip
    late = english(owner, page(firm, "portal-overdue"))
    assert ("behind-500" in late, "behind-1<" in late) == (True, False)
    assert "behind-1<" in english(owner, page(firm, "portal-unshipped"))
    short = english(owner, page(firm, "portal-oversold"))
    assert ("behind-short" in short, "3 beyond the limit" in short) == (True, True)


def test_only_own_orders_are_linked_where_goods_are_owed(
    world: World, firm: TenantWorld, owner: Client
) -> None:
    """Goods of this firm that another sold: the order is the seller's."""
    mine, theirs = firm.tenant, world.tenants[1].tenant
    for seller, order in ((mine, "own-order"), (theirs, "their-order")):
        record(seller, fact(order))
        event = SalesEvent.objects.get(order_no=order)
        Backorder.objects.create(
            owner=mine, sku=firm.skus[0], event_id=event.pk, order_no=order, quantity=1, occurred_at=now()
        )
    owed = english(owner, page(firm, "portal-owed"))
    assert "their-order" in owed
    assert ("?no=own-order" in owed, "?no=their-order" in owed) == (True, False)


def test_what_a_yes_is_told_of_the_commission_is_true(
    world: World, firm: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    """That it stands below only where it does; an agreement on all sales is one, and charges the goods as well."""
    theirs = world.tenants[1]
    offers = [
        goods_offer(
            actor=theirs.owner,
            product=sku.product,
            floor_price=Decimal(59),
            commission_rate=Decimal("17.5"),
            pieces=100,
        )
        for sku in theirs.skus[:2]
    ]
    common: dict[str, Any] = {
        "actor": SYSTEM,
        "seller": theirs.tenant,
        "partner": firm.tenant.code,
        "kind": "agency",
    }
    common |= {"from_day": today(), "tiers": [(Decimal(0), Decimal(20))]}

    def said(browser: Client, number: int, sells: str = "yes", **more: str) -> str:
        browser.cookies["django_language"] = "en"
        address = page(firm, "portal-goods-offer-page", offers[number].uid)
        form = {"sells": sells, "reason": "" if sells == "yes" else "too dear", **more}
        return browser.post(address, form, follow=True).content.decode()

    stands = "the commission stands below"
    told = said(browser_of(firm.users[Role.TENANT_STAFF]), 0)
    assert ("You have said yes." in told, stands in told) == (True, False)
    told = said(owner, 0, host=firm.host.code)
    assert ("You have said yes." in told, stands in told) == (True, False)
    assert not Agreement.objects.filter(seller=theirs.tenant, kind="agency").exists()
    said(owner, 0, "no")
    assert stands in said(owner, 0)
    assert Agreement.objects.get(seller=theirs.tenant, kind="agency").product == offers[0].product

    terms = {"sales": "hosts", "product": offers[1].product}
    held = agreement_sign(actor=SYSTEM, agreement=agreement_propose(title="of before", **common, **terms))
    agreement_propose(title="of May", follows=held, **common | {"from_day": today() + DAY}, sales="owned")
    told = said(owner, 1)
    assert "could not follow: Only a signed agreement can be followed, and once." in told
    assert stands in told, "that of before"


def test_an_agreement_on_all_sales_stands_for_the_commission(
    world: World, firm: TenantWorld, owner: Client
) -> None:
    theirs = world.tenants[1]
    offer = goods_offer(
        actor=theirs.owner,
        product=theirs.skus[0].product,
        floor_price=Decimal(59),
        commission_rate=Decimal("17.5"),
        pieces=100,
    )
    whole = agreement_propose(
        actor=SYSTEM,
        seller=theirs.tenant,
        partner=firm.tenant.code,
        kind="agency",
        title="frame of all sales",
        from_day=today(),
        sales="all",
        tiers=[(Decimal(0), Decimal(20))],
    )
    agreement_sign(actor=SYSTEM, agreement=whole)
    address = page(firm, "portal-goods-offer-page", offer.uid)
    owner.post(address, {"sells": "yes", "reason": ""})
    told = english(owner, address)
    assert ("frame of all sales" in told, "on all goods, at its own rate" in told) == (True, True)
    assert "Propose the agreement on the commission" not in told
    assert Agreement.objects.get(seller=theirs.tenant, kind="agency") == whole
