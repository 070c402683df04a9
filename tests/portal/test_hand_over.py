"""The hand-over in the portal: who is in the room says who takes over from whom, and who stops."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import HOUR, now
from livestreams import services
from livestreams.choices import SessionState, ShiftRole
from livestreams.models import LiveSession
from tests.factories import SYSTEM, TenantWorld, World, make_host, make_session


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    """Sentences are compared as they stand in the code."""
    owner.cookies["django_language"] = "en"


@pytest.fixture
def session(firm: TenantWorld) -> LiveSession:
    """On air for an hour, with the firm's host before the camera."""
    return make_session(firm.tenant, host=firm.host, starts_at=now() - HOUR, state=SessionState.LIVE)


def page_of(firm: TenantWorld, session: LiveSession) -> str:
    return reverse("portal-session-shifts", args=[firm.tenant.code, session.uid])


def worked(session: LiveSession) -> list[tuple[str, str, bool]]:
    """Who works as what, and whether they have stopped."""
    rows = session.shifts.order_by("starts_at", "pk")
    return [(shift.host.code, shift.role, shift.ends_at is not None) for shift in rows.select_related("host")]


def test_one_takes_over_from_the_other_and_stops(
    owner: Client, firm: TenantWorld, session: LiveSession
) -> None:
    shown = owner.get(reverse("portal-session", args=[firm.tenant.code, session.uid])).text
    assert page_of(firm, session) in shown
    assert f'value="{firm.host.code}" selected' in owner.get(page_of(firm, session)).text
    posted = {"host": firm.controller.code, "role": "host", "relieves": firm.host.code}
    answer = owner.post(page_of(firm, session), posted)
    assert answer.status_code == 302
    first, second = session.shifts.order_by("starts_at")
    assert (first.host, second.host, second.ends_at) == (firm.host, firm.controller, None)
    assert first.ends_at == second.starts_at
    stop = reverse("portal-session-shift-stop", args=[firm.tenant.code, second.uid])
    assert stop in owner.get(page_of(firm, session)).text
    owner.post(stop)
    second.refresh_from_db()
    ended = second.ends_at
    assert ended is not None
    again = owner.post(stop, follow=True)
    assert "This shift is over already." in again.text
    second.refresh_from_db()
    assert second.ends_at == ended


def test_what_is_refused_stands_at_its_field(
    owner: Client, world: World, firm: TenantWorld, session: LiveSession
) -> None:
    def refused(**posted: Any) -> list[str]:
        answer = owner.post(page_of(firm, session), {"role": "host", **posted})
        assert answer.status_code in (400, 409)
        return list(answer.context["form"].errors)

    host, desk = firm.host.code, firm.controller.code
    assert refused(host=host) == ["host"]
    assert refused(host=host, relieves=host) == ["relieves"], "nobody relieves themselves"
    neighbour = world.tenants[1]
    assert refused(host=neighbour.host.code) == ["host"]
    assert refused(host=desk, relieves=neighbour.host.code) == ["relieves"]
    assert worked(session) == [(host, ShiftRole.HOST, False)]
    services.session_end(actor=SYSTEM, session=session)
    late = owner.post(page_of(firm, session), {"host": desk, "role": "host"})
    assert (late.status_code, worked(session)) == (400, [(host, ShiftRole.HOST, True)])
    assert "The session is over" in late.text


def test_whom_the_page_has_put_there_is_not_relieved_by_a_controller(
    owner: Client, firm: TenantWorld, session: LiveSession
) -> None:
    posted = {"host": firm.controller.code, "role": "controller", "relieves": firm.host.code}
    assert owner.post(page_of(firm, session), posted).status_code == 302
    assert worked(session) == [(firm.host.code, "host", False), (firm.controller.code, "controller", False)]


def test_whoever_is_planned_from_another_firm_can_take_over(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    guest = make_host(world.tenants[1].tenant, "guest", "Guest")
    starts_at = now().replace(minute=0, second=0, microsecond=0) + 2 * HOUR
    booking = services.booking_create(
        actor=SYSTEM, room=world.rooms[0], tenant=firm.tenant, starts_at=starts_at, ends_at=starts_at + HOUR
    )
    services.shift_plan(
        actor=SYSTEM, booking=booking, host=guest, starts_at=starts_at, ends_at=starts_at + HOUR
    )
    session = make_session(
        firm.tenant, host=firm.host, booking=booking, starts_at=now() - HOUR, state=SessionState.LIVE
    )
    posted = {"host": guest.code, "role": "host", "relieves": firm.host.code}
    assert owner.post(page_of(firm, session), posted).status_code == 302
    assert worked(session) == [(firm.host.code, "host", True), (guest.code, "host", False)]


def test_nobody_hands_over_in_a_session_of_another_firm(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    theirs = world.tenants[1]
    session = make_session(theirs.tenant, host=theirs.host, starts_at=now() - HOUR, state=SessionState.LIVE)
    posted = {"host": firm.controller.code, "role": "host", "relieves": ""}
    assert owner.post(page_of(firm, session), posted).status_code == 404
    stop = reverse("portal-session-shift-stop", args=[firm.tenant.code, session.shifts.get().uid])
    assert owner.post(stop).status_code == 404
    assert worked(session) == [(theirs.host.code, "host", False)]
