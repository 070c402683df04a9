"""Messages that shops send: verified over their raw bytes, cut to what is needed, and read. No database.

incoming   what came, what is kept of it, and what it may mean
standard   Standard Webhooks: our own order lines, or the state of an order
tiktok, douyin, wechat   what each platform signs, and what it says of an order
"""

from __future__ import annotations

from supplychain.choices import ShopKind
from supplychain.shophooks.douyin import Douyin
from supplychain.shophooks.incoming import (
    Call,
    Facts,
    Keys,
    Meaning,
    News,
    Nothing,
    Secret,
    Shop,
    Told,
    Unclear,
    Untrusted,
)
from supplychain.shophooks.standard import Standard
from supplychain.shophooks.tiktok import TikTok
from supplychain.shophooks.wechat import WeChat

SHOPS: dict[str, Shop] = {
    ShopKind.STANDARD: Standard(),
    ShopKind.TIKTOK: TikTok(),
    ShopKind.DOUYIN: Douyin(),
    ShopKind.WECHAT: WeChat(),
}

__all__ = [
    "SHOPS",
    "Call",
    "Facts",
    "Keys",
    "Meaning",
    "News",
    "Nothing",
    "Secret",
    "Shop",
    "Told",
    "Unclear",
    "Untrusted",
]
