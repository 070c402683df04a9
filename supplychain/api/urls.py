"""API addresses of goods and sales."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from supplychain.api import (
    agreements,
    certificates,
    eventitems,
    explains,
    hooks,
    inbound,
    parcels,
    payouts,
    pool,
    reorders,
    samples,
    shophooks,
    statements,
    stock,
    views,
    waves,
)

router = SimpleRouter(trailing_slash=False)
router.register("orders", views.OrderViewSet, "api-order")
router.register("skus", views.SkuViewSet, "api-sku")
router.register("explain-events", explains.ExplainViewSet, "api-explain")
router.register("event-items", eventitems.EventItemViewSet, "api-event-item")
router.register("goods-offers", pool.GoodsOfferViewSet, "api-goods-offer")
router.register("offer-answers", pool.OfferAnswerViewSet, "api-offer-answer")
router.register("run-lines", pool.RunLineViewSet, "api-run-line")
router.register("shortages", pool.ShortageViewSet, "api-shortage")
router.register("sample-requests", samples.SampleRequestViewSet, "api-sample-request")
router.register("quality-certificates", certificates.QualityCertificateViewSet, "api-quality-certificate")
router.register("inbound-notices", inbound.InboundNoticeViewSet, "api-inbound-notice")
router.register("stock-levels", stock.StockLevelViewSet, "api-stock-level")
router.register("stock-moves", stock.StockMoveViewSet, "api-stock-move")
router.register("parcels", parcels.ParcelViewSet, "api-parcel")
router.register("waves", waves.WaveViewSet, "api-wave")
router.register("reservations", waves.ReservationViewSet, "api-reservation")
router.register("backorders", waves.BackorderViewSet, "api-backorder")
router.register("agreements", agreements.AgreementViewSet, "api-agreement")
router.register("payout-entries", payouts.PayoutEntryViewSet, "api-payout-entry")
router.register("statements", statements.StatementViewSet, "api-statement")
router.register("statement-orders", statements.StatementOrderViewSet, "api-statement-order")
router.register("factories", reorders.FactoryViewSet, "api-factory")
router.register("launches", reorders.LaunchViewSet, "api-launch")
router.register("reorders", reorders.ReorderViewSet, "api-reorder")
router.register("shop-connections", shophooks.ShopHookViewSet, "api-shop-hook")
router.register("shop-messages", shophooks.ShopMessageViewSet, "api-shop-message")
urlpatterns = [*router.urls, path("hooks/in/<uuid:uid>", hooks.ShopDoor.as_view(), name="api-hook-in")]
