"""The result of a session in the portal and the API: for those who keep the money, and for nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from analytics.counting import drain_everything
from core.choices import Role
from core.models import User
from supplychain.services import agreement_propose, agreement_sign
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

Browsers = Callable[[User], Client]


@pytest.fixture
def page(firm: TenantWorld) -> str:
    return reverse("portal-session-result", args=[firm.tenant.code, firm.session.uid])


@pytest.fixture(autouse=True)
def _sold(firm: TenantWorld) -> None:
    """An order of a hundred yuan, whose goods cost forty."""
    at, named = firm.session.started_at, str(firm.session.uid)
    assert at is not None
    record(
        firm.tenant, fact("A", amount="100.00", occurred_at=at, session_ref=named, sku_code=firm.skus[0].code)
    )


def text_of(browser: Client, page: str) -> str:
    browser.cookies["django_language"] = "en"
    return browser.get(page).content.decode()


def test_the_page_says_what_is_left_and_what_is_not_known(
    owner: Client, firm: TenantWorld, page: str
) -> None:
    session = reverse("portal-session", args=[firm.tenant.code, firm.session.uid])
    assert page in text_of(owner, session)
    shown = text_of(owner, page)
    assert "Left after what is known" in shown
    assert "No agreement says what the platform takes" in shown
    assert "¥123.45" in shown
    assert "1 unit × ¥40.00" in shown
    terms = {"title": "fee", "from_day": firm.session.started_at.date().replace(day=1)}  # type: ignore[union-attr]
    agreement = agreement_propose(
        actor=SYSTEM, seller=firm.tenant, kind="platform", outside_name="Douyin", sales="all",
        tiers=[(Decimal(0), Decimal(5))], **terms,
    )  # fmt: skip
    agreement_sign(actor=SYSTEM, agreement=agreement)
    shown = text_of(owner, page)
    assert reverse("portal-agreement", args=[firm.tenant.code, agreement.uid]) in shown
    assert "not stated yet" in shown
    amounts = [
        " ".join(text.split()) for text in re.findall(r'<span class="side">(.*?)</span>', shown, re.DOTALL)
    ]
    assert '<strong class="num text-nowrap">¥100.00</strong>' in amounts[0]
    assert '<strong class="num text-nowrap">-¥40.00</strong>' in amounts[1]
    assert "<strong>not known</strong>" in amounts[-1]


def test_the_api_says_the_same_line_by_line(owner: Client, firm: TenantWorld) -> None:
    answer = owner.get(reverse("api-session-result", args=[firm.session.uid])).json()
    lines = {line["part"]: line for line in answer["lines"]}
    assert lines["net_sales"]["amount"] == "100.00"
    assert (lines["goods"]["amount"], lines["goods"]["sources"][0]["kind"]) == ("40.00", "product")
    assert (lines["platform"]["amount"], lines["platform"]["known"]) == (None, None)
    assert answer["missing"] == ["platform", "room"]  # the session has no booking
    costs = sum(Decimal(line["known"] or 0) for part, line in lines.items() if part != "net_sales")
    assert Decimal(answer["left"]) == 100 - costs
    assert answer["metrics"]["session_result"] is None


def test_hosts_staff_tools_and_the_park_are_told_nothing(
    world: World, firm: TenantWorld, page: str, browser_of: Browsers
) -> None:
    api = reverse("api-session-result", args=[firm.session.uid])
    session = reverse("portal-session", args=[firm.tenant.code, firm.session.uid])
    assert browser_of(firm.users[Role.TENANT_FINANCE]).get(page).status_code == 200
    for role in (Role.HOST, Role.TENANT_STAFF):
        browser = browser_of(firm.users[role])
        assert browser.get(page).status_code == 403
        assert browser.get(api).status_code == 403
        assert page not in browser.get(session).content.decode()
    for user in (world.users[Role.PARK_MANAGER], world.tenants[1].users[Role.TENANT_OWNER]):
        assert browser_of(user).get(page).status_code == 404
        assert browser_of(user).get(api).status_code in (403, 404)
    assert Client().get(api, headers={"Authorization": f"Bearer {firm.secret}"}).status_code == 403


def test_who_can_see_it_names_owner_and_finance_alone(owner: Client, firm: TenantWorld) -> None:
    shown = text_of(owner, reverse("portal-who-sees", args=[firm.tenant.code, "result"]))
    assert str(Role.TENANT_FINANCE.label) in shown
    assert "no host, no tool" in shown


def test_the_operator_reads_it_and_a_manager_of_the_park_does_not(
    world: World, firm: TenantWorld, browser_of: Browsers, admin_client: Client
) -> None:
    drain_everything()
    address = reverse("admin:analytics_sessionfigures_change", args=[firm.session.pk])
    assert "left after what is known" in text_of(admin_client, address)
    shown = text_of(browser_of(world.users[Role.PARK_MANAGER]), address)
    assert "100.00" in shown
    assert "left after what is known" not in shown
