"""The exchange between parks: what is offered and shown, asked and lent, and who sees nothing of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, InternalError, connection, transaction

from analytics import rollup
from analytics.models import DaySales, SessionFigures
from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_bounds, now
from core.errors import DomainError, InvalidInput, NotFound, Refused
from core.scoping import visible_to
from livestreams import services
from livestreams.choices import BookingState, EngagementKind, ExchangeState
from livestreams.conflicts import Span
from livestreams.errors import BadTime, Overlap, WrongState
from livestreams.exchange import free_times
from livestreams.exchangefigures import exchange_month
from livestreams.exchangelist import offers_found
from livestreams.models import (
    Booking,
    Engagement,
    ExchangeOffer,
    ExchangeRequest,
    HostAbsence,
    LiveRoom,
    LiveSession,
    Maintenance,
    SchedulePlan,
    Visit,
)
from livestreams.planning import problem_of
from livestreams.selectors import room_reports
from parks.models import Park
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.models import Charge, Tenant
from tests.factories import (
    SYSTEM,
    make_host,
    make_park,
    make_province,
    make_room,
    make_tenant,
    make_town,
    make_user,
)
from tests.livestreams.crowds import crowd, doubled

pytestmark = pytest.mark.both_databases
At = Callable[..., datetime]


@dataclass
class Side:
    """A park with a firm, a host of it, a room, and who runs them."""

    park: Park
    manager: Actor
    tenant: Tenant
    owner: Actor
    host: Any
    room: LiveRoom


def _side(name: str, town: Any) -> Side:
    park = make_park(name, town=town)
    manager = user_actor(make_user(f"{name}-manager", Role.PARK_MANAGER, park.node))
    tenant = make_tenant(park, f"{name}-firm")
    owner = user_actor(make_user(f"{name}-owner", Role.TENANT_OWNER, tenant.node))
    host = make_host(tenant, f"{name}-host")
    return Side(park, manager, tenant, owner, host, make_room(park, f"{name}-room"))


@dataclass
class Three:
    """A park that gives, one that borrows, and a third that has nothing to do with it."""

    giver: Side
    guest: Side
    third: Side


def _three() -> Three:
    province = make_province("three", "three")
    return Three(*(_side(name, make_town(province, name)) for name in ("giver", "guest", "third")))


@pytest.fixture
def three(db: None) -> Three:
    return _three()


def offer_room(three: Three, at: At, **values: Any) -> ExchangeOffer:
    """The giver's room for the day at 70 CNY an hour, for the guest's park."""
    given = {"hourly_rate": Decimal(70), "places": [three.guest.park.code], **values}
    return services.exchange_offer_make(
        actor=three.giver.manager, room=three.giver.room, starts_at=at(8), ends_at=at(20), **given
    )


def offer_host(three: Three, at: At, **values: Any) -> ExchangeOffer:
    given = {"hourly_rate": Decimal(50), "places": [three.guest.park.code], **values}
    return services.exchange_offer_make(
        actor=three.giver.owner, host=three.giver.host, starts_at=at(8), ends_at=at(20), **given
    )


def ask(three: Three, offer: ExchangeOffer, start: datetime, end: datetime, **values: Any) -> ExchangeRequest:
    return services.exchange_request_make(
        actor=three.guest.owner,
        offer=offer,
        tenant=three.guest.tenant,
        starts_at=start,
        ends_at=end,
        **values,
    )


def seen(model: Any, actor: Actor) -> int:
    return visible_to(model.objects.all(), actor).count()


def free_of(offer: ExchangeOffer, at: At) -> list[tuple[datetime, datetime]]:
    spans = free_times([offer], Span(at(0), at(24)))[offer.pk]
    return [(span.start, span.end) for span in spans]


# --- what is offered ------------------------------------------------------------------------------


def test_free_times_follow_from_the_facts(three: Three, at: At) -> None:
    offer = offer_room(three, at)
    assert free_of(offer, at) == [(at(8), at(20))]
    services.booking_create(
        actor=three.giver.owner,
        room=three.giver.room,
        tenant=three.giver.tenant,
        starts_at=at(10),
        ends_at=at(12),
    )
    Maintenance.objects.create(room=three.giver.room, starts_at=at(15), ends_at=at(16))
    quarter = HOUR / 4
    assert free_of(offer, at) == [
        (at(8), at(10) - quarter),
        (at(12) + quarter, at(15)),
        (at(16) + quarter, at(20)),
    ]
    services.booking_create(
        actor=SYSTEM, room=three.giver.room, tenant=three.giver.tenant, starts_at=at(7), ends_at=at(9)
    )
    LiveRoom.objects.filter(pk=three.giver.room.pk).update(dedicated_to=three.giver.tenant)
    assert free_of(ExchangeOffer.objects.get(), at) == []


def test_free_times_of_a_host_leave_out_hours_absences_and_bookings(three: Three, at: At) -> None:
    host = three.giver.host
    host.weekly_hours = ["1-7 09:00-18:00"]
    host.save()
    offer = offer_host(three, at)
    HostAbsence.objects.create(host=host, kind="leave", starts_at=at(9), ends_at=at(11))
    services.booking_create(
        actor=three.giver.owner,
        room=three.giver.room,
        tenant=three.giver.tenant,
        host=host,
        starts_at=at(13),
        ends_at=at(14),
    )
    assert free_of(ExchangeOffer.objects.get(pk=offer.pk), at) == [(at(11), at(13)), (at(14), at(18))]


def test_free_times_of_many_hosts_are_asked_for_at_once(
    three: Three, at: At, django_assert_num_queries: Any
) -> None:
    hosts = [three.giver.host, *(make_host(three.giver.tenant, f"more-{number}") for number in range(3))]
    common = {
        "hourly_rate": Decimal(50),
        "places": [three.guest.park.code],
        "starts_at": at(8),
        "ends_at": at(20),
    }
    for host in hosts:
        services.exchange_offer_make(actor=three.giver.owner, host=host, **common)
    offers = list(ExchangeOffer.objects.in_full())
    with django_assert_num_queries(4):
        assert set(map(tuple, free_times(offers, Span(at(0), at(24))).values())) == {(Span(at(8), at(20)),)}


def test_an_offer_that_is_taken_is_not_found(three: Three, at: At) -> None:
    offer_room(three, at)
    day = at(12).date()

    def found() -> int:
        told = visible_to(ExchangeOffer.objects.all(), three.guest.owner)
        return len(offers_found(told=told, park=three.guest.park, day=day))

    assert found() == 1
    services.booking_create(
        actor=SYSTEM, room=three.giver.room, tenant=three.giver.tenant, starts_at=at(7), ends_at=at(21)
    )
    assert found() == 0


def test_offers_are_found_by_words_and_distance(three: Three, at: At) -> None:
    LiveRoom.objects.filter(pk=three.giver.room.pk).update(scene="绿幕")
    for side, east in ((three.giver, "113.20"), (three.guest, "113.30")):
        side.park.town.latitude, side.park.town.longitude = Decimal("22.5"), Decimal(east)
        side.park.town.save()
    offer_room(three, at)
    offer_host(three, at)
    told = visible_to(ExchangeOffer.objects.all(), three.guest.owner)
    common = {"told": told, "park": Park.objects.get(pk=three.guest.park.pk), "day": at(12).date()}
    assert len(offers_found(**common)) == 2
    (one,) = offers_found(what="绿幕", **common)
    assert one.offer.room == three.giver.room
    assert one.km == pytest.approx(10.3, abs=0.2)
    assert len(offers_found(within_km=10, **common)) == 0
    assert len(offers_found(within_km=11, **common)) == 2


def test_a_room_is_offered_by_its_park_and_a_host_by_its_firm(three: Three, at: At) -> None:
    span = {"starts_at": at(8), "ends_at": at(9), "hourly_rate": Decimal(1), "places": ["guest"]}
    for actor, what in (
        (three.giver.owner, {"room": three.giver.room}),
        (three.third.manager, {"room": three.giver.room}),
        (three.third.owner, {"host": three.giver.host}),
    ):
        with pytest.raises(Refused):
            services.exchange_offer_make(actor=actor, **what, **span)
    Engagement.objects.create(
        host=three.giver.host,
        kind=EngagementKind.PARK,
        park=three.giver.park,
        from_day=at(0, 0).date() - DAY,
    )
    with pytest.raises(Refused):  # the park's own host is the park's to lend
        services.exchange_offer_make(actor=three.giver.owner, host=three.giver.host, **span)
    own = services.exchange_offer_make(actor=three.giver.manager, host=three.giver.host, **span)
    assert own.giver == three.giver.park.node


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"places": ["nowhere"]}, "places"),
        ({"places": []}, "places"),
        ({"places": ["guest-firm"]}, "places"),
        ({"hourly_rate": Decimal(-1)}, "hourly_rate"),
    ],
)
def test_what_cannot_be_offered_names_its_field(three: Three, at: At, values: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        offer_room(three, at, **values)
    assert refusal.value.field == field


# --- who sees it ----------------------------------------------------------------------------------


def test_an_offer_is_told_to_the_parks_it_names_and_to_nobody_else(three: Three, at: At) -> None:
    offer_room(three, at)
    for actor, number in (
        (three.giver.manager, 1),
        (three.guest.manager, 1),
        (three.guest.owner, 1),
        (three.third.manager, 0),
        (three.third.owner, 0),
        (three.giver.owner, 0),
    ):
        assert seen(ExchangeOffer, actor) == number, actor.label
    for actor in (three.guest.manager, three.guest.owner):  # told of it, and no more
        assert visible_to(ExchangeOffer.objects.all(), actor, "change").count() == 0
        assert seen(LiveRoom, actor) == LiveRoom.objects.filter(park=three.guest.park).count()
        assert seen(Booking, actor) == 0


def test_an_offer_to_a_place_is_told_to_all_of_its_parks(three: Three, at: At) -> None:
    offer_room(three, at, places=[three.giver.park.town.city.province.node.code])
    assert seen(ExchangeOffer, three.guest.owner) == seen(ExchangeOffer, three.third.manager) == 1
    late = make_park("late", town=three.third.park.town)
    assert seen(ExchangeOffer, user_actor(make_user("late-manager", Role.PARK_MANAGER, late.node))) == 1


def test_a_loan_is_seen_by_both_parks_and_by_no_third(three: Three, at: At) -> None:
    request = ask(
        three, offer_room(three, at, places=[three.giver.park.town.city.province.node.code]), at(9), at(11)
    )
    services.exchange_request_accept(actor=three.giver.manager, request=request)
    booking = Booking.objects.get()
    for actor in (three.giver.manager, three.guest.manager, three.guest.owner):
        assert seen(ExchangeRequest, actor) == seen(Booking, actor) == 1, actor.label
    for actor in (three.third.manager, three.third.owner, three.giver.owner):
        assert seen(ExchangeRequest, actor) == seen(Booking, actor) == 0, actor.label
    # The giving park opens the door; the guest's park looks.
    assert visible_to(Booking.objects.all(), three.giver.manager, "check_in").count() == 1
    assert visible_to(Booking.objects.all(), three.guest.manager, "change").count() == 0
    with pytest.raises(NotFound):
        services.booking_cancel(actor=three.guest.manager, booking=booking)


def test_who_is_not_told_cannot_ask(three: Three, at: At) -> None:
    offer = offer_room(three, at)
    with pytest.raises(NotFound):
        services.exchange_request_make(
            actor=three.third.owner,
            offer=offer,
            tenant=three.third.tenant,
            starts_at=at(9),
            ends_at=at(10),
        )
    with pytest.raises(NotFound):  # nor does an operator of everything, for a firm whose park is not told
        services.exchange_request_make(
            actor=SYSTEM, offer=offer, tenant=three.third.tenant, starts_at=at(9), ends_at=at(10)
        )
    with pytest.raises(InvalidInput):
        services.exchange_request_make(
            actor=SYSTEM, offer=offer, tenant=three.giver.tenant, starts_at=at(9), ends_at=at(10)
        )


# --- asking and answering -------------------------------------------------------------------------


def test_accepted_it_is_a_booking_at_the_offered_rate(three: Three, at: At) -> None:
    request = ask(three, offer_room(three, at), at(9), at(11), host=three.guest.host, note="new drop")
    assert (request.state, request.price, Booking.objects.count()) == ("requested", Decimal(140), 0)
    services.exchange_request_accept(actor=three.giver.manager, request=request)
    booking = Booking.objects.get()
    assert (booking.room, booking.tenant, booking.host) == (
        three.giver.room,
        three.guest.tenant,
        three.guest.host,
    )
    assert (booking.price, booking.state, booking.purpose) == (
        Decimal(140),
        BookingState.CONFIRMED,
        "new drop",
    )
    assert free_of(ExchangeOffer.objects.get(), at)[0] == (at(8), at(9) - HOUR / 4)


def test_a_lent_host_is_taken_everywhere(three: Three, at: At) -> None:
    request = ask(three, offer_host(three, at), at(9), at(11), room=three.guest.room)
    services.exchange_request_accept(actor=three.giver.owner, request=request)
    booking = Booking.objects.get()
    assert (booking.room, booking.host, booking.price) == (
        three.guest.room,
        three.giver.host,
        Decimal(200),  # the room's own price; the host's fee stands in the request
    )
    assert request.price == Decimal(100)
    with pytest.raises(Overlap):
        services.booking_create(
            actor=three.giver.owner,
            room=three.giver.room,
            tenant=three.giver.tenant,
            host=three.giver.host,
            starts_at=at(10),
            ends_at=at(12),
        )
    assert free_of(ExchangeOffer.objects.get(), at) == [(at(8), at(9)), (at(11), at(20))]


def test_an_instant_offer_is_booked_at_once_and_a_clash_names_free_times(three: Three, at: At) -> None:
    offer = offer_room(three, at, is_instant=True)
    make_room(three.giver.park, "not-offered")
    assert ask(three, offer, at(9), at(11)).state == ExchangeState.ACCEPTED
    with pytest.raises(Overlap) as refusal:
        ask(three, offer, at(10), at(12))
    assert refusal.value.status == 409
    windows = refusal.value.extra["alternatives"]
    assert {window["room"] for window in windows} == {"giver-room"}
    assert windows[0]["starts_at"].endswith("11:15:00+08:00")
    assert ExchangeRequest.objects.count() == 1


def test_a_clash_at_acceptance_books_nothing_and_stays_open(three: Three, at: At) -> None:
    offer = offer_room(three, at)
    make_room(three.giver.park, "not-offered")
    first, second = ask(three, offer, at(9), at(11)), ask(three, offer, at(10), at(12))
    services.exchange_request_accept(actor=three.giver.manager, request=first)
    with pytest.raises(Overlap) as refusal:
        services.exchange_request_accept(actor=three.giver.manager, request=second)
    assert {window["room"] for window in refusal.value.extra["alternatives"]} == {"giver-room"}
    second.refresh_from_db()
    assert (second.state, Booking.objects.count()) == (ExchangeState.REQUESTED, 1)


def test_only_the_giver_answers_and_only_the_guest_withdraws(three: Three, at: At) -> None:
    request = ask(three, offer_room(three, at), at(9), at(11))
    for actor in (three.guest.owner, three.guest.manager):
        with pytest.raises(Refused):
            services.exchange_request_accept(actor=actor, request=request)
        with pytest.raises(Refused):
            services.exchange_request_decline(actor=actor, request=request, reason="no")
    with pytest.raises(Refused):
        services.exchange_request_withdraw(actor=three.giver.manager, request=request)
    with pytest.raises(NotFound):
        services.exchange_request_accept(actor=three.third.manager, request=request)
    with pytest.raises(InvalidInput):
        services.exchange_request_decline(actor=three.giver.manager, request=request, reason=" ")
    services.exchange_request_decline(actor=three.giver.manager, request=request, reason="festival")
    request.refresh_from_db()
    assert (request.state, request.answer) == (ExchangeState.DECLINED, "festival")
    with pytest.raises(WrongState):
        services.exchange_request_accept(actor=three.giver.manager, request=request)
    assert Booking.objects.count() == 0


def test_what_nobody_answers_lapses(three: Three, at: At) -> None:
    request = ask(three, offer_room(three, at), at(9), at(11))
    assert services.expire_exchange() == 0
    with time_machine.travel(request.expires_at):
        with pytest.raises(WrongState):
            services.exchange_request_accept(actor=three.giver.manager, request=request)
        assert services.expire_exchange() == 1
    request.refresh_from_db()
    assert (request.state, services.expire_exchange()) == (ExchangeState.EXPIRED, 0)


def test_an_offer_that_is_withdrawn_declines_what_waits(three: Three, at: At) -> None:
    offer = offer_room(three, at)
    request = ask(three, offer, at(9), at(11))
    with pytest.raises(NotFound):
        services.exchange_offer_withdraw(actor=three.guest.owner, offer=offer)
    services.exchange_offer_withdraw(actor=three.giver.manager, offer=offer)
    request.refresh_from_db()
    assert request.state == ExchangeState.DECLINED
    with pytest.raises(Overlap):
        ask(three, offer, at(9), at(11))
    with pytest.raises(WrongState):
        services.exchange_offer_withdraw(actor=three.giver.manager, offer=offer)


def test_what_is_brought_has_to_fit(three: Three, at: At) -> None:
    room, host = offer_room(three, at), offer_host(three, at)
    for offer, values, field in (
        (host, {}, "room"),
        (host, {"room": three.third.room}, "room"),
        (host, {"room": three.guest.room, "host": three.guest.host}, "host"),
        (room, {"room": three.guest.room}, "room"),
        (room, {"host": three.third.host}, "host"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            ask(three, offer, at(9), at(10), **values)
        assert refusal.value.field == field
    with pytest.raises(BadTime):
        ask(three, room, at(9, -3), at(10, -3))
    with pytest.raises(Overlap):
        ask(three, room, at(19), at(21))


# --- the booking of a guest -----------------------------------------------------------------------


def lent(three: Three, at: At) -> Booking:
    ask(three, offer_room(three, at, is_instant=True), at(9), at(11), host=three.guest.host)
    return Booking.objects.get()


def test_a_guest_checks_in_and_goes_live_and_pays_the_giving_park(three: Three, at: At) -> None:
    booking = lent(three, at)
    with time_machine.travel(at(9), tick=False) as clock:
        services.booking_check_in(actor=three.guest.owner, booking=booking)
        session = services.session_open(
            actor=three.guest.owner, tenant=three.guest.tenant, booking=booking, platform="douyin"
        )
        clock.move_to(at(10))
        services.session_end(actor=three.guest.owner, session=session)
    booking.refresh_from_db()
    assert booking.state == BookingState.COMPLETED
    session = LiveSession.objects.get()
    # The sales of a session are its seller's, and so of the seller's park.
    assert (session.park, session.room, session.host) == (
        three.guest.park,
        three.giver.room,
        three.guest.host,
    )
    assert seen(LiveSession, three.guest.manager) == 1
    assert seen(LiveSession, three.giver.manager) == 0
    charge = Charge.objects.get()
    assert (charge.tenant, charge.park, charge.amount) == (
        three.guest.tenant,
        three.giver.park,
        Decimal(140),
    )
    # What the room did counts for the park whose room it is, once.
    day = at(9).date()
    with time_machine.travel(at(23)):
        (theirs,) = room_reports(actor=three.giver.manager, since=day, until=day)
        (own,) = room_reports(actor=three.guest.manager, since=day, until=day)
    assert (theirs.use.live, theirs.use.booked, theirs.use.kept) == (HOUR, 2 * HOUR, 1)
    assert (own.use.live, own.use.booked) == (0 * HOUR, 0 * HOUR)


def test_a_guest_goes_live_in_no_other_room_and_at_no_other_time(three: Three, at: At) -> None:
    booking = lent(three, at)
    other = make_room(three.giver.park, "giver-other")
    for room, when in ((other, at(9)), (three.giver.room, at(12))):
        with time_machine.travel(when), pytest.raises(InvalidInput):
            services.session_open(
                actor=three.guest.owner, tenant=three.guest.tenant, room=room, platform="douyin"
            )
    with pytest.raises(WrongState):
        services.booking_move(actor=three.guest.owner, booking=booking, starts_at=at(12), ends_at=at(14))
    with pytest.raises(InvalidInput):
        services.booking_create(
            actor=three.guest.owner,
            room=three.giver.room,
            tenant=three.guest.tenant,
            starts_at=at(15),
            ends_at=at(16),
        )


def test_a_guest_gives_back_by_the_giving_parks_terms(three: Three, at: At) -> None:
    booking = lent(three, at)
    services.booking_cancel(actor=three.guest.owner, booking=booking)
    assert free_of(ExchangeOffer.objects.get(), at) == [(at(8), at(20))]
    assert ask(three, ExchangeOffer.objects.get(), at(9), at(11)).state == ExchangeState.ACCEPTED


def test_the_schedule_knows_who_is_lent(three: Three, at: At) -> None:
    ask(three, offer_host(three, at, is_instant=True), at(9), at(11), room=three.guest.room)
    day = at(9).date()
    plan = SchedulePlan.objects.create(
        park=three.giver.park, first_day=day, last_day=day, starts_at=day_bounds(day)[0]
    )
    (person,) = problem_of(plan).hosts
    assert len(person.windows) == 2


def test_sales_of_a_guest_count_once_with_the_park_of_the_seller(three: Three, at: At) -> None:
    booking = lent(three, at)
    with time_machine.travel(at(9), tick=False) as clock:
        session = services.session_open(
            actor=three.guest.owner, tenant=three.guest.tenant, booking=booking, platform="douyin"
        )
        clock.move_to(at(10))
        fact = SaleFact(
            kind="paid",
            order_no="O1",
            amount=Decimal("88.00"),
            sku_code="S1",
            qty=1,
            title="lamp",
            occurred_at=now() - HOUR / 2,
            session_ref=str(session.uid),
        )
        sales_record(actor=SYSTEM, seller=three.guest.tenant, source="test", facts=[(0, fact)])
        services.session_end(actor=three.guest.owner, session=session)
        rollup.drain()

    def sold(actor: Actor) -> list[Decimal]:
        return list(visible_to(DaySales.objects.all(), actor).values_list("gmv_paid", flat=True))

    assert sold(three.guest.manager) == sold(SYSTEM) == [Decimal(88)]
    assert sold(three.giver.manager) == sold(three.third.manager) == []
    assert seen(SessionFigures, three.guest.manager) == 1
    assert seen(SessionFigures, three.giver.manager) == 0


# --- the database ---------------------------------------------------------------------------------


def stored(three: Three, at: At, **values: Any) -> Booking:
    given = {"room": three.giver.room, "tenant": three.giver.tenant, "host": None, "loan": None, **values}
    return Booking.objects.create(
        starts_at=at(9), ends_at=at(11), blocked_from=at(9), blocked_until=at(11), **given
    )


def test_the_database_refuses_guests_without_a_grant(three: Three, at: At) -> None:
    offer = offer_room(three, at)
    open_one = ask(three, offer, at(9), at(11))
    guest = {"tenant": three.guest.tenant}
    for values in (
        guest,
        {**guest, "loan": open_one},
        {"host": three.guest.host},
        {"loan": open_one},
    ):
        with (
            pytest.raises((IntegrityError, InternalError), match="livestreams_booking_guest"),
            transaction.atomic(),
        ):
            stored(three, at, **values)
    ExchangeRequest.objects.update(state=ExchangeState.ACCEPTED)
    for values in (
        {**guest, "loan": open_one, "room": make_room(three.giver.park, "giver-other")},
        {**guest, "loan": open_one, "host": three.third.host},
        {"tenant": three.third.tenant, "loan": open_one},
    ):
        with (
            pytest.raises((IntegrityError, InternalError), match="livestreams_booking_guest"),
            transaction.atomic(),
        ):
            stored(three, at, **values)
    booking = stored(three, at, **guest, loan=open_one, host=three.guest.host)
    with (
        pytest.raises((IntegrityError, InternalError), match="livestreams_booking_guest"),
        transaction.atomic(),
    ):
        Booking.objects.filter(pk=booking.pk).update(ends_at=at(10))
    with (
        pytest.raises((IntegrityError, InternalError), match="livestreams_booking_guest"),
        transaction.atomic(),
    ):
        Booking.objects.filter(pk=booking.pk).update(loan=None)
    ExchangeRequest.objects.update(state=ExchangeState.DECLINED)
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.CANCELLED)  # what was granted stays


@pytest.mark.parametrize("instant", [True, False])
def test_sixteen_acceptances_of_one_slot_leave_one_booking(
    transactional_db: None, at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instant: bool
) -> None:
    three = _three()
    offer = offer_room(three, at, is_instant=instant)
    requests = [] if instant else [ask(three, offer, at(9), at(11)) for _number in range(8)]

    def act(number: int) -> str:
        try:
            if instant:
                ask(three, offer, at(9), at(11))
            else:
                # Each of the eight twice, at once.
                services.exchange_request_accept(actor=three.giver.manager, request=requests[number % 8])
        except DomainError as refusal:
            return f"{refusal.status} {refusal.code}"
        return "lent"

    with crowd(tmp_path, monkeypatch, number=16) as people:
        outcomes = Counter(people.map(act, range(16)))
        assert doubled(people) == 0
        assert people.submit(Booking.objects.count).result() == 1
    print(connection.vendor, dict(outcomes))
    assert outcomes["lent"] == 1
    assert set(outcomes) <= {"lent", "409 overlap", "409 wrong_state"}


# --- figures --------------------------------------------------------------------------------------


def test_a_month_adds_up_what_was_offered_lent_and_borrowed(three: Three) -> None:
    with time_machine.travel(datetime.fromisoformat("2031-03-03T08:00+08:00"), tick=False):
        morning = now()

        def at(hour: float, day: int = 2) -> datetime:
            return morning - 8 * HOUR + (day - 2) * DAY + hour * HOUR

        room, host = offer_room(three, at, is_instant=True), offer_host(three, at, is_instant=True)
        ask(three, room, at(9), at(11))
        ask(three, host, at(12), at(15), room=three.guest.room)
        services.booking_create(
            actor=SYSTEM, room=three.giver.room, tenant=three.giver.tenant, starts_at=at(16), ends_at=at(18)
        )
        giver = exchange_month(actor=three.giver.manager, park=three.giver.park, month=at(0).date())
        guest = exchange_month(actor=three.guest.manager, park=three.guest.park, month=at(0).date())
        third = exchange_month(actor=three.third.manager, park=three.third.park, month=at(0).date())
    # 12 hours less the own booking of 2 with its set-up of a quarter.
    assert (giver.rooms_offered, giver.rooms_lent, giver.rooms_borrowed) == (Decimal("9.8"), 2, 0)
    assert (giver.hosts_offered, giver.hosts_lent, giver.hosts_borrowed) == (12, 3, 0)
    assert giver.gained == Decimal("0.3")  # 2 of 744 hours
    assert (guest.rooms_borrowed, guest.hosts_borrowed, guest.rooms_lent, guest.rooms_offered) == (2, 3, 0, 0)
    assert {third.rooms_lent, third.rooms_borrowed, third.hosts_lent, third.hosts_borrowed} == {Decimal(0)}
    with pytest.raises(NotFound):
        exchange_month(actor=three.third.manager, park=three.giver.park, month=at(0).date())


def test_visitors_of_a_lent_room_are_announced_where_it_is(three: Three, at: At) -> None:
    booking = lent(three, at)
    services.visit_announce(actor=three.guest.owner, tenant=three.guest.tenant, name="Mei", booking=booking)
    assert (seen(Visit, three.giver.manager), seen(Visit, three.guest.manager)) == (1, 0)
