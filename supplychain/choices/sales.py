"""What an order line is, where it was sold, and by what it has its session."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SalesKind(models.TextChoices):
    CREATED = "created", _("ordered")
    PAID = "paid", _("paid")
    REFUNDED = "refunded", _("refunded")
    CANCELLED = "cancelled", _("cancelled")
    ADJUSTED = "adjusted", _("adjusted")


class Channel(models.TextChoices):
    LIVE = "live", _("live session")
    PRODUCT_CARD = "product_card", _("product card")
    SHORT_VIDEO = "short_video", _("short video")
    OUTSIDE_HOST = "outside_host", _("outside host")
    SHOP = "shop", _("shop")
    OFFLINE = "offline", _("offline")
    OTHER = "other", _("other")


class LineType(models.TextChoices):
    GOODS = "goods", _("goods")
    FREIGHT = "freight", _("freight")


class CustomsMode(models.TextChoices):
    DOMESTIC = "domestic", _("domestic")
    BONDED_1210 = "1210", _("1210 bonded import")
    BONDED_1239 = "1239", _("1239 bonded import, type A")
    DIRECT_9610 = "9610", _("9610 direct retail")
    B2B_9710 = "9710", _("9710 B2B direct export")
    B2B_9810 = "9810", _("9810 export to an overseas warehouse")
    GENERAL_0110 = "0110", _("0110 general trade")


class AttributionRule(models.TextChoices):
    """By what a line has its session, or why it has none."""

    # what the order names, and what a person says: no rule changes it
    EXPLICIT = "explicit", _("named by the order")
    LIVE_ID = "live_id", _("platform's live id")
    MANUAL = "manual", _("set by a person")
    NO_SESSION = "no_session", _("no park session")
    # what the rule finds
    ACCOUNT = "account", _("host's account and time")
    PRODUCT = "product", _("shown in one session only")
    TAIL = "tail", _("after the end, within the window")
    FOLLOWS = "follows", _("as its paid line")
    # classes without a session
    PRODUCT_CARD = "product_card", _("product card")
    SHORT_VIDEO = "short_video", _("short video")
    OUTSIDE_HOST = "outside_host", _("outside host")
    SHOP = "shop", _("shop")
    OFFLINE = "offline", _("offline")
    OUTSIDE = "outside", _("outside of every session")
    # waits for a person
    UNCLEAR = "unclear", _("unclear")


ATTRIBUTION_KEPT = (
    AttributionRule.EXPLICIT,
    AttributionRule.LIVE_ID,
    AttributionRule.MANUAL,
    AttributionRule.NO_SESSION,
)


class TailWindow(models.IntegerChoices):
    """Hours after its end."""

    NONE = 0, _("none: only while on air")
    HALF_A_DAY = 12, _("12 hours")
    WEEK = 168, _("7 days")
