"""Products and their SKUs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.clock import today
from core.days import open_on
from core.doors.formfields import LARGEST, AmountField, CodeField, DayField, LineField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedForm
from core.errors import DomainError
from core.scoping import hidden_columns
from supplychain.models import Product, Sku
from supplychain.services import SkuLine

MOST_SKUS = 500


def price_field(label: Any) -> AmountField:
    """An amount in CNY that is not negative; nothing written counts as nothing known, which is zero."""
    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    return AmountField(
        label=label, max_digits=17, decimal_places=4, min_value=0, required=False, widget=widget
    )


class GoodsForm(ScopedForm):
    """What a product is called and worth. What it cost is asked only of those who may read it."""

    name_zh = LineField(label=_("Chinese name"), max_length=200)
    name_en = LineField(label=_("English name"), max_length=200, required=False)
    category = LineField(label=_("Category"), max_length=100, required=False)
    dropped_on = DayField(label=_("Launched on"), required=False)
    list_price = price_field(_("List price (CNY)"))
    cost = price_field(_("Cost (CNY)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in hidden_columns(self.actor, Product, self.tenant.pk) & set(self.fields):
            del self.fields[name]

    @property
    def product_values(self) -> dict[str, Any]:
        """The columns of the product that the form asks for; a price left out is zero."""
        names = [name for name in GoodsForm.base_fields if name in self.fields]
        prices = {name: self.cleaned_data[name] or 0 for name in ("list_price", "cost") if name in names}
        return {name: self.cleaned_data[name] for name in names} | prices


class SkuLineForm(forms.Form):
    """One SKU of a product, told apart by its code: rows may move while somebody looks at the page."""

    code = CodeField(label=_("SKU code"), required=False)
    specification = LineField(label=_("Colour, size"), max_length=200, required=False)
    presale_limit = WholeNumberField(
        label=_("Pre-sale limit"),
        required=False,
        min_value=0,
        max_value=LARGEST["PositiveIntegerField"],
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    takes_stock = forms.BooleanField(label=_("takes stock"), required=False)
    is_closed = forms.BooleanField(label=_("no longer sold"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.has_changed() and not values.get("code") and "code" not in self.errors:
            self.add_error("code", ValidationError(_("A SKU needs a code."), code="required"))
        return values

    @property
    def line(self) -> SkuLine:
        values = self.cleaned_data
        return SkuLine(**{**values, "presale_limit": values["presale_limit"] or 0})


SkuLines: type[forms.BaseFormSet[SkuLineForm]] = forms.formset_factory(
    SkuLineForm, extra=1, max_num=MOST_SKUS, validate_max=True, absolute_max=MOST_SKUS + 10
)


class ProductForm(GoodsForm):
    """A product and its SKUs on one page; without `product` a new one."""

    code = CodeField(label=_("Product code"))
    is_closed = forms.BooleanField(label=_("No longer sold, with all its SKUs"), required=False)
    field_order = ("code",)

    def __init__(self, data: Any = None, *args: Any, product: Product | None = None, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        known = list(product.skus.order_by("code")) if product is not None else []
        if product is not None:
            self.fields["code"].disabled = True
            known_values = {name: getattr(product, name) for name in self.fields if hasattr(product, name)}
            self.initial.update(known_values, is_closed=product.closed_on is not None)
        else:
            del self.fields["is_closed"]
        self.left_out = len(known[MOST_SKUS:])
        self.skus = SkuLines(data, prefix="skus", initial=[_as_line(sku) for sku in known[:MOST_SKUS]])
        for form in self.skus.initial_forms:
            form.fields["code"].widget.attrs["readonly"] = True

    @property
    def product_state(self) -> dict[str, Any]:
        """What only a new product is asked for, or only a known one: its code, whether it is still sold."""
        asked = "code" if "is_closed" not in self.fields else "is_closed"
        return {asked: self.cleaned_data[asked]}

    def is_valid(self) -> bool:
        # Both, so that everything that is wrong is said at once.
        return all([super().is_valid(), self.skus.is_valid()])

    @property
    def lines(self) -> list[SkuLine]:
        """The SKUs that are filled in, known ones first."""
        return [form.line for form in self._filled]

    @property
    def _filled(self) -> list[SkuLineForm]:
        return [form for form in self.skus.forms if form.cleaned_data.get("code")]

    def show(self, error: DomainError) -> None:
        """Put what is wrong with a SKU beside it."""
        filled = self._filled
        for row in error.rows:
            filled[row.row - 1].add_error("code", ValidationError(row.message, code=row.code))
        if not error.rows:
            super().show(error)


def _as_line(sku: Sku) -> dict[str, Any]:
    return {
        "code": sku.code,
        "specification": sku.specification,
        "presale_limit": sku.presale_limit or None,
        "takes_stock": sku.tracked_since is not None,
        "is_closed": sku.closed_on is not None,
    }


class MakeSkuForm(GoodsForm):
    """A code of the queue becomes a SKU: of goods there are, or of new ones with these values."""

    product = ScopedChoiceField(
        Product,
        to_field="code",
        label=_("One of these goods"),
        required=False,
        help_text=_("Its product code, where it is another colour or size; empty for new goods."),
        widget=forms.TextInput(attrs={"list": "products", "autocomplete": "off"}),
    )
    specification = LineField(label=_("Colour, size"), max_length=200, required=False)
    field_order = ("product", "name_zh", "specification")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name_en", "dropped_on"):
            del self.fields[name]
        self.fields["name_zh"].required = False

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(today()), tenant=self.tenant)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("product") and not values.get("name_zh") and not self.errors:
            self.add_error("name_zh", ValidationError(_("New goods need a name."), code="required"))
        return values
