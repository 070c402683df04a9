"""Who gets into whose way: the festivals of Guzhen and Henglan on 18 May 2020, and what is no collision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from parks.collisions import Plan, Spot, collision_of, collisions_of
from parks.industries import industries_of
from parks.towns import town_place

THE_DAY = date(2020, 5, 18)


def spot(name: str, city: str = "4420") -> Spot:
    return Spot(f"{city}-{name}", city, name, *town_place(city, name))


def plan(name: str, town: str, industry: str, first: date, days: int = 1, **values: object) -> Plan:
    return Plan(name, name, industry, first, first + timedelta(days - 1), (spot(town),), **values)  # type: ignore[arg-type]


GUZHEN = plan("5·18 灯都直播带货节", "古镇镇", "灯饰", THE_DAY)
HENGLAN = plan("拼多多横栏工厂直购节", "横栏镇", "灯具、照明", THE_DAY, 2)


def test_guzhen_and_henglan_held_the_same_festival_on_the_same_day() -> None:
    elsewhere = [
        plan("家520购物节", "石岐区", "家电", THE_DAY),
        plan("时尚沙溪 3·28 直播节", "沙溪镇", "休闲服装", date(2020, 3, 28), 7),
        plan("华艺广场灯饰客商直播订货会", "古镇镇", "灯饰", date(2020, 4, 12)),
        plan("虎门直播节", "虎门镇", "女装", THE_DAY),
    ]
    (found,) = collisions_of(GUZHEN, [GUZHEN, *elsewhere, HENGLAN])
    assert (found.other, found.first_day, found.last_day) == (HENGLAN, THE_DAY, THE_DAY)
    assert (found.here.name, found.there.name) == ("古镇镇", "横栏镇")
    assert found.km == pytest.approx(12.7, abs=1)
    (back,) = collisions_of(HENGLAN, [GUZHEN, HENGLAN])
    assert (back.other, back.here.name, back.km) == (GUZHEN, "横栏镇", found.km)


def test_one_day_apart_or_another_industry_or_far_away_is_none() -> None:
    assert collision_of(GUZHEN, replace(HENGLAN, first_day=THE_DAY + timedelta(1))) is None
    assert collision_of(GUZHEN, replace(HENGLAN, industry="五金")) is None
    assert collision_of(GUZHEN, replace(HENGLAN, industry="")) is None
    assert collision_of(replace(GUZHEN, industry=""), replace(HENGLAN, industry="")) is None
    yuhang = spot("余杭区", "3301")
    assert collision_of(GUZHEN, replace(HENGLAN, spots=(yuhang,))) is None
    near = collision_of(GUZHEN, replace(HENGLAN, spots=(yuhang, spot("横栏镇"))))
    assert near is not None
    assert near.there.name == "横栏镇"


def test_a_town_without_coordinates_is_near_in_its_own_city_only() -> None:
    unknown = Spot("t", "4420", "新镇")
    found = collision_of(GUZHEN, replace(HENGLAN, spots=(unknown,)))
    assert found is not None
    assert found.km is None
    assert collision_of(GUZHEN, replace(HENGLAN, spots=(replace(unknown, city="4419"),))) is None
    same = Spot("t", "9", "新镇")
    assert same.km_to(same) == 0


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("灯饰", {"lighting"}),
        ("Lighting", {"lighting"}),
        ("家用电器、ＬＥＤ照明", {"home_appliances", "lighting"}),
        ("塑料模具", {"machinery"}),
        ("跨境电商", {"跨境电商"}),
        (" 、", set()),
    ],
)
def test_an_industry_is_known_by_many_names(text: str, groups: set[str]) -> None:
    assert industries_of(text) == groups
