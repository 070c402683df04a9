"""The wall: what a snapshot shows and hides, who may look, and that one loop feeds every screen."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import tracemalloc
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import InterfaceError
from django.test import Client
from django.urls import reverse

from analytics import rollup
from analytics.models import DaySales, HourSales, SessionFigures
from analytics.services import display_link_make, display_link_revoke
from analytics.wall import air
from analytics.wall import hub as hub_module
from analytics.wall.access import Credential
from analytics.wall.hub import Hub, Taken
from analytics.wall.memory import MOST, Memory
from analytics.wall.snapshot import wall_snapshot
from analytics.wall.stream import wall_stream
from core import clock
from livestreams.choices import BookingState, SessionState, ShiftRole
from livestreams.models import (
    AudienceSample,
    Booking,
    HostShift,
    LiveSession,
    Maintenance,
    PlannedShift,
)
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.choices import WallVisibility
from tests.factories import SYSTEM, World, make_host, make_session, make_world
from tests.loops import in_a_loop


def sell(world: World, index: int, paid: str, refunds: str = "0") -> None:
    """Counted figures of today, as the roll-up leaves them."""
    tenant = world.tenants[index].tenant
    sums = {"gmv_paid": Decimal(paid), "refunds": Decimal(refunds), "orders": 3, "units_paid": 4, "lines": 3}
    DaySales.objects.create(tenant=tenant, day=clock.today(), **sums)
    now = clock.now()
    HourSales.objects.create(
        tenant=tenant, day=clock.today(), slot=clock.hour_of(now), channel="live", **sums
    )


@pytest.mark.django_db
def test_a_snapshot_adds_up_and_keeps_what_tenants_hide() -> None:
    world = make_world("alpha")
    other = make_world("beta")
    sell(world, 0, "1234.50", "34.50")
    sell(world, 1, "2000.00")
    sell(other, 0, "99999.99")
    second = world.tenants[1].tenant
    snapshot = wall_snapshot(world.park)
    assert snapshot["figures"] == {
        "gmv_paid": "3234.50",
        "net_sales": "3200.00",
        "orders": 6,
        "units_paid": 8,
    }
    assert snapshot["summed"] == {"tenants": 2, "of": 2}
    assert [amount for amount in snapshot["trend"]["today"] if amount not in (None, "0.00")] == ["3234.50"]
    second.wall_visibility = WallVisibility.RANK
    second.save()
    snapshot = wall_snapshot(world.park)
    assert [(row["rank"], row["name_zh"], row["gmv_paid"]) for row in snapshot["ranking"]] == [
        (1, second.name_zh, None),
        (2, world.tenants[0].tenant.name_zh, "1234.50"),
    ]
    assert "2000.00" not in amounts_to_be_had(snapshot)
    assert snapshot["summed"] == {"tenants": 1, "of": 2}
    assert other.canary not in json.dumps(snapshot, ensure_ascii=False)
    second.wall_visibility = WallVisibility.HIDDEN
    second.save()
    snapshot = wall_snapshot(world.park)
    assert [row["name_zh"] for row in snapshot["ranking"]] == [world.tenants[0].tenant.name_zh]
    assert "2000.00" not in amounts_to_be_had(snapshot)


def amounts_to_be_had(snapshot: dict[str, Any]) -> set[str]:
    """What somebody learns of the tenants who show no amount: every sum on the wall less the shown amounts."""
    shown = sum((Decimal(row["gmv_paid"]) for row in snapshot["ranking"] if row["gmv_paid"]), Decimal(0))
    sums = [
        Decimal(snapshot["figures"]["gmv_paid"]),
        *(Decimal(each or 0) for each in snapshot["trend"]["today"]),
    ]
    return {str(amount) for amount in sums} | {str(amount - shown) for amount in sums}


@pytest.mark.django_db
def test_the_order_of_sessions_tells_nothing_of_who_hides() -> None:
    world = make_world("alpha")
    shown, hidden = (each.tenant for each in world.tenants)
    hidden.wall_visibility = WallVisibility.HIDDEN
    hidden.save()
    rows = [
        make_session(tenant, live_id=f"live{number}", state=SessionState.LIVE, room=None)
        for number, tenant in enumerate((hidden, shown, hidden, shown))
    ]

    def order(paid: tuple[str, ...]) -> list[str]:
        for row, amount in zip(rows, paid, strict=True):
            SessionFigures.objects.update_or_create(session=row, defaults={"gmv_paid": Decimal(amount)})
        uids = {str(row.uid) for row in rows}
        return [each["uid"] for each in wall_snapshot(world.park)["sessions"] if each["uid"] in uids]

    first = order(("900", "10", "1", "20"))
    assert first[:2] == [str(rows[3].uid), str(rows[1].uid)]
    assert order(("1", "10", "900", "20")) == first


@pytest.mark.django_db
def test_rooms_are_live_next_or_free() -> None:
    world = make_world("alpha")
    first = world.tenants[0]
    booking = first.booking
    booking.starts_at, booking.ends_at = clock.now() + clock.HOUR, clock.now() + 2 * clock.HOUR
    booking.blocked_from, booking.blocked_until = booking.starts_at, booking.ends_at
    booking.save()
    live = make_session(
        first.tenant, room=world.rooms[1], starts_at=clock.now() - clock.HOUR, state=SessionState.LIVE
    )
    unread = wall_snapshot(world.park)
    assert (unread["audience"], unread["as_of"]["audience"]) == (None, None), "not known is not nobody"
    LiveSession.objects.filter(pk=live.pk).update(state=SessionState.ENDED, ended_at=clock.now())
    nobody = wall_snapshot(world.park)
    assert (nobody["audience"], nobody["as_of"]["audience"]) == (0, nobody["at"]), "nobody is on air now"
    LiveSession.objects.filter(pk=live.pk).update(state=SessionState.LIVE, ended_at=None)
    AudienceSample.objects.create(session=live, source="t", at=clock.now(), concurrent=321)
    SessionFigures.objects.create(session=live, gmv_paid=Decimal("55.00"))
    snapshot = wall_snapshot(world.park)
    assert [room["state"] for room in snapshot["rooms"]] == ["next", "live"]
    assert snapshot["audience"] == 321
    assert snapshot["sessions"][0]["gmv_paid"] == "55.00"
    assert snapshot["ticker"][0]["what"] in ("started", "ended")
    type(booking).objects.filter(pk=booking.pk).update(state=BookingState.COMPLETED)
    over = wall_snapshot(world.park)
    assert ([room["state"] for room in over["rooms"]], over["next"]) == (["off", "live"], [])


@pytest.mark.django_db
def test_a_room_that_was_lent_is_live_and_says_nothing_of_the_guest() -> None:
    world, guests = make_world("alpha"), make_world("beta")
    guest = guests.tenants[0]
    live = make_session(
        guest.tenant,
        live_id="lent",
        room=world.rooms[1],
        host=guest.host,
        starts_at=clock.now() - clock.HOUR,
        state=SessionState.LIVE,
    )
    AudienceSample.objects.create(session=live, source="t", at=clock.now(), concurrent=4321)
    SessionFigures.objects.create(session=live, gmv_paid=Decimal("77.00"))
    assert live.park == guests.park
    snapshot = wall_snapshot(world.park)
    assert [room["state"] for room in snapshot["rooms"]][1] == "live"
    assert snapshot["audience"] == 0
    assert str(live.uid) not in [each["uid"] for each in snapshot["sessions"]]
    told = json.dumps(snapshot, ensure_ascii=False)
    assert guests.canary not in told
    assert "4321" not in told
    own = wall_snapshot(guests.park)
    assert str(live.uid) in [each["uid"] for each in own["sessions"]]
    assert own["audience"] == 4321


@pytest.mark.django_db
def test_the_page_is_for_those_who_may_look(client: Client) -> None:
    world, other = make_world("alpha"), make_world("beta")
    address = reverse("wall", args=[world.park.code])
    assert client.get(address).status_code == 302
    client.force_login(world.users["park_viewer"])
    page = client.get(address)
    assert page.status_code == 200
    assert world.canary in page.content.decode()
    foreign, absent = (
        client.get(reverse("wall", args=[other.park.code])),
        client.get(reverse("wall", args=["nowhere"])),
    )
    assert foreign.status_code == absent.status_code == 404
    assert other.canary not in foreign.content.decode()
    assert client.get(reverse("walls")).headers["Location"] == address


@pytest.mark.django_db
def test_a_display_link_opens_its_own_wall_until_it_is_revoked(client: Client) -> None:
    world, other = make_world("alpha"), make_world("beta")
    link, secret = display_link_make(actor=world.manager, node=world.park.node, name="hall")
    address = reverse("wall", args=[world.park.code])
    assert client.get(address, {"key": secret}).status_code == 200
    assert client.get(reverse("wall", args=[other.park.code]), {"key": secret}).status_code == 404
    assert client.get(address, {"key": world.secret}).status_code == 404
    display_link_revoke(actor=world.manager, link=link)
    assert client.get(address, {"key": secret}).status_code == 404


async def open_stream(
    path: str, query: str, stop: Callable[[list[bytes]], bool], seconds: float = 8
) -> list[Any]:
    """Talk ASGI to the stream until `stop(bodies)`; returns [status, bodies]."""
    bodies: list[bytes] = []
    status: list[int] = []
    leave = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])
        else:
            bodies.append(message["body"])
            if stop(bodies):
                leave.set()

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"testserver")],
    }
    await asyncio.wait_for(wall_stream(scope, receive, send), seconds)
    return [status[0], bodies]


@pytest.mark.django_db(transaction=True)
def test_the_stream_sends_snapshots_and_ends_within_two_seconds_of_a_revocation() -> None:
    world, other = make_world("alpha"), make_world("beta")
    link, secret = display_link_make(actor=world.manager, node=world.park.node, name="hall")
    path, query = f"/events/wall/{world.park.code}/", f"key={secret}"

    async def story() -> None:
        status, bodies = await open_stream(path, query, lambda bodies: len(bodies) >= 3)
        assert status == 200
        snapshot = json.loads(bodies[1].decode().split("data: ", 1)[1])
        assert snapshot["park"]["code"] == world.park.code
        for wrong in (f"/events/wall/{other.park.code}/", "/events/wall/nowhere/", "/events/elsewhere"):
            assert await open_stream(wrong, query, lambda bodies: True) == [404, [b""]]
        watching = asyncio.ensure_future(open_stream(path, query, lambda bodies: False, seconds=5))
        await asyncio.sleep(1.2)
        await asyncio.to_thread(display_link_revoke, actor=SYSTEM, link=link)
        _status, bodies = await watching
        assert bodies[-1].startswith(b"event: closed")

    in_a_loop(story())


def test_one_loop_serves_all_screens() -> None:
    taken: list[str] = []

    def snapshot(code: str, credentials: Sequence[Credential]) -> Taken:
        taken.append(code)
        return "{}", set()

    async def story() -> None:
        hub = Hub(snapshot)
        screens = [Credential(secret=str(number)) for number in range(500)]
        channels = [hub.join("park", screen) for screen in screens]
        assert len({id(channel) for channel in channels}) == 1
        async with channels[0].changed:
            await channels[0].changed.wait_for(lambda: channels[0].version > 0)
        assert len(taken) == 1
        for screen in screens:
            hub.leave("park", screen)
        await asyncio.sleep(hub_module.PERIOD * 1.5)
        assert len(taken) <= 2, "nobody looks, nothing is taken"

    in_a_loop(story())


def test_many_log_ins_are_asked_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round asks no more than some; whoever may look no more is told in their turn, and by then nobody else is."""
    monkeypatch.setattr(hub_module, "PERIOD", 0.01)
    screens = [Credential(session_key=str(number)) for number in range(5 * hub_module.ASKED_A_ROUND // 2)]
    rounds: list[list[Credential]] = []

    def snapshot(code: str, credentials: Sequence[Credential]) -> Taken:
        rounds.append(list(credentials))
        return "{}", {screens[-1]} & set(credentials)

    async def story() -> None:
        hub = Hub(snapshot)
        for screen in screens:
            channel = hub.join("park", screen)
        async with asyncio.timeout(5), channel.changed:
            await channel.changed.wait_for(lambda: len(rounds) >= 6)
        assert channel.refused == {screens[-1]}
        assert hub.join("park", screens[-1]).refused == set(), "who was let in again is not sent away"
        for screen in (*screens, screens[-1]):
            hub.leave("park", screen)

    in_a_loop(story())
    assert {len(asked) for asked in rounds} == {hub_module.ASKED_A_ROUND}
    assert set(rounds[0]) | set(rounds[1]) | set(rounds[2]) == set(screens)
    assert set(rounds[2]) | set(rounds[3]) | set(rounds[4]) == set(screens)


def test_a_round_that_fails_costs_that_round_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only DatabaseErrors: Django's InterfaceError, for one, is none."""
    monkeypatch.setattr(hub_module, "PERIOD", 0.01)
    failures = iter([InterfaceError("connection already closed"), ValueError("a figure of no kind")])

    def snapshot(code: str, credentials: Sequence[Credential]) -> Taken:
        for failure in failures:
            raise failure
        return "{}", set()

    async def story() -> None:
        hub = Hub(snapshot)
        screen = Credential(secret="s")
        channel = hub.join("park", screen)
        async with asyncio.timeout(5), channel.changed:
            await channel.changed.wait_for(lambda: channel.version > 0)
        hub.leave("park", screen)

    in_a_loop(story())


def test_screens_that_come_and_go_leave_nothing_behind() -> None:
    """Three days of a hall with bad wireless: twenty thousand screens, each with a log-in of its own."""

    def snapshot(address: str, credentials: Sequence[Credential]) -> Taken:
        return "{}", set()

    async def visits(hub: Hub, first: int, number: int) -> None:
        for turn in range(first, first + number):
            address, screen = f"park-{turn % 50}", Credential(session_key=str(turn))
            hub.join(address, screen)
            await asyncio.sleep(0)
            hub.leave(address, screen)

    async def story() -> int:
        hub = Hub(snapshot)
        await visits(hub, 0, 2_000)
        gc.collect()
        before = tracemalloc.take_snapshot()
        await visits(hub, 2_000, 20_000)
        gc.collect()
        assert not hub._channels
        return sum(each.size_diff for each in tracemalloc.take_snapshot().compare_to(before, "filename"))

    tracemalloc.start()
    try:
        assert in_a_loop(story()) < 50_000
    finally:
        tracemalloc.stop()


def test_the_memory_of_the_snapshots_is_bounded_and_forgets_in_time() -> None:
    memory, counted = Memory(), itertools.count()
    with time_machine.travel(clock.now(), tick=False):
        for number in range(3 * MOST):
            memory.recall(("minutes", number), 60, lambda: next(counted))
        assert len(memory._kept) == MOST
        assert memory.recall(("minutes", 3 * MOST - 1), 60, lambda: next(counted)) == 3 * MOST - 1
        assert memory.recall(("minutes", 0), 60, lambda: next(counted)) == 3 * MOST, "was forgotten"
    assert memory.recall("soon", 0, lambda: 1) == 1
    assert memory.recall("soon", 0, lambda: 2) == 2


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_day_goes_beside_the_same_time_of_yesterday_and_last_week() -> None:
    world = make_world("alpha")
    shown, hidden = (mine.tenant for mine in world.tenants)
    hidden.wall_visibility = WallVisibility.HIDDEN
    hidden.save()
    noon = clock.day_start(clock.today()) + 12 * clock.HOUR
    minute = clock.HOUR / 60
    with time_machine.travel(noon + 3 * minute, tick=False):
        for tenant in (shown, hidden):
            for name, at, amount in (
                ("now", noon - 10 * minute, "150.00"),
                ("before", noon - clock.DAY - 11 * clock.HOUR, "70.25"),
                ("just", noon - clock.DAY + 3 * minute, "29.75"),
                ("later", noon - clock.DAY + 4 * minute, "900.00"),
                ("week", noon - 7 * clock.DAY, "200.00"),
            ):
                fact = SaleFact(
                    kind="paid", order_no=name, amount=Decimal(amount), sku_code="x", qty=1, title="x",
                    occurred_at=at,
                )  # fmt: skip
                sales_record(actor=SYSTEM, seller=tenant, source="test", facts=[(0, fact)], atomic=True)
        rollup.drain()
        snapshot = wall_snapshot(world.park)
    assert snapshot["then"] == {
        "yesterday": {"gmv_paid": "100.00", "change": "+50.0"},
        "week": {"gmv_paid": "200.00", "change": "-25.0"},
    }
    assert snapshot["figures"]["gmv_paid"] == "150.00"
    lines = snapshot["pace"]
    assert (len(lines["yesterday"]), len(lines["week"])) == (288, 288)
    assert (lines["today"][-1], len(lines["today"])) == (150, 12 * 12 + 1)
    assert [lines["yesterday"][at] for at in (11, 12, 143, 144, 287)] == [0, 70, 70, 1000, 1000]
    assert [snapshot["trend"][name][12] for name in ("today", "yesterday", "week")] == [
        "0.00", "929.75", "200.00",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_ticker_names_no_person() -> None:
    world = make_world("alpha")
    mine = world.tenants[0]
    make_session(
        mine.tenant, room=world.rooms[1], host=mine.host, starts_at=clock.now() - clock.HOUR,
        canary=mine.host.name_zh, state=SessionState.LIVE,
    )  # fmt: skip
    snapshot = wall_snapshot(world.park)
    assert snapshot["ticker"][0]["tenant_zh"] == mine.tenant.name_zh
    assert mine.host.name_zh not in json.dumps(snapshot["ticker"], ensure_ascii=False)


@pytest.mark.django_db
def test_hosts_live_and_next_and_rooms_in_repair() -> None:
    world = make_world("alpha")
    first, second = world.tenants
    soon = clock.now() + clock.HOUR
    for mine, starts_at in ((first, soon), (second, soon + clock.HOUR)):
        booking = mine.booking
        booking.starts_at, booking.ends_at = starts_at, starts_at + clock.HOUR
        booking.blocked_from, booking.blocked_until = booking.starts_at, booking.ends_at
        booking.save()
    make_session(
        first.tenant, host=first.host, room=world.rooms[0], starts_at=clock.now() - clock.HOUR,
        state=SessionState.LIVE,
    )  # fmt: skip
    Maintenance.objects.create(
        room=world.rooms[1], starts_at=clock.now() - clock.HOUR, ends_at=clock.now() + clock.HOUR, reason="x"
    )
    snapshot = wall_snapshot(world.park)
    assert [room["state"] for room in snapshot["rooms"]] == ["live", "repair"]
    # The first tenant's host is live now: only the other one comes next.
    assert snapshot["hosts"] == {"live": 1, "next": 1, "off": 2}
    assert [row["host_zh"] for row in snapshot["next"]] == [second.host.name_zh]


@pytest.mark.django_db
def test_everybody_who_hosts_is_counted_whoever_is_planned_comes_next_and_the_others_are_off() -> None:
    world = make_world("alpha")
    first, second = world.tenants
    beside, planned, at_home = (make_host(first.tenant, code) for code in ("beside", "planned", "at-home"))
    soon = clock.now() + clock.HOUR
    Booking.objects.exclude(pk=second.booking.pk).update(state=BookingState.CANCELLED)
    coming = second.booking
    coming.host, coming.starts_at, coming.ends_at = None, soon, soon + clock.HOUR
    coming.blocked_from, coming.blocked_until = soon, soon + clock.HOUR
    coming.save()
    coming.shifts.all().delete()
    gone = clock.now() - clock.HOUR
    for host, starts_at, ends_at in ((at_home, gone, clock.now()), (planned, soon, soon + clock.HOUR)):
        PlannedShift.objects.create(booking=coming, host=host, starts_at=starts_at, ends_at=ends_at)
    session = make_session(
        first.tenant, host=first.host, starts_at=clock.now() - clock.HOUR, state=SessionState.LIVE
    )
    for host in (first.host, beside):
        HostShift.objects.get_or_create(
            session=session, host=host, role=ShiftRole.HOST, defaults={"starts_at": session.started_at}
        )
    snapshot = wall_snapshot(world.park)
    assert snapshot["hosts"] == {"live": 2, "next": 1, "off": 4}
    assert [row["host_zh"] for row in snapshot["next"]] == [planned.name_zh]


@pytest.mark.django_db
def test_a_guest_of_another_park_is_not_named() -> None:
    """Its own hall shows what it chose; of this one it was not asked."""
    world, other = make_world("alpha"), make_world("beta")
    theirs = other.tenants[0]
    guest, host = theirs.tenant, theirs.host
    session = make_session(
        guest,
        host=host,
        starts_at=clock.now() - clock.HOUR,
        state=SessionState.LIVE,
    )
    LiveSession.objects.filter(pk=session.pk).update(park=world.park, room=world.rooms[0], title="own words")
    SessionFigures.objects.create(session=session, gmv_paid=Decimal("77.00"))
    snapshot = wall_snapshot(world.park)
    assert [(row["gmv_paid"], row["uid"]) for row in snapshot["sessions"]] == [(None, str(session.uid))]
    room = snapshot["rooms"][0]
    assert (room["state"], room["tenant"]) == ("live", "")
    assert snapshot["ticker"][0]["what"] == "started"
    told = json.dumps(snapshot, ensure_ascii=False)
    assert not [each for each in (guest.name_zh, host.name_zh, "own words") if each in told]


@pytest.mark.django_db
def test_a_guest_who_comes_next_is_not_named() -> None:
    world = make_world("alpha")
    now = world.tenants[0].booking.starts_at - clock.HOUR
    booking = air.upcoming([world.park], now)[0]
    assert booking.host is not None

    def told(own: set[int]) -> dict[str, Any]:
        rooms = air.rooms_of([world.park], (), [booking], now)
        return air.next_on_air([booking], rooms, own)[0]

    assert (told({booking.tenant_id})["host_zh"], told(set())["host_zh"]) == (booking.host.name_zh, "")


@pytest.mark.django_db
def test_the_wall_shows_who_is_at_work_not_who_went_home() -> None:
    world = make_world("alpha")
    mine, other = world.tenants
    start = clock.now() - 2 * clock.HOUR
    live = make_session(
        mine.tenant, host=mine.host, room=world.rooms[0], starts_at=start, state=SessionState.LIVE
    )
    HostShift.objects.filter(session=live).update(ends_at=clock.now() - clock.HOUR)
    HostShift.objects.create(session=live, host=other.host, starts_at=clock.now() - clock.HOUR)
    snapshot = wall_snapshot(world.park)
    assert snapshot["sessions"][0]["host"] == other.host.name_zh
    assert snapshot["rooms"][0]["host"] == other.host.name_zh
    assert snapshot["hosts"]["live"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_planned", [False, True])
def test_who_was_relieved_does_not_come_next_and_who_is_planned_later_does(is_planned: bool) -> None:
    world = make_world("alpha")
    mine, now = world.tenants[0], clock.now()
    relief, later = (make_host(mine.tenant, code) for code in ("relief", "later"))
    Booking.objects.exclude(pk=mine.booking.pk).update(state=BookingState.CANCELLED)
    booking = mine.booking
    booking.starts_at, booking.ends_at = now - clock.HOUR, now + 2 * clock.HOUR
    booking.blocked_from, booking.blocked_until = booking.starts_at, booking.ends_at
    booking.host, booking.state = mine.host, BookingState.CHECKED_IN
    booking.save()
    booking.shifts.all().delete()
    live = make_session(
        mine.tenant,
        host=mine.host,
        room=booking.room,
        starts_at=booking.starts_at,
        state=SessionState.LIVE,
        booking=booking,
    )
    HostShift.objects.filter(session=live).update(ends_at=now)
    HostShift.objects.create(session=live, host=relief, starts_at=now)
    if is_planned:
        soon = now + clock.HOUR
        for host, starts_at, ends_at in (
            (mine.host, booking.starts_at, soon),
            (later, soon, booking.ends_at),
        ):
            PlannedShift.objects.create(booking=booking, host=host, starts_at=starts_at, ends_at=ends_at)
    hosts = wall_snapshot(world.park)["hosts"]
    assert (hosts["live"], hosts["next"]) == (1, int(is_planned))


@pytest.mark.django_db
def test_a_reading_of_likes_alone_is_no_reading_of_the_audience() -> None:
    world = make_world("alpha")
    live = make_session(
        world.tenants[0].tenant, room=world.rooms[0], starts_at=clock.now() - clock.HOUR,
        state=SessionState.LIVE,
    )  # fmt: skip
    counted = clock.now() - clock.MINUTE
    AudienceSample.objects.create(session=live, source="a", at=counted, concurrent=500)
    AudienceSample.objects.create(session=live, source="b", at=clock.now(), likes=9)
    snapshot = wall_snapshot(world.park)
    assert snapshot["audience"] == 500
    assert snapshot["as_of"]["audience"] == counted.isoformat()
