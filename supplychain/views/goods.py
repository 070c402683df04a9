"""The tenant's goods: what it sells under which codes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from core.clock import today
from core.days import open_on
from core.doors.portal import ScopedForm, ScopedListPage, ServiceFormPage
from core.scoping import hidden_columns, may
from supplychain.filters import ProductFilter
from supplychain.forms import ProductForm
from supplychain.models import InboundNotice, Parcel, Product, QualityCertificate, StockLevel, StockMove
from supplychain.services import product_create, product_update

LATEST_MOVES = 20


class Goods(ScopedListPage):
    """Products by code, each with how many SKUs are sold of it."""

    template_name = "portal/goods.html"
    section = "goods"
    needs = ("view", Product)
    model = Product
    filterset_class = ProductFilter
    page_size = 50

    def base_queryset(self) -> Any:
        sold = Count("skus", filter=open_on(today(), "skus"))
        return Product.objects.annotate(sold_skus=sold).order_by("code")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            can_add=may(self.actor, "add", Product, self.node.pk),
            sees_certificates=may(self.actor, "view", QualityCertificate, self.node.pk),
            sees_inbound=may(self.actor, "view", InboundNotice, self.node.pk),
            sees_stock=may(self.actor, "view", StockLevel, self.node.pk),
            sees_parcels=may(self.actor, "view", Parcel, self.node.pk),
            shows_cost="cost" not in hidden_columns(self.actor, Product, self.node.pk),
            **kwargs,
        )


class NewProduct(ServiceFormPage):
    """A new product with its first SKUs."""

    template_name = "portal/product.html"
    section = "goods"
    needs = ("add", Product)
    form_class = ProductForm
    writes = "add"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            can_write=may(self.actor, self.writes, Product, self.node.pk), **kwargs
        )

    def carry_out(self, form: Any) -> HttpResponse:
        product = self.write(skus=form.lines, **form.product_values, **form.product_state)
        messages.success(self.request, _("The goods are stored. Order lines with these codes find them."))
        return redirect(self.url("portal-product", uid=product.uid))

    def write(self, **values: Any) -> Product:
        """Call the service that keeps the goods."""
        return product_create(actor=self.actor, tenant=self.tenant, **values)


class ProductPage(NewProduct):
    """A product with its SKUs, to look at and to change, what lies of it in warehouses, and its latest moves."""

    needs = ("view", Product)
    writes = "change"

    @property
    def product(self) -> Product:
        if not hasattr(self, "_product"):
            self._product: Product = self.named(Product.objects.all())
        return self._product

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        return ProductForm(data, files, actor=self.actor, tenant=self.tenant, product=self.product)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            product=self.product,
            sees_stock=may(self.actor, "view", StockLevel, self.node.pk),
            levels=self._of_its_skus(StockLevel, "sku__code", "warehouse__code", "pk").prefetch_related(
                "others"
            ),
            moves=self._of_its_skus(StockMove, "-occurred_at", "-pk")[:LATEST_MOVES],
            **kwargs,
        )

    def _of_its_skus(self, model: type[Model], *order: str) -> QuerySet[Any]:
        rows = model._default_manager.filter(sku__product=self.product).select_related("sku", "warehouse")
        return self.own(rows, lookup="owner_id").order_by(*order)

    def write(self, **values: Any) -> Product:
        return product_update(actor=self.actor, product=self.product, **values)
