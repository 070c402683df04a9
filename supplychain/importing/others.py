"""Files of platforms that are known and hold no sales: named for what they are, and sent where they belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from core.words import gettext as _
from supplychain.importing.profiles.base import plain_header

DOUYIN = gettext_lazy("the order export or the after-sales export of Douyin")
KUAISHOU = gettext_lazy("the order export of Kuaishou")
XIAOHONGSHU = gettext_lazy("the order export of Xiaohongshu")
WECHAT = gettext_lazy("the order export of the WeChat shop")


@dataclass(frozen=True)
class OtherFile:
    """A kind of file by headers that are always there, and what is needed in its place."""

    name: Promise
    marks: tuple[str, ...]
    instead: Promise

    def fits(self, headers: Sequence[str]) -> bool:
        """Whether these are its headers."""
        return {plain_header(mark) for mark in self.marks} <= {plain_header(header) for header in headers}


OTHERS = (
    OtherFile(
        gettext_lazy("settlement of Douyin"),
        ("结算时间", "子订单号", "结算金额", "结算单类型", "平台服务费"),
        DOUYIN,
    ),
    OtherFile(
        gettext_lazy("fund movements of Douyin"),
        ("动账时间", "动账流水号", "动账方向", "动账金额", "动账场景"),
        DOUYIN,
    ),
    OtherFile(
        gettext_lazy("settlement of Kuaishou"),
        ("订单号", "实际结算金额(元)", "实际结算时间", "技术服务费(元)", "分账基数"),
        KUAISHOU,
    ),
    OtherFile(
        gettext_lazy("fund movements of Kuaishou"),
        ("账务流水号", "入账时间", "账务方向", "发生额（元）"),
        KUAISHOU,
    ),
    OtherFile(
        gettext_lazy("settlement of Xiaohongshu"),
        ("结算时间", "交易类型", "结算账户", "动账金额", "计佣基数"),
        XIAOHONGSHU,
    ),
    OtherFile(
        gettext_lazy("fund movements of the WeChat shop"),
        ("流水单号", "记账时间", "动账类型", "收支类型", "收支金额"),
        WECHAT,
    ),
)


def told_apart(headers: Sequence[str]) -> str:
    """What the file is and what is needed instead, as a sentence; "" where nothing is known of it."""
    for other in OTHERS:
        if other.fits(headers):
            message = _(
                "This file is recognised as: %(name)s. It holds no orders; needed here is %(instead)s."
            )
            return message % {"name": other.name, "instead": other.instead}
    return ""


def marks_among(headers: Sequence[str]) -> int:
    """How many of the headers mark one of these kinds, that of which the most do."""
    plain = {plain_header(header) for header in headers}
    return max(len(plain & {plain_header(mark) for mark in other.marks}) for other in OTHERS)
