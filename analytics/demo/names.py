"""Invented names: firms and people that do not exist."""

from __future__ import annotations

import random

FIRST = {
    "云海": "Yunhai",
    "星禾": "Xinghe",
    "嘉瑞": "Jiarui",
    "晨光": "Chenguang",
    "锦程": "Jincheng",
    "远航": "Yuanhang",
    "明悦": "Mingyue",
    "亿达": "Yida",
    "华彩": "Huacai",
    "新桥": "Xinqiao",
    "金穗": "Jinsui",
    "蓝湾": "Lanwan",
    "宏图": "Hongtu",
    "丰源": "Fengyuan",
    "百川": "Baichuan",
    "思创": "Sichuang",
    "优品": "Youpin",
    "乐居": "Leju",
    "致远": "Zhiyuan",
    "安途": "Antu",
    "启航": "Qihang",
    "盛景": "Shengjing",
}
LAST = {
    "服饰": "Apparel",
    "电商": "Commerce",
    "供应链": "Supply",
    "科技": "Tech",
    "贸易": "Trading",
    "实业": "Industries",
    "品牌": "Brands",
    "工坊": "Works",
    "优选": "Select",
    "商行": "Goods",
}
SURNAMES = "林陈李黄周吴郑何许罗梁宋谢韩唐冯于董萧程"
GIVEN = "小晴婉清子墨雨桐思远嘉怡明轩欣妍宇航诗涵浩然佳宁梓萱一诺"


def firm(draw: random.Random, industry: str) -> tuple[str, str]:
    """A firm's Chinese and English name: the same sounds, the same trade."""
    first, last = draw.choice(tuple(FIRST)), draw.choice(tuple(LAST))
    return f"{first}{industry[:2]}{last}", f"{FIRST[first]} {LAST[last]}"


def person(draw: random.Random) -> str:
    """A host's stage name."""
    start = draw.randrange(0, len(GIVEN) - 1, 2)
    return f"{draw.choice(SURNAMES)}{GIVEN[start : start + 2]}"
