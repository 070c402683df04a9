"""The exchange between parks: what is offered and shown, asked and lent, and who sees nothing of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils.translation import override

from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, today
from core.errors import InvalidInput, NotFound, Refused
from core.scoping import visible_to
from livestreams import services
from livestreams.choices import BookingState, EngagementKind, ExchangeState
from livestreams.conflicts import Span
from livestreams.errors import BadTime, Overlap, WrongState
from livestreams.exchange import free_times
from livestreams.exchangelist import nearest_day, offers_found, words_of
from livestreams.models import (
    Booking,
    Engagement,
    ExchangeOffer,
    ExchangeRequest,
    Host,
    HostAbsence,
    LiveRoom,
    Maintenance,
)
from parks.models import Park
from tenants.models import Tenant
from tests.factories import (
    SYSTEM,
    make_host,
    make_park,
    make_room,
    make_user,
)
from tests.livestreams.lending import (
    At,
    Three,
    ask,
    free_of,
    offer_host,
    offer_room,
    seen,
    three,
)

__all__ = ["three"]

pytestmark = pytest.mark.both_databases


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


def test_a_firm_that_left_lends_no_host(three: Three, at: At) -> None:
    """Nor one who is to leave with it before the end of the offer."""
    offer = offer_host(three, at)
    Tenant.objects.filter(pk=three.giver.tenant.pk).update(closed_on=at(12).date())
    assert free_of(ExchangeOffer.objects.get(pk=offer.pk), at) == []
    Tenant.objects.filter(pk=three.giver.tenant.pk).update(closed_on=today())
    assert free_of(ExchangeOffer.objects.in_full().get(pk=offer.pk), at) == []
    with pytest.raises(Overlap):
        ask(three, offer, at(9), at(11), room=three.guest.room)
    with pytest.raises(InvalidInput) as refused:
        offer_host(three, at)
    assert refused.value.field == "host"


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
    Host.objects.filter(pk=three.giver.host.pk).update(languages=["zh", "en"])
    with override("zh-hans"):
        (one,) = offers_found(what="英语", **common)
        assert words_of(one.offer)[-1] == "中文, 英语"


def test_a_day_without_offers_leads_to_the_nearest_that_has_some(three: Three, at: At) -> None:
    offer_room(three, at)
    told = visible_to(ExchangeOffer.objects.all(), three.guest.owner)
    day = at(12).date()

    def nearest(asked: date, what: str = "") -> date | None:
        return nearest_day(told=told, park=Park.objects.get(pk=three.guest.park.pk), day=asked, what=what)

    assert [nearest(day + days * DAY) for days in (-1, 1, 28, 29)] == [day, day, day, None]
    assert nearest(day - 400 * DAY) == day, "of what is over nothing can be had"
    assert nearest(day + DAY, "no such scene") is None
    services.exchange_offer_make(
        actor=three.giver.owner,
        host=three.giver.host,
        hourly_rate=Decimal(50),
        places=[three.guest.park.code],
        starts_at=at(23.9, 4),
        ends_at=at(20, 5),
    )
    assert nearest(day + 2 * DAY) == day + 3 * DAY, "a few minutes before midnight are too short to be booked"


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
