"""Festivals: who sees and who changes them, their phases and venues, and the warning beside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import DAY, today
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.records import record_close
from core.scoping import visible_to
from parks.choices import EventKind, EventPhase
from parks.geography import geography_load
from parks.models import City, Event, EventVenue, IndustrialCluster, Park, Town
from parks.selectors import event_collisions
from parks.services import (
    event_create,
    event_update,
    events,
    park_create,
    town_create,
    venue_add,
    venue_give_up,
    venue_make_main,
)
from tests.factories import SYSTEM, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
THE_DAY = date(2020, 5, 18)


def festival(actor: Actor, park: Park, **values: Any) -> Event:
    days = {"first_day": THE_DAY, "last_day": THE_DAY}
    return event_create(
        actor=actor,
        park=park,
        kind=EventKind.FESTIVAL,
        **{"name_zh": "节", "industry": "灯饰", **days, **values},
    )


def lighting_town(code: str, name_zh: str) -> Park:
    """A park in a town of Zhongshan."""
    town = town_create(actor=SYSTEM, city=City.objects.get(code="4420"), code=f"{code}-town", name_zh=name_zh)
    return park_create(
        actor=SYSTEM, town=town, code=code, name_zh=f"{name_zh}园区", operating_mode="self_run"
    )


def test_a_venue_sees_the_event_and_only_the_organiser_changes_it() -> None:
    alpha, beta = make_world("alpha"), make_world("beta")
    event = festival(alpha.manager, alpha.park)
    tenant = beta.tenants[0].owner
    for stranger in (beta.manager, tenant):
        assert event not in visible_to(Event.objects.all(), stranger)
    venue = venue_add(actor=alpha.manager, event=event, park_code="beta")
    for guest in (beta.manager, tenant, alpha.tenants[0].owner):
        assert event in visible_to(Event.objects.all(), guest)
        assert set(event.venues.all()) <= set(visible_to(EventVenue.objects.all(), guest))
        assert event not in visible_to(Event.objects.all(), guest, "change")
    for change in (
        lambda: event_update(actor=beta.manager, event=event, name_zh="我的节"),
        lambda: venue_add(actor=beta.manager, event=event, park_code="beta"),
        lambda: venue_make_main(actor=beta.manager, venue=venue),
        lambda: record_close(actor=beta.manager, row=event),
        lambda: record_close(actor=beta.manager, row=venue),
        lambda: venue_give_up(actor=beta.manager, venue=venue),
    ):
        with pytest.raises((NotFound, Refused)):
            change()
    assert event_update(actor=alpha.manager, event=event, name_zh="灯节").name_zh == "灯节"


def test_nobody_plans_an_event_for_another_park() -> None:
    alpha, beta = make_world("alpha"), make_world("beta")
    with pytest.raises((Refused, InvalidInput)):
        festival(beta.manager, alpha.park)
    with pytest.raises(Refused):
        festival(user_actor(alpha.users[Role.PARK_STUDIO]), alpha.park)


def test_there_is_always_one_main_venue() -> None:
    alpha = make_world("alpha")
    make_world("beta")
    event = festival(alpha.manager, alpha.park)
    venue = venue_add(actor=alpha.manager, event=event, park_code="beta")
    assert [row.park.code for row in event.venues.filter(is_main=True)] == ["alpha"]
    venue_make_main(actor=alpha.manager, venue=venue)
    assert [row.park.code for row in event.venues.filter(is_main=True)] == ["beta"]
    with pytest.raises(IntegrityError), transaction.atomic():
        event.venues.update(is_main=True)
    with pytest.raises((Conflict, InvalidInput)):
        record_close(actor=alpha.manager, row=EventVenue.objects.get(pk=venue.pk))
    own = event.venues.get(park=alpha.park)
    record_close(actor=alpha.manager, row=own)
    with pytest.raises(Conflict):
        venue_add(actor=alpha.manager, event=event, park_code="beta")
    assert venue_add(actor=alpha.manager, event=event, park_code="alpha") == own
    with pytest.raises(InvalidInput):
        venue_add(actor=alpha.manager, event=event, park_code="nowhere")


def before_the_lock(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Somebody else acts while the next one who wants an event's lock waits for it."""
    lock_row = events.lock_row

    def waited(*row: Any) -> Any:
        monkeypatch.undo()
        act()
        return lock_row(*row)

    monkeypatch.setattr(events, "lock_row", waited)


def test_an_event_does_not_give_up_its_main_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one leads is asked under the event's lock: one made the main one while waiting for it stays."""
    alpha = make_world("alpha")
    make_world("beta")
    event = festival(alpha.manager, alpha.park)
    venue = venue_add(actor=alpha.manager, event=event, park_code="beta")
    before_the_lock(monkeypatch, lambda: venue_make_main(actor=alpha.manager, venue=venue))
    with pytest.raises(Conflict) as refusal:
        venue_give_up(actor=alpha.manager, venue=venue)
    assert (refusal.value.code, refusal.value.field) == ("venue_main", "park_code")
    assert venue_give_up(actor=alpha.manager, venue=venue).closed_on == today()
    own = event.venues.get(park=alpha.park)
    with pytest.raises(Conflict):
        venue_give_up(actor=alpha.manager, venue=own)


def test_a_venue_that_was_given_up_does_not_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody gives it up while another one waits for the event's lock to make it the main one."""
    alpha = make_world("alpha")
    make_world("beta")
    event = festival(alpha.manager, alpha.park)
    venue = venue_add(actor=alpha.manager, event=event, park_code="beta")
    before_the_lock(monkeypatch, lambda: venue_give_up(actor=alpha.manager, venue=venue))
    with pytest.raises(Conflict) as refusal:
        venue_make_main(actor=alpha.manager, venue=venue)
    assert (refusal.value.code, refusal.value.field) == ("venue_gone", "park_code")
    assert [row.park.code for row in event.venues.filter(is_main=True)] == ["alpha"]


def test_phases_lie_in_order_and_tell_where_a_day_lies() -> None:
    alpha = make_world("alpha")
    event = festival(
        alpha.manager,
        alpha.park,
        first_day=THE_DAY - 3 * DAY,
        main_from=THE_DAY,
        main_until=THE_DAY + DAY,
        last_day=THE_DAY + 4 * DAY,
    )
    told = [event.phase_on(THE_DAY + offset * DAY) for offset in (-4, -3, -1, 0, 1, 2, 4, 5)]
    warm, main, after = EventPhase
    assert told == [None, warm, warm, main, main, after, after, None]
    assert festival(alpha.manager, alpha.park).phases == [(main, THE_DAY, THE_DAY)]
    for days, field in (
        ({"last_day": THE_DAY - 4 * DAY}, "last_day"),
        ({"main_from": THE_DAY - 9 * DAY}, "main_from"),
        ({"main_until": THE_DAY - DAY}, "main_until"),
    ):
        with pytest.raises(InvalidInput) as refused:
            event_update(actor=alpha.manager, event=event, **days)
        assert refused.value.field == field


@pytest.fixture
def towns() -> tuple[Park, Park]:
    geography_load()
    return lighting_town("gz", "古镇镇"), lighting_town("hl", "横栏镇")


def test_guzhen_is_told_of_henglan_when_its_event_is_planned_and_when_it_is_moved(
    towns: tuple[Park, Park], client: Client
) -> None:
    guzhen, henglan = towns
    other = festival(SYSTEM, henglan, name_zh="拼多多横栏工厂直购节", industry="灯具", last_day=THE_DAY + DAY)
    client.force_login(make_user("gz-manager", Role.PARK_MANAGER, guzhen.node))
    form = {
        "park": guzhen.pk,
        "name_zh": "5·18 灯都直播带货节",
        "kind": "festival",
        "industry": "灯饰",
        "first_day": "2020-05-18",
        "last_day": "2020-05-18",
        "is_announced": "on",
    }
    answer = client.post(reverse("admin:parks_event_add"), form, follow=True).content.decode()
    event = Event.objects.get(park=guzhen)
    assert "拼多多横栏工厂直购节" in answer
    assert "横栏镇" in answer
    assert "2020-05-18" in answer
    assert other not in visible_to(
        Event.objects.all(), user_actor(make_user("w", Role.PARK_VIEWER, guzhen.node))
    )
    page = reverse("admin:parks_event_change", args=[event.pk])
    moved = {**form, "main_from": "2020-06-01", "main_until": "2020-06-01"}
    moved |= {"first_day": "2020-06-01", "last_day": "2020-06-01"}
    assert "拼多多横栏工厂直购节" not in client.post(page, moved, follow=True).content.decode()
    back = {**form, "main_from": "2020-05-18", "main_until": "2020-05-18"}
    assert "拼多多横栏工厂直购节" in client.post(page, back, follow=True).content.decode()
    assert "拼多多横栏工厂直购节" in client.get(page).content.decode()
    assert "拼多多横栏工厂直购节" in client.get(reverse("festival", args=[event.uid])).content.decode()


def test_what_is_not_announced_or_called_off_is_told_to_nobody(towns: tuple[Park, Park]) -> None:
    guzhen, henglan = towns
    one, other = festival(SYSTEM, guzhen), festival(SYSTEM, henglan)
    assert [each.other.key for each in event_collisions(one)] == [other.pk]
    event_update(actor=SYSTEM, event=other, is_announced=False)
    assert event_collisions(one) == []
    event_update(actor=SYSTEM, event=other, is_announced=True)
    record_close(actor=SYSTEM, row=one)
    assert event_collisions(Event.objects.get(pk=one.pk)) == []
    assert event_collisions(other) == []


def test_towns_and_clusters_know_where_they_are_and_what_they_make(towns: tuple[Park, Park]) -> None:
    assert towns[0].town.latitude == pytest.approx(22.6, abs=0.1)
    Town.objects.update(latitude=None, longitude=None)
    IndustrialCluster.objects.update(place="", industry="")
    geography_load()
    assert not Town.objects.filter(latitude=None).exists()
    assert not IndustrialCluster.objects.filter(place="").exists()
    found = IndustrialCluster.objects.filter(industry="lighting", province__code="44")
    assert "古镇" in found.values_list("place", flat=True)
    assert IndustrialCluster.objects.count() == 265
    with pytest.raises(IntegrityError), transaction.atomic():
        Town.objects.update(latitude=1, longitude=None)
