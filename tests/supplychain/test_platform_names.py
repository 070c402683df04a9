"""Agreements with firms known by their names: those that bear a platform's name become agreements with a platform."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from supplychain.models import Agreement
from tests.factories import make_park, make_tenant

migration = import_module("supplychain.migrations.0018_platform_agreements")

PLATFORMS = (
    "Douyin", "douyin", "DOUYIN ", "抖音", "抖音 ", " 抖音", "抖音电商", "抖音小店", "抖音 电商 平台", "快手",
    "快手小店", "淘宝", "淘宝平台", "天猫", "Tmall", "Tmall Shop", "1688", "1688.com", "WeChat Channels", "微信视频号",
    "视频号小店", "小红书", "JD", "JD.com", "京东", "京东商城", "京东小店", "Pinduoduo", "拼多多", "TikTok Shop",
    "tiktok store",
)  # fmt: skip
OTHERS = (
    "JD Logistics", "京东物流", "JDB", "JD Sports Store", "京东物流店", "抖音代运营", "抖音电商代运营公司",
    "Douyin Agency", "抖查查", "快手达人 小满", "淘宝大学", "我的小店", "小店", "the Douyin shop", "16888", "微信支付",
    "顺丰", "商标事务所",
)  # fmt: skip


@pytest.mark.parametrize(("names", "expected"), [(PLATFORMS, True), (OTHERS, False)])
def test_a_platform_is_known_by_its_name_and_words_for_a_shop(names: tuple[str, ...], expected: bool) -> None:
    assert [name for name in names if migration.is_platform(name) is not expected] == []


@pytest.mark.django_db
@pytest.mark.both_databases
def test_only_service_firms_of_such_names_become_platforms_and_again_service_firms() -> None:
    park = make_park("east")
    seller, agency = make_tenant(park, "ming"), make_tenant(park, "mcn")
    told = [(name, "service", None) for name in (*PLATFORMS, *OTHERS)]
    told += [("抖音", "outside_host", None), ("", "service", agency.node)]
    for name, kind, partner in told:
        Agreement.objects.create(
            seller=seller,
            partner=partner,
            outside_name=name,
            kind=kind,
            title=name or "with a firm here",
            from_day=dt.date(2025, 1, 1),
            sales="all",
            proposed_by=seller.node,
        )
    editor = SimpleNamespace(connection=connection)
    before = dict(Agreement.objects.values_list("pk", "kind"))
    migration.platforms_are_called_so(apps, editor)
    platforms = Agreement.objects.filter(kind="platform").order_by("pk")
    assert tuple(platforms.values_list("outside_name", flat=True)) == PLATFORMS
    migration.platforms_are_service_firms(apps, editor)
    assert dict(Agreement.objects.values_list("pk", "kind")) == before
