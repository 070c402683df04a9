"""Goods on the portal: found, kept, and made from a code that nobody knew."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import today
from core.models import Unresolved, User
from supplychain.models import Product, Sku, SkuResolution
from tests.factories import TenantWorld, World, make_sku, make_tenant, make_user
from tests.supplychain.ledger import fact, record

pytestmark = pytest.mark.django_db


def page_of(name: str, firm: TenantWorld, *arguments: Any) -> str:
    return reverse(f"portal-{name}", args=[firm.tenant.code, *arguments])


def typed(*skus: dict[str, str], **product: str) -> dict[str, str]:
    """What the page of a product sends."""
    rows = {f"skus-{number}-{name}": value for number, sku in enumerate(skus) for name, value in sku.items()}
    return {"skus-TOTAL_FORMS": str(len(skus)), "skus-INITIAL_FORMS": "0", **rows, **product}


def unknown(firm: TenantWorld, code: str, *facts: Any) -> Unresolved:
    """A code of the queue with two lines of the firm."""
    record(
        firm.tenant, *(facts or [fact(number, sku_code=code, title="蓝色连衣裙") for number in ("A1", "A2")])
    )
    return Unresolved.objects.get(node=firm.tenant.node, kind="sku", reference=code)


def test_goods_are_found_by_what_people_remember(owner: Client, firm: TenantWorld) -> None:
    lamp = Product.objects.create(tenant=firm.tenant, code="LAMP", name_zh="台灯", category="家居")
    Sku.objects.create(tenant=firm.tenant, product=lamp, code="xq-77")
    closed = Product.objects.create(tenant=firm.tenant, code="OLD", name_zh="旧灯", closed_on=today())
    for words, found in (
        ("lam", [lamp]),
        ("台", [lamp]),
        ("家居", [lamp]),
        ("XQ-7", [lamp]),
        ("灯", [lamp, closed]),
        ("nothing", []),
    ):
        page = owner.get(page_of("goods", firm), {"search": words})
        assert list(page.context["rows"]) == found, words
    assert list(owner.get(page_of("goods", firm), {"state": "closed"}).context["rows"]) == [closed]
    assert page_of("product", firm, lamp.uid) in owner.get(page_of("goods", firm)).text


def test_an_empty_list_says_what_to_do(
    owner: Client, world: World, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    assert 'href="?"' in owner.get(page_of("goods", firm), {"search": "nothing"}).text
    tenant = make_tenant(world.park, "alpha-c")
    begins = browser_of(make_user("begins", Role.TENANT_OWNER, tenant.node))
    page = begins.get(reverse("portal-goods", args=[tenant.code]))
    assert "lp-empty" in page.text
    assert page.text.count(reverse("portal-product-new", args=[tenant.code])) == 2


def test_a_product_is_kept_with_its_skus(owner: Client, firm: TenantWorld) -> None:
    sent = typed(
        {"code": "L-red", "specification": "red", "takes_stock": "on", "presale_limit": "5"},
        {"code": ""},
        {"code": "L-RED"},
        code="L",
        name_zh="台灯",
        category="家居",
        dropped_on="2026-03-01",
        list_price="99.9",
        cost="41",
    )
    answer = owner.post(page_of("product-new", firm), sent)
    product = Product.objects.get(tenant=firm.tenant, code="L")
    assert answer.url == page_of("product", firm, product.uid)
    assert (product.list_price, product.cost, str(product.dropped_on)) == (
        Decimal("99.9"),
        Decimal(41),
        "2026-03-01",
    )
    red = product.skus.get(code="L-red")
    assert (red.presale_limit, red.tracked_since is not None) == (5, True)
    assert set(product.skus.values_list("code", flat=True)) == {"L-red", "L-RED"}
    page = owner.get(answer.url)
    assert [form.initial.get("code") for form in page.context["form"].skus][:2] == ["L-RED", "L-red"]
    changed = typed({"code": "L-red", "is_closed": "on"}, code="changed", name_zh="新灯", list_price="88")
    assert owner.post(answer.url, changed).status_code == 302
    product.refresh_from_db()
    red.refresh_from_db()
    assert (product.code, product.name_zh, product.list_price) == ("L", "新灯", Decimal(88))
    assert (red.closed_on, red.tracked_since) == (today(), None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "L\x00"}, "code"),
        ({"name_zh": ""}, "name_zh"),
        ({"list_price": "1e3"}, "list_price"),
        ({"cost": "-1"}, "cost"),
        ({"cost": "1" * 20}, "cost"),
        ({"dropped_on": "2026-02-30"}, "dropped_on"),
    ],
)
def test_what_is_wrong_with_a_product_stands_beside_its_field(
    owner: Client, firm: TenantWorld, wrong: dict[str, str], field: str
) -> None:
    sent = typed({"code": "s"}, **{"code": "L", "name_zh": "灯", **wrong})
    answer = owner.post(page_of("product-new", firm), sent)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not Product.objects.filter(tenant=firm.tenant, code="L").exists()


def test_what_is_wrong_with_a_sku_stands_beside_it(owner: Client, firm: TenantWorld) -> None:
    for rows, at in (
        ([{"code": "a"}, {"code": "a"}], 1),
        ([{"code": "a"}, {"code": firm.skus[0].code}], 1),
        ([{"code": "", "specification": "red"}], 0),
        ([{"code": "a", "presale_limit": str(2**31)}], 0),
    ):
        answer = owner.post(page_of("product-new", firm), typed(*rows, code="L", name_zh="灯"))
        assert answer.status_code in (400, 409)
        wrong = [bool(form.errors) for form in answer.context["form"].skus.forms]
        assert [number for number, is_wrong in enumerate(wrong) if is_wrong] == [at]
        assert not Product.objects.filter(tenant=firm.tenant, code="L").exists()


@pytest.mark.parametrize("count", ["", "x", "100000"])
def test_a_tampered_count_of_skus_is_refused(owner: Client, firm: TenantWorld, count: str) -> None:
    sent = typed({"code": "s"}, code="L", name_zh="灯") | {"skus-TOTAL_FORMS": count}
    assert owner.post(page_of("product-new", firm), sent).status_code == 400
    assert not Product.objects.filter(tenant=firm.tenant, code="L").exists()


def test_who_may_not_keep_goods_reads_them(
    firm: TenantWorld, world: World, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    product = firm.skus[0].product
    finance = browser_of(firm.users[Role.TENANT_FINANCE])
    assert page_of("product-new", firm) not in finance.get(page_of("goods", firm)).text
    page = finance.get(page_of("product", firm, product.uid))
    assert "<fieldset disabled" in page.text
    assert finance.get(page_of("product-new", firm)).status_code == 403
    answer = finance.post(page_of("product", firm, product.uid), typed(code="x", name_zh="changed"))
    assert answer.status_code == 403
    foreign = world.tenants[1].skus[0].product
    assert owner.get(page_of("product", firm, foreign.uid)).status_code == 404


def test_an_unknown_code_becomes_goods_and_its_lines_find_it(owner: Client, firm: TenantWorld) -> None:
    row = unknown(firm, "Dress-7b")
    page = owner.get(page_of("unresolved-one", firm, row.uid))
    assert page.context["make_form"].initial["name_zh"] == "蓝色连衣裙"
    done = owner.post(page_of("unresolved-one-sku", firm, row.uid), {"name_zh": "蓝色连衣裙", "cost": "12"})
    assert done.url == page_of("unresolved", firm)
    sku = Sku.objects.get(tenant=firm.tenant, code="Dress-7b")
    assert (sku.product.code, sku.product.name_zh, sku.product.cost) == (
        "Dress-7b",
        "蓝色连衣裙",
        Decimal(12),
    )
    assert SkuResolution.objects.filter(sku=sku).count() == 2
    row.refresh_from_db()
    assert row.resolved_at is not None
    assert not owner.get(page_of("unresolved", firm)).context["rows"]


def test_an_unknown_code_becomes_another_colour_of_goods_there_are(
    owner: Client, world: World, firm: TenantWorld
) -> None:
    row = unknown(firm, "Dress-7b")
    address = page_of("unresolved-one-sku", firm, row.uid)
    known = firm.skus[0].product
    foreign = make_sku(world.tenants[1].tenant, "foreign").product
    closed = make_sku(firm.tenant, "closed").product
    Product.objects.filter(pk=closed.pk).update(closed_on=today())
    for wrong in (
        {"product": foreign.code},
        {"product": closed.code},
        {"product": "none"},
        {"name_zh": ""},
        {"name_zh": "x", "cost": "-1"},
    ):
        answer = owner.post(address, wrong)
        assert answer.status_code == 400
        assert answer.context["make_form"].errors
        assert not Sku.objects.filter(code="Dress-7b").exists()
    owner.post(address, {"product": known.code, "specification": "blue", "name_zh": "not asked"})
    sku = Sku.objects.get(code="Dress-7b")
    assert (sku.product, sku.specification) == (known, "blue")
    known.refresh_from_db()
    assert known.name_zh != "not asked"


def test_only_an_own_code_becomes_a_sku(
    owner: Client, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    row = unknown(firm, "Dress-7b")
    record(firm.tenant, fact("B1", sku_code=firm.skus[0].code, session_ref="no-such-live"))
    session = Unresolved.objects.get(node=firm.tenant.node, kind="session")
    assert owner.get(page_of("unresolved-one-sku", firm, session.uid)).status_code == 404
    assert owner.post(page_of("unresolved-one-sku", firm, session.uid), {"name_zh": "x"}).status_code == 404
    finance = browser_of(firm.users[Role.TENANT_FINANCE])
    assert finance.get(page_of("unresolved-one", firm, row.uid)).context.get("make_form") is None
    answer = finance.post(page_of("unresolved-one-sku", firm, row.uid), {"name_zh": "x"})
    assert answer.status_code == 403
    assert not Sku.objects.filter(code="Dress-7b").exists()
