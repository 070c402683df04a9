"""Writes of goods: products with their SKUs. A code is given once and never changes: orders name goods by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.choices import UnresolvedKind
from core.clock import now, today
from core.errors import Conflict, InvalidInput, RowError
from core.locking import lock_row, retried
from core.models import ClosableMixin, Unresolved
from core.policy import ADD, CHANGE
from core.records import record_create, record_update
from core.scoping import require
from supplychain.models import Product, Sku
from supplychain.services.resolution import place_known
from tenants.models import Tenant

Row = TypeVar("Row", Product, Sku)


@dataclass(frozen=True, kw_only=True)
class SkuLine:
    """A SKU as somebody writes it down. It takes stock from the moment on at which that is first said of it."""

    code: str
    specification: str = ""
    presale_limit: int = 0
    takes_stock: bool = False
    is_closed: bool = False


@retried
def product_create(
    *, actor: Actor, tenant: Tenant, code: str, skus: Sequence[SkuLine] = (), **values: Any
) -> Product:
    """Add a product with its SKUs, and place the order lines that waited for their codes.

    Conflict where the tenant has used a code before.
    """
    require(actor, ADD, Product, tenant.pk)
    with transaction.atomic():
        if Product.objects.filter(tenant=tenant, code=code).exists():
            raise Conflict(_taken(code), code="code_taken", field="code")
        product = record_create(actor=actor, model=Product, tenant=tenant, code=code, **values)
        _keep_skus(actor, product, skus)
    return product


@retried
def product_update(
    *,
    actor: Actor,
    product: Product,
    skus: Sequence[SkuLine] = (),
    is_closed: bool | None = None,
    **values: Any,
) -> Product:
    """Change a product, and add or change the SKUs named; others stay. With the product its SKUs are closed."""
    require(actor, CHANGE, Product, product.tenant_id)
    with transaction.atomic():
        held = lock_row(Product, product.pk)
        if is_closed is not None:
            values["closed_on"] = _closed_on(held, is_closed)
        held = _changed(actor, held, values)
        _keep_skus(actor, held, skus)
    return held


@retried
def sku_create(*, actor: Actor, tenant: Tenant, sku: SkuLine, product: str, **values: Any) -> Sku:
    """Add a SKU to the product of a code, which is made from `values` where there is none.

    Places the order lines that waited for the SKU's code. Conflict where the SKU exists, or where the product does
    and `values` say something else of it.
    """
    require(actor, ADD, Sku, tenant.pk)
    with transaction.atomic():
        if Sku.objects.filter(tenant=tenant, code=sku.code).exists():
            raise Conflict(_taken(sku.code), code="code_taken", field="code")
        held = Product.objects.filter(tenant=tenant, code=product).first()
        if held is None:
            held = product_create(actor=actor, tenant=tenant, code=product, skus=[sku], **values)
        else:
            _agree(held, values)
            _keep_skus(actor, held, [sku])
        return Sku.objects.get(tenant=tenant, code=sku.code)


def _agree(product: Product, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if getattr(product, name) != value:
            message = _("There is a product with the code %(code)s, of which something else is known.")
            raise Conflict(message % {"code": product.code}, code="product_differs", field=name)


def _keep_skus(actor: Actor, product: Product, lines: Sequence[SkuLine]) -> None:
    """Add or change SKUs of a product by their codes, and place what waited for the new ones."""
    codes = [line.code for line in lines]
    known = {sku.code: sku for sku in Sku.objects.filter(tenant_id=product.tenant_id, code__in=codes)}
    problems = [
        RowError(number, "code", *problem)
        for number, line in enumerate(lines, 1)
        if (problem := _problem(product, line.code, known, codes[: number - 1]))
    ]
    if problems:
        raise InvalidInput(_("Some SKUs cannot be kept."), code="skus", rows=problems)
    for line in lines:
        held = known.get(line.code)
        values = {
            "specification": line.specification,
            "presale_limit": line.presale_limit,
            "tracked_since": _tracked_since(held, line.takes_stock),
            "closed_on": _closed_on(held, line.is_closed or product.closed_on is not None),
        }
        if held is None:
            record_create(
                actor=actor, model=Sku, tenant=product.tenant, product=product, code=line.code, **values
            )
        else:
            _changed(actor, held, values)
    new = [code for code in codes if code not in known]
    waiting = Unresolved.objects.filter(
        node_id=product.tenant_id, kind=UnresolvedKind.SKU, reference__in=new, resolved_at__isnull=True
    )
    if new and waiting.exists():
        place_known(actor=actor, seller=product.tenant)


def _problem(product: Product, code: str, known: dict[str, Sku], before: list[str]) -> tuple[str, str] | None:
    if not code:
        return "required", _("A SKU needs a code.")
    if code in before:
        return "twice", _("This code stands here twice.")
    if code in known and known[code].product_id != product.pk:
        return "code_taken", _taken(code)
    return None


def _taken(code: str) -> str:
    return _("The code %(code)s is already in use.") % {"code": code}


def _tracked_since(held: Sku | None, takes_stock: bool) -> Any:
    since = held.tracked_since if held is not None else None
    return (since or now()) if takes_stock else None


def _closed_on(held: ClosableMixin | None, is_closed: bool) -> date | None:
    since = held.closed_on if held is not None else None
    return (since or today()) if is_closed else None


def _changed(actor: Actor, row: Row, values: dict[str, Any]) -> Row:
    """The row with these values; written only where one of them is new."""
    new = {name: value for name, value in values.items() if getattr(row, name) != value}
    return record_update(actor=actor, row=row, **new) if new else row
