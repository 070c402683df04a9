"""Who runs several parks can tell what is whose: rooms of two parks often bear one name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from core.choices import Role
from core.clock import today
from core.models import User
from core.services import membership_grant
from livestreams.models import LiveRoom
from parks.models import Park
from supplychain.models import Parcel, Warehouse, Wave
from tenants.models import Tenant
from tests.factories import SYSTEM, make_park, make_user, make_world

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


@pytest.fixture
def keeper(parks: list[Park]) -> Client:
    """The keeper of both parks' warehouses."""
    user = make_user("keeper", Role.PARK_WAREHOUSE, parks[0].node)
    membership_grant(actor=SYSTEM, user=user, role=Role.PARK_WAREHOUSE, node=parks[1].node)
    client = Client()
    client.force_login(user)
    return client


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


@pytest.mark.parametrize("address", ["livestreams/host/month/", "livestreams/exchangeoffer/month/"])
def test_from_a_month_a_tap_leads_to_the_one_before_and_after(
    client: Client, parks: list[Park], address: str
) -> None:
    """On the first of a month what is looked for is mostly the month that is over."""
    shown = page(client, f"/admin/{address}", park=parks[0].code, day="2026-12-01")
    for day, month in (("2026-11-30", "‹ 2026-11"), ("2027-01-01", "2027-01 ›")):
        assert f'href="?park={parks[0].code}&amp;day={day}">{month}</a>' in shown


def test_beyond_a_dozen_parks_are_chosen_from_a_list_that_holds_them_all(
    client: Client, parks: list[Park]
) -> None:
    manager = User.objects.get(pk=client.session["_auth_user_id"])
    for number in range(12):
        more = make_park(f"more-{number:02}")
        membership_grant(actor=SYSTEM, user=manager, role=Role.PARK_MANAGER, node=more.node)
    last = Park.objects.order_by("code").last()
    days = {"since": "2025-06-01", "until": "2025-06-07"}
    shown = page(client, "/admin/livestreams/liveroom/usage/", park=last.code, **days)
    form = shown.partition('<form method="get" class="lp-parks">')[2].partition("</form>")[0]
    assert form.count("<option") == 15
    assert f'<option value="{last.code}" selected>' in form
    assert '<input type="hidden" name="since" value="2025-06-01">' in form
    assert form.count('name="park"') == 1
    assert '<option value="">全部园区</option>' in page(client, "/admin/")


def test_the_warehouse_day_begins_with_a_park_that_sends(client: Client, parks: list[Park]) -> None:
    address = "/admin/supplychain/warehouse/day/"
    assert client.get(address).context["park"] == parks[0]
    Warehouse.objects.filter(park=parks[0]).update(packs_orders=False)
    assert client.get(address).context["park"] == parks[1]
    assert client.get(address, {"park": parks[0].code}).context["park"] == parks[0]


def test_the_warehouse_day_begins_with_a_warehouse_that_is_open(keeper: Client, parks: list[Park]) -> None:
    """A closed one comes last: what still lies on its table stays within reach."""
    address = "/admin/supplychain/warehouse/day/"
    first = Warehouse.objects.get(park=parks[0])
    Warehouse.objects.filter(pk=first.pk).update(closed_on=today())
    assert keeper.get(address).context["park"] == parks[1]
    later = Warehouse.objects.create(park=parks[0], code="z-later", name_zh="二仓", packs_orders=True)
    shown = keeper.get(address).context
    assert shown["park"] == parks[0]
    assert [each["warehouse"] for each in shown["warehouses"]] == [later, first]
    for name in ("packing", "shelves"):
        listed = keeper.get(f"/admin/supplychain/warehouse/{name}/").context
        assert not listed["warehouse"].is_closed
        assert listed["warehouses"][-1] == first


def test_warehouses_are_chosen_on_the_page_and_not_beside_a_parcel(keeper: Client, parks: list[Park]) -> None:
    """In the bar they hid a phone's title, and a tap beside the scanned goods left the parcel behind."""
    one = Warehouse.objects.get(park=parks[0])
    for name, rest in (("packing", ""), ("shelves", "&amp;task=count")):
        bar, _, below = page(keeper, f"/admin/supplychain/warehouse/{name}/").partition('id="content"')
        assert f"?warehouse={one.code}" not in bar
        assert f"?warehouse={one.code}{rest}" in below.partition('class="lp-parks"')[2].partition("</nav>")[0]
    seller = Tenant.objects.filter(node__parent=parks[0].node).first()
    wave = Wave.objects.create(warehouse=one, number=99)
    parcel = Parcel.objects.create(warehouse=one, wave=wave, seller=seller, source="tool", order_no="O-1")
    asked = {"warehouse": parcel.warehouse.code, "parcel": parcel.uid}
    at_work = page(keeper, "/admin/supplychain/warehouse/packing/", **asked)
    assert parcel.order_no in at_work
    assert "lp-parks" not in at_work
