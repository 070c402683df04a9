"""Who runs several parks can tell what is whose: rooms of two parks often bear one name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from core.choices import Role
from core.services import membership_grant
from livestreams.models import LiveRoom
from parks.models import Park
from supplychain.models import Warehouse
from tests.factories import SYSTEM, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def parks(client: Client) -> list[Park]:
    """Two parks of one manager, with rooms of one name."""
    alpha, beta = make_world("alpha"), make_world("beta")
    manager = alpha.users[Role.PARK_MANAGER]
    membership_grant(actor=SYSTEM, user=manager, role=Role.PARK_MANAGER, node=beta.park.node)
    LiveRoom.objects.update(name_zh="01 号直播间", name_en="Room 01")
    client.force_login(manager)
    return [alpha.park, beta.park]


def page(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_choices_of_one_name_are_offered_with_their_codes(client: Client, parks: list[Park]) -> None:
    asked = {"app_label": "livestreams", "model_name": "booking", "field_name": "room", "term": "01"}
    offered = [one["text"] for one in client.get("/admin/autocomplete/", asked).json()["results"]]
    assert len(offered) == LiveRoom.objects.count()
    assert len(set(offered)) == len(offered)


def test_the_use_of_all_rooms_names_their_parks_and_keeps_the_days(client: Client, parks: list[Park]) -> None:
    days = {"since": "2025-06-01", "until": "2025-06-07"}
    LiveRoom.objects.update(opened_on=date(2025, 1, 1))
    shown = page(client, "/admin/livestreams/liveroom/usage/", **days)
    for park in parks:
        assert f"<td>{park}</td>" in shown
        assert f"?park={park.code}&amp;since=2025-06-01&amp;until=2025-06-07" in shown
    assert f"<td>{parks[0]}</td>" not in page(
        client, "/admin/livestreams/liveroom/usage/", park=parks[0].code, **days
    )


def test_lists_of_what_happens_in_rooms_name_the_park(client: Client, parks: list[Park]) -> None:
    for name in ("booking", "bookingseries", "maintenance", "fault", "livesession"):
        shown = page(client, f"/admin/livestreams/{name}/").partition('id="result_list"')[2]
        for park in parks:
            assert str(park) in shown, name


def test_the_report_round_names_parks_and_goes_back_to_all(client: Client, parks: list[Park]) -> None:
    address = "/admin/analytics/sessionreading/round/"
    for park in parks:
        assert f"<td>{park}</td>" in page(client, address)
    assert ">全部园区</a>" in page(client, address, park=parks[0].code)


def test_parks_are_chosen_on_the_page_and_leave_the_bar_to_its_title(
    client: Client, parks: list[Park]
) -> None:
    """Beside the title five parks pushed it out of a desk's bar, and a phone's page out of its screen."""
    for address in (
        "",
        "livestreams/liveroom/board/",
        "livestreams/liveroom/studio/",
        "livestreams/liveroom/usage/",
        "livestreams/exchangeoffer/month/",
        "livestreams/host/month/",
        "livestreams/host/cover/",
        "analytics/matchrun/find/",
        "analytics/sessionreading/round/",
        "supplychain/warehouse/day/",
    ):
        bar, _, below = page(client, f"/admin/{address}").partition('id="content"')
        for park in parks:
            assert f"?park={park.code}" not in bar, address
            assert f"?park={park.code}" in below.partition('class="lp-parks"')[2].partition("</nav>")[0], (
                address
            )


def test_the_warehouse_day_begins_with_a_park_that_sends(client: Client, parks: list[Park]) -> None:
    address = "/admin/supplychain/warehouse/day/"
    assert client.get(address).context["park"] == parks[0]
    Warehouse.objects.filter(park=parks[0]).update(packs_orders=False)
    assert client.get(address).context["park"] == parks[1]
    assert client.get(address, {"park": parks[0].code}).context["park"] == parks[0]
