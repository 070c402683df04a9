"""Forms of the portal: they check shape, the services decide."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core import strict
from core.clock import local, today
from core.days import open_on
from core.doors.formfields import LARGEST, AmountField, CodeField, DayField, LineField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedForm
from core.errors import DomainError
from core.scoping import hidden_columns
from livestreams.models import LiveSession
from supplychain.choices import ShopKind, TailWindow
from supplychain.models import Product, Sku
from supplychain.services import SkuLine

RECENT_SESSIONS = 100
MOST_SKUS = 500
BETWEEN_SLICES = re.compile(r"[;；\n]+")
BEFORE_RATE = re.compile(r"[:：]")


class SessionChoiceField(ScopedChoiceField):
    """Live sessions as people speak of them: when, where, what."""

    def label_from_instance(self, obj: Any) -> str:
        when = f"{local(obj.started_at):%m-%d %H:%M}" if obj.started_at else ""
        return " · ".join(filter(None, [when, obj.title or obj.get_platform_display(), obj.platform_live_id]))


class AnswerForm(ScopedForm):
    """What an unresolved reference means: something of ours, or nothing at all."""

    target: Any
    nothing = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and bool(values.get("target")) is bool(values.get("nothing")):
            raise ValidationError(_("Choose one answer."), code="required")
        return values


class SessionAnswerForm(AnswerForm):
    """The session that a reference names."""

    target = SessionChoiceField(LiveSession, label=_("This session"), required=False)
    nothing = forms.BooleanField(
        label=_("No session of the park (shop, outside host, another place)"), required=False
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        recent = queryset.filter(tenant=self.tenant, started_at__isnull=False).order_by("-started_at", "-id")
        return queryset.filter(pk__in=recent.values("pk")[:RECENT_SESSIONS]).order_by("-started_at", "-id")


class WindowForm(ScopedForm):
    """How long after its end a session may still be given what its account sells."""

    window_hours = forms.TypedChoiceField(label=_("Window"), choices=TailWindow, coerce=int)


class SkuAnswerForm(AnswerForm):
    """The SKU that a code of a platform means."""

    target = ScopedChoiceField(
        Sku,
        to_field="code",
        label=_("This SKU"),
        required=False,
        widget=forms.TextInput(attrs={"list": "skus", "autocomplete": "off"}),
    )
    nothing = forms.BooleanField(label=_("No SKU of ours (gift, service, sample)"), required=False)

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(today()), tenant=self.tenant)


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


class ShopSecretForm(ScopedForm):
    """What a shop signs its messages with."""

    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "App secret; of a WeChat shop the token. For Standard Webhooks one is made if this is empty."
        ),
    )
    aes_key = forms.CharField(
        label=_("EncodingAESKey"),
        required=False,
        max_length=43,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Only of a WeChat shop: 43 letters and digits."),
    )


class ShopChangeForm(ScopedForm):
    """A connection's name, and whose messages are read."""

    name = LineField(
        label=_("Name of the shop"),
        max_length=100,
        help_text=_("For example: our ERP, the Douyin flagship store"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shop_id = LineField(
        label=_("Shop id"),
        max_length=40,
        required=False,
        help_text=_("If one app serves several shops: messages of others are not read."),
    )


class ShopForm(ShopChangeForm, ShopSecretForm):
    """A shop that is to tell of its orders."""

    kind = forms.ChoiceField(label=_("Shop system"), choices=ShopKind)
    source = LineField(
        label=_("Source"),
        max_length=32,
        required=False,
        help_text=_(
            "Only for Standard Webhooks: api, or the source of the files in which the same orders come, such as douyin."
        ),
    )
    app_key = LineField(
        label=_("App key"),
        max_length=64,
        required=False,
        help_text=_("For platforms; of a WeChat shop its AppID."),
    )
    field_order = ("name", "kind", "app_key", "secret", "aes_key", "shop_id", "source")


class TiersField(forms.CharField):
    """Rates in percent: "20", or one per slice of a month's base, "0: 20; 100000: 25"."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "; ".join(f"{tier['above']}: {tier['rate']}" for tier in value)

    def to_python(self, value: Any) -> Any:
        words = [
            word.strip() for word in BETWEEN_SLICES.split(super().to_python(value) or "") if word.strip()
        ]
        return [_tier(word) for word in words]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True


def _tier(word: str) -> tuple[Decimal, Decimal]:
    parts = [part.strip().rstrip("%") for part in BEFORE_RATE.split(word)]
    if len(parts) > 2:
        raise ValidationError(
            _("“%(word)s” is no rate. Write 20, or 0: 20; 100000: 25."), params={"word": word}
        )
    try:
        rate = strict.amount(parts[-1], places=2, digits=3)
        above = strict.amount(parts[0], places=2, digits=13) if len(parts) == 2 else Decimal(0)
    except strict.StrictError as error:
        raise ValidationError(str(error), code=error.code) from error
    return above, rate
