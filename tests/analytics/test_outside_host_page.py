"""An outside host as the portal and the API show it: samples, address, and who is told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from analytics.outsidehosts import address_of, outside_host, outside_hosts, ref_of
from core.actors import user_actor
from core.choices import Role
from core.errors import NotFound
from supplychain.services import (
    placing,
    sample_charge,
    sample_take_back,
)
from tests.analytics.browsers import browser_of
from tests.analytics.outside import (
    JUNE,
    MAY,
    _in_the_morning,
    agree,
    firm,
    lend,
    sell,
    told,
    yuan,
)
from tests.factories import SYSTEM, TenantWorld, World

__all__ = ["_in_the_morning", "firm"]

pytestmark = pytest.mark.both_databases


def test_the_samples_of_a_host_are_told_to_the_piece(world: World, firm: TenantWorld) -> None:
    with time_machine.travel(dt.datetime(2025, 5, 20, 2, tzinfo=dt.UTC), tick=False):
        early = lend(world, firm, 3)
        lend(world, firm, 1, "daren-2")
    back, kept = lend(world, firm, 3), lend(world, firm, 2, of=world.tenants[1])
    lend(world, world.tenants[1], 1)
    sample_take_back(actor=SYSTEM, request=early, whole=1)
    sample_take_back(actor=SYSTEM, request=back, whole=2, damaged=1)
    sample_take_back(actor=SYSTEM, request=kept, whole=1)
    sample_charge(actor=SYSTEM, request=kept)
    told_of = {period.name: told(firm, period=period).samples for period in (MAY, JUNE)}
    assert {
        name: (each.pieces, each.back, each.damaged, each.charged, yuan(each.amount))
        for name, each in told_of.items()
    } == {"2025-05": (3, 1, 0, 0, Decimal(0)), "2025-06": (5, 3, 1, 1, Decimal("45.50"))}
    # What is out is out whatever the period.
    assert {(each.out, yuan(each.worth)) for each in told_of.values()} == {(2, Decimal(91))}
    assert [each.uid for each in told_of["2025-06"].sent] == [kept.uid, back.uid]
    # A host who got samples and sold nothing is on the list, and goods are not taken off.
    rows = {row.ref: (row.orders, row.samples) for row in outside_hosts(SYSTEM, firm.tenant, MAY)}
    assert rows == {"daren-1": (0, 3), "daren-2": (0, 1)}
    assert told(firm).account.left == 0


def test_samples_on_the_page_and_in_the_api(world: World, firm: TenantWorld) -> None:
    lend(world, firm, 2, "达人/1")
    placing.drain()
    owner, code = browser_of(firm), firm.tenant.code
    asked = {"tenant": code, "period": "2025-06"}
    (row,) = owner.get(reverse("api-outside-hosts"), asked).json()["hosts"]
    assert (row["host"], row["orders"], row["samples"]) == ("达人/1", 0, 2)
    listed = owner.get(reverse("portal-outside-hosts", args=[code]), {"period": "2025-06"}).content.decode()
    page = reverse("portal-outside-host", args=[code, row["address"]])
    assert page in listed
    assert "2 samples" in listed
    for period, sent in (("2025-06", "handed out 2 · back whole 0"), ("2024", "")):
        shown = owner.get(page, {"period": period}).content.decode()
        assert sent in shown
        assert ("Nothing was sold in this period" in shown) == (not sent)
        assert "2 pieces are with the host now, worth ¥91.00" in shown
    samples = owner.get(reverse("api-outside-host", args=[row["address"]]), asked).json()["samples"]
    (sent,) = samples.pop("sent")
    assert (sent["product"], sent["platform"], sent["state"]) == (
        firm.skus[0].product.code,
        "douyin",
        "out",
    )
    assert samples == {
        "pieces": 2, "back": 0, "damaged": 0, "charged": 0, "amount": "0.00", "out": 2, "worth": "91.00",
    }  # fmt: skip


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=64))
def test_an_address_names_one_account(text: str) -> None:
    address = address_of(text)
    assert ref_of(address) == (text if text.isprintable() else None)
    assert set(address) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@pytest.mark.parametrize("address", ["", "_00", "_ff", "_e8", "_6", "_6A", "_61", "a_", "x" * 65, "_4E_0a"])
def test_other_addresses_name_none(address: str) -> None:
    assert ref_of(address) is None


def test_the_page_and_the_api_say_the_same(firm: TenantWorld) -> None:
    ref = "达人/1 &?"
    sell(firm, "A", 2, "100.00", ref)
    agree(firm, ref)
    placing.drain()
    owner, code = browser_of(firm), firm.tenant.code
    asked = {"tenant": code, "period": "2025-05"}
    listed = owner.get(reverse("api-outside-hosts"), asked).json()["hosts"]
    assert [(each["host"], each["net"], each["name"]) for each in listed] == [(ref, "100.00", "Xiaoman")]
    page = reverse("portal-outside-host", args=[code, listed[0]["address"]])
    list_page = owner.get(
        reverse("portal-outside-hosts", args=[code]), {"period": "2025-05"}
    ).content.decode()
    assert f'href="{page}?period=2025-05"' in list_page
    shown = owner.get(page, {"period": "2025-05"}).content.decode()
    for text in (
        "Xiaoman",
        "¥100.00",
        "-¥118.00",
        "not stated yet",
        "No settlement of a platform was imported",
    ):
        assert text in shown
    answer = owner.get(reverse("api-outside-host", args=[listed[0]["address"]]), asked).json()
    assert (answer["host"], answer["left"], answer["missing"]) == (ref, "-118.00", ["platform"])
    assert [line["known"] for line in answer["lines"]] == ["100.00", None, "18.00", "200.00"]
    assert [row["product"] for row in answer["products"]] == [firm.skus[0].product.code]
    nothing = owner.get(page, {"period": "2024"}).content.decode()
    assert "Nothing was sold in this period" in nothing


def test_nobody_else_is_told(world: World, firm: TenantWorld) -> None:
    neighbour, manager = world.tenants[1], world.users[Role.PARK_MANAGER]
    sell(firm, "A", 2, "100.00")
    sell(neighbour, "A", 2, "100.00", "daren-9")
    placing.drain()
    page, asked = (
        reverse("portal-outside-host", args=[firm.tenant.code, "daren-1"]),
        {"tenant": firm.tenant.code},
    )
    apis = (reverse("api-outside-host", args=["daren-1"]), reverse("api-outside-hosts"))
    for role, allowed in ((Role.TENANT_FINANCE, 200), (Role.TENANT_STAFF, 403), (Role.HOST, 403)):
        browser = browser_of(firm, role)
        assert [browser.get(page).status_code, *(browser.get(api, asked).status_code for api in apis)] == [
            allowed
        ] * 3
    stranger = browser_of(neighbour)
    assert [stranger.get(page).status_code, *(stranger.get(api, asked).status_code for api in apis)] == [
        404
    ] * 3
    park = Client()
    park.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert park.get(page).status_code in (403, 404)
    assert {park.get(api, asked).status_code for api in apis} == {403}
    for name in ("daren-9", "nobody", "_00", "x" * 65):
        assert browser_of(firm).get(page.replace("daren-1", name)).status_code == 404
        assert browser_of(firm).get(reverse("api-outside-host", args=[name]), asked).status_code == 404
    with pytest.raises(NotFound):
        outside_host(user_actor(firm.users[Role.TENANT_STAFF]), firm.tenant, "daren-1", MAY)
