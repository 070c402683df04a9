"""The demo parks. Published figures are marked; everything else was chosen and is synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from parks.choices import OperatingMode, UnitUseKind
from tenants.choices import Platform, TenantKind

SEED = 20260101


@dataclass(frozen=True, kw_only=True)
class Star:
    """One seller whose own figures are published: orders a day at the beginning, at the end and on the best day."""

    orders_at_first: int
    orders_at_last: int
    orders_on_best_day: int
    area_m2: int


@dataclass(frozen=True, kw_only=True)
class ParkPlan:
    """How one demo park is set up and how busy it is."""

    code: str
    name_zh: str
    name_en: str
    city: str
    town: tuple[str, str, str]
    mode: str
    operator: str
    opened_year: int
    industries: tuple[str, ...]
    floor_area_m2: int
    units: dict[str, tuple[int, int]]
    """Use -> (how many units, area of one in m²)."""
    converted: tuple[str, int, int] | None = None
    """(use before, how many units became live rooms, cost of one in CNY)."""
    rooms: int
    dedicated_rooms: int = 0
    tenants: int
    kinds: tuple[tuple[str, int], ...]
    """Tenant kinds with their weights."""
    occupancy: float
    hosts: int
    sellers: int
    """How many tenants sell through the park."""
    sessions_per_room: float
    hours: tuple[int, int]
    orders_per_hour: int
    """Orders of one session in an average hour."""
    price: tuple[int, int]
    first_room_sales: tuple[int, int] | None = None
    """Paid sales (CNY) of a session in the first room, where a host's own figures are published."""
    platform: str
    opens: time = time(0)
    shared_warehouse: bool = False
    mixed_owners: bool = False
    star: Star | None = None
    cross_border: int = 0


U, K = UnitUseKind, TenantKind

PLANS: tuple[ParkPlan, ...] = (
    ParkPlan(
        code="shaxi",
        name_zh="沙溪 1688 中山直播基地与档口直播联盟",
        name_en="Shaxi 1688 Zhongshan Live Base and Stall Alliance",
        city="4420",
        town=("shaxi-town", "沙溪镇", "Shaxi Town"),
        mode=OperatingMode.COOPERATIVE,
        operator="沙溪镇 · 1688",
        opened_year=2019,
        industries=(
            "休闲服装",
            "家用电器",
            "食品",
            "灯饰",
            "五金",
            "家具",
            "日化",
            "玩具",
            "箱包",
            "鞋帽",
            "家纺",
            "文具",
            "数码配件",
            "厨具",
            "母婴用品",
            "运动户外",
            "宠物用品",
        ),  # 17 industries, published
        floor_area_m2=12_000,
        units={U.LIVE_ROOM: (17, 40), U.STALL: (60, 30), U.WAREHOUSE: (2, 1500), U.OFFICE: (12, 80)},
        rooms=17,  # published
        tenants=58,
        kinds=((K.FACTORY, 5), (K.STALL, 6), (K.BRAND, 2), (K.MCN, 1)),
        occupancy=0.93,
        hosts=36,
        sellers=17,
        sessions_per_room=1.0,  # published: one session a day and host
        hours=(6, 8),  # published
        orders_per_hour=14,
        price=(39, 259),
        first_room_sales=(150_000, 250_000),  # published of one host
        platform=Platform.ALI1688,
        shared_warehouse=True,
        mixed_owners=True,
    ),
    ParkPlan(
        code="guzhen",
        name_zh="古镇灯饰直播电商基地",
        name_en="Guzhen Lighting Live Commerce Base",
        city="4420",
        town=("guzhen-town", "古镇镇", "Guzhen Town"),
        mode=OperatingMode.SELF_RUN,
        operator="古镇镇 · 抖音 · 快手",
        opened_year=2020,
        industries=("灯饰",),
        floor_area_m2=18_000,
        units={U.LIVE_ROOM: (12, 45), U.SHOWROOM: (40, 120), U.OFFICE: (20, 70), U.WAREHOUSE: (2, 1200)},
        rooms=12,
        tenants=60,
        kinds=((K.FACTORY, 8), (K.BRAND, 2), (K.SERVICE_FIRM, 1), (K.MCN, 1)),
        occupancy=0.88,
        hosts=28,
        sellers=12,
        sessions_per_room=0.9,
        hours=(3, 5),
        orders_per_hour=9,
        price=(59, 899),
        platform=Platform.DOUYIN,
    ),
    ParkPlan(
        code="humen",
        name_zh="虎门电商产业园",
        name_en="Humen E-commerce Park",
        city="4419",
        town=("humen-town", "虎门镇", "Humen Town"),
        mode=OperatingMode.SELF_RUN,
        operator="虎门电商产业园",
        opened_year=2014,
        industries=("女装", "童装"),
        floor_area_m2=60_000,  # published: about
        units={
            U.LIVE_ROOM: (20, 40),
            U.OFFICE: (300, 110),
            U.FLAT: (140, 45),
            U.PHOTO_BASE: (8, 520),
            U.CANTEEN: (1, 800),
        },
        converted=(
            U.FLAT,
            100,
            26_000,
        ),  # published: about 100 flats and over 4,000 m2 of photo base became live rooms
        rooms=100,
        tenants=306,  # published: more than 300
        kinds=((K.BRAND, 7), (K.FACTORY, 3), (K.LIVE_COMPANY, 1), (K.SERVICE_FIRM, 1)),
        occupancy=0.95,
        hosts=80,
        sellers=40,
        sessions_per_room=0.45,
        hours=(3, 5),
        orders_per_hour=7,
        price=(49, 329),
        platform=Platform.DOUYIN,
    ),
    ParkPlan(
        code="phoenix-mountain",
        name_zh="凤凰山电商产业园",
        name_en="Phoenix Mountain E-commerce Park",
        city="3706",
        town=("phoenix-mountain-town", "凤凰山", "Phoenix Mountain"),
        mode=OperatingMode.SELF_RUN,
        operator="凤凰山电商产业园",
        opened_year=2015,  # published
        industries=("食品", "跨境电商", "日用百货", "户外用品"),
        floor_area_m2=162_000,  # published: more than 160,000
        units={
            U.LIVE_ROOM: (24, 50),
            U.OFFICE: (320, 300),
            U.FLAT: (80, 40),
            U.GYM: (1, 900),
            U.CANTEEN: (1, 1500),
        },
        rooms=24,
        tenants=314,  # published: more than 300
        kinds=((K.BRAND, 8), (K.CROSS_BORDER, 2), (K.LIVE_COMPANY, 2), (K.SERVICE_FIRM, 1)),
        occupancy=0.98,  # published for firms; the area let was chosen to match
        hosts=30,
        sellers=14,
        sessions_per_room=0.5,
        hours=(3, 5),
        orders_per_hour=7,
        price=(29, 199),
        platform=Platform.TAOBAO,
        star=Star(  # published: 6,000 orders a day in the mean, 16,000 on the best, on 400 m2
            orders_at_first=4_500,
            orders_at_last=6_800,
            orders_on_best_day=16_000,
            area_m2=400,
        ),
        cross_border=32,  # published: more than 30
    ),
    ParkPlan(
        code="yaowang",
        name_zh="余杭遥望电商产业园",
        name_en="Yaowang E-commerce Park",
        city="3301",
        town=("yuhang", "余杭区", "Yuhang District"),
        mode=OperatingMode.ENTRUSTED,
        operator="遥望",
        opened_year=2020,
        industries=("美妆", "个护", "食品", "服装"),
        floor_area_m2=30_000,  # published: about
        units={U.LIVE_ROOM: (200, 60), U.SHOWROOM: (40, 150), U.OFFICE: (60, 120), U.WAREHOUSE: (1, 2000)},
        rooms=200,  # published: planned for phase 1
        dedicated_rooms=40,
        tenants=72,
        kinds=((K.BRAND, 10), (K.MCN, 2), (K.LIVE_COMPANY, 2)),
        occupancy=0.9,
        hosts=160,
        sellers=40,
        sessions_per_room=0.22,
        hours=(4, 6),
        orders_per_hour=9,
        price=(59, 499),
        platform=Platform.DOUYIN,
    ),
)

TINY = ParkPlan(
    code="tiny",
    name_zh="小样园区",
    name_en="Tiny Park",
    city="4420",
    town=("tiny-town", "小样镇", "Tiny Town"),
    mode=OperatingMode.SELF_RUN,
    operator="Livepark",
    opened_year=2020,
    industries=("灯饰",),
    floor_area_m2=1_000,
    units={U.LIVE_ROOM: (3, 40), U.OFFICE: (4, 60), U.WAREHOUSE: (1, 200)},
    rooms=3,
    tenants=3,
    kinds=((K.BRAND, 1), (K.FACTORY, 1), (K.MCN, 1)),
    occupancy=0.75,
    hosts=3,
    sellers=3,
    sessions_per_room=1.0,
    hours=(2, 4),
    orders_per_hour=10,
    price=(20, 200),
    platform=Platform.DOUYIN,
    shared_warehouse=True,
)
