"""Loans between parks: the booking of a guest, what the database holds, and figures."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import translation

from analytics import rollup
from analytics.models import DaySales, SessionFigures
from core.actors import Actor
from core.clock import DAY, HOUR, day_bounds, now
from core.errors import DomainError, InvalidInput, NotFound
from core.scoping import visible_to
from livestreams import services
from livestreams.choices import BookingState, ExchangeState
from livestreams.errors import Overlap, OverQuota, WrongState
from livestreams.exchangefigures import exchange_month
from livestreams.models import (
    Booking,
    ExchangeOffer,
    ExchangeRequest,
    LiveSession,
    SchedulePlan,
    SlotQuota,
    Visit,
)
from livestreams.planning import problem_of
from livestreams.selectors import room_reports
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.models import Charge
from tests.factories import (
    SYSTEM,
    make_room,
)
from tests.livestreams.crowds import crowd, doubled
from tests.livestreams.lending import (
    At,
    Three,
    _three,
    ask,
    free_of,
    offer_host,
    offer_room,
    seen,
    three,
)

__all__ = ["three"]

pytestmark = pytest.mark.both_databases


def lent(three: Three, at: At) -> Booking:
    ask(three, offer_room(three, at, is_instant=True), at(9), at(11), host=three.guest.host)
    return Booking.objects.get()


def test_a_lent_host_gives_no_more_hours_in_the_own_parks_room_than_the_quota(three: Three, at: At) -> None:
    """What the firm's park lets it have is for the firm to read, and not for the lender."""
    guest, offer = three.guest, offer_host(three, at)
    SlotQuota.objects.create(park=guest.park, day_hours=3)
    services.booking_create(
        actor=guest.owner, room=guest.room, tenant=guest.tenant, starts_at=at(17), ends_at=at(18)
    )
    with translation.override("en"), pytest.raises(OverQuota, match="3 hours a day"):
        ask(three, offer, at(9), at(12), room=guest.room)
    asked, more = (ask(three, offer, at(hour), at(hour + 2), room=guest.room) for hour in (9, 13))
    services.exchange_request_accept(actor=three.giver.owner, request=asked)
    with pytest.raises(Overlap) as taken:
        ask(three, offer, at(10), at(12), room=guest.room)
    assert taken.value.extra["alternatives"] == [], "the day is full"
    with pytest.raises(OverQuota) as refused:
        services.exchange_request_accept(actor=three.giver.owner, request=more)
    assert "3" not in str(refused.value.detail)
    more.refresh_from_db()
    assert (more.state, Booking.objects.filter(loan__isnull=False).count()) == (ExchangeState.REQUESTED, 1)
    missed = Booking.objects.get(loan=asked)
    with time_machine.travel(at(9.6), tick=False):
        services.release_expired()
        services.booking_create(
            actor=guest.owner, room=guest.room, tenant=guest.tenant, starts_at=at(14), ends_at=at(16)
        )
        with pytest.raises(OverQuota):
            services.booking_check_in(actor=guest.owner, booking=missed)


def test_a_lent_room_takes_no_hours_of_a_quota(three: Three, at: At) -> None:
    for side in (three.giver, three.guest):
        SlotQuota.objects.create(park=side.park, day_hours=1)
    assert lent(three, at).state == BookingState.CONFIRMED


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
        sales_record(actor=SYSTEM, seller=three.guest.tenant, source="test", facts=[(0, fact)], atomic=True)
        services.session_end(actor=three.guest.owner, session=session)
        rollup.drain()

    def sold(actor: Actor) -> list[Decimal]:
        return list(visible_to(DaySales.objects.all(), actor).values_list("gmv_paid", flat=True))

    assert sold(three.guest.manager) == sold(SYSTEM) == [Decimal(88)]
    assert sold(three.giver.manager) == sold(three.third.manager) == []
    assert seen(SessionFigures, three.guest.manager) == 1
    assert seen(SessionFigures, three.giver.manager) == 0


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
