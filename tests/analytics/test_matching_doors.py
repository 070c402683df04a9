"""Hosts for goods through every door: the portal, the admin and the API."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from analytics.models import MatchRun
from core.choices import Role
from core.clock import DAY, today
from core.jobs import run_due
from livestreams.models import Host
from tests.analytics.hostmatches import LIGHTS, SOON, english, owner_of, window, world
from tests.api.conftest import Caller
from tests.factories import World

__all__ = ["english", "world"]


def browser(user: Any) -> Client:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def wish(**values: str) -> dict[str, str]:
    days = {"first_day": str(today() + SOON), "last_day": str(today() + SOON + DAY)}
    return {"category": LIGHTS, "hours": "2", **days, **values}


def test_the_portal_finds_hosts_and_leads_to_a_booking_with_them(world: World) -> None:
    first = world.tenants[0]
    page = reverse("portal-find-host", kwargs={"tenant": first.tenant.code})
    client = browser(owner_of(first))
    assert LIGHTS in client.get(page).content.decode()
    text = client.get(page, wish()).content.decode()
    assert first.host.name_en in text
    assert world.tenants[1].host.name_en not in text
    assert "31415" not in text
    link = f"{reverse('portal-booking-new', kwargs={'tenant': first.tenant.code})}?host={first.host.code}&amp;day="
    assert link in text
    booking = client.get(link.replace("&amp;", "&") + str(today() + SOON)).content.decode()
    assert f'<option value="{first.host.code}" selected>' in booking
    for wrong in ({"hours": "x"}, {"category": "nothing"}, {"last_day": "2001-01-01"}, {"course": "\0"}):
        assert client.get(page, wish(**wrong)).status_code == 200


def test_whoever_may_not_book_finds_no_page(world: World) -> None:
    first = world.tenants[0]
    page = reverse("portal-find-host", kwargs={"tenant": first.tenant.code})
    assert browser(first.users[Role.HOST]).get(page, wish()).status_code == 403
    assert browser(owner_of(world.tenants[1])).get(page, wish()).status_code == 404


def test_the_operator_finds_hosts_with_amounts(world: World) -> None:
    text = browser(world.users[Role.PARK_MANAGER]).get(reverse("admin:hosts_find"), wish()).content.decode()
    assert all(mine.host.name_en in text for mine in world.tenants)
    assert "Learnt from 12 sessions." in text


def test_the_operator_assigns_goods_by_lines(world: World) -> None:
    client = browser(world.users[Role.PARK_MANAGER])
    page, day = reverse("admin:analytics_matchrun_add"), str(today() + SOON)
    body = {"park": world.park.pk, "first_day": day, "last_day": day, "most_hours": "40", "seconds": "5"}
    refused = client.post(page, {**body, "goods": "a; b"})
    assert refused.status_code == 200
    assert "from 3 to 7 parts" in refused.content.decode()
    assert client.post(page, {**body, "goods": "吊灯; 灯饰; 2"}).status_code == 302
    run_due()
    run = MatchRun.objects.get()
    text = client.get(reverse("admin:analytics_matchrun_change", args=(run.pk,))).content.decode()
    assert "Proven: no assignment is worth more." in text
    assert "<div>吊灯; 灯饰; 2; 1</div>" in text
    (pair,) = run.results["pairs"]
    host = Host.objects.get(code=pair["host"])
    assert f"→ {host.name_en} · {host.tenant.name_en} ·" in text, "two hosts of a park may have one name"
    assert "Learnt from 12 sessions." in text
    assert "variances" not in text


def test_the_api_ranks_for_tool_and_park(world: World) -> None:
    first = world.tenants[0]
    at = window()
    query = {"category": LIGHTS, "hours": "2", "since": at.start.isoformat(), "until": at.end.isoformat()}
    mine = Caller(first.secret).get("host-matches", tenant=first.tenant.code, **query)
    assert mine.status_code == 200
    assert {row["host"] for row in mine.json()["matches"]} == {first.host.code, first.controller.code}
    assert all(row["sales"] is None for row in mine.json()["matches"])
    assert "31415" not in mine.content.decode()
    park = Caller(user=world.users[Role.PARK_MANAGER]).get("host-matches", park=world.park.code, **query)
    assert Decimal(park.json()["matches"][0]["sales"]) > 0
    foreign = Caller(first.secret).get("host-matches", tenant=world.tenants[1].tenant.code, **query)
    absent = Caller(first.secret).get("host-matches", tenant="nowhere", **query)
    assert (foreign.status_code, absent.status_code) == (404, 404)
    for name, value in (
        ("hours", "x"),
        ("since", "x"),
        ("budget", "1e3"),
        ("platform", "x"),
        ("market", "\0"),
    ):
        wrong = Caller(first.secret).get("host-matches", tenant=first.tenant.code, **{**query, name: value})
        assert (name, wrong.status_code) == (name, 400)
        assert json.loads(wrong.content)["field"] == name or name in wrong.content.decode()


def test_the_api_assigns(world: World) -> None:
    manager, day = Caller(user=world.users[Role.PARK_MANAGER]), str(today() + SOON)
    body = {
        "park": world.park.code,
        "first_day": day,
        "last_day": day,
        "goods": [{"name": "吊灯", "category": LIGHTS, "hours": "2", "budget": "100.00"}],
    }
    made = manager.post("match-runs", body)
    assert made.status_code == 201
    run_due()
    found = manager.get(f"match-runs/{made.json()['uid']}").json()
    assert found["state"] == "done"
    assert found["pairs"] == []
    assert [(row["goods"], row["why"]) for row in found["left"]] == [("吊灯", "over_budget")]
    for wrong in ({"hours": 2}, {"hours": "13"}, {"name": "\0"}, {"times": "x"}):
        refused = manager.post("match-runs", {**body, "goods": [{**body["goods"][0], **wrong}]})  # type: ignore[dict-item]
        assert (wrong, refused.status_code) == (wrong, 400)
