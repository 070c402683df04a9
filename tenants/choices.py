"""States and kinds of tenants and their contracts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TenantKind(models.TextChoices):
    FACTORY = "factory", _("factory")
    BRAND = "brand", _("brand")
    STALL = "stall", _("stall")
    MCN = "mcn", _("MCN agency")
    LIVE_COMPANY = "live_company", _("live-stream company")
    CROSS_BORDER = "cross_border", _("cross-border seller")
    SERVICE_FIRM = "service_firm", _("service firm")


class WallVisibility(models.TextChoices):
    AMOUNT = "amount", _("amount and rank")
    RANK = "rank", _("rank only")
    HIDDEN = "hidden", _("hidden")


class LeaseState(models.TextChoices):
    DRAFT = "draft", _("draft")
    ACTIVE = "active", _("active")
    ENDED = "ended", _("ended")


class ChargeKind(models.TextChoices):
    RENT = "rent", _("rent")
    TURNOVER_RENT = "turnover_rent", _("turnover rent")
    SERVICE = "service", _("service")
    WAREHOUSE = "warehouse", _("warehouse")
    ROOM = "room", _("live room")


class Platform(models.TextChoices):
    DOUYIN = "douyin", _("Douyin")
    KUAISHOU = "kuaishou", _("Kuaishou")
    TAOBAO = "taobao", _("Taobao")
    ALI1688 = "1688", _("1688")
    WECHAT = "wechat", _("WeChat Channels")
    XIAOHONGSHU = "xiaohongshu", _("Xiaohongshu")
    JD = "jd", _("JD")
    PINDUODUO = "pinduoduo", _("Pinduoduo")
    TIKTOK = "tiktok", _("TikTok Shop")
    OTHER = "other", _("other")
