"""A park run through the API: what the pages do, with the same services and the same refusals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from analytics.models import DisplayLink
from analytics.trust import judging
from core import buckets
from core.choices import Role
from core.clock import DAY, HOUR, day_start, local, now, today
from core.models import Membership
from livestreams.models import LiveRoom, MediaNode, Publish, ScreenToken
from livestreams.selectors import room_reports
from livestreams.services import exchange_offer_make, node_by_secret, screen_of
from livestreams.usage import heat_map
from parks.choices import EventKind
from parks.services import event_create
from tests.api.conftest import Caller
from tests.factories import SYSTEM, World, make_park, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def manager(world: World) -> Caller:
    return Caller(user=world.users["park_manager"])


@pytest.fixture
def owner(world: World) -> Caller:
    return Caller(user=world.tenants[0].users["tenant_owner"])


def problem_of(answer: Any) -> dict[str, str]:
    """The refusal, or its first error where it lists them."""
    told: dict[str, Any] = answer.json()
    return told["errors"][0] if told.get("errors") else told


def test_a_room_is_added_changed_and_taken_out_of_use(world: World, manager: Caller) -> None:
    made = manager.post(
        "rooms",
        {"park": "alpha", "code": "r9", "name_zh": "九号", "hourly_rate": "80", "dedicated_to": "alpha-a"},
    )
    assert (made.status_code, made.json()["is_dedicated"], made.json()["opens_at"]) == (201, True, "00:00")
    changed = manager.post(
        "rooms/r9/change", {"dedicated_to": None, "opens_at": "09:00", "closes_at": "21:00"}
    )
    assert (changed.json()["is_dedicated"], changed.json()["opens_at"]) == (False, "09:00")
    assert LiveRoom.objects.get(code="r9").hourly_rate == Decimal(80)

    start = now().replace(second=0, microsecond=0) + DAY
    span = {"starts_at": local(start).isoformat(), "ends_at": local(start + HOUR).isoformat()}
    assert manager.post("maintenance", {"room": "r9", **span}).status_code == 201
    refused = manager.post("bookings", {"tenant": "alpha-a", "room": "r9", **span})
    assert refused.status_code == 409
    (window,) = manager.get("maintenance", room="r9").json()["results"]
    later = local(start + 2 * HOUR).isoformat()
    moved = manager.post(f"maintenance/{window['uid']}/end", {"ends_at": later})
    assert (moved.status_code, moved.json()) == (200, {**window, "ends_at": later})
    called_off = manager.post(f"maintenance/{window['uid']}/end")
    assert (called_off.status_code, called_off.json()["ends_at"]) == (200, window["starts_at"])
    assert manager.get("maintenance", room="r9").json()["results"] == []


def test_a_room_says_from_when_to_when_it_is_in_use(manager: Caller) -> None:
    new = {"park": "alpha", "code": "r9", "name_zh": "九号"}
    made = manager.post("rooms", new).json()
    assert (made["opened_on"], made["closed_on"]) == (f"{today()}", None)
    days = {"opened_on": f"{today() + 7 * DAY}", "closed_on": f"{today() + 90 * DAY}"}
    assert manager.post("rooms/r9/change", days).json() == {**made, **days}
    wrong = manager.post("rooms/r9/change", {"opened_on": f"{today() + 91 * DAY}"})
    assert (wrong.status_code, problem_of(wrong)["field"]) == (400, "opened_on")


def test_windows_that_are_asked_for_are_shown_as_all_times_are(owner: Caller) -> None:
    start = now().replace(minute=0, second=0, microsecond=0) + 3 * DAY
    window = {"starts_at": local(start).isoformat(), "ends_at": local(start + 2 * HOUR).isoformat()}
    asked = owner.post("slot-requests", {"tenant": "alpha-a", "minutes": 60, "windows": [window]})
    assert asked.json()["windows"] == [window]


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"code": "alpha-room-0"}, "code", "code_taken"),
        ({"code": "two words"}, "code", "code"),
        ({"hourly_rate": "-1"}, "hourly_rate", "negative"),
        ({"setup_minutes": 99_999}, "setup_minutes", "max_value"),
        ({"dedicated_to": "nobody"}, "dedicated_to", "absent"),
        ({"equipment": ["a\x00b"]}, "equipment", None),
    ],
)
def test_a_wrong_room_is_refused_by_its_field(
    manager: Caller, values: dict[str, object], field: str, code: str | None
) -> None:
    answer = manager.post("rooms", {"park": "alpha", "code": "r9", "name_zh": "九号", **values})
    problem = problem_of(answer)
    assert answer.status_code in (400, 409)
    assert problem["field"].startswith(field)
    assert code in (None, problem["code"])
    assert not LiveRoom.objects.filter(code="r9").exists()


def test_a_price_below_zero_is_refused_of_a_known_room_and_host_too(manager: Caller, owner: Caller) -> None:
    for caller, path, field in (
        (manager, "rooms/alpha-room-0/change", "hourly_rate"),
        (owner, "hosts/alpha-a-host/change", "day_rate"),
    ):
        answer = caller.post(path, {field: "-0.01"})
        problem = problem_of(answer)
        assert (answer.status_code, problem["code"], problem["field"]) == (400, "negative", field)


def test_the_use_of_rooms_is_that_of_the_page_and_for_those_who_run_them(
    world: World, manager: Caller, owner: Caller, tool: Caller
) -> None:
    with time_machine.travel(now(), tick=False):  # today counts until now
        answer = manager.get("room-use").json()
        reports = room_reports(actor=world.manager, since=today() - 27 * DAY, until=today())
    shown = {row["room"]: (row["utilisation"], row["open_hours"]) for row in answer["results"]}
    assert shown == {
        report.room.code: (
            None if report.use.utilisation is None else str(report.use.utilisation),
            f"{report.use.opened / HOUR:.2f}",
        )
        for report in reports
    }
    assert answer["until"] == str(today())
    heat = heat_map(report.facts for report in reports)
    assert {(cell["weekday"], cell["hour"]): cell["share"] for cell in answer["heat"]} == {
        place: None if share is None else str(share) for place, share in heat.items()
    }
    assert len(answer["heat"]) == 7 * 24
    assert {owner.get("room-use").status_code, tool.get("room-use").status_code} == {403}
    assert manager.get("room-use", since="2025-01-01", until="2025-12-31").status_code == 400


def test_a_secret_is_told_once_and_not_repeated(world: World, manager: Caller, owner: Caller) -> None:
    made = manager.post("media-nodes/alpha-node/secret")
    node = node_by_secret(made.json()["secret"])
    assert node == MediaNode.objects.get(code="alpha-node")

    wish = {"booking": str(world.tenants[0].booking.uid), "kind": "overlay"}
    refused = owner.client.post(
        "/api/v1/screens", wish, content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "not_repeatable")
    assert not ScreenToken.objects.filter(kind="overlay").exists()

    screen = owner.post("screens", wish).json()
    found = screen_of(urlsplit(screen["address"]).fragment, "overlay")
    assert found is not None
    assert str(found[0].uid) == screen["uid"]
    assert "address" not in owner.get(f"screens/{screen['uid']}").json()
    assert owner.post(f"screens/{screen['uid']}/revoke").json()["revoked_at"]
    assert screen_of(urlsplit(screen["address"]).fragment, "overlay") is None


def test_a_hall_link_opens_the_wall_until_it_is_revoked(manager: Caller) -> None:
    link = manager.post("display-links", {"node": "alpha", "name": "大厅"}).json()
    where = urlsplit(link["address"])
    hall = Client()
    assert hall.get(f"{where.path}?{where.query}", follow=True).status_code == 200
    manager.post(f"display-links/{link['uid']}/revoke")
    assert DisplayLink.objects.get(uid=link["uid"]).revoked_at
    assert Client().get(f"{where.path}?{where.query}", follow=True).status_code in (403, 404)


def test_a_verdict_is_read_and_replied_to(world: World, owner: Caller, tool: Caller, manager: Caller) -> None:
    session = world.tenants[0].session
    path = f"sessions/{session.uid}/verdict"
    assert owner.get(path).json()["verdict"] is None
    assert owner.post(path, {"text": "样品单"}).status_code == 409
    buckets.mark(buckets.TRUST, [(session.tenant_id, session.pk)])
    judging.drain()
    read = tool.get(path).json()
    assert (read["verdict"], len(read["sentences"])) == ("cannot_tell", len(read["reasons"]))
    assert tool.post(path, {"text": "样品单"}).status_code == 403
    assert owner.post(path, {"text": "样品单"}).json()["replies"][0]["text"] == "样品单"
    assert manager.get(path).json()["replies"][0]["version"] == 1
    assert Caller(user=world.tenants[1].users["tenant_owner"]).get(path).status_code == 404


def test_a_run_that_was_just_held_is_among_the_runs_of_its_course(manager: Caller) -> None:
    assert manager.post("courses", {"park": "alpha", "code": "c9", "name_zh": "课"}).status_code == 201
    held = manager.post("courses/c9/runs", {"first_day": "2025-06-01", "last_day": "2025-06-02"})
    assert [run["first_day"] for run in held.json()["runs"]] == ["2025-06-01"]


def test_a_filter_that_is_no_answer_to_yes_or_no_is_refused(manager: Caller) -> None:
    assert manager.get("streams", running="true").status_code == 200
    assert manager.get("streams", running="maybe").status_code == 400


def test_a_stream_that_is_let_in_again_says_when(world: World, manager: Caller) -> None:
    known = world.tenants[0].booking.publishes.earliest("id")
    running = Publish.objects.create(
        node=known.node, room=known.room, booking=known.booking, key=known.key, is_test=True, client="t",
        started_at=now() - HOUR, last_seen_at=now(),
    )  # fmt: skip
    assert manager.post(f"streams/{running.uid}/cut").json()["cut_at"]
    assert manager.post(f"streams/{running.uid}/readmit").json()["readmitted_at"]


def test_an_event_is_planned_moved_and_called_off_and_says_what_it_collides_with(
    world: World, manager: Caller, owner: Caller, tool: Caller
) -> None:
    day = today() + 40 * DAY
    near = make_park("near", town=world.park.town)
    event_create(
        actor=SYSTEM, park=near, kind=EventKind.FESTIVAL, first_day=day, last_day=day, name_zh="灯节",
        industry="灯具",
    )  # fmt: skip
    wish = {"park": "alpha", "kind": "festival", "name_zh": "灯会", "industry": "灯饰"}
    days = {"first_day": str(day - DAY), "last_day": str(day + DAY)}
    for other in (owner, tool):
        assert other.post("events", {**wish, **days}).status_code == 403
    assert (
        problem_of(manager.post("events", {**wish, **days, "called_off": str(day)}))["code"]
        == "unknown_field"
    )
    made = manager.post("events", {**wish, **days})
    assert (made.status_code, made.json()["main_from"]) == (201, days["first_day"])
    here = world.park.town.name
    collision = {
        "name": "灯节", "town": here, "here": here, "km": 0, "first_day": str(day), "last_day": str(day)
    }  # fmt: skip
    assert made.json()["collisions"] == [collision]
    address = f"events/{made.json()['uid']}"
    assert manager.get(f"{address}/collisions").json() == {"results": [collision]}
    assert (owner.get(address).status_code, owner.get(f"{address}/collisions").status_code) == (200, 403)
    assert owner.post(f"{address}/change", {"industry": ""}).status_code == 403
    wrong = manager.post(f"{address}/change", {"main_from": str(day - 9 * DAY)})
    assert (wrong.status_code, problem_of(wrong)["field"]) == (400, "main_from")
    moved = manager.post(
        f"{address}/change", {"first_day": str(day + DAY), "main_from": str(day + DAY), "target_orders": 5}
    )
    assert (moved.json()["collisions"], moved.json()["target_orders"]) == ([], 5)
    assert manager.post(f"{address}/change", {"called_off": str(today())}).json()["called_off"] == str(
        today()
    )
    assert manager.post(f"{address}/change", {"called_off": None}).json()["called_off"] is None


def test_venues_come_go_and_lead(world: World, manager: Caller) -> None:
    make_park("near")
    address = f"events/{world.event.uid}"

    def venues(answer: Any) -> dict[str, bool]:
        return {venue["park"]: venue["is_main"] for venue in answer.json()["venues"]}

    assert venues(manager.post(f"{address}/add-venue", {"park_code": "near"})) == {
        "alpha": True,
        "near": False,
    }
    assert manager.post(f"{address}/add-venue", {"park_code": "near"}).status_code == 409
    main = manager.post(f"{address}/give-up-venue", {"park_code": "alpha"})
    assert (main.status_code, problem_of(main)["code"], problem_of(main)["field"]) == (
        409,
        "venue_main",
        "park_code",
    )
    led = manager.post(f"{address}/main-venue", {"park_code": "near"})
    assert venues(led) == {"alpha": False, "near": True}
    assert venues(manager.post(f"{address}/main-venue", {"park_code": "alpha"})) == {
        "alpha": True,
        "near": False,
    }
    assert venues(manager.post(f"{address}/give-up-venue", {"park_code": "near"})) == {"alpha": True}
    for step in ("add-venue", "main-venue", "give-up-venue"):
        refused = manager.post(f"{address}/{step}", {"park_code": "nowhere"})
        assert (refused.status_code, problem_of(refused)["code"]) == (400, "not_found"), step


def test_goods_are_brought_to_an_event_and_taken_back(world: World, manager: Caller, owner: Caller) -> None:
    entry, product = world.tenants[0].entry, world.tenants[0].skus[0].product
    wish = {"entry": str(entry.uid), "product": str(product.uid), "price": "9.90", "quantity": 5}
    assert manager.post("event-items", wish).status_code == 403
    foreign = Caller(user=world.tenants[1].users["tenant_owner"]).post("event-items", wish)
    assert (foreign.status_code, problem_of(foreign)["code"]) == (400, "absent")
    item = owner.post("event-items", wish).json()
    assert (item["price"], item["quantity"], item["event"]) == ("9.90", 5, str(world.event.uid))
    assert item["uid"] in {each["uid"] for each in manager.get("event-items").json()["results"]}
    found = owner.get("event-items", event=str(world.event.uid)).json()["results"]
    assert {each["tenant"] for each in found} == {"alpha-a"}
    assert owner.get("event-items", event="01890000-0000-7000-8000-000000000000").json()["results"] == []
    taken = owner.post(f"event-items/{item['uid']}/withdraw")
    assert taken.json()["withdrawn_on"] == str(today())


def test_only_its_owner_says_what_the_wall_shows_of_a_firm(
    world: World, manager: Caller, owner: Caller
) -> None:
    address = "tenants/alpha-a"
    assert (
        owner.post(f"{address}/change", {"wall_visibility": "hidden"}).json()["wall_visibility"] == "hidden"
    )
    assert manager.get(address).json()["wall_visibility"] == "hidden"
    for field, value in (("wall_visibility", "amount"), ("shares_orders_with_park", True)):
        assert manager.post(f"{address}/change", {field: value}).status_code == 403
    assert manager.post(f"{address}/change", {"industry": "灯饰"}).json()["industry"] == "灯饰"
    assert owner.post(f"{address}/change", {"wall_visibility": "loud"}).status_code == 400
    staff, host = (Caller(user=world.tenants[0].users[role]) for role in ("tenant_staff", "host"))
    assert [firm["code"] for firm in staff.get("tenants").json()["results"]] == ["alpha-a"]
    assert staff.post(f"{address}/change", {"wall_visibility": "amount"}).status_code == 403
    analyst = Caller(user=world.users["province_analyst"])
    assert {host.get(address).status_code, analyst.get(address).status_code} == {403}
    # Who analyses the province and owns a firm elsewhere reads that firm alone.
    elsewhere = make_tenant(make_park("near"), "near-a")
    Membership.objects.create(
        user=world.users["province_analyst"], node=elsewhere.node, role=Role.TENANT_OWNER
    )
    assert [firm["code"] for firm in analyst.get("tenants").json()["results"]] == ["near-a"]


def test_the_month_of_the_exchange_is_told_to_those_who_see_all_of_it(
    world: World, manager: Caller, owner: Caller
) -> None:
    start = day_start(today().replace(day=1)) + 40 * DAY
    exchange_offer_make(
        actor=SYSTEM, room=world.rooms[0], starts_at=start, ends_at=start + 2 * HOUR,
        hourly_rate=Decimal(80), places=[make_park("near").code],
    )  # fmt: skip
    day = str(local(start).date())
    month = manager.get("exchange-month", park="alpha", day=day).json()
    assert (month["month"], month["rooms_offered"], month["rooms_lent"]) == (f"{day[:7]}-01", "2.0", "0.0")
    assert owner.get("exchange-month", park="alpha").status_code == 403
    assert {manager.get("exchange-month", park=park).status_code for park in ("near", "nowhere", "")} == {404}
