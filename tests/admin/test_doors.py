"""Who may enter the admin, what the site itself offers, and what stock side doors it lacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation

from core import buckets, clock
from core.choices import Role
from core.doors.admin.display import json_lines
from core.doors.admin.site import navigation
from core.models import BucketFailure, User
from core.services import membership_end
from livestreams.choices import BookingState
from livestreams.models import Booking, MediaNode
from parks.models import Park
from tenants.models import Tenant
from tests.admin.conftest import Worlds, url_of
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


def test_every_link_of_the_overview_can_be_followed_by_whom_it_is_shown_to(
    as_user: Callable[[User], Client], worlds: Worlds
) -> None:
    for role, user in worlds.mine.users.items():
        browser = as_user(user)
        links = set(
            re.findall(
                r'href="(/(?:admin|walls?)/[^"#]*)"', unescape(browser.get("/admin/").content.decode())
            )
        )
        assert len(links) > 5
        refused = {
            link: status for link in links if (status := browser.get(link, follow=True).status_code) != 200
        }
        assert not refused, role


def test_park_people_enter_tenants_and_strangers_do_not(
    as_user: Callable[[User], Client], client: Client, worlds: Worlds
) -> None:
    for user in worlds.mine.users.values():
        assert as_user(user).get("/admin/").status_code == 200
    for user in worlds.mine.tenants[0].users.values():
        for address in ("/admin/", url_of(Booking), "/admin/autocomplete/", url_of(Booking, "add/")):
            assert as_user(user).get(address, follow=True).status_code == 403
    answer = client.get(url_of(Booking), follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0].startswith(reverse("portal-login"))
    assert "next=" in answer.redirect_chain[-1][0]


def test_a_staff_flag_opens_nothing(as_user: Callable[[User], Client], worlds: Worlds) -> None:
    user = worlds.mine.tenants[0].users[Role.TENANT_OWNER]
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert as_user(user).get("/admin/", follow=True).status_code == 403


def test_an_ended_role_ends_at_the_next_page(as_user: Callable[[User], Client], worlds: Worlds) -> None:
    user = worlds.mine.users[Role.PARK_STUDIO]
    studio = as_user(user)
    assert studio.get(url_of(Booking)).status_code == 200
    for membership in user.memberships.all():
        membership_end(actor=SYSTEM, membership=membership)
    assert studio.get(url_of(Booking), follow=True).status_code == 403


def test_there_is_no_jump_to_objects_by_content_type(manager: Client, worlds: Worlds) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("admin:view_on_site", args=(1, 1))
    kind = ContentType.objects.get_for_model(Tenant).pk
    for tenant in (worlds.mine.tenants[0].tenant, worlds.other.tenants[0].tenant):
        assert manager.get(f"/admin/r/{kind}/{tenant.pk}/", follow=True).status_code == 404


def test_autocomplete_asks_whether_the_source_may_be_seen(
    as_user: Callable[[User], Client], worlds: Worlds
) -> None:
    viewer = as_user(worlds.mine.users[Role.PARK_VIEWER])
    rooms = {"app_label": "livestreams", "model_name": "booking", "field_name": "room"}
    found = viewer.get("/admin/autocomplete/", rooms).json()["results"]
    assert {row["id"] for row in found} == {str(room.pk) for room in worlds.mine.rooms}
    hidden = {"app_label": "tenants", "model_name": "lease", "field_name": "park"}
    assert viewer.get("/admin/autocomplete/", hidden).status_code == 403
    for query in (
        {},
        {**rooms, "field_name": "password"},
        {**rooms, "model_name": "none"},
        {**rooms, "page": "x"},
    ):
        assert viewer.get("/admin/autocomplete/", query).status_code in (403, 404)


def test_a_booking_is_offered_with_whose_it_is_and_how_it_stands(manager: Client) -> None:
    """Two of one room and one time would read alike: one was cancelled, the other has its place since."""
    query = {"app_label": "livestreams", "model_name": "waitlistentry", "field_name": "booking"}
    offered = {row["id"]: row["text"] for row in manager.get("/admin/autocomplete/", query).json()["results"]}
    assert offered
    for booking in Booking.objects.filter(pk__in=offered).select_related("tenant"):
        assert str(booking.tenant) in offered[str(booking.pk)]
        assert str(booking.get_state_display()) in offered[str(booking.pk)]


def test_closed_records_are_not_offered(manager: Client, worlds: Worlds) -> None:
    Park.objects.filter(pk=worlds.mine.park.pk).update(closed_on="2020-01-01")
    query = {"app_label": "parks", "model_name": "building", "field_name": "park"}
    assert manager.get("/admin/autocomplete/", query).json()["results"] == []


def test_the_menu_shows_what_the_role_may_look_at(
    manager: Client, as_user: Callable[[User], Client], worlds: Worlds
) -> None:
    def links(client: Client) -> set[str]:
        request = client.get("/admin/").wsgi_request
        return {item["link"] for group in navigation(request) for item in group["items"]}

    mine, viewer = links(manager), links(as_user(worlds.mine.users[Role.PARK_VIEWER]))
    assert url_of(Booking) in mine & viewer
    assert "/admin/tenants/lease/" in mine - viewer
    assert "/admin/supplychain/salesevent/" not in mine | viewer
    for link in mine:
        assert manager.get(link).status_code == 200


def test_menu_search(manager: Client) -> None:
    page = manager.get("/admin/search/?s=admin&page=x").content.decode()
    assert url_of(Booking) not in page
    with translation.override("zh-hans"):
        word = str(Booking._meta.verbose_name_plural)
    assert url_of(Booking) in manager.get("/admin/search/", {"s": word}).content.decode()


def test_popups_and_other_stock_parameters_do_no_harm(manager: Client, worlds: Worlds) -> None:
    assert manager.get(url_of(Tenant, "?_popup=1")).status_code == 200
    assert manager.get(url_of(Tenant, "?_popup=1&_to_field=node")).status_code == 200
    assert manager.get(url_of(Tenant, "?_popup=1&_to_field=company")).status_code == 400
    foreign = worlds.other.tenants[0].tenant.pk
    for query in (
        f"?tenant={foreign}",
        f"?tenant={foreign}&_popup=1",
        "?tenant=abc",
        "?starts_at=x",
        f"?room={'9' * 30}",
    ):
        page = manager.get(url_of(Booking, f"add/{query}"))
        assert page.status_code == 200
        assert worlds.other.canary not in page.content.decode()
    answer = manager.post(url_of(Booking, "add/?_to_field=tenant"), {})
    assert answer.status_code == 400


def test_pages_tell_browsers_to_keep_nothing(manager: Client) -> None:
    answer = manager.get(url_of(Booking))
    assert "no-store" in answer["Cache-Control"] or "private" in answer["Cache-Control"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_choices_that_are_found_by_typing_speak_the_readers_language(manager: Client) -> None:
    for page in ("", "add/"):
        scripts = re.findall(r'<script src="([^"]+)"', manager.get(url_of(Booking, page)).text)
        names = [script.rpartition("/")[2] for script in scripts]
        (search,) = (name for name in names if name.startswith("select2.full"))
        assert names.index(search) < names.index("zh-CN.js") < names.index("jquery.init.js")


def test_the_control_address_of_a_node_is_asked_of_those_who_may_set_it(
    manager: Client, root: Client, worlds: Worlds
) -> None:
    node = worlds.mine.media_node
    for page in ("add/", f"{node.pk}/change/"):
        asked = [
            "control_url" in browser.get(url_of(MediaNode, page)).context["adminform"].form.fields
            for browser in (manager, root)
        ]
        assert asked == [False, True], page


def test_every_state_reads_in_words(manager: Client, worlds: Worlds) -> None:
    for state in BookingState:
        Booking.objects.filter(pk=worlds.mine.tenants[0].booking.pk).update(state=state)
        page = manager.get(url_of(Booking)).content.decode()
        with translation.override("zh-hans"):
            assert str(state.label) in page
        assert f">{state}<" not in re.sub(r"\s", "", page)


def test_what_cannot_be_counted_is_told_by_its_hour_or_by_its_number(root: Client, worlds: Worlds) -> None:
    families = {value for name, value in vars(buckets).items() if name.isupper() and isinstance(value, str)}
    assert families == set(buckets.NAMES)
    node, retry_at = worlds.mine.park.node, timezone.now()
    slots = {buckets.PLACING: clock.hour_of(datetime(2025, 11, 11, 12, tzinfo=UTC)), buckets.ORDERS: 4711}
    for family, slot in slots.items():
        BucketFailure.objects.create(family=family, node=node, slot=slot, error="no", retry_at=retry_at)
    text = root.get(url_of(BucketFailure)).text
    for told in ("某小时订单的场次归属", "2025-11-11 20:00", "某订单的场次归属", "№ 4711"):
        assert told in text


def test_a_list_bears_the_name_of_what_it_lists(manager: Client, worlds: Worlds) -> None:
    assert "<title> 预约 |" in " ".join(manager.get(url_of(Booking)).text.split())


def test_instants_of_a_record_are_told_in_the_time_of_the_park() -> None:
    assert json_lines([["2026-12-03T01:00:00+00:00", "2026-12-03T15:00:30Z"]]) == (
        "<div>2026-12-03 09:00 – 2026-12-03 23:00:30</div>"
    )
    shown = json_lines({"starts_at": "2026-11-30T07:25:00+08:00", "room": "r-1", "words": ["a", "b"]})
    for told in ("2026-11-30 07:25</div>", "r-1</div>", "[&quot;a&quot;, &quot;b&quot;]"):
        assert told in shown


@pytest.mark.parametrize(
    "typed",
    ["2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "2026-12-01T24:01:00Z", "2026-12-01T00:00:00+99:99"],
)
def test_what_only_looks_like_an_instant_is_told_as_it_was_typed(typed: str) -> None:
    """An objection, a note: the history of what a person said is never out of reach."""
    assert json_lines([typed, [typed, typed]]) == (
        f"<div>{typed}</div><div>[&quot;{typed}&quot;, &quot;{typed}&quot;]</div>"
    )


def test_a_list_counts_what_it_shows_and_nothing_else(manager: Client, worlds: Worlds) -> None:
    for query in ("", "?q=alpha-room-0", "?state__exact=held"):
        changelist = manager.get(url_of(Booking, query)).context["cl"]
        assert changelist.full_result_count == changelist.result_count <= len(worlds.mine.tenants)
