"""Invented names: firms and people that do not exist."""

from __future__ import annotations

import random

FIRST = "云海星禾嘉瑞晨光锦程远航明悦亿达华彩新桥金穗蓝湾宏图丰源百川思创优品乐居致远安途启航盛景"
LAST = ("服饰", "电商", "供应链", "科技", "贸易", "实业", "品牌", "工坊", "优选", "商行")
FIRST_EN = (
    "Yunhai",
    "Xinghe",
    "Jiarui",
    "Chenguang",
    "Jincheng",
    "Yuanhang",
    "Mingyue",
    "Yida",
    "Huacai",
    "Xinqiao",
)
LAST_EN = (
    "Apparel",
    "Commerce",
    "Supply",
    "Tech",
    "Trading",
    "Industries",
    "Brands",
    "Works",
    "Select",
    "Goods",
)
SURNAMES = "林陈李黄周吴郑何许罗梁宋谢韩唐冯于董萧程"
GIVEN = "小晴婉清子墨雨桐思远嘉怡明轩欣妍宇航诗涵浩然佳宁梓萱一诺"


def firm(draw: random.Random, industry: str) -> tuple[str, str]:
    """A firm's Chinese and English name."""
    start = draw.randrange(0, len(FIRST) - 1, 2)
    last = draw.randrange(len(LAST))
    return f"{FIRST[start : start + 2]}{industry[:2]}{LAST[last]}", f"{draw.choice(FIRST_EN)} {LAST_EN[last]}"


def person(draw: random.Random) -> str:
    """A host's stage name."""
    start = draw.randrange(0, len(GIVEN) - 1, 2)
    return f"{draw.choice(SURNAMES)}{GIVEN[start : start + 2]}"
