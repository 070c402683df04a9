"""Receivers in portal, admin and API: one service behind three doors, and a secret shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core.choices import Role
from core.models import User, WebhookDelivery, WebhookEndpoint
from core.webhooks.endpoints import webhook_secret
from tests.factories import SYSTEM, TenantWorld, World, make_world

FORM = {
    "name": "our ERP",
    "url": "https://erp.example.com/in",
    "events": ["session.ended", "stock.low"],
    "low_stock": "3",
}


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    translation.activate("en")
    owner.cookies["django_language"] = "en"


def page(firm: TenantWorld, name: str, *args: Any) -> str:
    return reverse(f"portal-{name}", args=[firm.tenant.code, *args])


def made(firm: TenantWorld) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(node=firm.tenant.node, name="our ERP")


def test_a_receiver_from_the_first_form_to_a_new_secret(owner: Client, firm: TenantWorld) -> None:
    answer = owner.post(page(firm, "webhooks"), FORM)
    endpoint = made(firm)
    secret = webhook_secret(actor=SYSTEM, endpoint=endpoint)
    assert secret in answer.text
    assert (endpoint.events, endpoint.low_stock) == (["session.ended", "stock.low"], 3)
    assert secret not in owner.get(page(firm, "webhooks")).text
    at = page(firm, "webhook", endpoint.uid)
    assert secret not in owner.get(at).text
    owner.post(page(firm, "webhook-try", endpoint.uid))
    message = WebhookDelivery.objects.get(endpoint=endpoint)
    assert str(message.event) in owner.get(at).text
    owner.post(page(firm, "webhook-message-again", message.uid))
    owner.post(page(firm, "webhook-pause", endpoint.uid))
    assert made(firm).state == "paused"
    assert "first" in owner.post(page(firm, "webhook-try", endpoint.uid), follow=True).text
    owner.post(page(firm, "webhook-resume", endpoint.uid))
    owner.post(at, FORM | {"events": ["statement.ready"]})
    endpoint = made(firm)
    assert (endpoint.state, endpoint.events) == ("active", ["statement.ready"])
    answer = owner.post(page(firm, "webhook-secret", endpoint.uid))
    renewed = webhook_secret(actor=SYSTEM, endpoint=made(firm))
    assert renewed != secret
    assert renewed in answer.text


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "x" * 501}, "url"),
        ({"events": []}, "events"),
        ({"events": ["everything"]}, "events"),
        ({"low_stock": "-1"}, "low_stock"),
        ({"low_stock": "99999999999"}, "low_stock"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    owner: Client, firm: TenantWorld, values: dict[str, Any], field: str
) -> None:
    answer = owner.post(page(firm, "webhooks"), FORM | values)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not WebhookEndpoint.objects.filter(name="our ERP").exists()


def test_a_receiver_that_was_switched_off_says_so(owner: Client, firm: TenantWorld) -> None:
    owner.post(page(firm, "webhooks"), FORM)
    endpoint = made(firm)
    endpoint.state, endpoint.fault, endpoint.failing_since = "disabled", "gone", endpoint.created_at
    endpoint.save()
    assert "Switched off" in owner.get(page(firm, "webhook", endpoint.uid)).text
    assert "switched off" in owner.get(page(firm, "webhooks")).text


def test_receivers_belong_to_the_owner_and_to_nobody_else(
    owner: Client, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    staff = browser_of(firm.users[Role.TENANT_STAFF])
    assert staff.get(page(firm, "webhooks")).status_code == 403
    foreign = make_world("beta").tenants[0].tenant.node.webhooks.get()
    absent = "00000000-0000-7000-8000-000000000000"
    for name in ("webhook-try", "webhook-pause", "webhook-resume", "webhook-secret"):
        answers = [owner.post(page(firm, name, uid)).status_code for uid in (foreign.uid, absent)]
        assert answers == [404, 404], name


def test_the_park_makes_its_own_in_the_admin(world: World, browser_of: Callable[[User], Client]) -> None:
    manager = browser_of(world.users[Role.PARK_MANAGER])
    manager.cookies["django_language"] = "en"
    add = reverse("admin:core_webhookendpoint_add")
    form = FORM | {"node": world.park.node.pk}
    answer = manager.post(add, form, follow=True)
    endpoint = WebhookEndpoint.objects.get(name="our ERP")
    assert endpoint.node_id == world.park.pk
    assert webhook_secret(actor=SYSTEM, endpoint=endpoint) in answer.text
    refused = manager.post(add, form | {"name": "x", "url": "https://[::1]/"})
    assert "no address on the internet" in refused.text
    change = reverse("admin:core_webhookendpoint_change", args=[endpoint.pk])
    manager.post(change, FORM | {"name": "our bot"})
    endpoint.refresh_from_db()
    assert endpoint.name == "our bot"
    operation = reverse("admin:core_webhookendpoint_operation", args=[endpoint.pk, "secret"])
    before = webhook_secret(actor=SYSTEM, endpoint=endpoint)
    answer = manager.post(operation, follow=True)
    endpoint.refresh_from_db()
    after = webhook_secret(actor=SYSTEM, endpoint=endpoint)
    assert before != after
    assert after in answer.text


def test_the_api_gives_the_secret_by_its_own_address_only(owner: Client, firm: TenantWorld) -> None:
    body = FORM | {"low_stock": 3, "node": firm.tenant.code}
    headers = {"Idempotency-Key": "once"}
    first, second = (
        owner.post("/api/v1/webhooks", body, content_type="application/json", headers=headers)
        for _number in range(2)
    )
    assert (first.status_code, first.json()) == (201, second.json())
    secret = owner.get(f"/api/v1/webhooks/{first.json()['uid']}/secret").json()["secret"]
    assert secret == webhook_secret(actor=SYSTEM, endpoint=made(firm))
    assert secret not in first.text
    inner = body | {"url": "https://localhost.localdomain:1@[::1]/"}
    refused = owner.post("/api/v1/webhooks", inner, content_type="application/json")
    assert (refused.status_code, "url" in refused.text) == (400, True)
    tool = Client(headers={"Authorization": f"Bearer {firm.secret}"})
    assert tool.get("/api/v1/webhooks").status_code == 403
