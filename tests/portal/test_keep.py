"""The owner's page of the last live day: for those who keep the money, with the names of those who see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.models import User
from core.services import membership_end
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

Browsers = Callable[[User], Client]


@pytest.fixture
def page(firm: TenantWorld) -> str:
    return reverse("portal-keep", args=[firm.tenant.code])


@pytest.fixture(autouse=True)
def _sold(firm: TenantWorld) -> None:
    at, named = firm.session.started_at, str(firm.session.uid)
    assert at is not None
    record(firm.tenant, fact("A", amount="250.00", occurred_at=at, session_ref=named))


def text_of(browser: Client, page: str) -> str:
    browser.cookies["django_language"] = "en"
    return browser.get(page).content.decode()


def test_it_says_what_was_sold_and_who_sees_it_by_name(owner: Client, firm: TenantWorld, page: str) -> None:
    shown = text_of(owner, page)
    assert "¥250.00" in shown
    assert "told once ten earlier days with fifty orders are old enough" in shown
    finance, staff = firm.users[Role.TENANT_FINANCE], firm.users[Role.TENANT_STAFF]
    assert page in text_of(owner, reverse("portal-today", args=[firm.tenant.code]))
    assert f"{finance} (" in shown
    assert f"{staff} (" not in shown
    membership_end(actor=SYSTEM, membership=finance.memberships.get())
    assert f"{finance} (" not in text_of(owner, page)


def test_nobody_else_is_offered_it_or_told(
    world: World, firm: TenantWorld, page: str, browser_of: Browsers
) -> None:
    api = reverse("api-keep")
    for role in (Role.HOST, Role.TENANT_STAFF):
        browser = browser_of(firm.users[role])
        assert browser.get(page).status_code == 403
        assert browser.get(api, {"tenant": firm.tenant.code}).status_code == 403
        for place in ("portal-more", "portal-today"):
            assert page not in text_of(browser, reverse(place, args=[firm.tenant.code]))
    neighbour = browser_of(world.tenants[1].users[Role.TENANT_OWNER])
    for code in (firm.tenant.code, "nowhere"):
        assert neighbour.get(reverse("portal-keep", args=[code])).status_code == 404
        assert neighbour.get(api, {"tenant": code}).status_code == 404
    key = {"Authorization": f"Bearer {firm.secret}"}
    assert Client().get(api, {"tenant": firm.tenant.code}, headers=key).status_code == 403


def test_the_api_says_the_same(owner: Client, firm: TenantWorld) -> None:
    answer = owner.get(reverse("api-keep"), {"tenant": firm.tenant.code}).json()
    assert (answer["sold"], answer["sessions"]) == ("250.00", [str(firm.session.uid)])
    assert answer["expected_refunds"] is None
    assert "platform" in answer["missing"]
    assert owner.get(reverse("api-keep")).status_code == 400
    assert owner.get(reverse("api-keep"), {"tenant": "A b"}).status_code == 404
