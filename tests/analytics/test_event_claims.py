"""What was stated of a festival's sales: the verdict, who may state, what the verdict gives away."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from analytics import services
from analytics.choices import EventReach, Verdict
from analytics.models import EventClaim, EventVerdict
from analytics.rollup import drain
from analytics.tasks import judge_events
from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, day_start, today
from core.errors import InvalidInput, NotFound, Refused
from livestreams.models import LiveSession
from parks.models import Event
from parks.services import event_create, venue_add
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.choices import WallVisibility
from tenants.models import EventEntry, Tenant
from tests.factories import SYSTEM, TenantWorld, World, make_session, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LOGIN = "django.contrib.auth.backends.ModelBackend"
WEEK = 7
TOWN = Decimal(280_000_000)


@pytest.fixture
def festival(world: World) -> Event:
    """A week that is over, without anybody in it."""
    first = today() - 20 * DAY
    return event_create(
        actor=SYSTEM,
        park=world.park,
        kind="festival",
        name_zh="3·28 电商直播节",
        name_en="3·28 Live Festival",
        industry="游戏游艺",
        first_day=first,
        last_day=first + (WEEK - 1) * DAY,
    )


def enter(festival: Event, mine: TenantWorld, shows: str = WallVisibility.AMOUNT) -> None:
    """The firm takes part; an entry cannot be made any more once an event is over."""
    EventEntry.objects.create(event=festival, tenant=mine.tenant, park=festival.park)
    Tenant.objects.filter(pk=mine.tenant.pk).update(wall_visibility=shows)


def sell(festival: Event, mine: TenantWorld, amount: int, order: str = "F-1", day: int = 1) -> LiveSession:
    at = day_start(festival.first_day + day * DAY) + timedelta(hours=12)
    session = LiveSession.objects.filter(tenant=mine.tenant, started_at=at).first() or make_session(
        mine.tenant, starts_at=at
    )
    LiveSession.objects.filter(pk=session.pk).update(room=mine.booking.room)
    fact = SaleFact(
        kind="paid",
        order_no=order,
        qty=1,
        amount=Decimal(amount),
        occurred_at=at,
        session_ref=str(session.uid),
    )
    sales_record(actor=SYSTEM, seller=mine.tenant, source="shop", facts=[(0, fact)], atomic=True)
    drain()
    return session


def state(festival: Event, sales: int | Decimal = TOWN, **more: Any) -> EventClaim:
    return services.event_claim(
        actor=SYSTEM, event=festival, said_by="中山日报", sales=Decimal(sales), **more
    )


def standing(claim: EventClaim) -> tuple[int, str, str]:
    found = EventVerdict.objects.current().get(claim=claim)
    return found.version, found.verdict, found.reasons


def test_what_a_whole_town_is_said_to_have_sold_cannot_be_told(festival: Event) -> None:
    claim = state(festival)
    assert (claim.last_day - claim.first_day).days + 1 == WEEK
    assert standing(claim) == (1, Verdict.CANNOT_TELL, "few_witnesses")


def test_the_same_of_seventeen_rooms_alone_is_doubtful(festival: Event) -> None:
    claim = state(festival, reach=EventReach.ROOMS, rooms=17)
    assert standing(claim) == (1, Verdict.DOUBTFUL, "room_days room_sessions")
    most = {row["witness"]: row["most"] for row in claim.verdicts.get().witnesses}
    assert most == {"room_sessions": "119000000", "room_days": "178500000"}


@pytest.mark.parametrize(
    ("rooms", "sales", "verdict"),
    [
        (17, 119_000_000, Verdict.CANNOT_TELL),  # what is possible need not be true
        (17, 178_500_000, Verdict.CANNOT_TELL),  # one published figure against it is one person's word
        (17, 178_500_001, Verdict.DOUBTFUL),
        (40, 280_000_000, Verdict.CANNOT_TELL),
    ],
)
def test_rooms_bring_no_more_than_the_best_did(
    festival: Event, rooms: int, sales: int, verdict: Verdict
) -> None:
    assert standing(state(festival, sales, reach=EventReach.ROOMS, rooms=rooms))[1] == verdict


def test_shorter_days_bring_less(festival: Event) -> None:
    days = {"first_day": festival.first_day, "last_day": festival.first_day}
    assert standing(state(festival, 26_000_000, reach=EventReach.ROOMS, rooms=17, **days))[1] == "doubtful"
    assert standing(state(festival, 26_000_000, reach=EventReach.ROOMS, rooms=17))[1] == "cannot_tell"


def test_the_rooms_and_orders_of_those_who_take_part_speak_as_they_come_in(
    festival: Event, world: World
) -> None:
    mine = world.tenants[0]
    enter(festival, mine)
    claim = state(festival, 50_000_000, reach=EventReach.ENTRANTS)
    assert standing(claim) == (1, Verdict.CANNOT_TELL, "few_witnesses")
    sell(festival, mine, 40_000)
    assert judge_events() == 1
    assert standing(claim) == (2, Verdict.DOUBTFUL, "orders room_days room_sessions")
    orders = next(row for row in claim.verdicts.get(version=2).witnesses if row["witness"] == "orders")
    assert (orders["seen"], orders["most"]) == ("40000", "52000")
    assert judge_events() == 0
    assert claim.verdicts.count() == 2


def test_an_amount_that_a_firm_hides_is_not_given_away_by_a_verdict(festival: Event, world: World) -> None:
    for mine, shows in zip(world.tenants, (WallVisibility.AMOUNT, WallVisibility.RANK), strict=True):
        enter(festival, mine, shows)
        sell(festival, mine, 40_000, order=mine.tenant.code)
    claim = state(festival, 500_000, reach=EventReach.ENTRANTS)
    assert standing(claim) == (1, Verdict.CANNOT_TELL, "few_witnesses")
    assert claim.verdicts.get().witnesses == []
    Tenant.objects.filter(pk__in=[mine.tenant.pk for mine in world.tenants]).update(
        wall_visibility=WallVisibility.AMOUNT
    )
    judge_events()
    assert [row["seen"] for row in claim.verdicts.get(version=2).witnesses] == ["80000"]


def test_a_session_elsewhere_than_in_a_room_leaves_the_rooms_unknown(festival: Event, world: World) -> None:
    enter(festival, world.tenants[0])
    session = sell(festival, world.tenants[0], 40_000)
    LiveSession.objects.filter(pk=session.pk).update(room=None, booking=None)
    assert standing(state(festival, 50_000_000, reach=EventReach.ENTRANTS))[1:] == (
        Verdict.CANNOT_TELL,
        "few_witnesses orders",
    )


def test_the_same_said_again_is_kept_once_and_another_word_beside_it(festival: Event) -> None:
    first = state(festival)
    assert state(festival, Decimal("280000000.0")) == first
    assert state(festival, 270_000_000) != first
    assert EventClaim.objects.filter(event=festival).count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reach": "rooms"}, "rooms"),
        ({"reach": "rooms", "rooms": 0}, "rooms"),
        ({"rooms": 17}, "rooms"),
        ({"sales": Decimal(-1)}, "sales"),
        ({"sales": Decimal(10**14)}, "sales"),
        ({"said_by": "  "}, "said_by"),
        ({"first_day": date(2025, 3, 2), "last_day": date(2025, 3, 1)}, "last_day"),
        ({"first_day": date(2099, 3, 2), "last_day": date(2099, 3, 2)}, "first_day"),
    ],
)
def test_nonsense_is_refused_by_name(festival: Event, wrong: dict[str, Any], field: str) -> None:
    said = {"said_by": "x", "sales": Decimal(5), **wrong}
    with pytest.raises(InvalidInput) as refused:
        services.event_claim(actor=SYSTEM, event=festival, **said)
    assert refused.value.field == field
    assert not EventClaim.objects.filter(event=festival).exists()


def test_the_organiser_states_and_its_venues_read(festival: Event, world: World) -> None:
    other = make_world("beta")
    venue_add(actor=SYSTEM, event=festival, park_code="beta")
    said = {"event": festival, "said_by": "x", "sales": Decimal(5)}
    services.event_claim(actor=user_actor(world.users[Role.PARK_MANAGER]), **said)
    foreign = user_actor(other.users[Role.PARK_MANAGER])
    for actor in (foreign, world.tenants[0].owner, user_actor(world.users[Role.PARK_VIEWER])):
        with pytest.raises((Refused, NotFound)):
            services.event_claim(actor=actor, **said | {"sales": Decimal(6)})
    assert EventClaim.objects.filter(event=festival).count() == 1


@pytest.mark.parametrize("model", [EventClaim, EventVerdict])
def test_nothing_that_was_said_changes(festival: Event, model: Any) -> None:
    state(festival)
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(**{"sales": 1} if model is EventClaim else {"verdict": "verified"})


def test_the_report_shows_what_was_said_with_its_verdict(
    festival: Event, world: World, client: Client
) -> None:
    state(festival, reach=EventReach.ROOMS, rooms=17)
    client.force_login(world.users[Role.PARK_MANAGER], backend=LOGIN)
    page = client.get(reverse("festival", args=[festival.uid]))
    (said,) = page.context["said"]
    assert (said.claim.sales, said.verdict.verdict) == (TOWN, Verdict.DOUBTFUL)
    assert len(said.reasons) == len(said.lines) == 2
    assert page.context["may_state"]
    client.force_login(world.users[Role.PARK_VIEWER], backend=LOGIN)
    viewer = client.get(reverse("festival", args=[festival.uid]))
    assert len(viewer.context["said"]) == 1
    assert not viewer.context["may_state"]
