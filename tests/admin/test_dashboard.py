"""The first page: the numbers are those of the actor's parks, and each leads to its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics import parkday
from analytics.models import DaySales
from analytics.silence import SHOWN
from core import buckets
from core.choices import Role
from core.clock import DAY, HOUR, MINUTE, local, now, today
from core.errors import InvalidInput
from core.models import User
from core.services import membership_grant
from livestreams.choices import SessionState
from livestreams.models import AudienceSample, Maintenance
from tenants.services import tenancy_move
from tests.admin.conftest import AMOUNTS, Worlds
from tests.factories import SYSTEM, make_park, make_session, make_tenant, make_user

pytestmark = pytest.mark.django_db


def test_sales_are_those_of_the_tenants_that_sat_there_that_day(worlds: Worlds) -> None:
    mover = worlds.mine.tenants[1].tenant
    elsewhere = make_park("elsewhere")
    tenancy_move(actor=SYSTEM, tenant=mover, park=elsewhere, from_day=today())
    yesterday, this_day = parkday.sales_by_day(SYSTEM, [worlds.mine.park], today() - DAY, today())
    assert (yesterday.paid, this_day.paid) == (2 * AMOUNTS["gmv_paid"], AMOUNTS["gmv_paid"])
    assert this_day.net == Decimal(1200)
    (moved,) = parkday.sales_by_day(SYSTEM, [elsewhere], today(), today())
    assert (moved.orders, moved.day) == (7, today())


def test_a_move_on_a_day_to_come_is_refused_and_moves_nothing(worlds: Worlds) -> None:
    """Else the old park's people would lose the tenant today and its figures on that day only."""
    tenant = worlds.mine.tenants[1].tenant
    with pytest.raises(InvalidInput) as refused:
        tenancy_move(actor=SYSTEM, tenant=tenant, park=make_park("elsewhere"), from_day=today() + DAY)
    assert refused.value.field == "from_day"
    tenant.node.refresh_from_db()
    assert tenant.node.parent_id == worlds.mine.park.pk
    assert tenant.tenancies.get(to_day=None).park == worlds.mine.park


def test_an_actor_sees_sums_of_own_parks_only(worlds: Worlds) -> None:
    (foreign,) = parkday.sales_by_day(worlds.manager, [worlds.other.park], today(), today())
    assert foreign == parkday.SalesDay(today())


def test_every_room_counts_once(worlds: Worlds) -> None:
    room, other = worlds.mine.rooms
    assert parkday.rooms_at(SYSTEM, [worlds.mine.park], now()) == parkday.RoomCount(2, 0, 0, 0)
    Maintenance.objects.create(room=room, starts_at=now() - HOUR, ends_at=now() + HOUR)
    Maintenance.objects.create(room=other, starts_at=now() - HOUR, ends_at=now() + HOUR)
    make_session(worlds.mine.tenants[0].tenant, room=room, starts_at=now() - HOUR, state=SessionState.LIVE)
    counted = parkday.rooms_at(SYSTEM, [worlds.mine.park], now())
    assert (counted.live, counted.repair, counted.booked, counted.off) == (1, 1, 0, 0)


def test_a_room_that_is_booked_later_today_is_not_called_taken_now(
    worlds: Worlds, as_user: Callable[[User], Client]
) -> None:
    """The last of the numbers are the rooms of which nothing is booked today, not those in which nobody is now."""
    browser = as_user(worlds.mine.users[Role.PARK_MANAGER])
    browser.cookies["django_language"] = "en"
    labels = [number.label for number in browser.get(reverse("admin:index")).context["rooms"]]
    assert labels[:4] == [
        "Live now",
        "Booked for the rest of today",
        "Under repair",
        "Nothing more booked today",
    ]


def test_a_session_that_nobody_ended_ends_from_the_first_page(
    worlds: Worlds, as_user: Callable[[User], Client]
) -> None:
    tenant, room = worlds.mine.tenants[0].tenant, worlds.mine.rooms[0]
    starts_at = (now() - 9 * HOUR).replace(second=0, microsecond=0)
    session = make_session(tenant, room=room, starts_at=starts_at, state=SessionState.LIVE)
    foreign = make_session(worlds.other.tenants[0].tenant, starts_at=starts_at, state=SessionState.LIVE)
    assert parkday.rooms_at(SYSTEM, [worlds.mine.park], now()).live == 0
    page = reverse("admin:index")
    browser = as_user(worlds.mine.users[Role.PARK_MANAGER])
    end, theirs = (
        reverse("admin:livestreams_livesession_operation", args=[each.pk, "end"])
        for each in (session, foreign)
    )
    text = browser.get(page).text
    asks = f"{end}?back={quote(page, safe='')}"
    assert f'href="{asks}"' in text
    assert theirs not in text
    viewer = worlds.mine.users[Role.PARK_VIEWER]
    own = reverse("admin:livestreams_livesession_change", args=[session.pk])
    membership_grant(actor=SYSTEM, user=viewer, role=Role.PARK_MANAGER, node=worlds.other.park.node)
    viewed = as_user(viewer).get(page).text
    assert f'href="{own}"' in viewed, "who may end sessions elsewhere"
    assert end not in viewed
    assert theirs in viewed

    question = browser.get(asks).text
    assert "最后动静：已开播" in question
    assert 'value="' not in question[question.index('name="ended_at_0"') :].partition(">")[0]
    refused = browser.post(end, {"ended_at_0": "", "ended_at_1": "", "back": page})
    assert refused.context["form"].errors.keys() == {"ended_at"}, "it does not end now by mistake"
    watched = starts_at + 2 * HOUR
    AudienceSample.objects.create(session=session, source="obs", at=watched - MINUTE / 2, concurrent=80)
    question = browser.get(asks).text
    when = {"ended_at_0": f"{local(watched):%Y-%m-%d}", "ended_at_1": f"{local(watched):%H:%M}"}
    assert all(f'value="{value}"' in question for value in when.values())
    assert browser.post(end, {**when, "back": page})["Location"] == page
    session.refresh_from_db()
    assert (session.state, session.ended_at) == (SessionState.ENDED, watched)
    assert end not in browser.get(page).text


def test_what_is_still_heard_is_not_among_those_that_nobody_ended(
    worlds: Worlds, as_user: Callable[[User], Client]
) -> None:
    tenant = worlds.mine.tenants[0].tenant
    session = make_session(tenant, starts_at=now() - 13 * HOUR, state=SessionState.LIVE)
    silent = [
        make_session(tenant, starts_at=now() - (30 - hour) * HOUR, state=SessionState.LIVE)
        for hour in range(SHOWN + 2)
    ]
    AudienceSample.objects.create(session=session, source="obs", at=now(), concurrent=80)
    page = as_user(worlds.mine.users[Role.PARK_MANAGER]).get(reverse("admin:index"))
    assert [each.session for each in page.context["unended"]] == silent[:SHOWN]
    assert "另有 2 场无人结束" in page.text
    assert list(page.context["long"]) == [session]
    assert reverse("admin:livestreams_livesession_operation", args=[session.pk, "end"]) not in page.text


def test_what_waits_is_told(worlds: Worlds) -> None:
    parks = [worlds.mine.park]
    tenant = worlds.mine.tenants[0].tenant
    before = parkday.counting(parks).waiting
    buckets.mark(
        buckets.SALES,
        [(tenant.pk, 1), (tenant.pk, 1), (tenant.pk, 2), (worlds.other.tenants[0].tenant.pk, 3)],
    )
    state = parkday.counting(parks)
    assert (state.waiting, state.failing) == (before + 2, 2)
    assert state.oldest is not None
    assert parkday.unresolved(parks) == 4, "of each tenant a code and a report"
    stock = parkday.stock_alarms(worlds.manager, parks)
    assert (stock.empty_levels, stock.open_backorders, stock.units_owed) == (0, 2, 4)


def test_every_number_leads_to_a_page(manager: Client, worlds: Worlds) -> None:
    page = manager.get("/admin/")
    links = set(re.findall(r'href="(/admin/[^"]+)" class="lp-number', page.content.decode()))
    assert len(links) > 8
    for link in links:
        assert manager.get(link.replace("&amp;", "&")).status_code == 200, link
    assert "¥2,469.00" in page.content.decode()


def test_synthetic_figures_are_stamped(manager: Client, worlds: Worlds) -> None:
    assert "lp-stamp" not in manager.get("/admin/").content.decode()
    type(worlds.mine.park).objects.filter(pk=worlds.mine.park.pk).update(is_synthetic=True)
    assert "lp-stamp" in manager.get("/admin/").content.decode()


def test_each_role_gets_a_page_of_what_it_may_see(as_user: Callable[[User], Client], worlds: Worlds) -> None:
    pages = {role: as_user(user).get("/admin/").context for role, user in worlds.mine.users.items()}
    assert all(panel in pages[Role.PARK_MANAGER] for panel in ("sales", "occupancy", "rooms", "leases"))
    assert "leases" not in pages[Role.PARK_VIEWER]
    assert "sales" not in pages[Role.PROVINCE_ANALYST]


def test_only_who_may_book_is_led_to_a_booking(as_user: Callable[[User], Client], worlds: Worlds) -> None:
    """Where nothing is booked the page offers to book a room: the keeper got 403 for it."""
    quiet = make_park("quiet")
    people = {
        role: make_user(f"quiet-{role}", role, quiet.node)
        for role in (Role.PARK_MANAGER, Role.PARK_WAREHOUSE)
    }
    pages = {role: as_user(who).get("/admin/").text for role, who in people.items()}
    add = reverse("admin:livestreams_booking_add")
    assert {role: f'"{add}"' in page for role, page in pages.items()} == {
        Role.PARK_MANAGER: True,
        Role.PARK_WAREHOUSE: False,
    }


def test_a_superuser_chooses_a_park(root: Client, worlds: Worlds) -> None:
    both = root.get("/admin/").content.decode()
    one = root.get("/admin/?park=alpha").content.decode()
    assert "¥4,938.00" in both
    assert "¥2,469.00" in one
    assert worlds.other.canary not in re.sub(r'<a class="lp-tool.*?</a>', "", one, flags=re.DOTALL)


def test_the_page_costs_the_same_with_more_tenants(manager: Client, worlds: Worlds) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert manager.get("/admin/").status_code == 200
        return len(queries)

    manager.get("/admin/")
    before = cost()
    for number in range(5):
        tenant = make_tenant(worlds.mine.park, f"more-{number}")
        DaySales.objects.create(tenant=tenant, day=today(), **AMOUNTS)
    assert cost() == before
