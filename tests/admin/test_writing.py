"""Writes of the admin go through services: audited, scoped again inside, and refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from core import clock
from core.choices import Role
from core.clock import DAY, HOUR, day_start, local, today
from core.doors.admin import operations
from core.models import AuditEntry, Job, User
from livestreams.choices import BookingState
from livestreams.models import Booking, LiveRoom
from parks.models import Building, ServiceOffer
from supplychain.models import Backorder, StockLevel, StockMove, Warehouse
from tenants.models import Lease, Tenant
from tests.admin.conftest import Worlds, errors_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def moment(name: str, instant: Any) -> dict[str, str]:
    """How a date and time are posted."""
    shown = local(instant)
    return {f"{name}_0": f"{shown:%Y-%m-%d}", f"{name}_1": f"{shown:%H:%M:%S}"}


@pytest.fixture
def booking_of(worlds: Worlds) -> Callable[..., dict[str, Any]]:
    """What the form of a booking posts, for an hour of the day after tomorrow."""

    def values(hour: int, hours: int = 2, **other: Any) -> dict[str, Any]:
        starts_at = day_start(today() + 2 * DAY) + hour * HOUR
        seat = worlds.mine.tenants[0]
        return {
            "room": worlds.mine.rooms[0].pk,
            "tenant": seat.tenant.pk,
            "host": seat.host.pk,
            "purpose": "",
            **moment("starts_at", starts_at),
            **moment("ends_at", starts_at + hours * HOUR),
            **other,
        }

    return values


def test_a_booking_is_made_by_its_service(
    manager: Client, worlds: Worlds, booking_of: Callable[..., dict[str, Any]]
) -> None:
    answer = manager.post(url_of(Booking, "add/"), booking_of(8))
    assert answer.status_code == 302
    made = Booking.objects.latest("pk")
    assert (made.price, made.state) == (Decimal(200), BookingState.CONFIRMED)
    assert made.blocked_from == made.starts_at - timedelta(minutes=15)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.actor) == ("booking.create", worlds.mine.users[Role.PARK_MANAGER].username)
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_are_of_years_with_which_somebody_reckons(
    manager: Client, worlds: Worlds, booking_of: Callable[..., dict[str, Any]], day: str
) -> None:
    posted = booking_of(8, starts_at_0=day)
    assert set(errors_of(manager.post(url_of(Booking, "add/"), posted))) == {"starts_at"}
    lease = Lease.objects.filter(park=worlds.mine.park).latest("pk")
    answer = manager.post(url_of(Lease, f"{lease.pk}/do/end/"), {"day": day})
    assert answer.context["form"].errors["day"].as_data()[0].code == "year"


def test_an_overlap_comes_back_as_an_error_with_free_windows(
    manager: Client, booking_of: Callable[..., dict[str, Any]]
) -> None:
    manager.post(url_of(Booking, "add/"), booking_of(8))
    before = Booking.objects.count()
    (words,) = errors_of(manager.post(url_of(Booking, "add/"), booking_of(9))).values()
    assert len(words) > 1  # the refusal, and windows that are free
    assert Booking.objects.count() == before


def test_a_booking_in_the_past_is_refused_at_its_field(
    manager: Client, booking_of: Callable[..., dict[str, Any]]
) -> None:
    assert "starts_at" in errors_of(manager.post(url_of(Booking, "add/"), booking_of(-100)))


def test_operations_on_a_row_and_on_many(
    manager: Client, worlds: Worlds, booking_of: Callable[..., dict[str, Any]]
) -> None:
    manager.post(url_of(Booking, "add/"), booking_of(12, hold="on"))
    held = Booking.objects.latest("pk")
    assert held.state == BookingState.HELD
    page = manager.get(url_of(Booking, f"{held.pk}/change/")).content.decode()
    assert f"{held.pk}/do/confirm/" in page
    assert f"{held.pk}/do/check-in/" not in page
    assert manager.get(url_of(Booking, f"{held.pk}/do/confirm/")).status_code == 200
    held.refresh_from_db()
    assert held.state == BookingState.HELD  # looking at the page does nothing
    manager.post(url_of(Booking, f"{held.pk}/do/confirm/"))
    held.refresh_from_db()
    assert held.state == BookingState.CONFIRMED

    foreign = worlds.other.tenants[0].booking
    chosen = [held.pk, foreign.pk, "abc", "9" * 30, ""]
    answer = manager.post(url_of(Booking), {"action": "cancel", "_selected_action": chosen, "index": "0"})
    assert answer.status_code == 302
    held.refresh_from_db()
    foreign.refresh_from_db()
    assert (held.state, foreign.state) == (BookingState.CANCELLED, BookingState.CONFIRMED)
    assert (
        "_selected_action" not in manager.get(url_of(Tenant)).content.decode()
    )  # nothing to choose, so no boxes


def test_what_a_list_action_leaves_is_said_and_done_by_the_next_one(
    manager: Client, booking_of: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_AT_ONCE", 2)
    for hour in (12, 15, 18):
        manager.post(url_of(Booking, "add/"), booking_of(hour, hold="on"))
    chosen = list(Booking.objects.filter(state=BookingState.HELD).values_list("pk", flat=True))
    manager.get(url_of(Booking))  # what was said of each of them is read
    told = []
    for _again in range(2):
        values = {"action": "confirm", "_selected_action": chosen, "index": "0"}
        page = manager.post(url_of(Booking), values, follow=True)
        told.append(
            [
                (each.level_tag, sorted(int(n) for n in re.findall(r"\d+", str(each))))
                for each in page.context["messages"]
            ]
        )
    assert told == [
        [("success", [2]), ("warning", [1, 2])],
        [("success", [1]), ("warning", [2])],
    ]
    assert not Booking.objects.filter(pk__in=chosen).exclude(state=BookingState.CONFIRMED).exists()


def test_an_operation_that_is_refused_says_why(manager: Client, worlds: Worlds) -> None:
    early = worlds.mine.tenants[0].booking
    words = errors_of(manager.post(url_of(Booking, f"{early.pk}/do/check-in/")))
    assert words["__all__"]


def test_only_who_may_change_may_operate(as_user: Callable[[User], Client], worlds: Worlds) -> None:
    booking = worlds.mine.tenants[0].booking
    viewer = as_user(worlds.mine.users[Role.PARK_VIEWER])
    assert viewer.get(url_of(Booking, f"{booking.pk}/do/cancel/")).status_code == 403
    assert viewer.post(url_of(Booking, f"{booking.pk}/do/cancel/")).status_code == 403
    viewer.post(url_of(Booking), {"action": "cancel", "_selected_action": [booking.pk], "index": "0"})
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


def test_plain_records_are_added_changed_and_closed(manager: Client, worlds: Worlds) -> None:
    values = {
        "park": worlds.mine.park.pk,
        "name_zh": "质检",
        "name_en": "",
        "kind": "quality_inspection",
        "provider": "",
        "pricing": "per_use",
        "price": "12.50",
        "share_percent": "0",
        "quota_per_month": "",
    }
    assert manager.post(url_of(ServiceOffer, "add/"), values).status_code == 302
    offer = ServiceOffer.objects.latest("pk")
    assert (offer.price, offer.park) == (Decimal("12.50"), worlds.mine.park)
    assert (
        manager.post(url_of(ServiceOffer, f"{offer.pk}/change/"), {**values, "price": "13"}).status_code
        == 302
    )
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.before, entry.after) == (
        "serviceoffer.update",
        {"price": "12.5000"},
        {"price": "13"},
    )
    assert (
        manager.post(url_of(ServiceOffer, f"{offer.pk}/do/close/"), {"closed_on": str(today())}).status_code
        == 302
    )
    offer.refresh_from_db()
    assert (offer.closed_on, offer.price) == (today(), 13)


@pytest.mark.parametrize("amount", ["1e3", "１２", "12,5", "0x10", "-0.00", "12.34567", "9" * 20, "NaN"])
def test_amounts_are_strict(manager: Client, worlds: Worlds, amount: str) -> None:
    values = {
        "park": worlds.mine.park.pk,
        "name_zh": "x",
        "kind": "training",
        "pricing": "free",
        "price": amount,
    }
    assert "price" in errors_of(manager.post(url_of(ServiceOffer, "add/"), values))


@pytest.mark.parametrize("number", ["2147483648", "１２", "1e3", "-1", "1.5"])
def test_numbers_are_strict_and_alike_on_every_database(manager: Client, worlds: Worlds, number: str) -> None:
    values = {
        "park": worlds.mine.park.pk,
        "name_zh": "x",
        "kind": "training",
        "pricing": "free",
        "price": "1",
    }
    answer = manager.post(url_of(ServiceOffer, "add/"), {**values, "quota_per_month": number})
    assert "quota_per_month" in errors_of(answer)


def test_what_only_the_database_knows_is_said_in_words(
    manager: Client, worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers at once pass the form's checks; the constraint has the last word and it reads like one."""
    monkeypatch.setattr(Building, "validate_unique", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(Building, "validate_constraints", lambda *_args, **_kwargs: None)
    taken = {"park": worlds.mine.park.pk, "code": worlds.mine.building.code, "name_zh": "楼", "phase": "1"}
    assert errors_of(manager.post(url_of(Building, "add/"), taken))["__all__"]


def test_rooms_are_closed_only_when_nobody_has_them_booked(manager: Client, worlds: Worlds) -> None:
    room = worlds.mine.rooms[0]
    refused = errors_of(manager.post(url_of(LiveRoom, f"{room.pk}/do/close/"), {"closed_on": str(today())}))
    assert refused["closed_on"]
    form = manager.get(url_of(LiveRoom, f"{room.pk}/change/")).context["adminform"].form
    assert form["hourly_rate"].value() in (Decimal(100), "100")
    posted = {name: form[name].value() or "" for name in form.fields}
    posted |= {"equipment": "摄像机，灯、灯; 话筒", "opens_at": "00:00", "closes_at": "00:00"}
    assert manager.post(url_of(LiveRoom, f"{room.pk}/change/"), posted).status_code == 302
    room.refresh_from_db()
    assert room.equipment == ["摄像机", "灯", "话筒"]


def test_jobs_are_cancelled(manager: Client, worlds: Worlds) -> None:
    job = Job.objects.exclude(state="done").get(node=worlds.mine.tenants[0].tenant.node)
    assert manager.post(url_of(Job, f"{job.pk}/do/cancel/")).status_code == 302
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert "__all__" in errors_of(manager.post(url_of(Job, f"{job.pk}/do/cancel/")))


def test_history_is_the_audit(manager: Client, as_user: Callable[[User], Client], worlds: Worlds) -> None:
    booking = worlds.mine.tenants[0].booking
    manager.post(url_of(Booking, f"{booking.pk}/do/cancel/"))
    page = manager.get(url_of(Booking, f"{booking.pk}/history/")).content.decode()
    assert "booking.cancel" in page
    assert "cancelled" in page
    assert worlds.mine.users[Role.PARK_MANAGER].username in page
    assert clock.today().isoformat() in page
    studio = as_user(worlds.mine.users[Role.PARK_STUDIO])
    assert studio.get(url_of(Booking, f"{booking.pk}/history/")).status_code == 403
    assert "/history/" not in studio.get(url_of(Booking, f"{booking.pk}/change/")).content.decode()


def test_stock_moves_by_hand(as_user: Callable[[User], Client], worlds: Worlds) -> None:
    keeper = as_user(worlds.mine.users[Role.PARK_WAREHOUSE])
    seat = worlds.mine.tenants[0]
    page = keeper.get(url_of(StockMove, "add/")).context["adminform"].form
    level = StockLevel.objects.get(warehouse=worlds.mine.warehouse, sku=seat.skus[0])
    there = level.on_hand + 7
    values = {
        "warehouse": worlds.mine.warehouse.pk,
        "sku": seat.skus[0].pk,
        "kind": "inbound",
        "quantity": "7",
        "note": "",
        "source_key": page["source_key"].value(),
    }
    for _twice in range(2):  # the same page sent again is the same receipt
        assert keeper.post(url_of(StockMove, "add/"), values).status_code == 302
    level.refresh_from_db()
    assert level.on_hand == there
    taken = {**values, "kind": "adjustment", "quantity": str(-there - 1), "note": "x", "source_key": "k2"}
    assert errors_of(keeper.post(url_of(StockMove, "add/"), taken))
    assert "note" in errors_of(
        keeper.post(url_of(StockMove, "add/"), {**taken, "quantity": "-1", "note": ""})
    )
    assert keeper.post(url_of(StockLevel, f"{level.pk}/do/count/"), {"counted": "50"}).status_code == 302
    level.refresh_from_db()
    assert level.on_hand == 50
    second = Warehouse.objects.create(park=worlds.mine.park, code="alpha-second", name_zh="二号仓")
    sent = {"target": second.pk, "quantity": "20", "source_key": "k3"}
    assert keeper.post(url_of(StockLevel, f"{level.pk}/do/transfer/"), sent).status_code == 302
    assert StockLevel.objects.get(warehouse=second, sku=seat.skus[0]).on_hand == 20
    behind = {"quantity": "25", "to_zone": "S-01", "source_key": "k4"}
    assert keeper.post(url_of(StockLevel, f"{level.pk}/do/shift/"), behind).status_code == 302
    taken = keeper.post(url_of(StockLevel, f"{level.pk}/do/shift/"), {**behind, "source_key": "k5"})
    assert "quantity" in errors_of(taken)
    counted = {"counted": "24", "zone": "S-01"}
    assert keeper.post(url_of(StockLevel, f"{level.pk}/do/count/"), counted).status_code == 302
    page = keeper.get(url_of(StockLevel, f"{level.pk}/change/"))
    assert f"{level.zone} 5 · S-01 24" in page.text
    assert "S-01 24" in keeper.get(url_of(StockLevel, "export/csv/")).getvalue().decode()
    owed = Backorder.objects.get(owner=seat.tenant)
    assert keeper.post(url_of(Backorder, f"{owed.pk}/do/fill/"), {"warehouse": second.pk}).status_code == 302
    owed.refresh_from_db()
    assert owed.state == "filled"
    viewer = as_user(worlds.mine.users[Role.PARK_MANAGER])
    assert viewer.post(url_of(StockLevel, f"{level.pk}/do/count/"), {"counted": "1"}).status_code == 403
