"""The goods pool, runs of show and what was short: the park looks, its tenants write in the portal."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.doors.admin import Operation, ScopedModelAdmin
from supplychain import services
from supplychain.models import GoodsOffer, OfferAnswer, RunLine, Shortage


@admin.register(GoodsOffer)
class GoodsOfferAdmin(ScopedModelAdmin):
    list_display = (
        "product",
        "tenant",
        "floor_price",
        "commission_rate",
        "pieces",
        "samples",
        "withdrawn_at",
    )
    list_filter = ("tenant", "withdrawn_at")
    list_select_related = ("product", "tenant")
    search_fields = ("product__code", "product__name_zh", "tenant__code", "certificates")
    fields = (
        ("tenant", "park"),
        "product",
        ("floor_price", "commission_rate"),
        ("pieces", "samples"),
        "certificates",
        "withdrawn_at",
    )
    operations = (
        Operation(
            "withdraw",
            _("Withdraw the offer"),
            services.goods_offer_withdraw,
            row="offer",
            icon="cancel",
            danger=True,
            when=lambda offer: offer.withdrawn_at is None,
        ),
    )


@admin.register(OfferAnswer)
class OfferAnswerAdmin(ScopedModelAdmin):
    list_display = ("at", "offer", "offer__tenant", "tenant", "host", "sells", "reason")
    list_filter = ("sells", "at", "tenant")
    list_select_related = ("offer__product", "offer__tenant__company", "tenant", "host")
    search_fields = ("offer__product__code", "offer__product__name_zh", "tenant__code", "offer__tenant__code")
    fields = ("at", "offer", ("tenant", "host"), "sells", "reason")


@admin.register(RunLine)
class RunLineAdmin(ScopedModelAdmin):
    list_display = ("booking", "position", "minute", "product", "offer", "price", "pieces", "dropped_at")
    list_filter = ("booking__tenant", "booking__room", "dropped_at")
    list_select_related = ("booking__room", "booking__tenant", "product", "offer__product", "offer__tenant")
    search_fields = ("product__code", "product__name_zh", "booking__tenant__code")
    fields = (
        "booking",
        ("position", "minute"),
        ("product", "offer"),
        ("price", "floor_price"),
        "pieces",
        "dropped_at",
    )


@admin.register(Shortage)
class ShortageAdmin(ScopedModelAdmin):
    list_display = (
        "at",
        "line__booking",
        "line__booking__tenant",
        "line__product__code",
        "line",
        "short_of",
        "planned",
        "there",
    )
    list_filter = ("short_of", "at", "line__booking__tenant")
    list_select_related = ("line__product", "line__booking__room", "line__booking__tenant__company")
    search_fields = ("line__product__code", "line__product__name_zh", "line__booking__tenant__code")
    fields = ("at", "line", "short_of", ("planned", "there"))
