"""Filters that pages and API share."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.clock import DAY, day_start, hour_of, today
from core.days import open_on
from core.doors.filters import FromDay, OnDay, UntilDay
from core.scoping import visible_to
from livestreams.models import LiveSession
from supplychain.choices import (
    CertificateKind,
    CertificateState,
    Channel,
    InboundState,
    MoveKind,
    SalesKind,
    SampleState,
    ShopMessageState,
)
from supplychain.models import (
    ShopMessage,
    Sku,
)


class FromSlotDay(FromDay):
    """From a business day on, by the hour of the bucket: days begin on the hour, and the ledger's index is by hour."""

    def filter(self, qs: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        return qs.filter(slot__gte=hour_of(day_start(value))) if value else qs


class UntilSlotDay(UntilDay):
    """Until the end of a business day, by the hour of the bucket."""

    def filter(self, qs: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        return qs.filter(slot__lt=hour_of(day_start(value + DAY))) if value else qs


class SalesEventFilter(django_filters.FilterSet):
    """Ledger lines by order number, day, kind, channel and live session."""

    order_no = django_filters.CharFilter(method="by_order", label=_("Order number"), max_length=64)
    since = FromSlotDay(label=_("From"))
    until = UntilSlotDay(label=_("Until"))
    kind = django_filters.ChoiceFilter(choices=SalesKind, label=_("Kind"), empty_label=_("all"))
    channel = django_filters.ChoiceFilter(choices=Channel, label=_("Channel"), empty_label=_("all"))
    session = django_filters.UUIDFilter(method="by_session", label=_("Session id"))

    def by_order(self, queryset: Any, _name: str, value: str) -> Any:
        """The order's own facts and the refunds that name it."""
        return queryset.of_order(value.strip())

    def by_session(self, queryset: Any, _name: str, value: Any) -> Any:
        """Facts that belong to the session now, whether they named it or were placed there later."""
        session = visible_to(LiveSession.objects.filter(uid=value), self.request.actor).values("pk")[:1]
        return queryset.of_session(session)


class OpenFilter(django_filters.ChoiceFilter):
    """Records that are offered, or those that were closed."""

    def __init__(self, **kwargs: Any) -> None:
        choices = (("open", _("sold")), ("closed", _("no longer sold")))
        super().__init__(choices=choices, label=_("State"), empty_label=_("all"), **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        is_open = open_on(today())
        return qs.filter(is_open if value == "open" else ~is_open) if value else qs


class ProductFilter(django_filters.FilterSet):
    """Goods by what people remember of them: a code, a name, a category, the code of a SKU."""

    search = django_filters.CharFilter(method="by_words", label=_("Code, name or category"), max_length=100)
    state = OpenFilter()

    def by_words(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        words = value.strip()
        own = (Q(**{f"{column}__icontains": words}) for column in ("code", "name_zh", "name_en", "category"))
        of_skus = Sku.objects.filter(product=OuterRef("pk"), code__icontains=words)
        return queryset.filter(reduce(or_, own, Q(Exists(of_skus))))


class GoodsOfferFilter(django_filters.FilterSet):
    """Offers of goods by what people look for: a name, a code, a category, a firm."""

    search = django_filters.CharFilter(
        method="by_words", label=_("Code, name, category or firm"), max_length=100
    )

    def by_words(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        columns = ("product__code", "product__name_zh", "product__name_en", "product__category")
        firm = ("tenant__code", "tenant__company__name_zh", "tenant__company__name_en")
        return queryset.filter(
            reduce(or_, (Q(**{f"{column}__icontains": value.strip()}) for column in (*columns, *firm)))
        )


class StockFilter(django_filters.FilterSet):
    """Stock by what people remember of the goods: a code or a name."""

    search = django_filters.CharFilter(method="by_words", label=_("Code or name"), max_length=100)

    def by_words(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        columns = ("sku__code", "sku__product__code", "sku__product__name_zh", "sku__product__name_en")
        return queryset.filter(
            reduce(or_, (Q(**{f"{column}__icontains": value.strip()}) for column in columns))
        )


class StockLevelFilter(django_filters.FilterSet):
    """Stock by owner, SKU and warehouse, each by its code in the very spelling."""

    owner = django_filters.CharFilter("owner__code", label=_("Owner"), max_length=64)
    sku = django_filters.CharFilter("sku__code", label=_("SKU code"), max_length=64)
    warehouse = django_filters.CharFilter("warehouse__code", label=_("Warehouse"), max_length=64)


class StockMoveFilter(StockLevelFilter):
    """Moves of stock, also by zone, by kind and by when they happened."""

    zone = django_filters.CharFilter(label=_("Zone and shelf"), max_length=32)
    kind = django_filters.ChoiceFilter(choices=MoveKind, label=_("Kind"), empty_label=_("all"))
    since = FromDay("occurred_at", label=_("From"))


class InboundNoticeFilter(django_filters.FilterSet):
    """Inbound notices by state and day."""

    state = django_filters.ChoiceFilter(choices=InboundState, label=_("State"), empty_label=_("all"))
    day = OnDay(label=_("Expected on"))


class QualityCertificateFilter(django_filters.FilterSet):
    """Certificates by state and kind, and those that are soon over."""

    state = django_filters.ChoiceFilter(choices=CertificateState, label=_("State"), empty_label=_("all"))
    kind = django_filters.ChoiceFilter(choices=CertificateKind, label=_("Kind"), empty_label=_("all"))
    expiring = django_filters.BooleanFilter(method="by_expiring", label=_("Expires within 30 days"))

    def by_expiring(self, queryset: Any, _name: str, value: bool) -> Any:
        return queryset.expiring() if value else queryset


class SampleRequestFilter(django_filters.FilterSet):
    """Requests for samples by state, those past their day, by the firm that asked and the account they are for."""

    state = django_filters.ChoiceFilter(choices=SampleState, label=_("State"), empty_label=_("all"))
    overdue = django_filters.BooleanFilter(method="by_overdue", label=_("Overdue"))
    tenant = django_filters.CharFilter("tenant__code", label=_("Asked by"), max_length=64)
    outside_ref = django_filters.CharFilter(label=_("Account of the outside host"), max_length=64)

    def by_overdue(self, queryset: Any, _name: str, value: bool) -> Any:
        return queryset.overdue() if value else queryset


class OfferAnswerFilter(django_filters.FilterSet):
    """Answers to offers: of one offer, by yes or no, by the firm that answered, and those that count."""

    offer = django_filters.UUIDFilter("offer__uid", label=_("Offer id"))
    tenant = django_filters.CharFilter("tenant__code", label=_("Answered by"), max_length=64)
    sells = django_filters.BooleanFilter(label=_("Sells the goods"))
    current = django_filters.BooleanFilter(method="by_current", label=_("Only the latest"))

    def by_current(self, queryset: Any, _name: str, value: bool) -> Any:
        return queryset.current() if value else queryset


class SkuFilter(django_filters.FilterSet):
    """SKUs by tenant, their own code and their product's, in the very spelling."""

    tenant = django_filters.CharFilter("tenant__code", label=_("Tenant"), max_length=64)
    code = django_filters.CharFilter("code", label=_("SKU code"), max_length=64)
    product = django_filters.CharFilter("product__code", label=_("Product code"), max_length=64)
    state = OpenFilter()


class ShopMessageFilter(django_filters.FilterSet):
    """Messages of shops by connection, state and order, and those whose orders are not imported yet."""

    connection = django_filters.UUIDFilter("hook__uid", label=_("Shop connection"))
    state = django_filters.ChoiceFilter(choices=ShopMessageState, label=_("State"), empty_label=_("all"))
    order_no = django_filters.CharFilter("order_no", label=_("Order number"), max_length=64)
    not_imported = django_filters.BooleanFilter(method="by_import", label=_("Not imported yet"))

    def by_import(self, queryset: Any, _name: str, value: bool | None) -> Any:
        """News of orders of which the ledger does not know yet, or everything else."""
        if value is None:
            return queryset
        pending = ShopMessage.objects.not_imported().values("pk")
        return queryset.filter(pk__in=pending) if value else queryset.exclude(pk__in=pending)
