"""Good answers on goods and money: re-orders, settlement, samples, the pool, shops, webhooks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import time_machine

from core.clock import DAY, today
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import PayoutEntry, Statement
from supplychain.services import goods_offer_withdraw, import_run, import_stage, placing
from tenants.models import Tenant
from tests.analytics.outside import lend
from tests.api.conftest import Caller
from tests.factories import (
    SYSTEM,
    World,
    make_launch_of,
    make_sku,
    make_user,
)
from tests.supplychain.ledger import fact, record


def of_reorders(world: World, owner: Caller) -> dict[str, Any]:
    """A launch, and its tenant's re-orders from proposal to receipt."""
    mine = world.tenants[0]
    rows = {row.state: row.uid for row in mine.tenant.launches.get().reorders.all()}
    spare = make_launch_of(mine.tenant, make_sku(mine.tenant, "spare"), "spare").reorders.get(
        state="proposed"
    )
    keeper = Caller(user=make_user("keeper", "tenant_warehouse", mine.tenant.node))
    factory, launch = mine.tenant.factories.earliest("id"), mine.tenant.launches.earliest("id")
    wish = {
        "tenant": mine.tenant.code,
        "product": str(mine.skus[1].product.uid),
        "day": str(today()),
        "season_end": str(today() + 30 * DAY),
        "test_batch": 100,
        "price": "99.00",
        "cost": "40.00",
    }
    return {
        "GET factories": owner.get("factories"),
        "GET factories/{uid}": owner.get(f"factories/{factory.uid}"),
        "POST launches": owner.post("launches", wish),
        "GET launches": owner.get("launches"),
        "GET launches/{uid}": owner.get(f"launches/{launch.uid}"),
        "POST reorders/{uid}/confirm": owner.post(f"reorders/{rows['proposed']}/confirm", {"quantity": 10}),
        "POST reorders/{uid}/decline": owner.post(f"reorders/{spare.uid}/decline"),
        "POST reorders/{uid}/advance": owner.post(f"reorders/{rows['proposed']}/advance", {"step": "sewing"}),
        "POST reorders/{uid}/produce": owner.post(f"reorders/{rows['proposed']}/produce"),
        "POST reorders/{uid}/cancel": owner.post(f"reorders/{rows['confirmed']}/cancel"),
        "POST reorders/{uid}/receive": keeper.post(
            f"reorders/{rows['produced']}/receive", {"warehouse": world.warehouse.code}
        ),
        "GET reorders": owner.get("reorders"),
        "GET reorders/{uid}": owner.get(f"reorders/{rows['produced']}"),
    }


def settle_by_platform(tenant: Tenant) -> PayoutEntry:
    """The samples of Douyin's orders and of their settlement, imported."""
    for code in ("douyin-orders", "douyin-settlement"):
        batch = import_stage(
            actor=SYSTEM, tenant=tenant, file_name=code, chunks=[(EXAMPLES / f"{code}.csv").read_bytes()]
        )
        import_run(actor=SYSTEM, batch=batch, progress=lambda *_step: None)
    return PayoutEntry.objects.filter(tenant=tenant).earliest("pk")


def of_settlement(world: World, owner: Caller) -> dict[str, Any]:
    """An agreement with the park from proposal to payment."""
    park, tenant = Caller(user=world.users["park_finance"]), world.tenants[0].tenant
    wish = {
        "seller": "alpha-a",
        "partner": "alpha",
        "kind": "park",
        "title": "rent",
        "from_day": "2010-01-01",
        "sales": "all",
        "tiers": [{"above": "0", "rate": "5"}],
    }
    first, second = (owner.post("agreements", wish) for _number in range(2))
    uid = first.json()["uid"]
    signed = park.post(f"agreements/{uid}/sign")
    counted = owner.post(f"agreements/{uid}/count", {"month": "2010-01-01"})
    row = Statement.objects.get(agreement__uid=uid)
    stated, approved = (
        Statement.objects.filter(agreement__seller=tenant, state=state).exclude(pk=row.pk).earliest("id").uid
        for state in ("draft", "approved")
    )
    payout = settle_by_platform(tenant)
    record(tenant, fact("by-daren", channel="outside_host", host_ref="daren-1"))
    with time_machine.travel(dt.datetime(2025, 6, 2, 4, tzinfo=dt.UTC)):
        sample = lend(world, world.tenants[0], 1)
        goods_offer_withdraw(actor=SYSTEM, offer=sample.offer)
    placing.drain()
    return {
        "POST agreements": first,
        "GET agreements": owner.get("agreements"),
        "GET agreements/{uid}": owner.get(f"agreements/{uid}"),
        "POST agreements/{uid}/withdraw": owner.post(f"agreements/{second.json()['uid']}/withdraw"),
        "POST agreements/{uid}/sign": signed,
        "POST agreements/{uid}/count": counted,
        "POST agreements/{uid}/end": owner.post(f"agreements/{uid}/end", {"to_day": str(today() + DAY)}),
        "GET sessions/{uid}/result": owner.get(f"sessions/{world.tenants[0].session.uid}/result"),
        "GET sessions/{uid}/audience": owner.get(f"sessions/{world.tenants[0].session.uid}/audience"),
        "GET sessions/{uid}/beside": owner.get(f"sessions/{world.tenants[0].session.uid}/beside"),
        "GET beside": owner.get("beside", tenant="alpha-a", since="2025-06-01", until="2025-06-02"),
        "GET payout-entries": owner.get("payout-entries"),
        "GET payout-entries/{uid}": owner.get(f"payout-entries/{payout.uid}"),
        "GET channels": owner.get("channels", tenant="alpha-a", period="2025"),
        "GET owner-results": owner.get("owner-results", tenant="alpha-a", period="2025"),
        "GET outside-hosts": owner.get("outside-hosts", tenant="alpha-a", period="2025"),
        "GET outside-hosts/{code}": owner.get("outside-hosts/daren-1", tenant="alpha-a", period="2025"),
        "GET border": owner.get("border", tenant="alpha-a", period="2025"),
        "GET cash-flow": owner.get("cash-flow", tenant="alpha-a"),
        "GET keep": owner.get("keep", tenant="alpha-a"),
        "GET statements": owner.get("statements"),
        "GET statements/{uid}": owner.get(f"statements/{approved}"),
        "GET statements/{uid}/workings": owner.get(f"statements/{approved}/workings"),
        "GET statement-orders": owner.get("statement-orders"),
        "POST statements/{uid}/dispute": owner.post(f"statements/{stated}/dispute", {"objection": "why"}),
        "POST statements/{uid}/approve": park.post(f"statements/{row.uid}/approve", {"version": 1}),
        "POST statements/{uid}/invoice": owner.post(
            f"statements/{row.uid}/invoice", {"invoice_no": "1", "tax_rate": "6"}
        ),
        "POST statements/{uid}/pay": owner.post(f"statements/{row.uid}/pay", {}),
    }


def of_webhooks(world: World, owner: Caller) -> dict[str, Any]:
    node = world.tenants[0].tenant.node
    message = node.webhooks.get().deliveries.earliest("id").uid
    given = {"node": "alpha-a", "name": "ERP", "url": "https://erp.example/in", "events": ["session.ended"]}
    made = owner.post("webhooks", given)
    uid = made.json()["uid"]
    return {
        "POST webhooks": made,
        "GET webhooks": owner.get("webhooks"),
        "GET webhooks/{uid}": owner.get(f"webhooks/{uid}"),
        "POST webhooks/{uid}/change": owner.post(f"webhooks/{uid}/change", {"low_stock": 3}),
        "POST webhooks/{uid}/try": owner.post(f"webhooks/{uid}/try"),
        "POST webhooks/{uid}/pause": owner.post(f"webhooks/{uid}/pause"),
        "POST webhooks/{uid}/resume": owner.post(f"webhooks/{uid}/resume"),
        "POST webhooks/{uid}/secret": owner.post(f"webhooks/{uid}/secret"),
        "GET webhooks/{uid}/secret": owner.get(f"webhooks/{uid}/secret"),
        "GET webhook-messages": owner.get("webhook-messages"),
        "GET webhook-messages/{uid}": owner.get(f"webhook-messages/{message}"),
        "POST webhook-messages/{uid}/again": owner.post(f"webhook-messages/{message}/again"),
    }


def of_samples(world: World) -> dict[str, Any]:
    """Samples that one firm asks of another: refused, withdrawn for an outside host, and lent, back and charged."""
    mine, theirs = world.tenants
    asker, owner = (Caller(user=firm.users["tenant_owner"]) for firm in (mine, theirs))
    keeper = Caller(user=world.users["park_warehouse"])
    terms = {"floor_price": "50.00", "commission_rate": "10", "pieces": 9, "samples": 3}
    offer = owner.post("goods-offers", {"product": str(theirs.skus[0].product.uid), **terms}).json()["uid"]
    wish = {"tenant": mine.tenant.code, "offer": offer, "pieces": 1, "until": str(today() + DAY)}
    account = {"platform": "douyin", "outside_ref": "daren-1"}
    asked = asker.post("sample-requests", {**wish, "host": mine.host.code, "note": "red"})
    lent, refused, withdrawn = (
        f"sample-requests/{uid}"
        for uid in (
            asked.json()["uid"],
            asker.post("sample-requests", wish).json()["uid"],
            asker.post("sample-requests", {**wish, **account}).json()["uid"],
        )
    )
    place = {"sku": str(theirs.skus[0].uid), "warehouse": world.warehouse.code}
    no = {"offer": offer, "tenant": mine.tenant.code, "sells": False, "reason": "too dear"}
    said = asker.post("offer-answers", no)
    yes = asker.post("offer-answers", {"offer": offer, "tenant": mine.tenant.code, "sells": True})
    return {
        "POST offer-answers": said,
        "POST offer-answers/{uid}/agreement": asker.post(f"offer-answers/{yes.json()['uid']}/agreement"),
        "GET offer-answers": owner.get("offer-answers"),
        "GET offer-answers/{uid}": owner.get(f"offer-answers/{said.json()['uid']}"),
        "POST sample-requests": asked,
        "POST sample-requests/{uid}/refuse": owner.post(f"{refused}/refuse", {"reason": "sold out"}),
        "POST sample-requests/{uid}/withdraw": asker.post(f"{withdrawn}/withdraw"),
        "POST sample-requests/{uid}/agree": owner.post(f"{lent}/agree", {"price": "45.00", "answer": "yes"}),
        "POST sample-requests/{uid}/hand-out": keeper.post(f"{lent}/hand-out", place),
        "POST sample-requests/{uid}/take-back": keeper.post(f"{lent}/take-back", {"whole": 0, "damaged": 1}),
        "POST sample-requests/{uid}/charge": owner.post(f"{lent}/charge"),
        "GET sample-requests": asker.get("sample-requests"),
        "GET sample-requests/{uid}": asker.get(lent),
    }


def of_inbound(world: World) -> dict[str, Any]:
    """Goods that are announced and come short, and others that do not come."""
    mine, keeper = world.tenants[0], Caller(user=world.users["park_warehouse"])
    owner = Caller(user=mine.users["tenant_owner"])
    come = {"warehouse": world.warehouse.code, "sku": str(mine.skus[0].uid), "pieces": 5}
    wish = {**come, "day": str(today() + DAY), "note": "two cartons"}
    told = owner.post("inbound-notices", wish)
    uid, other = told.json()["uid"], owner.post("inbound-notices", wish).json()["uid"]
    counted = {"received": 4, "difference": "one torn"}
    return {
        "POST inbound-notices": told,
        "POST inbound-notices/{uid}/receive": keeper.post(f"inbound-notices/{uid}/receive", counted),
        "POST inbound-notices/{uid}/withdraw": owner.post(f"inbound-notices/{other}/withdraw"),
        "GET inbound-notices": owner.get("inbound-notices"),
        "GET inbound-notices/{uid}": owner.get(f"inbound-notices/{uid}"),
    }


def of_certificates(world: World) -> dict[str, Any]:
    """Certificates that are handed in, accepted, refused and taken back."""
    mine, manager = world.tenants[0], Caller(user=world.users["park_manager"])
    owner = Caller(user=mine.users["tenant_owner"])
    wish = {"kind": "ccc", "issuer": "CQC", "valid_from": str(today()), "valid_until": str(today() + DAY)}
    wish["product"] = str(mine.skus[0].product.uid)
    told = [
        owner.post("quality-certificates", {**wish, "number": f"N{number}", **more})
        for number, more in enumerate(({"sku": str(mine.skus[0].uid)}, {}, {}))
    ]
    uids = [each.json()["uid"] for each in told]
    path = "quality-certificates/{}"
    return {
        "POST quality-certificates": told[0],
        f"POST {path.format('{uid}')}/accept": manager.post(f"{path.format(uids[0])}/accept"),
        f"POST {path.format('{uid}')}/refuse": manager.post(
            f"{path.format(uids[1])}/refuse", {"reason": "no"}
        ),
        f"POST {path.format('{uid}')}/withdraw": owner.post(f"{path.format(uids[2])}/withdraw"),
        "GET quality-certificates": owner.get("quality-certificates"),
        f"GET {path.format('{uid}')}": owner.get(path.format(uids[0])),
    }


def of_shops(world: World, owner: Caller) -> dict[str, Any]:
    message = world.tenants[0].tenant.shop_hooks.get().messages.get().uid
    made = owner.post("shop-connections", {"tenant": "alpha-a", "name": "ERP", "kind": "standard"})
    uid = made.json()["uid"]
    return {
        "POST shop-connections": made,
        "GET shop-connections": owner.get("shop-connections"),
        "GET shop-connections/{uid}": owner.get(f"shop-connections/{uid}"),
        "POST shop-connections/{uid}/change": owner.post(f"shop-connections/{uid}/change", {"shop_id": "7"}),
        "POST shop-connections/{uid}/secret": owner.post(f"shop-connections/{uid}/secret"),
        "GET shop-connections/{uid}/secret": owner.get(f"shop-connections/{uid}/secret"),
        "POST shop-connections/{uid}/revoke": owner.post(f"shop-connections/{uid}/revoke"),
        "GET shop-messages": owner.get("shop-messages"),
        "GET shop-messages/{uid}": owner.get(f"shop-messages/{message}"),
        "POST shop-messages/{uid}/close": owner.post(f"shop-messages/{message}/close", {"note": "a test"}),
        "POST shop-messages/{uid}/again": owner.post(f"shop-messages/{message}/again"),
    }


def of_the_pool(world: World, tool: Caller) -> dict[str, Any]:
    """Goods of the pool on a run of show that wants more than there are."""
    mine = world.tenants[0]
    offer = tool.post(
        "goods-offers",
        {
            "product": str(mine.skus[0].product.uid),
            "floor_price": "50.00",
            "commission_rate": "17.5",
            "pieces": 5,
            "samples": 3,
        },
    )
    uid, booking = offer.json()["uid"], str(mine.booking.uid)
    line = tool.post("run-lines", {"booking": booking, "offer": uid, "price": "50.00", "pieces": 6})
    address = f"run-lines/{line.json()['uid']}"
    return {
        "POST goods-offers": offer,
        "GET goods-offers": tool.get("goods-offers"),
        "GET goods-offers/{uid}": tool.get(f"goods-offers/{uid}"),
        "POST run-lines": line,
        "GET run-lines": tool.get("run-lines", booking=booking),
        "GET shortages": tool.get("shortages", booking=booking),
        "POST run-lines/{uid}/move": tool.post(f"{address}/move", {"up": True}),
        "POST run-lines/{uid}/drop": tool.post(f"{address}/drop"),
        "POST goods-offers/{uid}/withdraw": tool.post(f"goods-offers/{uid}/withdraw"),
    }
