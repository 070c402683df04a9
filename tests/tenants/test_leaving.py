"""A firm leaves its park, and comes back: what stands in its way, what ends, and what goes on."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from analytics.events.takings import Takings
from core.actors import Actor, key_actor, user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_start, now, today
from core.errors import Conflict, InvalidInput, Refused
from core.models import AuditEntry, ScopeNode
from core.scoping import visible_to
from core.services import tool_key_by_secret
from livestreams import guards as of_rooms
from livestreams.models import Booking, EquipmentLoan, Host, LiveRoom, LiveSession
from livestreams.services import booking_create, room_create, room_update, rooms
from parks.models import Event
from supplychain.choices import RESERVATION_OPEN
from supplychain.models import GoodsOffer, Product, Reservation, Sku, Statement, StockLevel
from supplychain.services import goods_offer, inbound_announce, item_enter
from tenants.errors import TenantStays
from tenants.models import Charge, EventEntry, Lease, Tenancy, Tenant
from tenants.services import event_enter, firms, lease_create, lease_end, tenancy_move, tenant_leave
from tests.factories import SYSTEM, TenantWorld, World, make_park, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def mine(world: World) -> TenantWorld:
    return world.tenants[0]


def clear(mine: TenantWorld) -> None:
    """The firm gives everything back: nothing of it stands in the way any more."""
    tenant = mine.tenant
    lease_end(actor=SYSTEM, lease=mine.lease, day=today())
    Booking.objects.filter(host__tenant=tenant).update(state="cancelled")
    Booking.objects.filter(tenant=tenant).update(state="cancelled")
    EquipmentLoan.objects.filter(tenant=tenant).update(back_at=now() + 9 * DAY, condition="good")
    Reservation.objects.filter(owner=tenant, state__in=RESERVATION_OPEN).update(state="released")
    LiveRoom.objects.filter(dedicated_to=tenant).update(dedicated_to=None)
    StockLevel.objects.filter(owner=tenant).update(on_hand=0, reserved=0)


def book(mine: TenantWorld, world: World, *, hours: int = 40, **values: Any) -> Booking:
    starts_at = day_start(today() + 3 * DAY) + hours * HOUR
    given = {"actor": SYSTEM, "tenant": mine.tenant, "room": world.rooms[0]} | values
    return booking_create(starts_at=starts_at, ends_at=starts_at + HOUR, **given)


def seats(tenant: Tenant) -> list[tuple[Any, ...]]:
    return list(tenant.tenancies.order_by("from_day").values_list("park", "from_day", "to_day"))[-2:]


def test_what_stands_in_the_way_is_named(world: World, mine: TenantWorld) -> None:
    other, tenant, code = world.tenants[1], mine.tenant, world.warehouse.code
    item = EquipmentLoan.objects.get(tenant=tenant).item
    with pytest.raises(TenantStays) as refused:
        tenant_leave(actor=world.manager, tenant=tenant, day=today())
    everything = (
        f"{mine.lease.number} (2099-01-01)",
        str(mine.booking),
        str(item),
        f"{code} (50)",
        f"{code} (2)",
    )
    assert [told for told in everything if told not in str(refused.value)] == []

    clear(mine)
    parcel = Reservation.objects.filter(seller=tenant).exclude(parcel=None)[0].parcel
    again: dict[str, Callable[[], object]] = {
        mine.lease.number: lambda: Lease.objects.filter(pk=mine.lease.pk).update(to_day=today() + DAY),
        str(mine.booking): lambda: Booking.objects.filter(pk=mine.booking.pk).update(state="held"),
        str(mine.host): lambda: Booking.objects.filter(pk=other.booking.pk).update(host=mine.host),
        str(mine.session): lambda: LiveSession.objects.filter(pk=mine.session.pk).update(
            state="lost", ended_at=None
        ),
        str(world.rooms[1]): lambda: LiveRoom.objects.filter(pk=world.rooms[1].pk).update(
            dedicated_to=tenant
        ),
        str(item): lambda: EquipmentLoan.objects.filter(tenant=tenant).update(back_at=None, condition=""),
        f"{code} (1)": lambda: StockLevel.objects.filter(owner=tenant).update(on_hand=1),
        f"{code} (3)": lambda: Reservation.objects.filter(seller=tenant).update(
            state="in_wave", parcel=parcel, owner=other.tenant
        ),
    }
    for told, put_back in again.items():
        with transaction.atomic():
            put_back()
            with pytest.raises(TenantStays) as one:
                tenant_leave(actor=world.manager, tenant=tenant, day=today())
            assert told in str(one.value), told
            transaction.set_rollback(True)
    assert tenant_leave(actor=world.manager, tenant=tenant, day=today()).closed_on == today()


def test_only_what_the_park_itself_has_of_it_stands_in_the_way(world: World, mine: TenantWorld) -> None:
    """What it left behind at the park where it was before is between that park and itself."""
    there = make_world("beta")
    tenancy_move(actor=SYSTEM, tenant=mine.tenant, park=there.park, from_day=today() - DAY)
    Booking.objects.filter(tenant=mine.tenant).update(state="cancelled")
    assert tenant_leave(actor=there.manager, tenant=mine.tenant, day=today()).closed_on == today()
    assert seats(mine.tenant)[1] == (there.park.pk, today() - DAY, today())


def test_who_may_let_a_firm_go_and_when(world: World, mine: TenantWorld) -> None:
    clear(mine)
    tenant = mine.tenant
    came = Tenancy.objects.get(tenant=tenant).from_day
    for actor in (mine.owner, user_actor(world.users[Role.PARK_FINANCE]), make_world("beta").manager):
        with pytest.raises(Refused):
            tenant_leave(actor=actor, tenant=tenant, day=today())
    for day in (today() + DAY, came, came - DAY):
        with pytest.raises(InvalidInput) as wrong:
            tenant_leave(actor=world.manager, tenant=tenant, day=day)
        assert wrong.value.field == "day"
    assert seats(tenant) == [(world.park.pk, came, None)]
    lease_end(actor=SYSTEM, lease=mine.lease, day=came + DAY)
    tenant_leave(actor=world.manager, tenant=tenant, day=today() - DAY)
    assert seats(tenant) == [(world.park.pk, came, today() - DAY)]
    with pytest.raises(InvalidInput) as wrong:
        tenant_leave(actor=world.manager, tenant=tenant, day=today())
    assert wrong.value.code == "left"
    entry = AuditEntry.objects.get(verb="tenant.leave")
    assert (entry.node_id, entry.before["park"], entry.after["closed_on"]) == (
        tenant.pk,
        world.park.code,
        str(today() - DAY),
    )


def test_a_firm_that_left_rents_and_books_and_offers_nothing(world: World, mine: TenantWorld) -> None:
    tenant, other = mine.tenant, world.tenants[1]
    Tenant.objects.filter(pk=tenant.pk).update(shares_orders_with_park=True)
    offer = offered(mine)
    assert offer in GoodsOffer.objects.standing()
    clear(mine)
    seen_before = Tenant.objects.get(pk=tenant.pk)
    tenant_leave(actor=world.manager, tenant=tenant, day=today())
    assert not Tenant.objects.get(pk=tenant.pk).shares_orders_with_park
    assert offer not in GoodsOffer.objects.standing()
    refusals: tuple[Callable[[], object], ...] = (
        lambda: book(mine, world, tenant=seen_before),
        lambda: book(other, world, host=mine.host),
        lambda: let(world, seen_before, to_day=today() + DAY),
        lambda: offered(mine),
        lambda: inbound_announce(
            actor=SYSTEM,
            warehouse=world.warehouse,
            sku=Sku.objects.get(pk=mine.skus[0].pk),
            pieces=1,
            day=today(),
        ),
    )
    for refused in refusals:
        with pytest.raises(InvalidInput) as refusal:
            refused()
        assert refusal.value.field in ("tenant", "host", "product", "sku")
    assert let(world, seen_before, to_day=today()), "a lease of its time may still be entered"


def test_no_room_is_reserved_for_a_firm_that_left(world: World, mine: TenantWorld) -> None:
    """Nobody else could book it."""
    clear(mine)
    tenant_leave(actor=world.manager, tenant=mine.tenant, day=today())
    with pytest.raises(InvalidInput) as refused:
        room_update(actor=world.manager, room=world.rooms[1], dedicated_to=mine.tenant)
    assert (refused.value.code, refused.value.field) == ("tenant", "dedicated_to")
    assert LiveRoom.objects.get(pk=world.rooms[1].pk).dedicated_to is None


def test_no_new_room_is_reserved_for_a_firm_that_leaves_meanwhile(
    world: World, mine: TenantWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes the room waits for the firm's lock, and asks then where the firm is."""
    clear(mine)
    lock_row = rooms.lock_row

    def leave_before(*row: Any) -> Any:
        monkeypatch.undo()
        tenant_leave(actor=world.manager, tenant=mine.tenant, day=today())
        return lock_row(*row)

    monkeypatch.setattr(rooms, "lock_row", leave_before)
    with pytest.raises(InvalidInput) as refused:
        room_create(actor=world.manager, park=world.park, code="new", name_zh="新", dedicated_to=mine.tenant)
    assert (refused.value.code, refused.value.field) == ("tenant", "dedicated_to")
    assert not LiveRoom.objects.filter(code="new").exists()


def test_a_firm_does_not_move_while_rooms_are_reserved_for_it(
    world: World, mine: TenantWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another park it cannot book them, and nobody else could; also one that is reserved as the move waits."""
    elsewhere, room = make_park("elsewhere"), world.rooms[1]
    move = {"actor": SYSTEM, "tenant": mine.tenant, "park": elsewhere, "from_day": today()}
    lock_rows = of_rooms.lock_rows

    def reserve_before(rows: Any) -> Any:
        assert set(rows) >= set(world.rooms)
        room_update(actor=world.manager, room=room, dedicated_to=mine.tenant)
        return lock_rows(rows)

    with monkeypatch.context() as patched:
        patched.setattr(of_rooms, "lock_rows", reserve_before)
        with pytest.raises(TenantStays) as refused:
            tenancy_move(**move)
    assert str(room) in str(refused.value)
    assert seats(mine.tenant)[-1][0] == world.park.pk
    assert ScopeNode.objects.get(pk=mine.tenant.pk).parent_id == world.park.pk
    room_update(actor=world.manager, room=room, dedicated_to=mine.tenant)
    with pytest.raises(TenantStays):
        tenancy_move(**move)
    room_update(actor=world.manager, room=room, dedicated_to=None)
    tenancy_move(**move)
    assert seats(mine.tenant)[-1][0] == elsewhere.pk


def test_a_firm_that_leaves_takes_part_in_events_no_more(world: World, mine: TenantWorld) -> None:
    """By whoever lets it go; what is over stays as it was, and once it is back it enters again."""
    clear(mine)
    entry, product = mine.entry, mine.skus[0].product
    leasing = user_actor(make_user("leasing", Role.PARK_LEASING, world.park.node))
    event = entry.event
    with transaction.atomic():
        over = {"main_from": today() - DAY, "main_until": today() - DAY, "last_day": today() - DAY}
        Event.objects.filter(pk=event.pk).update(**over)
        tenant_leave(actor=leasing, tenant=mine.tenant, day=today())
        assert EventEntry.objects.get(pk=entry.pk).closed_on is None
        transaction.set_rollback(True)
    with transaction.atomic():
        tenant_leave(actor=leasing, tenant=mine.tenant, day=today())
        assert mine.tenant.pk not in Takings(event, None).tenants
        EventEntry.objects.filter(pk=entry.pk).update(closed_on=None)
        with pytest.raises(Conflict) as refused:
            item_enter(actor=mine.owner, entry=entry, product=product, price=Decimal(1))
        assert refused.value.code == "not_entered"
        transaction.set_rollback(True)

    tenant_leave(actor=leasing, tenant=mine.tenant, day=today())
    trail = AuditEntry.objects.get(verb="evententry.update", object_id=entry.pk)
    assert (trail.actor, trail.node_id, trail.before, trail.after) == (
        leasing.label,
        mine.tenant.pk,
        {"closed_on": None},
        {"closed_on": str(today())},
    )
    tenancy_move(actor=SYSTEM, tenant=mine.tenant, park=world.park, from_day=today())
    assert EventEntry.objects.get(pk=entry.pk).closed_on == today()
    assert event_enter(actor=mine.owner, event=event, tenant=mine.tenant).closed_on is None


def test_its_people_and_tools_keep_what_is_its_own_and_see_nothing_of_the_park(
    world: World, mine: TenantWorld
) -> None:
    """By the API: refunds of what it sold come for weeks, and what is due is still to be paid."""
    clear(mine)
    offer = offered(world.tenants[1])

    def seen(actor: Actor) -> dict[str, bool]:
        rows = {
            "rooms": LiveRoom.objects.filter(park=world.park),
            "pool": GoodsOffer.objects.filter(pk=offer.pk),
            "own sessions": LiveSession.objects.filter(tenant=mine.tenant),
            "own charges": Charge.objects.filter(tenant=mine.tenant),
            "statements": Statement.objects.filter(agreement__seller=mine.tenant),
        }
        return {name: visible_to(found, actor).exists() for name, found in rows.items()}

    assert seen(mine.owner) == dict.fromkeys(seen(mine.owner), True)
    before = seen(mine.tool)
    tenant_leave(actor=SYSTEM, tenant=mine.tenant, day=today())
    of_the_park = {"rooms": False, "pool": False}
    key = tool_key_by_secret(mine.secret)
    assert key is not None
    assert seen(mine.owner) == {**dict.fromkeys(before, True), **of_the_park}
    assert seen(key_actor(key)) == {**before, **of_the_park}
    assert before["rooms"]
    assert world.manager.grants[0].park_id == world.park.pk
    tenancy_move(actor=SYSTEM, tenant=mine.tenant, park=world.park, from_day=today())
    assert seen(mine.owner)["rooms"]


def offered(mine: TenantWorld) -> GoodsOffer:
    return goods_offer(
        actor=mine.owner,
        product=Product.objects.get(pk=mine.skus[1].product_id),
        floor_price=Decimal(9),
        commission_rate=Decimal(10),
        pieces=3,
    )


def let(world: World, tenant: Tenant, **values: Any) -> Lease:
    given = {"actor": SYSTEM, "park": world.park, "number": "late", "units": [(world.units[3], Decimal(10))]}
    return lease_create(tenant=tenant, **{**given, "from_day": today() - 9 * DAY, **values})


def test_what_was_made_while_the_exit_waited_counts(
    world: World, mine: TenantWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leases are looked at under the lock of the firm, bookings under those of its park's rooms and of its hosts."""
    clear(mine)
    lock_row, lock_rows = firms.lock_row, of_rooms.lock_rows

    def let_before(*row: Any) -> Any:
        with monkeypatch.context() as plain:
            plain.setattr(firms, "lock_row", lock_row)
            let(world, mine.tenant, to_day=today() + DAY)
        return lock_row(*row)

    def book_before(rows: Any) -> Any:
        if rows.model is LiveRoom:
            assert set(rows) >= set(world.rooms)
            book(mine, world)
        return lock_rows(rows)

    def borrow_before(rows: Any) -> Any:
        if rows.model is Host:
            assert mine.host in rows
            Booking.objects.filter(pk=world.tenants[1].booking.pk).update(host=mine.host)
        return lock_rows(rows)

    for module, name, meanwhile, told in (
        (firms, "lock_row", let_before, "late (" ),
        (of_rooms, "lock_rows", book_before, str(world.rooms[0])),
        (of_rooms, "lock_rows", borrow_before, str(mine.host)),
    ):  # fmt: skip
        with monkeypatch.context() as patched, transaction.atomic():
            patched.setattr(module, name, meanwhile)
            with pytest.raises(TenantStays) as refused:
                tenant_leave(actor=SYSTEM, tenant=mine.tenant, day=today())
            assert told in str(refused.value)
            transaction.set_rollback(True)


def test_a_firm_comes_back_to_its_park_or_to_another(world: World, mine: TenantWorld) -> None:
    tenant, park = mine.tenant, world.park
    clear(mine)
    lease_end(actor=SYSTEM, lease=mine.lease, day=mine.lease.from_day + DAY)
    left, came = today() - 2 * DAY, Tenancy.objects.get(tenant=tenant).from_day
    trail = AuditEntry.objects.filter(verb="lease.create", object_label=str(mine.lease))
    tenant_leave(actor=world.manager, tenant=tenant, day=left)
    with pytest.raises(InvalidInput) as early:
        tenancy_move(actor=world.manager, tenant=tenant, park=park, from_day=left - DAY)
    assert early.value.field == "from_day"

    with transaction.atomic():
        tenancy_move(actor=world.manager, tenant=tenant, park=park, from_day=today())
        assert Tenant.objects.get(pk=tenant.pk).closed_on is None
        assert seats(tenant) == [(park.pk, came, left), (park.pk, today(), None)]
        assert visible_to(trail, world.manager).exists()
        assert own_trail(tenant, world.manager), "what the firm did here before is still read"
        assert book(mine, world).tenant == tenant
        transaction.set_rollback(True)

    elsewhere = make_park("elsewhere")
    tenancy_move(actor=SYSTEM, tenant=tenant, park=elsewhere, from_day=left)
    assert Tenant.objects.get(pk=tenant.pk).closed_on is None
    assert seats(tenant) == [(park.pk, came, left), (elsewhere.pk, left, None)]
    assert ScopeNode.objects.get(pk=tenant.pk).parent_id == elsewhere.pk
    assert not own_trail(tenant, world.manager)


def own_trail(tenant: Tenant, actor: Actor) -> bool:
    entries = AuditEntry.objects.filter(node_id=tenant.pk, verb__in=("tenant.create", "tenant.leave"))
    return visible_to(entries, actor).exists()
