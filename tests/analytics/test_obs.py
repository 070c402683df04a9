"""Overlay and dock of a booking: opened by their token alone, for one booking, as long as it lives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics import rollup
from analytics.parkday import weak_pictures
from core.clock import DAY, HOUR, day_start, now, today
from core.errors import InvalidInput, NotFound, Refused
from core.models import AuditEntry, Membership
from livestreams import services
from livestreams.choices import BookingState, SessionState
from livestreams.models import Booking, Publish, ScreenToken
from livestreams.publishing import ALARM_AFTER
from parks.models import ParkSettings
from supplychain.facts import SaleFact
from supplychain.models import ExplainEvent
from supplychain.services import goods_offer, goods_offer_withdraw, run_line_put, sales_record
from tests.factories import SYSTEM, TenantWorld, World, make_world
from tests.livestreams.encoders import encoder

pytestmark = pytest.mark.both_databases


@pytest.fixture
def mine(world: World) -> TenantWorld:
    return world.tenants[0]


@pytest.fixture
def on_air(world: World, mine: TenantWorld) -> Iterator[Booking]:
    """The tenant's booking, whose encoder has begun."""
    with time_machine.travel(mine.booking.starts_at, tick=False) as clock:
        assert encoder(world, mine.booking).publish().status_code == 302
        clock.shift(60)
        mine.booking.refresh_from_db()
        yield mine.booking


def screen(mine: TenantWorld, kind: str) -> str:
    _token, secret = services.screen_make(actor=mine.owner, booking=mine.booking, kind=kind)
    return secret


def ask(secret: str, address: str, **values: str) -> Any:
    call = Client(enforce_csrf_checks=True)
    headers = {"X-Screen-Token": secret}
    return call.post(address, values, headers=headers) if values else call.get(address, headers=headers)


def sell(mine: TenantWorld, amount: str) -> None:
    session = mine.booking.sessions.latest("pk")
    fact = SaleFact(
        kind="paid", order_no="O-obs", amount=Decimal(amount), sku_code="x", qty=1, occurred_at=now(),
        session_ref=str(session.uid), title="",
    )  # fmt: skip
    sales_record(actor=SYSTEM, seller=mine.tenant, source="obs", facts=[(0, fact)], atomic=True)
    rollup.drain()


def test_the_dock_says_what_is_missing_of_goods_without_a_certificate(
    mine: TenantWorld, on_air: Booking
) -> None:
    ParkSettings.objects.filter(park=on_air.room.park).update(requires_certificates=True)
    dock, product = screen(mine, "dock"), mine.skus[1].product
    refused = ask(dock, "/dock/explain", product=str(product.uid))
    assert refused.status_code == 400
    assert product.code in refused.json()["detail"]
    assert ask(dock, "/dock/now").json()["product"] is None


def test_the_dock_says_of_which_day_its_times_are(world: World, mine: TenantWorld) -> None:
    """Whoever sets the computer up on the eve does not take the times for those of the evening."""
    starts_at = day_start(today() + 3 * DAY) + 20 * HOUR
    booking = services.booking_create(
        actor=mine.owner,
        room=world.rooms[0],
        tenant=mine.tenant,
        starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR,
    )
    _token, secret = services.screen_make(actor=mine.owner, booking=booking, kind="dock")
    for hours, word in ((24, "明天"), (1, "今天")):
        with time_machine.travel(starts_at - hours * HOUR, tick=False):
            told = ask(secret, "/dock/now?lang=zh-hans").json()
        assert told["slot"] == f"{word} 20:00–22:00"


def test_the_dock_explains_and_the_overlay_follows(mine: TenantWorld, on_air: Booking) -> None:
    dock, overlay = screen(mine, "dock"), screen(mine, "overlay")
    sell(mine, "1234.50")
    assert ask(overlay, "/overlay/now").json()["product"] is None
    offered = ask(dock, "/dock/products").json()["results"]
    assert {each["uid"] for each in offered} == {str(sku.product.uid) for sku in mine.skus}
    product = mine.skus[1].product
    told = ask(dock, "/dock/explain", product=str(product.uid)).json()
    shown = ask(overlay, "/overlay/now").json()
    assert told["product"]["uid"] == shown["product"]["uid"] == str(product.uid)
    assert (shown["product"]["name"], shown["product"]["price"]) == (product.name, "99.00")
    assert shown["sales"] == {"amount": "1,234.50", "orders": "1"}
    assert shown["is_live"]
    assert datetime.fromisoformat(shown["ends_at"]) == on_air.ends_at
    assert "encoder" not in shown
    event = ExplainEvent.objects.latest("pk")
    assert (event.product, event.at, event.source) == (product, now(), "dock")
    ask(dock, "/dock/explain", product="")
    assert ask(overlay, "/overlay/now").json()["product"] is None
    # the other product by a word of it
    found = ask(dock, f"/dock/products?search={mine.skus[0].code[-1]}").json()["results"]
    assert [each["uid"] for each in found] == [str(mine.skus[0].product.uid)]


def test_the_dock_shows_the_run_of_show(world: World, mine: TenantWorld, on_air: Booking) -> None:
    theirs = world.tenants[1]
    offer = goods_offer(
        actor=theirs.owner,
        product=theirs.skus[0].product,
        floor_price=Decimal(50),
        commission_rate=Decimal(20),
        pieces=9,
    )
    run: dict[str, Any] = {"actor": mine.owner, "booking": on_air, "pieces": 5}
    run_line_put(offer=offer, price=Decimal("58.80"), **run)
    run_line_put(product=mine.skus[0].product, price=Decimal(66), **run)
    overlay, dock = screen(mine, "overlay"), screen(mine, "dock")

    def buttons(words: str = "") -> list[tuple[str, str]]:
        shown = ask(dock, f"/dock/products?search={words}").json()["results"]
        return [(each["code"], each["price"]) for each in shown]

    pool, own, other = offer.product.code, mine.skus[0].product.code, mine.skus[1].product.code
    assert buttons() == [(pool, "58.80"), (own, "66.00")]
    assert buttons(other) == [(other, "")]  # what is not planned is found
    told = ask(dock, "/dock/explain", product=str(offer.product.uid)).json()
    assert told["product"]["price"] == ask(overlay, "/overlay/now").json()["product"]["price"] == "58.80"
    goods_offer_withdraw(actor=theirs.owner, offer=offer)
    assert buttons() == [(own, "66.00")]
    assert buttons(pool) == []
    refused = ask(dock, "/dock/explain", product=str(offer.product.uid))
    assert refused.status_code == 400
    assert ask(dock, "/dock/explain", product="nonsense").status_code == 404


def test_the_dock_has_the_keys_and_ends_the_session(world: World, mine: TenantWorld, on_air: Booking) -> None:
    dock = screen(mine, "dock")
    credentials = services.stream_credentials(actor=mine.owner, booking=on_air)
    services.stream_key_renew(actor=mine.owner, booking=on_air, spare=True)
    state = ask(dock, "/dock/now").json()
    assert (state["encoder"]["server"], state["encoder"]["key"]) == (credentials.server, credentials.key)
    assert state["encoder"]["spare"].startswith("lsk_")
    assert not ask(dock, "/dock/end", x="").json()["is_live"]
    assert ask(dock, "/dock/now").status_code == 401  # that was its last answer: the booking is over
    session = on_air.sessions.get()
    assert (session.state, session.ended_at) == (SessionState.ENDED, now())
    assert AuditEntry.objects.get(verb="session.end").actor == mine.users["tenant_owner"].username


def test_a_screen_opens_its_own_kind_and_booking_only(mine: TenantWorld, on_air: Booking) -> None:
    dock, overlay = screen(mine, "dock"), screen(mine, "overlay")
    for secret, address in (
        (overlay, "/dock/now"),
        (dock, "/overlay/now"),
        ("", "/dock/now"),
        ("lps_wrong", "/dock/now"),
        (mine.secret, "/dock/now"),
        (ScreenToken.objects.latest("pk").secret_hash, "/overlay/now"),
    ):
        answer = ask(secret, address)
        assert answer.status_code == 401
        assert set(answer.json()) == {"detail"}
    stranger = make_world("beta").tenants[0].skus[0].product
    for uid in (str(stranger.uid), "x", "01890000-0000-7000-8000-000000000000"):
        assert ask(dock, "/dock/explain", product=uid).status_code == 404
    assert ask(overlay, "/dock/explain", product="").status_code == 401
    assert ask(dock, "/dock/now", x="").status_code == 405


@pytest.mark.parametrize("state", [BookingState.CANCELLED, BookingState.NO_SHOW, BookingState.COMPLETED])
def test_a_screen_dies_with_its_booking(mine: TenantWorld, state: str) -> None:
    dock = screen(mine, "dock")
    assert ask(dock, "/dock/now").status_code == 200
    assert ask(dock, "/dock/explain", product="").status_code == 404  # no session yet
    Booking.objects.filter(pk=mine.booking.pk).update(state=state)
    assert ask(dock, "/dock/now").status_code == 401


def test_a_screen_ends_by_hand_by_a_newer_one_and_with_the_right_of_its_maker(mine: TenantWorld) -> None:
    first = screen(mine, "dock")
    second = screen(mine, "dock")
    assert [ask(each, "/dock/now").status_code for each in (first, second)] == [401, 200]
    token = ScreenToken.objects.get(booking=mine.booking, kind="dock", revoked_at=None)
    services.screen_revoke(actor=mine.owner, token=token)
    services.screen_revoke(actor=mine.owner, token=token)
    assert ask(second, "/dock/now").status_code == 401
    third = screen(mine, "dock")
    Membership.objects.filter(user=mine.users["tenant_owner"]).update(ended_at=now())
    assert ask(third, "/dock/now").status_code == 401


def test_who_may_open_a_screen(world: World, mine: TenantWorld) -> None:
    for actor in (world.manager, world.tenants[1].owner, mine.tool, make_world("beta").tenants[0].owner):
        with pytest.raises((Refused, NotFound)):
            services.screen_make(actor=actor, booking=mine.booking, kind="dock")
    with pytest.raises(InvalidInput):
        services.screen_make(actor=mine.owner, booking=mine.booking, kind="wall")


def test_of_a_token_the_hash_is_kept(mine: TenantWorld) -> None:
    secret = screen(mine, "overlay")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM livestreams_screentoken")
        assert secret not in str(cursor.fetchall())
    assert not AuditEntry.objects.filter(after__icontains=secret).exists()


def test_the_pages_hold_nothing_and_are_for_everybody(mine: TenantWorld) -> None:
    for address, word in (("/overlay/?lang=en", "being explained"), ("/dock/?lang=zh-hans", "结束")):
        answer = Client().get(address)
        assert answer.status_code == 200
        assert word in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_a_look_of_the_overlay_is_cheap(mine: TenantWorld, on_air: Booking) -> None:
    secret = screen(mine, "overlay")
    sell(mine, "1.00")
    with CaptureQueriesContext(
        connection,
    ) as taken:
        assert ask(secret, "/overlay/now").json()["sales"]
    assert len(taken) <= 5, [query["sql"][:90] for query in taken.captured_queries]


def test_a_weak_picture_alarms_after_a_while_and_is_good_again(
    world: World, mine: TenantWorld, on_air: Booking
) -> None:
    dock, publish = screen(mine, "dock"), Publish.objects.running().get(booking=on_air)

    def look(kbps: int, later: int) -> dict[str, Any]:
        with time_machine.travel(on_air.starts_at + HOUR / 60 + later * ALARM_AFTER, tick=False):
            Publish.objects.filter(pk=publish.pk).update(kbps=kbps, last_seen_at=now())
            services.watch_streams()
            return ask(dock, "/dock/now").json()["pictures"][0]

    assert look(4000, 0)["quality"] == "good"
    first = look(300, 1)
    assert (first["quality"], first["alarm"]) == ("weak", False)
    assert look(300, 2)["alarm"]
    with time_machine.travel(on_air.starts_at + HOUR / 60 + 2 * ALARM_AFTER, tick=False):
        assert weak_pictures(world.manager, [world.park], now()) == 1
        assert weak_pictures(world.manager, [], now()) == 0
        Publish.objects.filter(pk=publish.pk).update(is_test=True)  # which nobody sees
        assert weak_pictures(world.manager, [world.park], now()) == 0
        Publish.objects.filter(pk=publish.pk).update(is_test=False)
    assert look(300, 3)["alarm"]
    good = look(4000, 4)
    assert (good["quality"], good["alarm"]) == ("good", False)
    assert not look(300, 5)["alarm"]
