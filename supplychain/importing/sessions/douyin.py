"""Live sessions of Douyin as its data pages (百应, 罗盘) export them: a table of sessions, or the workbook of one.

The workbook spreads a session over sheets; the one with the most known headers is read. A figure that the platform
has not counted yet reads 数据将于第二天更新.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from supplychain.importing.profiles.base import Profile
from supplychain.importing.sessions.row import SessionBuilder, SessionRow

PROFILE: Profile[SessionRow] = Profile(
    code="douyin-live",
    name=gettext_lazy("Douyin live sessions"),
    source="douyin-live",
    columns={
        "live_id": ("直播间ID", "直播ID"),
        "account_id": ("达人ID", "主播ID", "抖音号"),
        "account": ("达人昵称", "主播昵称", "达人名称", "主播名称", "账号名称"),
        "title": ("直播间标题", "直播标题", "直播主题"),
        "span": ("直播时间",),
        "started_at": ("开播时间", "直播开始时间"),
        "ended_at": ("关播时间", "下播时间", "直播结束时间"),
        "length": ("直播时长",),
        "viewers": ("直播间观看人数", "累计观看人数", "观看人数"),
        "peak": ("最高在线人数", "峰值在线人数", "峰值人数"),
        "stay": ("人均观看时长", "人均停留时长"),
        "orders": ("成交订单数", "成交单量"),
        "paid": ("直播间成交金额", "成交金额", "直播间用户支付金额", "用户支付金额"),
    },
    required=("viewers",),
    build=lambda options: SessionBuilder("douyin", options),
    known=(
        "千次观看成交金额",
        "渠道名称",
        "千川消耗",
        "观看次数",
        "自然流量观看人数",
        "付费流量观看人数",
        "平均在线人数",
        "直播间曝光人数",
        "直播间曝光次数",
        "商品曝光人数",
        "商品点击人数",
        "成交人数",
        "退款人数",
        "退款金额",
        "新增粉丝数",
        "直播间曝光-观看率(人数)",
        "直播间观看-商品曝光率(人数)",
        "直播间商品曝光-点击率(人数)",
        "直播间商品点击-成交转化率(人数)",
        "直播间观看-成交转化率(人数)",
    ),
    examples=("douyin-live.csv",),
)
