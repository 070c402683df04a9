"""A booking's way to its platform, its screens and its ad spend, in portal and API: who sees what, and nobody what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from analytics.choices import ClaimSource
from analytics.services.trust import session_claim
from core.choices import Role
from core.clock import local, today
from livestreams import services
from livestreams.choices import Delivery
from livestreams.models import Broadcast, LiveSession, ScreenToken
from livestreams.spending import spend_by_hour
from tests.api.conftest import Caller
from tests.factories import TenantWorld, World
from tests.livestreams.encoders import encoder

SERVER, KEY = "rtmp://push.platform.example/live", "stream-77?sign=tellnobody"


def address(firm: TenantWorld, *more: str) -> str:
    return "/".join((f"/portal/{firm.tenant.code}/bookings/{firm.booking.uid}", *more, ""))


def page_of(browser: Client, firm: TenantWorld, *more: str) -> str:
    return browser.get(address(firm, *more)).content.decode()


def choose(browser: Client, firm: TenantWorld, **values: str):
    form = {"route": "node", "platform": "douyin", "server": SERVER, "key": KEY, **values}
    return browser.post(address(firm, "broadcast"), form)


def test_a_platforms_key_goes_in_and_never_out(world: World, firm: TenantWorld, owner: Client) -> None:
    assert choose(owner, firm).status_code == 302
    shown = [page_of(owner, firm), page_of(owner, firm, "broadcast")]
    # refused for another reason, the form comes back without the key
    shown.append(choose(owner, firm, server="rtmp://127.0.0.1/live").content.decode())
    tool = Caller(firm.secret)
    shown.append(tool.get(f"bookings/{firm.booking.uid}/broadcast").content.decode())
    body = {"route": "node", "platform": "douyin", "server": SERVER, "key": KEY}
    shown.append(tool.post(f"bookings/{firm.booking.uid}/broadcast", body).content.decode())
    shown.append(tool.post(f"bookings/{firm.booking.uid}/broadcast", {**body, "route": "x"}).content.decode())
    assert all("tellnobody" not in text for text in shown)
    assert SERVER in shown[0]
    assert '"has_key":true' in shown[3].replace(" ", "")
    sealed = Broadcast.objects.get(booking=firm.booking).sealed_key
    assert all(sealed not in text for text in shown)


@pytest.mark.parametrize("server", ["rtmp://[x/live", "rtmp://a℀b/live", "rtmp://a.example:70000/live"])
def test_what_is_no_address_is_refused_by_both_doors(firm: TenantWorld, owner: Client, server: str) -> None:
    answer = choose(owner, firm, server=server)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["server"])
    body = {"route": "node", "platform": "douyin", "server": server, "key": KEY}
    told = Caller(firm.secret).post(f"bookings/{firm.booking.uid}/broadcast", body)
    assert (told.status_code, told.json()["field"]) == (400, "server")


def test_a_picture_only_known_from_a_report_is_nothing_to_choose(firm: TenantWorld, owner: Client) -> None:
    assert 'value="report"' not in page_of(owner, firm, "broadcast")
    assert choose(owner, firm, route=Delivery.REPORT).status_code == 400


def test_a_park_without_a_node_sends_nobody_through_it(
    world: World, firm: TenantWorld, owner: Client
) -> None:
    world.media_node.closed_on = today()
    world.media_node.save()
    answer = choose(owner, firm, server="", key="")
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["route"])
    told = Caller(firm.secret).post(
        f"bookings/{firm.booking.uid}/broadcast", {"route": "node", "platform": "douyin"}
    )
    assert (told.status_code, told.json()["code"]) == (400, "no_node")
    assert choose(owner, firm, route="phone", server="", key="").status_code == 302


def test_the_page_says_when_a_platform_does_not_take_the_picture(
    world: World, firm: TenantWorld, owner: Client
) -> None:
    choose(owner, firm)
    with time_machine.travel(firm.booking.starts_at, tick=False) as clock:
        assert encoder(world, firm.booking).publish().status_code == 302
        services.broadcast_target(node=world.media_node, name=firm.booking.room.code)
        assert 'pill good">' in page_of(owner, firm)
        for _again in range(2):
            clock.shift(5)
            services.broadcast_target(node=world.media_node, name=firm.booking.room.code)
        assert 'pill bad">' in page_of(owner, firm)
        clock.shift(timedelta(minutes=1))  # it has not asked again: the platform took it
        assert 'pill bad">' not in page_of(owner, firm)


def test_who_may_choose_and_who_looks_on(
    world: World, firm: TenantWorld, owner: Client, browser_of: Callable[..., Client]
) -> None:
    choose(owner, firm, route=Delivery.PHONE, server="", key="")
    for role in (Role.TENANT_FINANCE, Role.HOST):
        browser = browser_of(firm.users[role])
        assert choose(browser, firm).status_code == 403
        assert address(firm, "broadcast") not in page_of(browser, firm)
    manager = browser_of(world.users["park_manager"])
    row = Broadcast.objects.get(booking=firm.booking)
    answer = manager.get(f"/admin/livestreams/broadcast/{row.pk}/change/")
    assert answer.status_code == 200
    assert Broadcast.objects.get(booking=firm.booking).route == Delivery.PHONE


def test_an_address_of_a_screen_is_shown_once(firm: TenantWorld, owner: Client) -> None:
    made = owner.post(address(firm, "screen"), {"kind": "overlay"}).content.decode()
    token = ScreenToken.objects.get(booking=firm.booking, kind="overlay", revoked_at=None)
    secret = made.partition("#lps_")[2].partition("<")[0]
    assert len(secret) > 30
    assert services.screen_of(f"lps_{secret}", "overlay")[0] == token
    assert secret not in page_of(owner, firm)
    assert owner.post(address(firm, "screen", "shut"), {"kind": "overlay"}).status_code == 302
    assert services.screen_of(f"lps_{secret}", "overlay") is None
    assert owner.post(address(firm, "screen", "shut"), {"kind": "overlay"}).status_code == 404
    assert owner.post(address(firm, "screen"), {"kind": "x"}).status_code == 400
    assert owner.get(address(firm, "screen")).status_code == 405


def test_ad_spend_is_told_and_corrected_on_a_page(firm: TenantWorld, owner: Client) -> None:
    session = firm.session
    page = f"/portal/{firm.tenant.code}/sessions/{session.uid}/"
    hour = session.started_at.isoformat()
    for amount in ("10.50", "12.00"):
        assert owner.post(f"{page}spend/", {"hour": hour, "amount": amount}).status_code == 302
    assert spend_by_hour(session.ad_spend.all()) == {session.started_at: Decimal(12)}
    assert "¥12.00" in owner.get(page).content.decode()
    for bad in ({"amount": "-1"}, {"amount": "x"}, {"amount": ""}, {"hour": "2020-01-01T00:00:00+00:00"}):
        assert owner.post(f"{page}spend/", {"hour": hour, "amount": "1", **bad}).status_code == 400


def test_each_hour_of_a_session_of_many_days_can_be_told(firm: TenantWorld, owner: Client) -> None:
    session = firm.session
    began = session.started_at - timedelta(days=9)
    LiveSession.objects.filter(pk=session.pk).update(started_at=began, ended_at=began + timedelta(hours=80))
    page, offered = f"/portal/{firm.tenant.code}/sessions/{session.uid}/spend/", set()
    for number in (1, 2):
        shown = owner.get(page, {"page": number}).content.decode()
        offered |= set(re.findall(r'value="(\d{4}-[^"]+:00\+00:00)"', shown))
        assert ('href="?page=2"' in shown, 'href="?page=1"' in shown) == (number == 1, number == 2)
    assert len(offered) == 80
    for hour in (min(offered), max(offered)):
        assert owner.post(page, {"hour": hour, "amount": "3"}).status_code == 302
    assert set(spend_by_hour(session.ad_spend.all())) >= {
        datetime.fromisoformat(hour) for hour in (min(offered), max(offered))
    }


def test_the_api_tells_ad_spend_in_text(firm: TenantWorld) -> None:
    tool, where = Caller(firm.secret), f"live-sessions/{firm.session.uid}/ad-spend"
    begins = local(firm.session.started_at).isoformat()
    answer = tool.post(where, {"hours": [{"hour": begins, "amount": "0.1"}]})
    assert answer.json() == {"stored": 0, "duplicates": 0, "corrected": 1}
    assert tool.get(where).json() == {"hours": [{"hour": begins, "amount": "0.10"}], "total": "0.10"}
    bad = tool.post(where, {"hours": [{"hour": begins, "amount": "1"}, {"hour": begins, "amount": "-1"}]})
    assert bad.status_code == 400
    assert (bad.json()["errors"][0]["row"], bad.json()["errors"][0]["field"]) == (2, "hours.amount")
    assert Caller(user=firm.users["tenant_finance"]).get(where).status_code == 200


@pytest.mark.parametrize("route", [Delivery.PHONE, Delivery.DIRECT, Delivery.NODE])
def test_what_no_node_saw_is_marked_until_the_platform_states_it(
    firm: TenantWorld, owner: Client, route: str
) -> None:
    LiveSession.objects.filter(pk=firm.session.pk).update(delivery=route)

    def marked() -> bool:
        page = owner.get(f"/portal/{firm.tenant.code}/sessions/{firm.session.uid}/")
        return 'pill wait text-wrap">' in page.content.decode()

    told = Caller(firm.secret).get(f"live-sessions/{firm.session.uid}").json()["needs_report"]
    assert marked() is told is (route != Delivery.NODE)
    session_claim(actor=firm.owner, session=firm.session, source=ClaimSource.TENANT, sales=Decimal(1))
    assert marked() is told
    session_claim(actor=firm.owner, session=firm.session, source=ClaimSource.REPORT, sales=Decimal(1))
    assert not marked()


def test_going_live_by_hand_begins_with_the_way_that_was_chosen(firm: TenantWorld, owner: Client) -> None:
    choose(owner, firm, route=Delivery.DIRECT, platform="taobao", server="", key="")
    with time_machine.travel(firm.booking.starts_at):
        form = owner.get(
            f"/portal/{firm.tenant.code}/sessions/new/?booking={firm.booking.uid}"
        ).content.decode()
    assert 'value="direct" selected' in form
    assert 'value="taobao" selected' in form
    assert owner.get(f"/portal/{firm.tenant.code}/sessions/new/?booking=x").status_code == 200
