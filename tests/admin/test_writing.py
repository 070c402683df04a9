"""Writes of the admin go through services: audited, scoped again inside, and refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from core import clock
from core.choices import Role
from core.clock import DAY, HOUR, day_start, local, today
from core.doors.admin import operations
from core.errors import NotFound
from core.models import AuditEntry, Job, Membership, ToolKey, User
from core.services import tool_key_by_secret
from livestreams.choices import BookingState
from livestreams.models import Booking, LiveRoom
from parks.models import Building, ServiceOffer, Unit
from supplychain.models import Backorder, StockLevel, StockMove, Warehouse
from tenants.models import Company, Lease, Store, Tenancy, Tenant
from tenants.services import store_members_set
from tests.admin.conftest import Worlds, url_of
from tests.factories import PASSWORD, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, answer.content[:500]
    form = answer.context["adminform"].form if "adminform" in answer.context else answer.context["form"]
    return {name: [str(text) for text in texts] for name, texts in form.errors.items()}


def moment(name: str, instant: Any) -> dict[str, str]:
    """How a date and time are posted."""
    shown = local(instant)
    return {f"{name}_0": f"{shown:%Y-%m-%d}", f"{name}_1": f"{shown:%H:%M:%S}"}


@pytest.fixture
def booking_of(worlds: Worlds) -> Callable[..., dict[str, Any]]:
    """What the form of a booking posts, for an hour of the day after tomorrow."""

    def values(hour: int, hours: int = 2, **other: Any) -> dict[str, Any]:
        starts_at = day_start(today() + 2 * DAY) + hour * HOUR
        seat = worlds.mine.tenants[0]
        return {
            "room": worlds.mine.rooms[0].pk,
            "tenant": seat.tenant.pk,
            "host": seat.host.pk,
            "purpose": "",
            **moment("starts_at", starts_at),
            **moment("ends_at", starts_at + hours * HOUR),
            **other,
        }

    return values


def test_a_booking_is_made_by_its_service(
    manager: Client, worlds: Worlds, booking_of: Callable[..., dict[str, Any]]
) -> None:
    answer = manager.post(url_of(Booking, "add/"), booking_of(8))
    assert answer.status_code == 302
    made = Booking.objects.latest("pk")
    assert (made.price, made.state) == (Decimal(200), BookingState.CONFIRMED)
    assert made.blocked_from == made.starts_at - timedelta(minutes=15)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.actor) == ("booking.create", worlds.mine.users[Role.PARK_MANAGER].username)
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_are_of_years_with_which_somebody_reckons(
    manager: Client, worlds: Worlds, booking_of: Callable[..., dict[str, Any]], day: str
) -> None:
    posted = booking_of(8, starts_at_0=day)
    assert set(errors_of(manager.post(url_of(Booking, "add/"), posted))) == {"starts_at"}
    lease = Lease.objects.filter(park=worlds.mine.park).latest("pk")
    answer = manager.post(url_of(Lease, f"{lease.pk}/do/end/"), {"day": day})
    assert answer.context["form"].errors["day"].as_data()[0].code == "year"


def test_an_overlap_comes_back_as_an_error_with_free_windows(
    manager: Client, booking_of: Callable[..., dict[str, Any]]
) -> None:
    manager.post(url_of(Booking, "add/"), booking_of(8))
    before = Booking.objects.count()
    (words,) = errors_of(manager.post(url_of(Booking, "add/"), booking_of(9))).values()
    assert len(words) > 1  # the refusal, and windows that are free
    assert Booking.objects.count() == before


def test_a_booking_in_the_past_is_refused_at_its_field(
    manager: Client, booking_of: Callable[..., dict[str, Any]]
) -> None:
    assert "starts_at" in errors_of(manager.post(url_of(Booking, "add/"), booking_of(-100)))


def test_operations_on_a_row_and_on_many(
    manager: Client, worlds: Worlds, booking_of: Callable[..., dict[str, Any]]
) -> None:
    manager.post(url_of(Booking, "add/"), booking_of(12, hold="on"))
    held = Booking.objects.latest("pk")
    assert held.state == BookingState.HELD
    page = manager.get(url_of(Booking, f"{held.pk}/change/")).content.decode()
    assert f"{held.pk}/do/confirm/" in page
    assert f"{held.pk}/do/check-in/" not in page
    assert manager.get(url_of(Booking, f"{held.pk}/do/confirm/")).status_code == 200
    held.refresh_from_db()
    assert held.state == BookingState.HELD  # looking at the page does nothing
    manager.post(url_of(Booking, f"{held.pk}/do/confirm/"))
    held.refresh_from_db()
    assert held.state == BookingState.CONFIRMED

    foreign = worlds.other.tenants[0].booking
    chosen = [held.pk, foreign.pk, "abc", "9" * 30, ""]
    answer = manager.post(url_of(Booking), {"action": "cancel", "_selected_action": chosen, "index": "0"})
    assert answer.status_code == 302
    held.refresh_from_db()
    foreign.refresh_from_db()
    assert (held.state, foreign.state) == (BookingState.CANCELLED, BookingState.CONFIRMED)
    assert (
        "_selected_action" not in manager.get(url_of(Tenant)).content.decode()
    )  # nothing to choose, so no boxes


def test_what_a_list_action_leaves_is_said_and_done_by_the_next_one(
    manager: Client, booking_of: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_AT_ONCE", 2)
    for hour in (12, 15, 18):
        manager.post(url_of(Booking, "add/"), booking_of(hour, hold="on"))
    chosen = list(Booking.objects.filter(state=BookingState.HELD).values_list("pk", flat=True))
    manager.get(url_of(Booking))  # what was said of each of them is read
    told = []
    for _again in range(2):
        values = {"action": "confirm", "_selected_action": chosen, "index": "0"}
        page = manager.post(url_of(Booking), values, follow=True)
        told.append(
            [
                (each.level_tag, sorted(int(n) for n in re.findall(r"\d+", str(each))))
                for each in page.context["messages"]
            ]
        )
    assert told == [
        [("success", [2]), ("warning", [1, 2])],
        [("success", [1]), ("warning", [2])],
    ]
    assert not Booking.objects.filter(pk__in=chosen).exclude(state=BookingState.CONFIRMED).exists()


def test_a_collective_store_gets_its_members(manager: Client, worlds: Worlds) -> None:
    """Members are named by their codes, also those of other parks; a code that nobody has is named."""
    seller, maker = worlds.mine.tenants[0].tenant, worlds.mine.tenants[1].tenant
    far = make_tenant(worlds.other.park, "far-away")
    values = {"tenant": seller.pk, "name_zh": "优选", "name_en": "", "platform": "jd", "account": "select-1"}
    manager.post(url_of(Store, "add/"), values)
    store = Store.objects.get(account="select-1")
    members = url_of(Store, f"{store.pk}/do/members/")
    refused = errors_of(manager.post(members, {"member_codes": f"{maker.code}, nobody, {seller.code}"}))
    assert f"{seller.code}, nobody" in refused["member_codes"][0]
    assert not store.member_codes
    manager.post(members, {"member_codes": f"{maker.code}, {far.code}"})
    assert store.member_codes == sorted([maker.code, far.code])
    assert str(maker) in manager.get(url_of(Store, f"{store.pk}/change/")).content.decode()
    assert AuditEntry.objects.filter(verb="store.members").count() == 1
    other = Store.objects.filter(tenant=worlds.other.tenants[0].tenant).first()
    assert other is not None
    with pytest.raises(NotFound):
        store_members_set(actor=worlds.manager, store=other, member_codes=[])


def test_an_operation_that_is_refused_says_why(manager: Client, worlds: Worlds) -> None:
    early = worlds.mine.tenants[0].booking
    words = errors_of(manager.post(url_of(Booking, f"{early.pk}/do/check-in/")))
    assert words["__all__"]


def test_only_who_may_change_may_operate(as_user: Callable[[User], Client], worlds: Worlds) -> None:
    booking = worlds.mine.tenants[0].booking
    viewer = as_user(worlds.mine.users[Role.PARK_VIEWER])
    assert viewer.get(url_of(Booking, f"{booking.pk}/do/cancel/")).status_code == 403
    assert viewer.post(url_of(Booking, f"{booking.pk}/do/cancel/")).status_code == 403
    viewer.post(url_of(Booking), {"action": "cancel", "_selected_action": [booking.pk], "index": "0"})
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


def test_plain_records_are_added_changed_and_closed(manager: Client, worlds: Worlds) -> None:
    values = {
        "park": worlds.mine.park.pk,
        "name_zh": "质检",
        "name_en": "",
        "kind": "quality_inspection",
        "provider": "",
        "pricing": "per_use",
        "price": "12.50",
        "share_percent": "0",
        "quota_per_month": "",
    }
    assert manager.post(url_of(ServiceOffer, "add/"), values).status_code == 302
    offer = ServiceOffer.objects.latest("pk")
    assert (offer.price, offer.park) == (Decimal("12.50"), worlds.mine.park)
    assert (
        manager.post(url_of(ServiceOffer, f"{offer.pk}/change/"), {**values, "price": "13"}).status_code
        == 302
    )
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.before, entry.after) == (
        "serviceoffer.update",
        {"price": "12.5000"},
        {"price": "13"},
    )
    assert (
        manager.post(url_of(ServiceOffer, f"{offer.pk}/do/close/"), {"closed_on": str(today())}).status_code
        == 302
    )
    offer.refresh_from_db()
    assert (offer.closed_on, offer.price) == (today(), 13)


@pytest.mark.parametrize("amount", ["1e3", "１２", "12,5", "0x10", "-0.00", "12.34567", "9" * 20, "NaN"])
def test_amounts_are_strict(manager: Client, worlds: Worlds, amount: str) -> None:
    values = {
        "park": worlds.mine.park.pk,
        "name_zh": "x",
        "kind": "training",
        "pricing": "free",
        "price": amount,
    }
    assert "price" in errors_of(manager.post(url_of(ServiceOffer, "add/"), values))


@pytest.mark.parametrize("number", ["2147483648", "１２", "1e3", "-1", "1.5"])
def test_numbers_are_strict_and_alike_on_every_database(manager: Client, worlds: Worlds, number: str) -> None:
    values = {
        "park": worlds.mine.park.pk,
        "name_zh": "x",
        "kind": "training",
        "pricing": "free",
        "price": "1",
    }
    answer = manager.post(url_of(ServiceOffer, "add/"), {**values, "quota_per_month": number})
    assert "quota_per_month" in errors_of(answer)


def test_what_only_the_database_knows_is_said_in_words(
    manager: Client, worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers at once pass the form's checks; the constraint has the last word and it reads like one."""
    monkeypatch.setattr(Building, "validate_unique", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(Building, "validate_constraints", lambda *_args, **_kwargs: None)
    taken = {"park": worlds.mine.park.pk, "code": worlds.mine.building.code, "name_zh": "楼", "phase": "1"}
    assert errors_of(manager.post(url_of(Building, "add/"), taken))["__all__"]


def test_a_unit_gets_its_first_use_and_is_converted(manager: Client, worlds: Worlds) -> None:
    values = {"building": worlds.mine.building.pk, "code": "new-unit", "floor": "2", "is_lettable": "on"}
    first = {"use": "flat", "area_m2": "55.5", "from_day": "2020-01-01"}
    assert manager.post(url_of(Unit, "add/"), {**values, **first}).status_code == 302
    unit = Unit.objects.get(code="new-unit")
    change = {
        "use": "live_room",
        "from_day": "2021-01-01",
        "fit_out_until": "2021-02-01",
        "conversion_cost": "900",
    }
    assert manager.post(url_of(Unit, f"{unit.pk}/do/convert/"), change).status_code == 302
    assert [use.use for use in unit.uses.order_by("from_day")] == ["flat", "fit_out", "live_room"]
    let = worlds.mine.units[0]
    refused = errors_of(manager.post(url_of(Unit, f"{let.pk}/do/convert/"), change))
    assert "alpha-a-lease" in refused["__all__"][0]  # the blocker is named


def test_a_tenant_moves_in_with_a_lease_and_the_lease_ends(manager: Client, worlds: Worlds) -> None:
    park = worlds.mine.park
    firm = {
        "park": park.pk,
        "from_day": str(today()),
        "code": "newcomer",
        "name_zh": "新商户",
        "name_en": "",
        "kind": "brand",
        "industry": "",
        "headcount": "12",
        "credit_code": "91350100m000100y43",
        "company_name": "新公司",
    }
    assert manager.post(url_of(Tenant, "add/"), firm).status_code == 302
    tenant = Tenant.objects.get(code="newcomer")
    assert tenant.company.credit_code == "91350100M000100Y43"
    assert Tenancy.objects.get(tenant=tenant).park == park
    lease = {
        "number": "L-1",
        "tenant": tenant.pk,
        "park": park.pk,
        "units": [worlds.mine.units[3].pk],
        "from_day": str(today()),
        "to_day": str(today() + 365 * DAY),
        "free_until": "",
        "rent_per_month": "800",
        "service_fee_per_month": "0",
        "deposit": "0",
        "turnover_rate_percent": "0",
        "turnover_threshold": "0",
    }
    assert manager.post(url_of(Lease, "add/"), lease).status_code == 302
    made = Lease.objects.get(number="L-1")
    assert [(row.unit, row.area_m2) for row in made.lease_units.all()] == [(worlds.mine.units[3], 100)]
    assert "units" in errors_of(manager.post(url_of(Lease, "add/"), {**lease, "number": "L-2"}))
    assert manager.post(url_of(Lease, f"{made.pk}/do/end/"), {"day": str(today() + DAY)}).status_code == 302
    made.refresh_from_db()
    assert made.to_day == today() + DAY
    # The tenant's own choices are not the park's to make.
    manager.post(
        url_of(Tenant, f"{tenant.pk}/change/"),
        {**firm, "shares_orders_with_park": "on", "wall_visibility": "amount"},
    )
    tenant.refresh_from_db()
    assert (tenant.shares_orders_with_park, tenant.wall_visibility) == (False, "rank")


def test_a_firm_leaves_and_is_taken_in_again(manager: Client, worlds: Worlds) -> None:
    """Whoever looks is told what stands in the way; each page offers what makes sense for the firm."""
    mine, park = worlds.mine.tenants[0], worlds.mine.park
    refused = manager.post(url_of(Tenant, f"{mine.tenant.pk}/do/leave/"), {"day": str(today())})
    told = " ".join(errors_of(refused)["__all__"])
    assert mine.lease.number in told
    assert str(mine.booking) in told
    tenant = make_tenant(park, "leaver")
    leave, back = (url_of(Tenant, f"{tenant.pk}/do/{name}/") for name in ("leave", "return"))
    page = url_of(Tenant, f"{tenant.pk}/change/")
    assert errors_of(manager.post(leave, {"day": str(today() + DAY)}))["day"]
    for address, day, shown, hidden in (
        (leave, {"day": str(today())}, back, leave),
        (back, {"park": park.pk, "from_day": str(today())}, leave, back),
    ):
        assert address in manager.get(page).content.decode()
        assert manager.post(address, day).status_code == 302
        after = manager.get(page).content.decode()
        assert (shown in after, hidden in after) == (True, False)
    assert list(tenant.tenancies.order_by("from_day").values_list("park", "to_day")) == [
        (park.pk, today()),
        (park.pk, None),
    ]


def test_inlines_are_shown_and_not_written(manager: Client, worlds: Worlds) -> None:
    tenant, foreign = worlds.mine.tenants[0].tenant, worlds.other.tenants[0].tenant
    before = list(Tenancy.objects.order_by("pk").values())
    posted = {
        "name_zh": tenant.name_zh,
        "kind": tenant.kind,
        "industry": "衬衫",
        "tenancies-TOTAL_FORMS": "3",
        "tenancies-INITIAL_FORMS": "1",
        "tenancies-0-id": Tenancy.objects.get(tenant=foreign).pk,
        "tenancies-0-park": worlds.mine.park.pk,
        "tenancies-0-from_day": "2020-01-01",
        "tenancies-0-DELETE": "on",
        "tenancies-2-park": worlds.mine.park.pk,
        "tenancies-2-from_day": "2030-01-01",
    }
    assert manager.post(url_of(Tenant, f"{tenant.pk}/change/"), posted).status_code == 302
    assert list(Tenancy.objects.order_by("pk").values()) == before
    assert manager.get(url_of(Tenant, f"{tenant.pk}/change/?tenancies-page=²")).status_code == 200


def test_a_company_of_two_parks_shows_each_its_own_tenants(manager: Client, worlds: Worlds) -> None:
    shared = worlds.other.tenants[0].tenant
    Tenant.objects.filter(pk=shared.pk).update(company=worlds.mine.tenants[0].tenant.company)
    for address in (url_of(Company), url_of(Company, f"{worlds.mine.tenants[0].tenant.company_id}/change/")):
        assert shared.name_zh not in manager.get(address).content.decode()


def test_rooms_are_closed_only_when_nobody_has_them_booked(manager: Client, worlds: Worlds) -> None:
    room = worlds.mine.rooms[0]
    refused = errors_of(manager.post(url_of(LiveRoom, f"{room.pk}/do/close/"), {"closed_on": str(today())}))
    assert refused["closed_on"]
    form = manager.get(url_of(LiveRoom, f"{room.pk}/change/")).context["adminform"].form
    assert form["hourly_rate"].value() in (Decimal(100), "100")
    posted = {name: form[name].value() or "" for name in form.fields}
    posted |= {"equipment": "摄像机，灯、灯; 话筒", "opens_at": "00:00", "closes_at": "00:00"}
    assert manager.post(url_of(LiveRoom, f"{room.pk}/change/"), posted).status_code == 302
    room.refresh_from_db()
    assert room.equipment == ["摄像机", "灯", "话筒"]


def test_a_key_is_shown_once_and_revoked(manager: Client, worlds: Worlds) -> None:
    values = {"node": worlds.mine.park.pk, "name": "编码器", "scopes": ["orders:write"], "rooms": ""}
    page = manager.post(url_of(ToolKey, "add/"), values, follow=True).content.decode()
    key = ToolKey.objects.latest("pk")
    (secret,) = set(re.findall(r"lpk_[0-9a-f]{12}_[\w-]+", page))
    assert tool_key_by_secret(secret) == key
    assert key.secret_hash not in page
    assert secret not in manager.get(url_of(ToolKey, f"{key.pk}/change/")).content.decode()
    assert manager.post(url_of(ToolKey, f"{key.pk}/do/revoke/")).status_code == 302
    assert tool_key_by_secret(secret) is None


def test_people_get_roles_within_the_park_only(manager: Client, worlds: Worlds) -> None:
    mine, other = worlds.mine.park, worlds.other.park
    values = {
        "role": Role.PARK_VIEWER,
        "node": mine.pk,
        "username": "xiaoli",
        "password": "",
        "display_name": "小李",
    }
    assert "username" in errors_of(manager.post(url_of(Membership, "add/"), values))
    assert not User.objects.filter(username="xiaoli").exists()
    weak = {**values, "password": "12345678"}
    assert "password" in errors_of(manager.post(url_of(Membership, "add/"), weak))
    values["password"] = "a long enough phrase"
    assert manager.post(url_of(Membership, "add/"), values).status_code == 302
    held = Membership.objects.get(user__username="xiaoli")
    assert (held.node_id, held.role) == (mine.pk, Role.PARK_VIEWER)
    assert "node" in errors_of(
        manager.post(url_of(Membership, "add/"), {**values, "username": "b", "node": other.pk})
    )
    assert "role" in errors_of(
        manager.post(url_of(Membership, "add/"), {**values, "username": "c", "role": "host2"})
    )
    wrong_kind = {**values, "username": "d", "role": Role.TENANT_OWNER}
    assert "role" in errors_of(manager.post(url_of(Membership, "add/"), wrong_kind))
    assert not User.objects.filter(username="d").exists()  # the log-in goes with the role that was refused
    manager.post(url_of(Membership, f"{held.pk}/do/end/"))
    held.refresh_from_db()
    assert held.ended_at is not None


def test_a_park_opens_a_firm_to_its_first_owner_and_to_nobody_else(manager: Client, worlds: Worlds) -> None:
    firm = worlds.mine.tenants[0].tenant
    newcomer = make_tenant(worlds.mine.park, "newcomer")
    values = {
        "role": Role.TENANT_OWNER,
        "node": newcomer.pk,
        "username": "laoban",
        "password": "a long enough phrase",
        "display_name": "老板",
    }
    assert manager.post(url_of(Membership, "add/"), values).status_code == 302
    assert Membership.objects.filter(user__username="laoban", node=newcomer.node).exists()
    refused = manager.post(url_of(Membership, "add/"), {**values, "node": firm.pk, "username": "second"})
    assert refused.status_code == 200
    assert not User.objects.filter(username="second").exists()
    assert "role" in errors_of(
        manager.post(url_of(Membership, "add/"), {**values, "role": Role.TENANT_STAFF})
    )
    key = {"node": firm.pk, "name": "k", "scopes": ["orders:read"], "rooms": ""}
    made = ToolKey.objects.count()
    assert errors_of(manager.post(url_of(ToolKey, "add/"), key))
    assert ToolKey.objects.count() == made


def test_passwords_are_set_and_never_shown(root: Client, worlds: Worlds) -> None:
    user = User.objects.get(pk=worlds.mine.users[Role.PARK_VIEWER].pk)
    for address in (url_of(User), url_of(User, f"{user.pk}/change/"), url_of(User, "export/csv/")):
        answer = root.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert user.password.encode() not in content
    assert (
        root.post(url_of(User, f"{user.pk}/do/password/"), {"password": "a quite new phrase"}).status_code
        == 302
    )
    user.refresh_from_db()
    assert user.check_password("a quite new phrase")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.after) == ("user.password", None)


def test_own_password_is_changed_with_audit(manager: Client) -> None:
    new = "another fine phrase"
    posted = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert manager.post("/admin/password_change/", posted).status_code == 302
    assert AuditEntry.objects.latest("pk").verb == "user.password"
    assert manager.get("/admin/").status_code == 200  # this session goes on


def test_jobs_are_cancelled(manager: Client, worlds: Worlds) -> None:
    job = Job.objects.exclude(state="done").get(node=worlds.mine.tenants[0].tenant.node)
    assert manager.post(url_of(Job, f"{job.pk}/do/cancel/")).status_code == 302
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert "__all__" in errors_of(manager.post(url_of(Job, f"{job.pk}/do/cancel/")))


def test_history_is_the_audit(manager: Client, as_user: Callable[[User], Client], worlds: Worlds) -> None:
    booking = worlds.mine.tenants[0].booking
    manager.post(url_of(Booking, f"{booking.pk}/do/cancel/"))
    page = manager.get(url_of(Booking, f"{booking.pk}/history/")).content.decode()
    assert "booking.cancel" in page
    assert "cancelled" in page
    assert worlds.mine.users[Role.PARK_MANAGER].username in page
    assert clock.today().isoformat() in page
    studio = as_user(worlds.mine.users[Role.PARK_STUDIO])
    assert studio.get(url_of(Booking, f"{booking.pk}/history/")).status_code == 403
    assert "/history/" not in studio.get(url_of(Booking, f"{booking.pk}/change/")).content.decode()


def test_stock_moves_by_hand(as_user: Callable[[User], Client], worlds: Worlds) -> None:
    keeper = as_user(worlds.mine.users[Role.PARK_WAREHOUSE])
    seat = worlds.mine.tenants[0]
    page = keeper.get(url_of(StockMove, "add/")).context["adminform"].form
    level = StockLevel.objects.get(warehouse=worlds.mine.warehouse, sku=seat.skus[0])
    there = level.on_hand + 7
    values = {
        "warehouse": worlds.mine.warehouse.pk,
        "sku": seat.skus[0].pk,
        "kind": "inbound",
        "quantity": "7",
        "note": "",
        "source_key": page["source_key"].value(),
    }
    for _twice in range(2):  # the same page sent again is the same receipt
        assert keeper.post(url_of(StockMove, "add/"), values).status_code == 302
    level.refresh_from_db()
    assert level.on_hand == there
    taken = {**values, "kind": "adjustment", "quantity": str(-there - 1), "note": "x", "source_key": "k2"}
    assert errors_of(keeper.post(url_of(StockMove, "add/"), taken))
    assert "note" in errors_of(
        keeper.post(url_of(StockMove, "add/"), {**taken, "quantity": "-1", "note": ""})
    )
    assert keeper.post(url_of(StockLevel, f"{level.pk}/do/count/"), {"counted": "50"}).status_code == 302
    level.refresh_from_db()
    assert level.on_hand == 50
    second = Warehouse.objects.create(park=worlds.mine.park, code="alpha-second", name_zh="二号仓")
    sent = {"target": second.pk, "quantity": "20", "source_key": "k3"}
    assert keeper.post(url_of(StockLevel, f"{level.pk}/do/transfer/"), sent).status_code == 302
    assert StockLevel.objects.get(warehouse=second, sku=seat.skus[0]).on_hand == 20
    behind = {"quantity": "25", "to_zone": "S-01", "source_key": "k4"}
    assert keeper.post(url_of(StockLevel, f"{level.pk}/do/shift/"), behind).status_code == 302
    taken = keeper.post(url_of(StockLevel, f"{level.pk}/do/shift/"), {**behind, "source_key": "k5"})
    assert "quantity" in errors_of(taken)
    counted = {"counted": "24", "zone": "S-01"}
    assert keeper.post(url_of(StockLevel, f"{level.pk}/do/count/"), counted).status_code == 302
    page = keeper.get(url_of(StockLevel, f"{level.pk}/change/"))
    assert f"{level.zone} 5 · S-01 24" in page.text
    assert "S-01 24" in keeper.get(url_of(StockLevel, "export/csv/")).getvalue().decode()
    owed = Backorder.objects.get(owner=seat.tenant)
    assert keeper.post(url_of(Backorder, f"{owed.pk}/do/fill/"), {"warehouse": second.pk}).status_code == 302
    owed.refresh_from_db()
    assert owed.state == "filled"
    viewer = as_user(worlds.mine.users[Role.PARK_MANAGER])
    assert viewer.post(url_of(StockLevel, f"{level.pk}/do/count/"), {"counted": "1"}).status_code == 403
