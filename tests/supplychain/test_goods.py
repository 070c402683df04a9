"""Products and SKUs as people keep them: codes are given once, to the letter, and waiting lines find them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.actors import user_actor
from core.choices import Role
from core.clock import now, today
from core.errors import Conflict, InvalidInput, Refused
from core.models import AuditEntry, Unresolved
from supplychain.models import Product, SalesEvent, Sku, SkuResolution
from supplychain.services import SkuLine, product_create, product_update, sku_create
from tests.factories import SYSTEM, TenantWorld, World, make_user
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def waiting(mine: TenantWorld) -> set[str]:
    rows = Unresolved.objects.filter(node_id=mine.tenant.pk, kind="sku", resolved_at__isnull=True)
    return set(rows.values_list("reference", flat=True))


def placed(sku: Sku) -> list[str]:
    answered = SkuResolution.objects.filter(sku=sku).values("event_id")
    return list(SalesEvent.objects.filter(pk__in=answered).values_list("order_no", flat=True))


def test_a_product_brings_its_skus_and_their_lines(mine: TenantWorld) -> None:
    record(
        mine.tenant, fact("A1", sku_code="L-red"), fact("A2", sku_code="L-RED"), fact("A3", sku_code="other")
    )
    assert waiting(mine) == {"L-red", "L-RED", "other"}
    product = product_create(
        actor=mine.owner,
        tenant=mine.tenant,
        code="L",
        name_zh="灯",
        cost=Decimal("4.5"),
        skus=[SkuLine(code="L-red", takes_stock=True, presale_limit=3), SkuLine(code="L-blue")],
    )
    red, blue = product.skus.order_by("-code")
    assert (red.code, red.presale_limit, blue.tracked_since) == ("L-red", 3, None)
    assert red.tracked_since is not None
    assert red.tracked_since <= now()
    assert waiting(mine) == {"L-RED", "other"}  # codes are taken to the letter
    assert (placed(red), placed(blue)) == (["A1"], [])
    assert sku_create(actor=mine.owner, tenant=mine.tenant, sku=SkuLine(code="L-RED"), product="L") != red
    assert waiting(mine) == {"other"}
    assert AuditEntry.objects.get(verb="product.create").actor == str(mine.owner.label)


def test_a_code_is_given_once_and_what_is_wrong_is_said_row_by_row(world: World, mine: TenantWorld) -> None:
    product = product_create(actor=mine.owner, tenant=mine.tenant, code="L", name_zh="灯")
    with pytest.raises(Conflict) as taken:
        product_create(actor=mine.owner, tenant=mine.tenant, code="L", name_zh="灯")
    assert (taken.value.code, taken.value.field) == ("code_taken", "code")
    codes = ("new", "", "new", mine.skus[0].code)
    with pytest.raises(InvalidInput) as wrong:
        product_update(actor=mine.owner, product=product, skus=[SkuLine(code=code) for code in codes])
    assert [(row.row, row.code) for row in wrong.value.rows] == [
        (2, "required"),
        (3, "twice"),
        (4, "code_taken"),
    ]
    assert not Sku.objects.filter(code="new").exists()
    # Each firm has codes of its own.
    neighbour = world.tenants[1]
    product_create(actor=neighbour.owner, tenant=neighbour.tenant, code="L", name_zh="灯")


def test_a_change_touches_what_it_names(mine: TenantWorld) -> None:
    product = product_create(
        actor=mine.owner,
        tenant=mine.tenant,
        code="L",
        name_zh="灯",
        skus=[SkuLine(code="a", takes_stock=True)],
    )
    since = Sku.objects.get(code="a").tracked_since
    kept = [SkuLine(code="a", takes_stock=True, specification="red"), SkuLine(code="b")]
    product_update(actor=mine.owner, product=product, name_zh="新灯", skus=kept)
    first, second = product.skus.order_by("code")
    assert (first.tracked_since, first.specification, second.code) == (since, "red", "b")
    written = AuditEntry.objects.count()
    product_update(actor=mine.owner, product=product, name_zh="新灯", skus=kept)
    assert AuditEntry.objects.count() == written
    product_update(actor=mine.owner, product=product, is_closed=True, skus=kept)
    product.refresh_from_db()
    assert (product.name_zh, product.closed_on) == ("新灯", today())
    assert set(product.skus.values_list("closed_on", flat=True)) == {today()}


def test_a_sku_joins_goods_that_agree_with_what_is_said(mine: TenantWorld) -> None:
    said = {"name_zh": "灯", "list_price": Decimal("9.90")}
    for code in ("L", "L-2"):
        sku_create(actor=mine.owner, tenant=mine.tenant, sku=SkuLine(code=code), product="L", **said)
    assert Product.objects.get(code="L").skus.count() == 2
    for code, values, problem in (("L", said, "code_taken"), ("L-3", {"name_zh": "伞"}, "product_differs")):
        with pytest.raises(Conflict) as refused:
            sku_create(actor=mine.owner, tenant=mine.tenant, sku=SkuLine(code=code), product="L", **values)
        assert refused.value.code == problem
    with pytest.raises(InvalidInput):
        sku_create(actor=mine.owner, tenant=mine.tenant, sku=SkuLine(code="nameless"), product="N")


def test_a_sku_added_to_closed_goods_is_closed(mine: TenantWorld) -> None:
    product = product_create(actor=mine.owner, tenant=mine.tenant, code="L", name_zh="灯")
    product_update(actor=mine.owner, product=product, is_closed=True)
    sku = sku_create(actor=mine.owner, tenant=mine.tenant, sku=SkuLine(code="late"), product="L")
    assert sku.closed_on == today()


def test_goods_are_kept_by_those_who_work_for_the_firm(world: World, mine: TenantWorld) -> None:
    staff = user_actor(mine.users[Role.TENANT_STAFF])
    product = product_create(actor=staff, tenant=mine.tenant, code="L", name_zh="灯")
    sku_create(actor=mine.tool, tenant=mine.tenant, sku=SkuLine(code="by-tool"), product="T", name_zh="伞")
    keeper = user_actor(make_user("keeper", Role.PARK_WAREHOUSE, world.park.node))
    for actor in (world.manager, keeper, world.tenants[1].owner, user_actor(mine.users[Role.TENANT_FINANCE])):
        with pytest.raises(Refused):
            product_create(actor=actor, tenant=mine.tenant, code="X", name_zh="灯")
        with pytest.raises(Refused):
            product_update(actor=actor, product=product, name_zh="伞")
        with pytest.raises(Refused):
            sku_create(actor=actor, tenant=mine.tenant, sku=SkuLine(code="X"), product="L")
    with pytest.raises(Refused):  # a tool adds goods and changes none
        product_update(actor=mine.tool, product=product, name_zh="伞")
    assert product_update(actor=SYSTEM, product=product, name_zh="伞").name_zh == "伞"
