"""Faults: who may report what, what a fault does to its room, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, MINUTE, now, today
from core.errors import InvalidInput, NotFound, Refused
from core.models import AuditEntry
from core.scoping import visible_to
from livestreams import services
from livestreams.choices import FAULT_TRANSITIONS, BookingState, FaultKind, FaultState, PublishReason
from livestreams.dayplan import board
from livestreams.errors import BadTime, RoomUnavailable, WrongState
from livestreams.models import Booking, Fault, FaultStep, Maintenance
from livestreams.studio import hits_of
from parks.models import ParkSettings
from tests.factories import World, make_item, make_room, make_world
from tests.livestreams.encoders import book, encoder, last_reason

pytestmark = pytest.mark.both_databases
At = Callable[..., datetime]


def report(world: World, actor=None, **more) -> Fault:
    more = {"kind": FaultKind.LIGHT, **more}
    return services.fault_report(actor=actor or world.manager, **more)


# --- who reports ----------------------------------------------------------------------------------------------


def test_whoever_may_check_in_reports_from_a_booking_and_no_stranger_does(
    world: World, booking: Booking
) -> None:
    mine, neighbour = world.tenants
    booking.host = mine.host
    booking.save()
    host = user_actor(mine.users[Role.HOST])
    for actor in (mine.owner, user_actor(mine.users[Role.TENANT_STAFF]), host, mine.tool):
        fault = report(world, actor, booking=booking)
        assert (fault.room, fault.tenant, fault.park) == (booking.room, mine.tenant, world.park)
    assert {*visible_to(Fault.objects.all(), host)} == {*Fault.objects.filter(reported_by=host.user_id)}
    for actor in (neighbour.owner, make_world("beta").manager):
        with pytest.raises(NotFound):
            report(world, actor, booking=booking)
    with pytest.raises(Refused):
        report(world, user_actor(world.users[Role.PARK_FINANCE]), room=booking.room, tenant=mine.tenant)


def test_a_firm_reports_without_a_booking_in_its_own_name_and_park_only(world: World) -> None:
    mine, neighbour = world.tenants
    room = world.rooms[0]
    assert report(world, mine.owner, room=room, tenant=mine.tenant).tenant == mine.tenant
    with pytest.raises(Refused):
        report(world, mine.owner, room=room, tenant=neighbour.tenant)
    with pytest.raises(InvalidInput) as nobody:
        report(world, mine.owner, room=room)
    assert nobody.value.field == "tenant"
    with pytest.raises(InvalidInput) as elsewhere:
        report(world, mine.owner, room=make_world("beta").rooms[0], tenant=mine.tenant)
    assert elsewhere.value.code == "other_park"


def test_a_fault_is_of_a_room_or_an_item_of_one_place(world: World, booking: Booking) -> None:
    other = make_item(make_world("beta").park, "beta-item")
    for wrong, field in (
        ({}, "room"),
        ({"room": world.rooms[0], "item": other}, "item"),
        ({"booking": booking, "room": world.rooms[1]}, "room"),
        ({"item": make_item(world.park, "alpha-item"), "blocks": True}, "blocks"),
    ):
        with pytest.raises(InvalidInput) as refused:
            report(world, **wrong)
        assert refused.value.field == field


def test_the_neighbour_sees_neither_fault_nor_steps_and_the_park_all(world: World, booking: Booking) -> None:
    mine, neighbour = world.tenants
    fault = report(world, mine.owner, booking=booking, text="secret words")
    assert not visible_to(Fault.objects.filter(pk=fault.pk), neighbour.owner).exists()
    assert not visible_to(FaultStep.objects.filter(fault=fault), neighbour.owner).exists()
    assert visible_to(FaultStep.objects.filter(fault=fault), mine.owner).exists()
    assert visible_to(Fault.objects.filter(pk=fault.pk), world.manager, "change").exists()
    own = report(world, room=booking.room)  # the park's own
    assert not visible_to(Fault.objects.filter(pk=own.pk), mine.owner).exists()
    with pytest.raises(NotFound):
        services.fault_repaired(actor=mine.owner, fault=fault)
    assert "secret words" not in str(list(AuditEntry.objects.values_list("after", "object_label")))


# --- its way ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", FaultState.values)
def test_only_the_named_steps_follow_a_state(world: World, state: str) -> None:
    steps = {
        FaultState.IN_REPAIR: services.fault_take_up,
        FaultState.REPAIRED: services.fault_repaired,
        FaultState.CLOSED: services.fault_close,
    }
    for target, step in steps.items():
        fault = report(world, room=world.rooms[0])
        Fault.objects.filter(pk=fault.pk).update(state=state)
        note = {"note": "why"}
        if target in FAULT_TRANSITIONS[state]:
            assert step(actor=world.manager, fault=fault, **note).state == target
            last = fault.steps.last()
            assert (last.state, last.note, last.by_id) == (target, "why", world.manager.user_id)
        else:
            with pytest.raises(WrongState):
                step(actor=world.manager, fault=fault, **note)


def test_closing_without_repair_needs_a_reason_and_steps_are_never_changed(world: World) -> None:
    fault = report(world, room=world.rooms[0])
    with pytest.raises(InvalidInput):
        services.fault_close(actor=world.manager, fault=fault, note=" ")
    for spoil in (lambda rows: rows.update(note="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            spoil(FaultStep.objects.filter(fault=fault))


# --- what it does to its room -----------------------------------------------------------------------------------


def test_a_blocking_fault_takes_the_room_out_of_use_until_it_is_repaired(
    world: World, booking: Booking, at: At
) -> None:
    mine = world.tenants[0]
    with time_machine.travel(at(8)) as clock:
        fault = report(world, room=booking.room, blocks=True)
        assert (fault.window.starts_at, fault.window.ends_at) == (
            pytest.approx(now(), abs=MINUTE),
            pytest.approx(now() + DAY, abs=MINUTE),
        )
        with pytest.raises(RoomUnavailable) as refused:
            book(world, at(12), at(13))
        assert refused.value.code == "maintenance"
        booking.refresh_from_db()
        assert booking.state == BookingState.CONFIRMED  # nobody cancels it
        (hit,) = hits_of(fault.window)
        assert hit.booking == booking
        assert {window.room.code for window in hit.instead} == {"alpha-room-0", "alpha-room-1"}
        elsewhere = next(window for window in hit.instead if window.room != booking.room)
        services.booking_move(actor=mine.owner, booking=booking, room=elsewhere.room)
        assert hits_of(fault.window) == []
        clock.shift(HOUR)
        services.fault_repaired(actor=world.manager, fault=fault)
        fault.window.refresh_from_db()
        assert fault.window.ends_at <= now()
        book(world, at(12), at(13))


def test_what_a_firm_says_from_afar_blocks_once_the_studio_takes_it_up(
    world: World, booking: Booking, at: At
) -> None:
    mine = world.tenants[0]
    afar = report(world, mine.owner, booking=booking, blocks=True)
    assert afar.window is None
    taken_up = services.fault_take_up(actor=world.manager, fault=afar, until=now() + 3 * HOUR)
    assert taken_up.window.ends_at - now() < 3 * HOUR
    harmless = report(world, mine.owner, room=booking.room, tenant=mine.tenant, blocks=True)
    assert services.fault_take_up(actor=world.manager, fault=harmless, blocks=False).window is None
    with time_machine.travel(at(10)):
        there = report(world, mine.owner, booking=booking, blocks=True)
        assert there.window is not None
        assert report(world, mine.owner, booking=booking).window is None
        with pytest.raises(BadTime):
            services.fault_take_up(actor=world.manager, fault=there, until=now() - HOUR)
        again = services.fault_take_up(actor=world.manager, fault=there, blocks=False)
        assert again.window.ends_at <= now()


def test_a_window_does_not_run_out_before_the_repair(world: World) -> None:
    fault = report(world, room=world.rooms[0], blocks=True)
    with time_machine.travel(now() + 23 * HOUR) as clock:
        assert services.studio_upkeep() == 1
        assert services.studio_upkeep() == 0
        fault.window.refresh_from_db()
        assert fault.window.ends_at > now() + 20 * HOUR
        services.fault_repaired(actor=world.manager, fault=fault)
        clock.shift(DAY)
        assert services.studio_upkeep() == 0
        assert not Maintenance.objects.filter(room=world.rooms[0], ends_at__gt=now()).exists()


def test_a_booking_in_a_room_out_of_use_is_given_back_for_nothing(
    world: World, booking: Booking, at: At
) -> None:
    ParkSettings.objects.update_or_create(
        park=world.park, defaults={"late_cancel_percent": 50, "no_show_percent": 50, "cancel_free_hours": 24}
    )
    mine = world.tenants[0]
    room = make_room(world.park, "alpha-third")
    third = services.booking_create(
        actor=mine.owner, room=room, tenant=mine.tenant, starts_at=at(9), ends_at=at(10)
    )
    with time_machine.travel(at(8, 1) + 12 * HOUR):
        services.fault_report(actor=world.manager, kind="room", room=booking.room, blocks=True)
        assert services.booking_cancel(actor=mine.owner, booking=booking).due == 0
    with time_machine.travel(at(8) + 50 * MINUTE):
        own_word = report(world, mine.owner, booking=third, blocks=True)
        assert own_word.window is not None
        assert services.booking_cancel(actor=mine.owner, booking=third).due == third.price / 2
    missed = book(world, at(12), at(13), room=1)
    with time_machine.travel(at(11)):
        report(world, room=missed.room, blocks=True)
    with time_machine.travel(at(14)):
        services.release_expired()
    missed.refresh_from_db()
    assert (missed.state, missed.due) == (BookingState.NO_SHOW, 0)


def test_a_fault_does_not_cut_those_who_are_on_air(world: World, booking: Booking, at: At) -> None:
    late = book(world, at(12), at(13))
    sender, next_one = encoder(world, booking), encoder(world, late, client="2")
    with time_machine.travel(at(9)) as clock:
        assert sender.publish().status_code == 302
        clock.shift(HOUR)
        report(world, world.tenants[0].owner, booking=booking, blocks=True)
        clock.shift(MINUTE)
        assert sender.update() < 300
        clock.move_to(at(12))
        sender.done()
        next_one.publish()
        assert last_reason() == PublishReason.ROOM_CLOSED


# --- its words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reporting", ["en", "zh-hans"])
def test_a_window_says_in_the_language_of_who_reads_it_why_a_room_is_out_of_use(
    world: World, reporting: str
) -> None:
    room, translated = world.rooms[0], "因故障停用"
    with override(reporting):
        report(world, room=room, blocks=True)
    window = Maintenance.objects.latest("pk")

    def told(language: str) -> list[str]:
        with override(language):
            shown = board(
                day=today(), rooms=[room], bookings=[], repairs=Maintenance.objects.filter(room=room)
            )
            page = Client()
            page.force_login(world.users[Role.PARK_MANAGER])
            answer = page.get(
                "/api/v1/maintenance", {"room": room.code}, headers={"Accept-Language": language}
            )
            (first, *_rest) = answer.json()["results"]
            return [shown["events"][0]["title"], first["reason"]]

    Maintenance.objects.filter(room=room).exclude(pk=window.pk).delete()
    assert told("en") == ["Out of use by a fault"] * 2
    assert told("zh-hans") == [translated] * 2
    # What was stored in words before, or written by people, stands as it is.
    Maintenance.objects.filter(pk=window.pk).update(reason=translated)
    assert told("en") == [translated] * 2


def test_a_window_is_found_by_the_words_in_which_it_is_shown(world: World) -> None:
    report(world, room=world.rooms[0], blocks=True)
    window = Maintenance.objects.latest("pk")
    page = Client()
    page.force_login(world.users[Role.PARK_MANAGER], backend="django.contrib.auth.backends.ModelBackend")

    def found(words: str, language: str) -> bool:
        page.cookies["django_language"] = language
        answer = page.get(reverse("admin:livestreams_maintenance_changelist"), {"q": words})
        return window in answer.context["cl"].queryset

    assert found("故障停用", "zh-hans")
    assert found("by a Fault", "en")
    assert found(world.rooms[0].code, "zh-hans")
    assert not found("空调", "zh-hans")
