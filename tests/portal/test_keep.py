"""The owner's page of the last live day: for those who keep the money, with the names of those who see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import hour_of, hour_start
from core.models import User
from core.services import membership_end
from livestreams.services import SpendHour, spend_record
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


def test_what_is_shown_adds_up_to_the_cent(world: World, owner: Client, firm: TenantWorld, page: str) -> None:
    """Sold less what was given back, taken and spent is what we keep, as the page's own figures say it."""
    at, named = firm.session.started_at, str(firm.session.uid)
    assert at is not None
    sku = firm.skus[0].code
    record(firm.tenant, fact("B", amount="333.33", occurred_at=at, session_ref=named, sku_code=sku))
    back = fact("R", "refunded", "11.11", occurred_at=at, session_ref=named, ref_order_no="A", line_no="")
    record(firm.tenant, back)
    spend_record(
        actor=SYSTEM, session=firm.session, hours=[SpendHour(hour_start(hour_of(at)), Decimal("77.77"))]
    )
    shown = text_of(owner, page)
    sold, back_, taken, spent, kept = (
        amount_after(shown, label)
        for label in (
            "Sold",
            "Given back so far",
            "Commission and slot fees",
            "Goods, room, ads, parcels",
            "Left after what is known",
        )
    )
    assert spent > Decimal("77.77")  # the goods as well
    assert (sold, back_) == (Decimal("583.33"), Decimal("11.11"))
    assert kept == sold - back_ - taken - spent


def test_a_sum_of_which_a_part_is_not_known_says_so_beside_it(owner: Client, page: str) -> None:
    """No agreement with the platform: its fee is not 0."""
    tile = text_of(owner, page).split("Commission and slot fees", 1)[1].split("lp-card", 1)[0]
    assert "Not known: commission of the platform" in " ".join(tile.split())


def amount_after(page: str, label: str) -> Decimal:
    """The amount that stands on a page beside a label."""
    found = re.search(rf">\s*{label}\s*<.*?(-?)¥([\d,.]+)", page, re.DOTALL)
    assert found, label
    return Decimal(found[1] + found[2].replace(",", ""))


def test_people_of_one_name_are_told_apart(owner: Client, firm: TenantWorld, page: str) -> None:
    finance, boss = firm.users[Role.TENANT_FINANCE], firm.users[Role.TENANT_OWNER]
    User.objects.filter(pk__in=[finance.pk, boss.pk]).update(display_name="王小明")
    shown = text_of(owner, page)
    for user in (finance, boss):
        assert f"王小明 · {user.username} (" in shown
    User.objects.filter(pk=boss.pk).update(display_name="王大明")
    assert "王小明 (" in text_of(owner, page)


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
