"""Goods, stock and sales, one file per aggregate."""

from __future__ import annotations

from supplychain.models.agreements import Agreement
from supplychain.models.certificate import QualityCertificate
from supplychain.models.event import EventItem
from supplychain.models.explain import ExplainEvent
from supplychain.models.factory import Factory, FactoryDay, FactoryStep
from supplychain.models.fees import WarehouseTariff
from supplychain.models.goods import Product, Sku
from supplychain.models.inbound import InboundNotice
from supplychain.models.launch import Launch, LaunchDay, Reorder, ReorderLine, ReorderWork, Stage
from supplychain.models.ledger import (
    Attribution,
    ImportBatch,
    ImportProfileMap,
    SalesEvent,
    SalesEventKey,
    SkuResolution,
)
from supplychain.models.parcels import Parcel, Reservation, ReturnedGoods, Wave
from supplychain.models.payouts import PayoutEntry
from supplychain.models.pool import GoodsOffer, OfferAnswer, RunLine, Shortage
from supplychain.models.samples import SampleRequest
from supplychain.models.settings import AttributionSettings
from supplychain.models.shophook import ShopHook, ShopMessage, ShopRefusals
from supplychain.models.statements import Statement, StatementLine, StatementOrder
from supplychain.models.stock import Backorder, StockLevel, StockMove, Warehouse, ZoneLevel

__all__ = [
    "Agreement",
    "Attribution",
    "AttributionSettings",
    "Backorder",
    "EventItem",
    "ExplainEvent",
    "Factory",
    "FactoryDay",
    "FactoryStep",
    "GoodsOffer",
    "ImportBatch",
    "ImportProfileMap",
    "InboundNotice",
    "Launch",
    "LaunchDay",
    "OfferAnswer",
    "Parcel",
    "PayoutEntry",
    "Product",
    "QualityCertificate",
    "Reorder",
    "ReorderLine",
    "ReorderWork",
    "Reservation",
    "ReturnedGoods",
    "RunLine",
    "SalesEvent",
    "SalesEventKey",
    "SampleRequest",
    "ShopHook",
    "ShopMessage",
    "ShopRefusals",
    "Shortage",
    "Sku",
    "SkuResolution",
    "Stage",
    "Statement",
    "StatementLine",
    "StatementOrder",
    "StockLevel",
    "StockMove",
    "Warehouse",
    "WarehouseTariff",
    "Wave",
    "ZoneLevel",
]
