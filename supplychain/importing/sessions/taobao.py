"""Live sessions of Taobao: 直播分场次 of 生意参谋, which has ids and no lengths, and the table of an agency's
中控台, which has lengths and no ids. 种草成交金额 of the latter counts later purchases too and is not read.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from supplychain.importing.profiles.base import Profile
from supplychain.importing.sessions.row import MINUTE, SessionBuilder, SessionRow

PROFILE: Profile[SessionRow] = Profile(
    code="taobao-live",
    name=gettext_lazy("Taobao live sessions"),
    source="taobao-live",
    columns={
        "live_id": ("场次id",),
        "account": ("主播昵称", "账号名称"),
        "title": ("直播标题", "场次标题"),
        "started_at": ("开播时间",),
        "ended_at": ("关播时间", "结束时间"),
        "length": ("开播时长(分钟)", "开播时长"),
        "viewers": ("直播间观看人数", "直播间浏览人数"),
        "peak": ("最高在线人数",),
        "stay": ("人均停留时长(秒)", "人均观看时长(秒)"),
        "orders": ("成交笔数",),
        "paid": ("成交金额",),
    },
    required=("title", "started_at", "viewers"),
    build=lambda options: SessionBuilder("taobao", options, units={"length": MINUTE}),
    known=(
        "直播间观看次数",
        "直播间浏览次数",
        "新增粉丝数",
        "新增粉丝量",
        "转粉率",
        "商品点击人数",
        "商品点击次数",
        "商品点击率",
        "商品加购人数",
        "商品加购件数",
        "成交转化率",
        "成交人数",
        "成交件数",
        "互助率",
        "封面图点击率",
        "互动率",
        "种草成交金额",
        "引导进店次数",
    ),
    examples=("taobao-live.csv",),
)
