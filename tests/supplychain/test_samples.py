"""Samples of the goods pool: asked for, agreed, out, back or charged; the stock and the statements follow."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import month_of, next_month, now, today
from core.errors import Conflict, DomainError, InvalidInput, NotFound, Refused
from core.scoping import visible_to
from livestreams.errors import WrongState
from supplychain.choices import DueKind, MoveKind, SampleState
from supplychain.models import Agreement, GoodsOffer, SampleRequest, StockLevel, StockMove
from supplychain.services import (
    agreement_propose,
    agreement_sign,
    goods_offer,
    goods_offer_withdraw,
    sample_agree,
    sample_ask,
    sample_charge,
    sample_hand_out,
    sample_refuse,
    sample_take_back,
    sample_withdraw,
    statement_count,
)
from tests.factories import SYSTEM, TenantWorld, World, make_host, make_user, make_world

pytestmark = pytest.mark.both_databases
DAY = timedelta(days=1)
PRICE = Decimal("45.50")


@pytest.fixture
def offer(theirs: TenantWorld) -> GoodsOffer:
    return offered(theirs)


def offered(theirs: TenantWorld, **terms: Any) -> GoodsOffer:
    given = {"floor_price": Decimal(59), "commission_rate": Decimal(20), "pieces": 100, "samples": 3, **terms}
    return goods_offer(**{"actor": theirs.owner, "product": theirs.skus[0].product, **given})


def who(firm: TenantWorld, role: str) -> Actor:
    if role not in firm.users:
        firm.users[role] = make_user(f"{firm.tenant.code}-{role}", Role(role), firm.tenant.node)
    return user_actor(firm.users[role])


def ask(mine: TenantWorld, offer: GoodsOffer, **values: Any) -> SampleRequest:
    given: dict[str, Any] = {"actor": mine.owner, "tenant": mine.tenant, "pieces": 2, "until": today() + DAY}
    return sample_ask(**{**given, "offer": offer, **values})


def agreed(mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer, **values: Any) -> SampleRequest:
    return sample_agree(actor=theirs.owner, request=ask(mine, offer, **values), price=PRICE)


def out(world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer) -> SampleRequest:
    return sample_hand_out(
        actor=who(theirs, Role.TENANT_WAREHOUSE),
        request=agreed(mine, theirs, offer),
        sku=theirs.skus[0],
        warehouse=world.warehouse,
    )


def lent_outside(
    world: World, mine: TenantWorld, platform: str = "douyin", ref: str = "daren-1", **values: Any
) -> SampleRequest:
    """Own goods, handed out to an outside host."""
    offer = GoodsOffer.objects.filter(tenant=mine.tenant).first() or offered(mine)
    request = agreed(mine, mine, offer, platform=platform, outside_ref=ref, **values)
    return sample_hand_out(
        actor=who(mine, Role.TENANT_WAREHOUSE),
        request=request,
        sku=mine.skus[0],
        warehouse=world.warehouse,
    )


def with_outside_host(mine: TenantWorld, **terms: Any) -> Agreement:
    given: dict[str, Any] = {
        "kind": "outside_host",
        "title": "live",
        "outside_name": "Xiaoman",
        "outside_ref": "daren-1",
        "from_day": month_of(today()),
        "sales": "outside",
        "tiers": [(Decimal(0), Decimal(18))],
        **terms,
    }
    agreement = agreement_propose(actor=mine.owner, seller=mine.tenant, **given)
    return agreement_sign(actor=mine.owner, agreement=agreement)


def available(firm: TenantWorld) -> int:
    return StockLevel.objects.get(sku=firm.skus[0]).available


def test_both_firms_and_their_park_see_a_request_and_nobody_else(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    asked = ask(mine, offer)
    rows = SampleRequest.objects.all()
    keeper = user_actor(world.users[Role.PARK_WAREHOUSE])
    for actor in (mine.owner, theirs.owner, who(theirs, Role.TENANT_WAREHOUSE), world.manager, keeper):
        assert asked in visible_to(rows, actor)
    stranger = make_world("beta").tenants[0]
    assert asked not in visible_to(rows, stranger.owner)
    assert asked not in visible_to(rows, who(mine, Role.HOST))
    with pytest.raises(NotFound):
        sample_agree(actor=stranger.owner, request=asked, price=PRICE)
    with pytest.raises(InvalidInput):
        ask(stranger, offer)
    for actor, tenant in ((theirs.owner, mine.tenant), (who(mine, Role.TENANT_FINANCE), mine.tenant)):
        with pytest.raises(Refused):
            ask(mine, offer, actor=actor, tenant=tenant)


def test_a_host_asks_for_themself(mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer) -> None:
    host = who(mine, Role.HOST)
    asked = ask(mine, offer, actor=host, note="red, L")
    assert (asked.host, asked.note) == (mine.host, "red, L")
    assert asked in visible_to(SampleRequest.objects.all(), host)
    other = make_host(mine.tenant, "another")
    with pytest.raises(Refused):
        ask(mine, offer, actor=host, host=other)
    assert ask(mine, offer, host=other, pieces=1).host == other
    with pytest.raises(InvalidInput):
        ask(mine, offer, host=theirs.host)
    with pytest.raises(Refused):
        sample_withdraw(actor=host, request=asked)


def test_an_outside_host_is_a_platform_and_an_account_there(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    account = {"platform": "douyin", "outside_ref": "daren-1"}
    for wrong, field in (
        ({"platform": ""}, "platform"),
        ({"outside_ref": ""}, "outside_ref"),
        ({"platform": "nowhere"}, "platform"),
        ({"outside_ref": "x" * 65}, "outside_ref"),
        ({"host": mine.host}, "outside_ref"),
    ):
        with pytest.raises(InvalidInput) as refused:
            ask(mine, offer, **{**account, **wrong})
        assert refused.value.field == field
    with pytest.raises(Refused):
        ask(mine, offer, actor=who(mine, Role.HOST), **account)
    asked = ask(mine, offer, **account)
    assert (asked.platform, asked.outside_ref, asked.host, asked.is_own) == ("douyin", "daren-1", None, False)


def test_own_goods_are_lent_to_outside_hosts_and_to_nobody_else(
    world: World, mine: TenantWorld, theirs: TenantWorld
) -> None:
    own = offered(mine)
    for values in ({}, {"host": mine.host}):
        with pytest.raises(InvalidInput) as refused:
            ask(mine, own, **values)
        assert refused.value.code == "own"
    with pytest.raises((Refused, InvalidInput)):
        ask(mine, own, actor=who(mine, Role.HOST), platform="douyin", outside_ref="daren-1")
    before = available(mine)
    request = lent_outside(world, mine)
    assert (request.is_own, request.state, available(mine)) == (True, SampleState.OUT, before - 2)
    move = StockMove.objects.latest("pk")
    assert (move.kind, move.owner_id, move.quantity, move.note) == (
        MoveKind.SAMPLE_LOAN,
        mine.tenant.pk,
        -2,
        "daren-1",
    )
    # What is with an outside host is no longer left to lend to firms.
    with pytest.raises(InvalidInput):
        ask(theirs, own)
    assert ask(theirs, own, pieces=1)
    keeper = user_actor(world.users[Role.PARK_WAREHOUSE])
    assert request in visible_to(SampleRequest.objects.all(), keeper)
    for actor in (theirs.owner, who(mine, Role.HOST)):
        assert request not in visible_to(SampleRequest.objects.all(), actor)
    back = sample_take_back(actor=keeper, request=request, whole=2)
    assert (back.state, available(mine)) == (SampleState.BACK, before)


def test_only_what_the_offer_lends_and_until_a_day_to_come(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    for wrong in (
        {"pieces": 4},
        {"pieces": 0},
        {"until": today() - DAY},
        {"until": today() + 181 * DAY},
        {"actor": theirs.owner, "tenant": theirs.tenant},
        {"note": "x" * 201},
    ):
        with pytest.raises(InvalidInput):
            ask(mine, offer, **wrong)
    first, second = ask(mine, offer), ask(mine, offer)
    sample_agree(actor=theirs.owner, request=first, price=PRICE)
    with pytest.raises(InvalidInput):
        sample_agree(actor=theirs.owner, request=second, price=PRICE)
    with pytest.raises(InvalidInput):
        ask(mine, offer)
    assert ask(mine, offer, pieces=1)
    sample_withdraw(actor=mine.owner, request=first)
    assert sample_agree(actor=theirs.owner, request=second, price=PRICE).state == SampleState.AGREED
    goods_offer_withdraw(actor=theirs.owner, offer=offer)
    with pytest.raises(InvalidInput):
        ask(mine, offer, pieces=1)
    with pytest.raises(WrongState):
        sample_agree(actor=theirs.owner, request=SampleRequest.objects.latest("pk"), price=PRICE)


def test_the_owner_answers_and_whoever_asked_takes_it_back(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    asked = ask(mine, offer)
    for service, values in (
        (sample_agree, {"price": PRICE}),
        (sample_refuse, {"reason": "no"}),
        (sample_charge, {}),
    ):
        with pytest.raises(Refused):
            service(actor=mine.owner, request=asked, **values)
    with pytest.raises(Refused):
        sample_withdraw(actor=theirs.owner, request=asked)
    for price in (Decimal(-1), Decimal("1.001"), Decimal("1e15")):
        with pytest.raises(InvalidInput):
            sample_agree(actor=theirs.owner, request=asked, price=price)
    with pytest.raises(InvalidInput):
        sample_refuse(actor=theirs.owner, request=asked, reason=" ")
    refused = sample_refuse(actor=theirs.owner, request=asked, reason="sold out")
    assert (refused.state, refused.answer) == (SampleState.REFUSED, "sold out")
    with pytest.raises(WrongState):
        sample_agree(actor=theirs.owner, request=asked, price=PRICE)
    with pytest.raises(WrongState):
        sample_withdraw(actor=mine.owner, request=asked)


def test_what_is_out_is_not_available_and_stays_the_owners(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    before, request = available(theirs), agreed(mine, theirs, offer)
    place = {"sku": theirs.skus[0], "warehouse": world.warehouse}
    storeman = who(theirs, Role.TENANT_WAREHOUSE)
    for actor in (theirs.owner, mine.owner, who(mine, Role.TENANT_WAREHOUSE)):
        with pytest.raises((Refused, NotFound)):
            sample_hand_out(actor=actor, request=request, **place)
    with pytest.raises(InvalidInput):
        sample_hand_out(actor=storeman, request=request, **{**place, "sku": theirs.skus[1]})
    held = sample_hand_out(actor=storeman, request=request, **place)
    assert (held.state, available(theirs)) == (SampleState.OUT, before - 2)
    move = StockMove.objects.latest("pk")
    assert (move.kind, move.owner_id, move.quantity) == (MoveKind.SAMPLE_LOAN, theirs.tenant.pk, -2)
    with pytest.raises(WrongState):
        sample_hand_out(actor=storeman, request=request, **place)
    with pytest.raises(WrongState):
        sample_withdraw(actor=mine.owner, request=request)


def test_samples_are_handed_out_of_what_is_there(
    world: World, mine: TenantWorld, theirs: TenantWorld
) -> None:
    request = agreed(mine, theirs, offered(theirs, samples=60), pieces=available(theirs) + 1)
    place = {"sku": theirs.skus[0], "warehouse": world.warehouse}
    with pytest.raises(Conflict) as refused:
        sample_hand_out(actor=user_actor(world.users[Role.PARK_WAREHOUSE]), request=request, **place)
    assert refused.value.code == "stock_short"
    assert SampleRequest.objects.get().state == SampleState.AGREED


def test_goods_in_no_warehouse_are_handed_out_by_their_firm(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    request, sku = agreed(mine, theirs, offer), theirs.skus[0]
    sku.tracked_since = now()
    sku.save()
    with pytest.raises(InvalidInput):
        sample_hand_out(actor=theirs.owner, request=request, sku=sku)
    sku.tracked_since = None
    sku.save()
    for actor in (mine.owner, who(theirs, Role.TENANT_WAREHOUSE)):
        with pytest.raises((Refused, InvalidInput)):
            sample_hand_out(actor=actor, request=request, sku=sku)
    moves = StockMove.objects.count()
    assert sample_hand_out(actor=theirs.owner, request=request, sku=sku).state == SampleState.OUT
    with pytest.raises(Refused):
        sample_take_back(actor=mine.owner, request=request, whole=2)
    assert sample_take_back(actor=theirs.owner, request=request, whole=2).state == SampleState.BACK
    assert StockMove.objects.count() == moves


def test_whole_pieces_come_back_into_the_stock_damaged_ones_do_not(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    before, request = available(theirs), out(world, mine, theirs, offer)
    keeper = user_actor(world.users[Role.PARK_WAREHOUSE])
    for whole, damaged in ((3, 0), (0, 0), (-1, 2), (2, 1)):
        with pytest.raises(InvalidInput):
            sample_take_back(actor=keeper, request=request, whole=whole, damaged=damaged)
    with pytest.raises(Refused):
        sample_take_back(actor=theirs.owner, request=request, whole=1)
    first = sample_take_back(actor=keeper, request=request, whole=1, zone="S-09")
    assert (first.state, first.outstanding, available(theirs)) == (SampleState.OUT, 1, before - 1)
    assert StockMove.objects.latest("pk").zone == "S-09"
    last = sample_take_back(actor=keeper, request=request, whole=0, damaged=1)
    assert (last.state, last.back_on, available(theirs)) == (SampleState.BACK, today(), before - 1)
    with pytest.raises(WrongState):
        sample_take_back(actor=keeper, request=request, whole=1)
    # The damaged one is lent no more: two of three are left.
    assert ask(mine, offer)
    with pytest.raises(InvalidInput):
        ask(mine, offer, pieces=3)
    charged = sample_charge(actor=theirs.owner, request=request)
    assert (charged.amount, charged.agreement) == (PRICE, None)


def test_what_is_past_its_day_is_overdue_and_charged_at_the_stated_price(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    request = out(world, mine, theirs, offer)
    assert not SampleRequest.objects.overdue().exists()
    with time_machine.travel(now() + 2 * DAY, tick=False):
        assert SampleRequest.objects.overdue().get() == request
        charged = sample_charge(actor=theirs.owner, request=request)
        assert (charged.state, charged.amount) == (SampleState.CHARGED, 2 * PRICE)
        assert not SampleRequest.objects.overdue().exists()
    with pytest.raises(WrongState):
        sample_take_back(actor=who(theirs, Role.TENANT_WAREHOUSE), request=request, whole=1)
    with pytest.raises(WrongState):
        sample_charge(actor=theirs.owner, request=request)


def test_what_is_back_whole_is_not_charged(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    request = out(world, mine, theirs, offer)
    sample_take_back(actor=who(theirs, Role.TENANT_WAREHOUSE), request=request, whole=2)
    with pytest.raises(WrongState):
        sample_charge(actor=theirs.owner, request=request)


@pytest.mark.parametrize("asker_sells", [True, False])
@pytest.mark.parametrize("seller_pays", [True, False])
def test_a_charge_stands_in_the_statement_of_both_firms(
    world: World,
    mine: TenantWorld,
    theirs: TenantWorld,
    offer: GoodsOffer,
    asker_sells: bool,
    seller_pays: bool,
) -> None:
    seller, partner = (mine, theirs) if asker_sells else (theirs, mine)
    agreement = agreement_propose(
        actor=seller.owner,
        seller=seller.tenant,
        partner=partner.tenant.code,
        kind="owner",
        title="goods",
        from_day=month_of(today()),
        sales="owned",
        tiers=[(Decimal(0), Decimal(10))],
        seller_pays=seller_pays,
    )
    agreement_sign(actor=partner.owner, agreement=agreement)
    charged = sample_charge(actor=theirs.owner, request=out(world, mine, theirs, offer))
    assert charged.agreement == agreement
    with time_machine.travel(now() + 40 * DAY, tick=False):
        statement = statement_count(actor=SYSTEM, agreement=agreement, month=month_of(charged.charged_on))  # type: ignore[arg-type]
    line = statement.lines.get(version=statement.version, kind=DueKind.SAMPLE)
    # The total is what the payer owes; of samples whoever asked owes the owner.
    owed = 2 * PRICE if seller_pays == asker_sells else -2 * PRICE
    assert (line.count, line.amount, statement.total) == (2, owed, owed)
    assert line.month == month_of(today()) < next_month(today())


@pytest.mark.parametrize("seller_pays", [True, False])
def test_an_outside_host_owes_what_they_kept_of_own_goods(
    world: World, mine: TenantWorld, seller_pays: bool
) -> None:
    for other in (
        {"outside_ref": "daren-2"},
        {"outside_name": "Other", "platform": "kuaishou"},
        {"outside_name": "A firm", "kind": "service", "sales": "all"},
    ):
        with_outside_host(mine, **other)
    agreement = with_outside_host(mine, platform="douyin", seller_pays=seller_pays)
    charged, month = sample_charge(actor=mine.owner, request=lent_outside(world, mine)), month_of(today())
    assert charged.agreement == agreement
    with time_machine.travel(now() + 40 * DAY, tick=False):
        statement = statement_count(actor=SYSTEM, agreement=agreement, month=month)
    line = statement.lines.get(version=statement.version, kind=DueKind.SAMPLE)
    owed = -2 * PRICE if seller_pays else 2 * PRICE
    assert (line.count, line.amount, statement.total) == (2, owed, owed)
    elsewhere = lent_outside(world, mine, platform="taobao", pieces=1)
    assert sample_charge(actor=mine.owner, request=elsewhere).agreement is None


def test_whoever_asked_owes_what_an_outside_host_kept_of_goods_of_others(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    with_outside_host(mine)
    request = agreed(mine, theirs, offer, platform="douyin", outside_ref="daren-1")
    storeman = who(theirs, Role.TENANT_WAREHOUSE)
    sample_hand_out(actor=storeman, request=request, sku=theirs.skus[0], warehouse=world.warehouse)
    # The stock ledger names who answers for the goods; for whom they are is in the request alone.
    assert StockMove.objects.latest("pk").note == str(mine.tenant)
    assert sample_charge(actor=theirs.owner, request=request).agreement is None
    lent_outside(world, mine, pieces=1)
    assert StockMove.objects.latest("pk").note == "daren-1"


def test_the_database_lets_states_go_forward_only_and_keeps_the_terms(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    request = out(world, mine, theirs, offer)
    rows = SampleRequest.objects.filter(pk=request.pk)
    for wrong in (
        {"state": SampleState.AGREED},
        {"state": SampleState.ASKED, "price": None},
        {"state": SampleState.BACK},
        {"state": SampleState.CHARGED},
        {"price": PRICE + 1},
        {"price": None},
        {"pieces": 1},
        {"until": today() + 9 * DAY},
        {"tenant": theirs.tenant},
        {"platform": "douyin", "outside_ref": "daren-1"},
        {"sku": theirs.skus[1]},
        {"whole": 2, "damaged": 1},
        {"amount": PRICE},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    assert rows.update(whole=1) == 1
    refused = sample_refuse(actor=theirs.owner, request=ask(mine, offer, pieces=1), reason="no")
    for state in (SampleState.ASKED, SampleState.WITHDRAWN):
        with pytest.raises(IntegrityError), transaction.atomic():
            SampleRequest.objects.filter(pk=refused.pk).update(state=state)
    with pytest.raises(IntegrityError), transaction.atomic():
        SampleRequest.objects.create(
            offer=offer, tenant=mine.tenant, pieces=1, until=today(), state=SampleState.OUT, price=PRICE
        )
    for wrong in (
        {"platform": "douyin"},
        {"outside_ref": "daren-1"},
        {"platform": "douyin", "outside_ref": "daren-1", "host": mine.host},
    ):
        with pytest.raises(IntegrityError, match="supplychain_sample_borrower"), transaction.atomic():
            SampleRequest.objects.create(offer=offer, tenant=mine.tenant, pieces=1, until=today(), **wrong)


@pytest.mark.django_db(transaction=True)
def test_two_yeses_at_once_lend_no_more_than_the_offer_has() -> None:
    world = make_world("alpha")
    mine, theirs = world.tenants
    offer = offered(theirs, samples=3)
    requests = [ask(mine, offer) for _number in range(3)]
    start, said = threading.Barrier(len(requests)), []

    def agree(request: SampleRequest) -> None:
        start.wait()
        try:
            sample_agree(actor=theirs.owner, request=request, price=PRICE)
            said.append("yes")
        except DomainError as error:
            said.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=agree, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["samples", "samples", "yes"]
    assert SampleRequest.objects.filter(offer=offer).lent() == 2
