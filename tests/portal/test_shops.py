"""Shops in portal, admin and API: one service behind three doors, secrets that come out of none of them but once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core.choices import Role
from core.errors import InvalidInput
from core.models import User
from supplychain.models import ShopHook, ShopMessage
from supplychain.services import shop_hook_secret, shop_message_close, shop_messages_read
from tests.factories import SYSTEM, TenantWorld, make_world
from tests.supplychain.shops import APP_KEY, APP_SECRET, tell, tell_tiktok

FORM = {"name": "our ERP", "kind": "standard"}
PLATFORM = {"name": "TikTok", "kind": "tiktok", "app_key": APP_KEY, "secret": APP_SECRET, "shop_id": "7"}


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    translation.activate("en")
    owner.cookies["django_language"] = "en"


def page(firm: TenantWorld, name: str, *args: Any) -> str:
    return reverse(f"portal-{name}", args=[firm.tenant.code, *args])


def made(firm: TenantWorld, name: str = "our ERP") -> ShopHook:
    return ShopHook.objects.get(tenant=firm.tenant, name=name)


def test_a_shop_from_the_first_form_to_the_last_message(owner: Client, firm: TenantWorld) -> None:
    answer = owner.post(page(firm, "shops"), FORM)
    hook = made(firm)
    secret = shop_hook_secret(actor=SYSTEM, hook=hook)
    assert secret in answer.text
    assert secret not in owner.get(page(firm, "shops")).text
    at = page(firm, "shop", hook.uid)
    shown = owner.get(at).text
    assert secret not in shown
    assert f"http://testserver/api/v1/hooks/in/{hook.uid}" in shown
    tell(hook, secret, "order.shipped", {"order_no": "A-1"})
    shop_messages_read()
    assert "order.shipped" in owner.get(page(firm, "shops")).text
    assert "order.shipped" in owner.get(f"{at}?state=dead").text
    assert "order.shipped" not in owner.get(f"{at}?state=stored").text
    message = hook.messages.get()
    answer = owner.post(
        page(firm, "shop-message-again", message.uid), {"back": page(firm, "shops")}, follow=True
    )
    assert answer.redirect_chain[-1][0] == page(firm, "shops")
    message.refresh_from_db()
    assert message.state == "waiting"
    answer = owner.post(page(firm, "shop-message-again", message.uid), follow=True)
    assert "Only a message that was not understood" in answer.text
    tell(hook, "whsec_" + "A" * 32, "order.lines", [], message_id="2")
    assert "1 call was refused" in owner.get(at).text
    assert owner.post(at, {"name": "ERP 2", "shop_id": "9"}).status_code == 302
    assert owner.post(at, {"name": ""}).status_code == 400
    hook.refresh_from_db()
    assert (hook.name, hook.shop_id) == ("ERP 2", "9")
    answer = owner.post(page(firm, "shop-secret", hook.uid), {})
    hook.refresh_from_db()
    assert shop_hook_secret(actor=SYSTEM, hook=hook) in answer.text
    assert "The old secret is good until" in answer.text
    assert owner.post(page(firm, "shop-secret", hook.uid), {"secret": "short"}).status_code == 400
    owner.post(page(firm, "shop-revoke", hook.uid))
    assert "revoked" in owner.get(page(firm, "shops")).text
    assert owner.post(at, {"name": "x"}).status_code == 409


def test_a_platform_s_secret_comes_out_of_no_page(owner: Client, firm: TenantWorld) -> None:
    wrong = owner.post(page(firm, "shops"), {**PLATFORM, "app_key": ""})
    assert (wrong.status_code, APP_SECRET in wrong.text) == (400, False)
    answer = owner.post(page(firm, "shops"), PLATFORM)
    hook = made(firm, "TikTok")
    assert answer.headers["Location"] == page(firm, "shop", hook.uid)
    assert APP_SECRET not in owner.get(page(firm, "shop", hook.uid)).text
    tell_tiktok(
        hook,
        {
            "type": 1,
            "tts_notification_id": "1",
            "shop_id": "7",
            "data": {"order_id": "577412345678901231", "order_status": "AWAITING_SHIPMENT"},
        },
    )
    shop_messages_read()
    shown = owner.get(page(firm, "shops")).text
    assert "Known, not imported yet" in shown
    assert "577412345678901231" in shown
    assert "577412345678901231" in owner.get(page(firm, "shop", hook.uid) + "?not_imported=true").text


def test_who_imports_replays_and_who_keeps_the_books_only_reads(
    firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    hook = firm.tenant.shop_hooks.get()
    message = hook.messages.get()
    at, again = page(firm, "shop", hook.uid), page(firm, "shop-message-again", message.uid)
    money, staff = (browser_of(firm.users[role]) for role in (Role.TENANT_FINANCE, Role.TENANT_STAFF))
    assert (money.get(at).status_code, money.post(again).status_code) == (200, 403)
    assert again not in money.get(at).text
    assert staff.post(page(firm, "shop-secret", hook.uid), {"secret": "x"}).status_code == 403
    assert "secret" not in staff.get(at).text
    assert staff.post(again).status_code == 302
    message.refresh_from_db()
    assert message.state == "waiting"
    other = make_world("beta").tenants[0].tenant.shop_hooks.get()
    absent = "00000000-0000-7000-8000-000000000000"
    owner = browser_of(firm.users[Role.TENANT_OWNER])
    for name in ("shop-secret", "shop-revoke"):
        answers = [owner.post(page(firm, name, uid)).status_code for uid in (other.uid, absent)]
        assert answers == [404, 404], name


def test_the_api_gives_a_made_secret_by_its_own_address_only(owner: Client, firm: TenantWorld) -> None:
    body = FORM | {"tenant": firm.tenant.code}
    headers = {"Idempotency-Key": "once"}
    first, second = (
        owner.post("/api/v1/shop-connections", body, content_type="application/json", headers=headers)
        for _number in range(2)
    )
    assert (first.status_code, first.json()) == (201, second.json())
    hook = made(firm)
    secret = owner.get(f"/api/v1/shop-connections/{hook.uid}/secret").json()["secret"]
    assert secret == shop_hook_secret(actor=SYSTEM, hook=hook)
    assert secret not in first.text
    assert first.json()["address"] == f"http://testserver/api/v1/hooks/in/{hook.uid}"
    platform = firm.tenant.shop_hooks.get(kind="tiktok")
    assert owner.get(f"/api/v1/shop-connections/{platform.uid}/secret").status_code == 409
    wrong = owner.post(
        "/api/v1/shop-connections", body | {"name": "x", "secret": "s"}, content_type="application/json"
    )
    assert (wrong.status_code, "secret" in wrong.text) == (400, True)
    dead = owner.get("/api/v1/shop-messages?state=dead").json()["results"]
    assert [row["connection"] for row in dead] == [str(platform.uid)]
    assert owner.get("/api/v1/shop-messages?not_imported=true").json()["results"] == []
    tool = Client(headers={"Authorization": f"Bearer {firm.secret}"})
    assert tool.get("/api/v1/shop-messages").status_code == 403


def test_the_admin_does_the_same(firm: TenantWorld, browser_of: Callable[[User], Client]) -> None:
    admin = browser_of(User.objects.create_superuser("root", password="x"))
    admin.cookies["django_language"] = "en"
    add = reverse("admin:supplychain_shophook_add")
    answer = admin.post(
        add,
        {"tenant": firm.tenant.pk, "name": "by admin", "kind": "standard", "shop_id": "", "app_key": ""},
        follow=True,
    )
    hook = made(firm, "by admin")
    assert shop_hook_secret(actor=SYSTEM, hook=hook) in answer.text
    operation = reverse("admin:supplychain_shophook_operation", args=[hook.pk, "secret"])
    assert "EncodingAESKey" in admin.get(operation).text
    assert admin.post(operation, {"secret": "bad"}).status_code == 200
    answer = admin.post(operation, {}, follow=True)
    hook.refresh_from_db()
    assert shop_hook_secret(actor=SYSTEM, hook=hook) in answer.text
    message = ShopMessage.objects.get(hook__tenant=firm.tenant)
    again = reverse("admin:supplychain_shopmessage_operation", args=[message.pk, "again"])
    admin.post(again)
    message.refresh_from_db()
    assert message.state == "waiting"


def test_what_need_not_be_understood_is_set_aside_with_the_reason_behind_each_door(
    owner: Client, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    owner.post(page(firm, "shops"), FORM)
    hook = made(firm)
    for number in "123":
        tell(hook, shop_hook_secret(actor=SYSTEM, hook=hook), "order.shipped", {}, message_id=number)
    shop_messages_read()
    by_portal, by_api, by_admin = hook.messages.order_by("pk")
    at = page(firm, "shop-message-close", by_portal.uid)
    for wrong in (" ", "a\0b", "a" * 301):
        assert "Reason: " in owner.post(at, {"note": wrong}, follow=True).text
    with pytest.raises(InvalidInput) as wrong_note:  # also behind a door that asks for none
        shop_message_close(actor=SYSTEM, message=by_portal, note=" ")
    assert wrong_note.value.field == "note"
    owner.post(at, {"note": "we ship ourselves"})
    assert (
        "Only a message that was not understood is set aside."
        in owner.post(at, {"note": "x"}, follow=True).text
    )
    api = f"/api/v1/shop-messages/{by_api.uid}/close"
    assert owner.post(api, {"note": ""}, content_type="application/json").status_code == 400
    answer = owner.post(api, {"note": "a test"}, content_type="application/json")
    assert (answer.json()["state"], answer.json()["note"], answer.json()["fault"]) == (
        "closed",
        "a test",
        "event",
    )
    admin = browser_of(User.objects.create_superuser("root", password="x"))
    operation = reverse("admin:supplychain_shopmessage_operation", args=[by_admin.pk, "close"])
    assert admin.post(operation, {"note": ""}).status_code == 200
    admin.post(operation, {"note": "theirs"})
    assert list(hook.messages.order_by("pk").values_list("state", "note", "fault")) == [
        ("closed", "we ship ourselves", "event"),
        ("closed", "a test", "event"),
        ("closed", "theirs", "event"),
    ]
    assert "order.shipped" not in owner.get(page(firm, "shops")).text
    shown = owner.get(page(firm, "shop", hook.uid) + "?state=closed").text
    assert "we ship ourselves" in shown
    # Set aside by mistake it is read again all the same.
    owner.post(page(firm, "shop-message-again", by_portal.uid))
    by_portal.refresh_from_db()
    assert (by_portal.state, by_portal.note) == ("waiting", "")
