"""The stream of the wall: one loop feeds every screen, each is asked whether it may still look, and nothing grows."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import time_machine
from django.db import InterfaceError, connection

from analytics.services import display_link_make, display_link_revoke
from analytics.wall import hub as hub_module
from analytics.wall.access import Credential
from analytics.wall.hub import Hub, Taken
from analytics.wall.memory import MOST, Memory
from analytics.wall.stream import wall_stream
from core import clock
from tests.factories import SYSTEM, make_world
from tests.loops import in_a_loop


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


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_after_a_restart_of_the_database_no_screen_is_answered_by_a_dead_connection() -> None:
    def end_sessions() -> None:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}")
        connection.close()

    async def crowd() -> set[int]:
        nowhere = [open_stream("/events/wall/nowhere/", "", lambda _bodies: True) for _screen in range(12)]
        return {status for status, _bodies in await asyncio.gather(*nowhere)}

    async def story() -> None:
        assert await crowd() == {404}
        await asyncio.to_thread(end_sessions)
        assert await crowd() == {404}

    connection.close()
    in_a_loop(story())
