"""What every answer of the API has in common: who may come, how often, and one shape for every error."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from core.clock import now
from core.doors.credentials import Rate
from core.services import tool_key_create, tool_key_revoke
from core.strict import shown
from tests.api.conftest import API, Caller
from tests.factories import SYSTEM, World, make_user

PROBLEM = {"type", "title", "status", "code", "detail", "request_id"}


def check_problem(reply: Any, status: int, code: str = "") -> dict[str, Any]:
    assert reply.status_code == status, reply.content
    assert reply["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = reply.json()
    assert set(body) >= PROBLEM
    assert body["status"] == status
    assert not code or body["code"] == code
    assert body["request_id"]
    return body


@pytest.mark.parametrize("path", ["nowhere", "rooms/absent", "bookings/absent", "rooms/a/b/c", "orders/%00"])
def test_unknown_addresses_have_the_one_shape(tool: Caller, path: str) -> None:
    check_problem(tool.get(path), 404, "not_found")


def test_addresses_beside_the_version_too(db: None) -> None:
    for path in ("/api/", "/api/v2/rooms", "/api/v1/"):
        check_problem(Client().get(path), 404)
    assert Client().get("/nowhere")["Content-Type"].startswith("text/html")


def test_methods_types_and_formats(tool: Caller) -> None:
    check_problem(tool.client.delete(API + "rooms", headers=tool.headers), 405, "method_not_allowed")
    check_problem(tool.client.options(API + "bookings", headers=tool.headers), 405)
    check_problem(tool.client.put(API + "live-sessions", headers=tool.headers), 405)
    html = tool.client.get(API + "rooms", headers={**tool.headers, "Accept": "text/html"})
    check_problem(html, 406, "not_acceptable")
    check_problem(tool.post("bookings", b"room=1", "application/x-www-form-urlencoded"), 415)
    check_problem(tool.post("bookings", b"{", "application/json"), 400, "malformed")
    check_problem(tool.post("bookings", [1]), 400)
    host = tool.client.get(API + "rooms", headers={**tool.headers, "Host": "evil.example"})
    assert (host.status_code, host["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("bookings", "tenannt"),
        ("bookings", "format"),
        ("bookings", "cursor"),
        ("bookings/{uid}", "tenant"),
        ("rooms/alpha-room-0/free-windows", "day"),
        ("rooms/alpha-room-0/free-windows", "page"),
        ("orders", "page"),
        ("figures", "from"),
        ("figures/metrics", "tenant"),
        ("me", "a\x00b"),
    ],
)
def test_parameters_that_nobody_knows_are_refused_by_name(
    tool: Caller, world: World, path: str, name: str
) -> None:
    path = path.format(uid=world.tenants[0].booking.uid)
    problem = check_problem(tool.get(path, **{name: "alpha-a"}), 400, "unknown_parameter")
    assert problem["field"] == shown(name)
    assert shown(name) in problem["detail"]


def test_a_write_with_an_unknown_parameter_stores_nothing(tool: Caller) -> None:
    check_problem(tool.post("orders/bulk?atomik=true", [{}]), 400, "unknown_parameter")
    wanted = {"tenant": "alpha-a", "code": "new", "name_zh": "灯"}
    check_problem(tool.post("skus?dry_run=true", wanted), 400, "unknown_parameter")
    assert tool.get("skus", code="new").json()["count"] == 0


def test_every_documented_parameter_is_known(tool: Caller) -> None:
    """The other half: the parameters that the document names are none that is refused as unknown."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    asked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
            address = path.removeprefix(API).format(code="alpha-room-0", uid=uuid4())
            query = urlencode(dict.fromkeys(names, "1"))
            reply = (tool.post if method == "post" else tool.get)(f"{address}?{query}")
            assert reply.status_code < 400 or reply.json()["code"] != "unknown_parameter", (path, names)
            asked += len(names)
    assert asked > 40


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("rooms", {"page": "abc"}),
        ("rooms", {"page": "-1"}),
        ("rooms", {"page": "１"}),
        ("rooms", {"page_size": "1000000000"}),
        ("rooms", {"page_size": "all"}),
        ("bookings", {"since": "zz"}),
        ("bookings", {"state": "\x00"}),
        ("bookings", {"room": "\x00"}),
        ("figures", {"tenant": "alpha-a", "since": "2025-13-01"}),
        ("figures", {"tenant": "alpha-a", "by": "minute"}),
        ("figures", {"tenant": "alpha-a", "since": "2020-01-01", "until": "2025-01-01"}),
        ("figures", {"tenant": "alpha-a", "since": "2025-01-02", "until": "2025-01-01"}),
        ("indicator-values", {"year": "20x5"}),
        ("indicator-values", {"year": "99999999999999999999"}),
        ("indicator-values", {"code": "\x00"}),
        ("indicator-values", {"vintages": "some"}),
    ],
)
@pytest.mark.both_databases
def test_malformed_queries_are_refused_by_name(tool: Caller, path: str, query: dict[str, str]) -> None:
    check_problem(tool.get(path, **query), 400)


def test_pages_beyond_the_last(tool: Caller) -> None:
    check_problem(tool.get("rooms", page=99), 404)
    assert tool.get("rooms", page=1, page_size=1).json()["next"]


def test_nobody_strangers_and_dead_keys(world: World) -> None:
    anybody = Caller().get("rooms")
    check_problem(anybody, 401, "not_authenticated")
    assert anybody["WWW-Authenticate"] == "Bearer"
    for secret in ("x", "lpk_abc", "lpk_" + "ü" * 20, world.secret[:-1] + "?", world.secret + " x"):
        check_problem(Caller(secret).get("rooms"), 401, "authentication_failed")
    check_problem(Caller(user=make_user("stranger")).get("rooms"), 403, "permission_denied")
    assert Caller(user=make_user("other")).get("me").json()["grants"] == []
    key, secret = tool_key_create(
        actor=SYSTEM, node=world.park.node, name="short", scopes=["figures:read"], expires_at=now()
    )
    check_problem(Caller(secret).get("me"), 401)
    live, secret = tool_key_create(actor=SYSTEM, node=world.park.node, name="k", scopes=["figures:read"])
    assert Caller(secret).get("me").status_code == 200
    tool_key_revoke(actor=world.manager, uid=str(live.uid))
    check_problem(Caller(secret).get("me"), 401)
    assert key.pk


def test_people_use_the_cookie_and_the_csrf_token(world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    owner = world.tenants[0].users["tenant_owner"]
    browser.force_login(owner)
    assert browser.get(API + "me").json()["kind"] == "user"
    body = json.dumps({"tenant": "alpha-a", "platform": "jd"})
    check_problem(browser.post(API + "live-sessions", body, content_type="application/json"), 403)
    owner.is_active = False
    owner.save()
    check_problem(browser.get(API + "me"), 401)


def test_who_am_i(world: World, tool: Caller) -> None:
    me = tool.get("me")
    assert me["Livepark-API-Version"] == "1.0.0"
    assert me["Cache-Control"] == "private, no-store" or "no-store" in me["Cache-Control"]
    assert me.json()["kind"] == "key"
    assert me.json()["grants"] == [
        {
            "role": "tool",
            "kind": "tenant",
            "code": "alpha-a",
            "name_zh": "CANARYALPHAa商户",
            "name_en": "CANARYALPHAa Tenant",
        }
    ]
    assert "orders:write" in me.json()["scopes"]


def test_calls_are_counted_per_credential(
    tool: Caller, world: World, settings: Any, monkeypatch: Any
) -> None:
    from core.api.views import MeViewSet
    from core.doors.credentials import CredentialThrottle

    monkeypatch.setattr(MeViewSet, "throttle_classes", [CredentialThrottle])
    settings.LIVEPARK_CALLS_PER_MINUTE = {"credential": 3, "anonymous": 2}
    statuses = [tool.get("me").status_code for _ in range(5)]
    assert statuses.count(429) >= 1  # the minute may have turned in between
    refused = check_problem(tool.get("me"), 429, "throttled") and tool.get("me")
    assert 0 < int(refused["Retry-After"]) <= 61
    assert Caller(world.tenants[1].secret).get("me").status_code == 200
    spoofed = [
        Caller("lpk_wrong").client.get(
            API + "me", headers={"Authorization": "Bearer lpk_wrong", "X-Forwarded-For": f"10.0.0.{n}"}
        )
        for n in range(6)
    ]
    assert 429 in [reply.status_code for reply in spoofed]


@pytest.mark.redis
def test_limits_hold_while_the_cache_is_away(redis_url: str, settings: Any, monkeypatch: Any) -> None:
    from django.core.cache.backends.redis import RedisCache

    import core.doors.credentials as door

    settings.LIVEPARK_CALLS_PER_MINUTE = {"credential": 3, "anonymous": 3}
    reached = RedisCache(redis_url, {})
    monkeypatch.setattr(door, "cache", reached)
    assert [Rate.allows("credential", "redis") for _ in range(4)].count(False) <= 1
    away = RedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})
    monkeypatch.setattr(door, "cache", away)
    monkeypatch.setattr(Rate, "away_until", 0.0)
    answers = [Rate.allows("credential", "local") for _ in range(8)]
    assert answers[0]
    assert not answers[-1]
