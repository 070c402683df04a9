"""The goods pool and the run of show: what others may sell, for how much, in which order, and what was short."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import now
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.scoping import visible_to
from livestreams.choices import BookingState
from livestreams.errors import WrongState
from livestreams.models import LiveSession, SessionTenant
from livestreams.services import session_open
from supplychain.choices import ExplainKind, ShortOf
from supplychain.models import Attribution, GoodsOffer, RunLine, Shortage
from supplychain.services import (
    explain_record,
    goods_offer,
    goods_offer_withdraw,
    placing,
    run_line_drop,
    run_line_move,
    run_line_put,
)
from supplychain.showcase import outcomes
from tenants.services import tenancy_move
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World, make_sku, make_world
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.both_databases
MINUTE = timedelta(minutes=1)


@pytest.fixture
def offer(theirs: TenantWorld) -> GoodsOffer:
    return offered(theirs)


@pytest.fixture
def session(mine: TenantWorld) -> Iterator[LiveSession]:
    """The session of the booking, a minute after its start."""
    with time_machine.travel(mine.booking.starts_at, tick=False) as clock:
        begun = session_open(
            actor=mine.owner,
            tenant=mine.tenant,
            platform="douyin",
            booking=mine.booking,
            room=mine.booking.room,
        )
        clock.shift(60)
        yield begun


def who(mine: TenantWorld, role: str) -> Actor:
    return user_actor(mine.users[role])


def offered(theirs: TenantWorld, **terms: Any) -> GoodsOffer:
    given = {"floor_price": Decimal("59.00"), "commission_rate": Decimal(20), "pieces": 100, **terms}
    return goods_offer(**{"actor": theirs.owner, "product": theirs.skus[0].product, **given})


def put(mine: TenantWorld, **values: Any) -> RunLine:
    given: dict[str, Any] = {
        "actor": mine.owner,
        "booking": mine.booking,
        "price": Decimal("69.00"),
        "pieces": 10,
    }
    return run_line_put(**{**given, **values})


def order_of(mine: TenantWorld) -> list[int]:
    return list(RunLine.objects.on().filter(booking=mine.booking).values_list("product_id", flat=True))


def explain(mine: TenantWorld, session: LiveSession, product: Any, at: Any = None) -> Any:
    return explain_record(
        actor=mine.owner, session=session, kind=ExplainKind.START, product=product, source="test", at=at
    )


def test_the_pool_is_seen_in_the_park_and_nowhere_else(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    pool = GoodsOffer.objects.all()
    for actor in (
        mine.owner,
        who(mine, Role.TENANT_STAFF),
        who(mine, Role.HOST),
        mine.tool,
        theirs.owner,
        world.manager,
    ):
        assert offer in visible_to(pool, actor)
    assert offer not in visible_to(pool, make_world("beta").tenants[0].owner)
    assert offer not in visible_to(pool, mine.owner, "change")
    with pytest.raises(Refused):
        goods_offer_withdraw(actor=mine.owner, offer=offer)
    with pytest.raises(Refused):
        offered(theirs, actor=mine.owner, product=theirs.skus[1].product)


def test_one_offer_at_a_time_and_only_possible_terms(theirs: TenantWorld, offer: GoodsOffer) -> None:
    with pytest.raises(Conflict):
        offered(theirs)
    with pytest.raises(IntegrityError), transaction.atomic():
        GoodsOffer.objects.create(
            tenant=offer.tenant,
            park=offer.park,
            product=offer.product,
            floor_price=1,
            commission_rate=1,
            pieces=1,
        )
    assert goods_offer_withdraw(actor=theirs.owner, offer=offer).withdrawn_at
    assert offered(theirs, floor_price=Decimal(49)).floor_price == 49
    other = theirs.skus[1].product
    for wrong in (
        {"floor_price": Decimal(-1)},
        {"commission_rate": Decimal("100.01")},
        {"pieces": 0},
        {"pieces": 10**12},
        {"floor_price": Decimal("1.00001")},
    ):
        with pytest.raises(InvalidInput):
            offered(theirs, product=other, **wrong)
    other.closed_on = now().date()
    other.save()
    with pytest.raises(InvalidInput):
        offered(theirs, product=other)


def test_the_pool_stands_while_goods_and_firm_do(theirs: TenantWorld, offer: GoodsOffer) -> None:
    assert offer in GoodsOffer.objects.standing()
    moved = make_world("beta").park.node
    node = theirs.tenant.node
    for change in (
        lambda: setattr(offer.product, "closed_on", now().date()) or offer.product.save(),
        lambda: setattr(theirs.tenant, "closed_on", now().date()) or theirs.tenant.save(),
        lambda: type(node).objects.filter(pk=node.pk).update(parent=moved),
        lambda: goods_offer_withdraw(actor=SYSTEM, offer=offer),
    ):
        with transaction.atomic():
            change()
            assert offer not in GoodsOffer.objects.standing()
            transaction.set_rollback(True)
        offer.refresh_from_db()
        theirs.tenant.refresh_from_db()


def test_a_firm_that_moved_offers_its_goods_anew(theirs: TenantWorld, offer: GoodsOffer) -> None:
    park = make_world("beta").park
    tenancy_move(actor=SYSTEM, tenant=theirs.tenant, park=park, from_day=now().date())
    theirs.skus[0].refresh_from_db()
    anew = offered(theirs, actor=user_actor(theirs.users[Role.TENANT_OWNER]))
    assert anew.park == park
    offer.refresh_from_db()
    assert offer.withdrawn_at is not None
    with pytest.raises(Conflict):
        offered(theirs)


def test_a_list_of_the_pool_has_what_stands_and_ones_own(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    def seen(secret: str) -> set[str]:
        return {row["uid"] for row in Caller(secret).get("goods-offers").json()["results"]}

    other = offered(theirs, product=theirs.skus[1].product)
    own = offered(mine, actor=mine.owner, product=mine.skus[0].product)
    for withdrawn in (offer, own):
        goods_offer_withdraw(actor=SYSTEM, offer=withdrawn)
    assert seen(mine.secret) == {str(own.uid), str(other.uid)}
    assert seen(theirs.secret) == {str(offer.uid), str(other.uid)}
    other.product.closed_on = now().date()
    other.product.save()
    assert seen(mine.secret) == {str(own.uid)}


def test_a_price_below_the_floor_is_refused(mine: TenantWorld, offer: GoodsOffer) -> None:
    with pytest.raises(InvalidInput) as refusal:
        put(mine, offer=offer, price=Decimal("58.9999"))
    assert (refusal.value.code, refusal.value.field) == ("below_floor", "price")
    line = put(mine, offer=offer, price=Decimal("59.00"))
    with pytest.raises(InvalidInput):  # nor later
        put(mine, offer=offer, price=Decimal("1.00"))
    for below in ({"price": Decimal(58)}, {"floor_price": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RunLine.objects.filter(pk=line.pk).update(**below)
    assert put(mine, product=mine.skus[0].product, price=Decimal("0.01")).floor_price is None


def test_what_may_stand_on_a_run(mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer) -> None:
    foreign = offered(make_world("beta").tenants[0])
    for wrong in (
        {},
        {"offer": offer, "product": mine.skus[0].product},
        {"offer": foreign},
        {"product": theirs.skus[1].product},
        {"offer": offer, "minute": 120},
        {"offer": offer, "pieces": 0},
        {"product": mine.skus[0].product, "price": Decimal(-1)},
    ):
        with pytest.raises(InvalidInput):
            put(mine, **wrong)
    with pytest.raises(InvalidInput) as refusal:  # nor by somebody who sees both parks
        put(mine, actor=SYSTEM, offer=foreign)
    assert refusal.value.code == "not_found"
    line = put(mine, offer=offer, minute=119)
    assert put(mine, offer=offer, pieces=20) == line  # the same goods: new values, no second line
    assert (RunLine.objects.get().pieces, RunLine.objects.get().minute) == (20, None)
    goods_offer_withdraw(actor=theirs.owner, offer=offer)
    with pytest.raises(InvalidInput) as refusal:
        put(mine, offer=offer)
    assert refusal.value.code == "withdrawn"


def test_only_who_books_plans_and_only_until_the_end(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    line = put(mine, offer=offer)
    for actor in (theirs.owner, world.manager, who(mine, Role.HOST), make_world("beta").tenants[0].owner):
        for write in (
            lambda actor=actor: put(mine, offer=offer, actor=actor),
            lambda actor=actor: run_line_move(actor=actor, line=line, up=True),
            lambda actor=actor: run_line_drop(actor=actor, line=line),
        ):
            with pytest.raises((Refused, NotFound)):
                write()
    # the host and the owner of the goods look
    assert line in visible_to(RunLine.objects.all(), who(mine, Role.HOST))
    assert line in visible_to(RunLine.objects.all(), theirs.owner)
    assert put(mine, product=mine.skus[0].product, actor=mine.tool)
    with time_machine.travel(mine.booking.ends_at, tick=False), pytest.raises(WrongState):
        put(mine, offer=offer)
    mine.booking.state = BookingState.CANCELLED
    mine.booking.save()
    with pytest.raises(WrongState):
        run_line_drop(actor=mine.owner, line=line)


def test_lines_change_places_and_are_taken_off(mine: TenantWorld, offer: GoodsOffer) -> None:
    one, two = (put(mine, product=sku.product) for sku in mine.skus)
    three = put(mine, offer=offer)
    a, b, c = (line.product_id for line in (one, two, three))
    assert order_of(mine) == [a, b, c]
    run_line_move(actor=mine.owner, line=three, up=True)
    assert order_of(mine) == [a, c, b]
    run_line_move(actor=mine.owner, line=one, up=True)  # it is the first
    run_line_move(actor=mine.owner, line=two, up=False)  # it is the last
    assert order_of(mine) == [a, c, b]
    run_line_move(actor=mine.owner, line=one, up=False)
    assert order_of(mine) == [c, a, b]
    run_line_drop(actor=mine.owner, line=one)
    assert order_of(mine) == [c, b]
    with pytest.raises(Conflict):
        run_line_move(actor=mine.owner, line=one, up=True)
    again = put(mine, product=mine.skus[0].product)
    assert again.pk != one.pk
    assert order_of(mine) == [c, b, a]


def test_the_run_is_the_showcase_of_the_session(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer, session: LiveSession
) -> None:
    with pytest.raises(InvalidInput) as refusal:  # goods of others, not on the run
        explain(mine, session, offer.product)
    assert refusal.value.code == "not_found"
    put(mine, offer=offer)
    assert explain(mine, session, offer.product).product == offer.product
    # their owner takes part from then on, so that its order lines find the session
    assert SessionTenant.objects.filter(session=session, tenant=theirs.tenant).exists()
    with pytest.raises(InvalidInput):  # on the run, but a booking of another
        explain(mine, mine.session, offer.product, at=mine.session.started_at)


def test_whose_goods_are_shown_knows_the_hosts_of_the_session(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer, session: LiveSession
) -> None:
    """Also their lines of long before, which named an outside host."""
    record(theirs.tenant, fact("B1", channel="live", host_ref=session.shifts.get().host.code))

    def rules() -> list[str]:
        placing.drain()
        return list(Attribution.objects.order_by("version").values_list("rule", flat=True))

    assert rules() == ["outside_host"]
    put(mine, offer=offer)
    explain(mine, session, offer.product)
    assert rules() == ["outside_host", "outside"]


def test_nothing_is_shown_whose_offer_is_withdrawn(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer, session: LiveSession
) -> None:
    put(mine, offer=offer)
    before = now()
    with time_machine.travel(before + MINUTE, tick=False):
        goods_offer_withdraw(actor=theirs.owner, offer=offer)
        with pytest.raises(InvalidInput) as refusal:
            explain(mine, session, offer.product)
        assert refusal.value.code == "withdrawn"
        assert explain(mine, session, offer.product, at=before)  # it was shown while the offer stood
        assert [each.withdrawn for each in outcomes(mine.owner, mine.booking, session)] == [True]


def test_a_shortage_is_logged_and_stops_nobody(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    put(mine, offer=offer, pieces=100)
    assert not Shortage.objects.exists()
    run_line_put(
        actor=theirs.owner,
        booking=theirs.booking,
        product=theirs.skus[1].product,
        price=Decimal(1),
        pieces=10**6,
    )
    assert not Shortage.objects.exists()  # these goods take no stock: nobody counts them
    line = run_line_put(actor=theirs.owner, booking=theirs.booking, offer=offer, price=Decimal(60), pieces=1)
    short = Shortage.objects.get()
    assert (short.line, short.short_of, short.planned, short.there) == (line, ShortOf.OFFER, 1, 0)
    run_line_drop(actor=mine.owner, line=RunLine.objects.get(booking=mine.booking))
    run_line_put(actor=theirs.owner, booking=theirs.booking, offer=offer, price=Decimal(60), pieces=100)
    assert Shortage.objects.count() == 1  # what is taken off is there again
    sku = mine.skus[0]
    sku.tracked_since = now()
    sku.save()
    own = put(mine, product=sku.product, pieces=49)  # 50 on hand, 2 reserved for orders
    short = Shortage.objects.get(line=own)
    assert (short.short_of, short.planned, short.there) == (ShortOf.STOCK, 49, 48)
    assert short in visible_to(Shortage.objects.all(), who(mine, Role.HOST))
    assert short not in visible_to(Shortage.objects.all(), theirs.owner)


def test_a_session_reports_what_was_planned_there_and_sold(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer, session: LiveSession
) -> None:
    put(mine, offer=offer, pieces=120)
    sku = make_sku(mine.tenant, "own")
    put(mine, product=sku.product, pieces=10)
    sale = {"occurred_at": now(), "sku_code": "own", "session_ref": str(session.uid)}
    record(mine.tenant, fact("B1", qty=3, **sale), fact("B2", qty=4, **sale))
    record(mine.tenant, fact("B3", qty=5, occurred_at=now(), sku_code="own"))  # of no session
    pool, own = outcomes(mine.owner, mine.booking, session)
    assert (pool.there, pool.missing, pool.sold, pool.unsold) == (100, 20, 0, 120)
    assert (own.there, own.missing, own.sold, own.unsold) == (None, 0, 7, 3)
    assert outcomes(mine.owner, mine.booking)[0].unsold is None
    assert outcomes(SYSTEM, mine.booking, mine.session)[1].sold == 0
