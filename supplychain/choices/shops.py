"""What shops tell, and what becomes of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ShopKind(models.TextChoices):
    """Who sends the messages of a shop, and by whose rules they are signed."""

    STANDARD = "standard", _("Standard Webhooks (ERP, own shop)")
    TIKTOK = "tiktok", _("TikTok Shop")
    DOUYIN = "douyin", _("Douyin shop")
    WECHAT = "wechat", _("WeChat shop")


class ShopRefusal(models.TextChoices):
    """Why a message was not even kept."""

    SIGNATURE = "signature", _("the signature is not that of this connection")
    STALE = "stale", _("the time of the message is too far from now")
    SECRET = "secret", _("the secret cannot be read: renew it")


class ShopMessageState(models.TextChoices):
    WAITING = "waiting", _("still to be read")
    STORED = "stored", _("in the order ledger")
    NEWS = "news", _("tells of an order, not what it is worth")
    IDLE = "idle", _("tells nothing about sales")
    DEAD = "dead", _("not understood")
    CLOSED = "closed", _("set aside")


SHOP_MESSAGE_UNREAD = frozenset({ShopMessageState.DEAD, ShopMessageState.CLOSED})
"""Not understood: such a message waits for somebody, or somebody has set it aside."""


class ShopNews(models.TextChoices):
    """What a message without amounts says of an order."""

    PAID = "paid", _("paid")
    GIVEN_BACK = "given_back", _("money was given back")
    CHANGED = "changed", _("changed")


class ShopFault(models.TextChoices):
    """Why a message was not understood."""

    SHAPE = "shape", _("not of the shape that was agreed")
    EVENT = "event", _("a kind of message that is not known")
    SHOP = "shop", _("of another shop")
    LINES = "lines", _("order lines that cannot be stored")
    ERROR = "error", _("a failure here")
