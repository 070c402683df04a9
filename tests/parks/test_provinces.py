"""The table of provinces, its names and tiles, and the reference data shipped beside it."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parks.choices import Region
from parks.provinces import PROVINCES, STUDY_PROVINCES, province_by_code, province_by_name

PARKS_DATA = Path(__file__).resolve().parents[2] / "parks" / "data"
# Land borders; the islands by the strait that parts them.
BORDERS = """
11:12,13 12:11,13 13:11,12,14,15,21,37,41 14:13,15,41,61 15:13,14,21,22,23,61,62,64 21:13,15,22 22:15,21,23 23:15,22
31:32,33 32:31,33,34,37 33:31,32,34,35,36 34:32,33,36,37,41,42 35:33,36,44,71 36:33,34,35,42,43,44 37:13,32,34,41
41:13,14,34,37,42,61 42:34,36,41,43,50,61 43:36,42,44,45,50,52 44:35,36,43,45,46,81,82 45:43,44,46,52,53 46:44,45
50:42,43,51,52,61 51:50,52,53,54,61,62,63 52:43,45,50,51,53 53:45,51,52,54 54:51,53,63,65 61:14,15,41,42,50,51,62,64
62:15,51,61,63,64,65 63:51,54,62,65 64:15,61,62 65:54,62,63 71:35 81:44,82 82:44,81
"""


def rows_of(name: str) -> list[dict[str, str]]:
    with (PARKS_DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_34_places_of_gb_t_2260(shared_dir: Path) -> None:
    assert len(PROVINCES) == 34
    with (shared_dir / "data/gbt2260/provinces.csv").open(encoding="utf-8-sig", newline="") as stream:
        official = {row["code"]: row["name"] for row in csv.DictReader(stream)}
    ours = {province.code: province.name_zh for province in PROVINCES}
    assert {code: ours[code] for code in official} == official
    assert set(ours) - set(official) == {"71", "81", "82"}


def test_regions_are_those_of_the_study() -> None:
    assert Counter(p.region for p in STUDY_PROVINCES) == {Region.EAST: 11, Region.CENTRAL: 8, Region.WEST: 11}
    east = ["北京", "天津", "河北", "辽宁", "上海", "江苏", "浙江", "福建", "山东", "广东", "海南"]
    assert [p.short_zh for p in PROVINCES if p.region == Region.EAST] == east
    central = ["山西", "吉林", "黑龙江", "安徽", "江西", "河南", "湖北", "湖南"]
    assert [p.short_zh for p in PROVINCES if p.region == Region.CENTRAL] == central
    assert [p.short_zh for p in PROVINCES if not p.in_study] == ["西藏", "台湾", "香港", "澳门"]
    assert [p.short_zh for p in PROVINCES if p.region is None] == ["台湾", "香港", "澳门"]


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("广西", "45"), ("广西省", "45"), ("广西壮族自治区", "45"), ("Guangxi", "45"),
        ("Guangxi Zhuang Autonomous Region", "45"), ("guangxi province", "45"), ("廣西壯族自治區", "45"),
        ("西藏省", "54"), ("Xizang", "54"), ("Tibet Autonomous Region", "54"), ("新疆省", "65"),
        ("新疆维吾尔族自治区", "65"), ("Xinjiang Uygur Autonomous Region", "65"), ("内蒙", "15"), ("Nei Mongol", "15"),
        ("Inner  Mongolia", "15"), ("Shanxi", "14"), ("Shaanxi", "61"), ("SHAANXI PROVINCE", "61"), (" 北京\t", "11"),
        ("北 京 市", "11"), ("Beijing Shi", "11"), ("Ｂｅｉｊｉｎｇ", "11"), ("重庆省", "50"), ("粤", "44"),
        ("黑龍江省", "23"), ("Hong Kong", "81"), ("HKSAR", "81"), ("香港地区", "81"), ("Macau", "82"),
        ("中国澳门", "82"), ("臺灣", "71"), ("\ufeff广东", "44"),
    ],
)  # fmt: skip
def test_spellings(spelling: str, code: str) -> None:
    found = province_by_name(spelling)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "全国",
        "华东",
        "市",
        "省",
        "province",
        "吉林市",
        "Jilin City",
        "海南州",
        "深圳",
        "中国",
        "北京上海",
    ],
)
def test_what_is_no_province(text: str) -> None:
    assert province_by_name(text) is None


def test_no_spelling_means_two_places() -> None:
    for province in PROVINCES:
        for spelling in (province.name_zh, province.short_zh, province.name_en, *province.aliases):
            assert province_by_name(spelling) is province


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert province_by_name(text) in (None, *PROVINCES)
    assert province_by_code(text) in (None, *PROVINCES)


def test_codes() -> None:
    assert province_by_code("44") is province_by_code("440000") is province_by_code("440000000000")
    assert province_by_code("440000").area_code == "440000"
    for other in ("", "4", "99", "440300", "440100000000", "４４", "4.4E+11"):
        assert province_by_code(other) is None


def test_tiles_keep_neighbours_together() -> None:
    borders = {pair.split(":")[0]: pair.split(":")[1].split(",") for pair in BORDERS.split()}
    assert all(a in borders[b] for a, others in borders.items() for b in others)
    tile = {(p.column, p.row): p.code for p in PROVINCES}
    assert len(tile) == 34
    assert all(0 <= column < 8 and 0 <= row < 8 for column, row in tile)
    at = {code: place for place, code in tile.items()}
    touching = {
        code: {tile.get((column + i, row + j)) for i in (-1, 0, 1) for j in (-1, 0, 1)}
        for code, (column, row) in at.items()
    }
    lonely = [code for code, neighbours in borders.items() if not touching[code] & set(neighbours)]
    assert lonely == []
    kept = sum(b in touching[a] for a, others in borders.items() for b in others)
    assert kept / sum(map(len, borders.values())) > 0.75
    for west, east in (("65", "37"), ("54", "31"), ("51", "42"), ("62", "13")):
        assert at[west][0] < at[east][0]
    for north, south in (("23", "21"), ("15", "45"), ("11", "44"), ("37", "32"), ("44", "46")):
        assert at[north][1] < at[south][1]


def test_shipped_cities(shared_dir: Path) -> None:
    with (shared_dir / "data/gbt2260/cities.csv").open(encoding="utf-8-sig", newline="") as stream:
        official = [(row["code"], row["name"], row["provinceCode"]) for row in csv.DictReader(stream)]
    ours = rows_of("cities.csv")
    assert [(row["code"], row["name_zh"], row["province_code"]) for row in ours] == official
    assert all(row["code"][:2] == row["province_code"] and row["name_en"] for row in ours)
    assert Counter(row["kind"] for row in ours)["districts"] == 4
    english = {row["name_zh"]: row["name_en"] for row in ours}
    assert (english["西安市"], english["厦门市"], english["漯河市"]) == ("Xi'an", "Xiamen", "Luohe")


def test_shipped_clusters(shared_dir: Path) -> None:
    with (shared_dir / "facts/industrial_clusters.csv").open(encoding="utf-8-sig", newline="") as stream:
        source = list(csv.DictReader(stream))
    ours = rows_of("clusters.csv")
    assert len(ours) == len(source) == 265
    for row, printed in zip(ours, source, strict=True):
        assert province_by_code(row["province_code"]).short_zh == printed["province"]
        assert (row["no"], row["name_printed"]) == (printed["no"], printed["name_printed"])
        assert bool(row["flag"]) >= bool(printed["note"])
        assert (row["name_zh"] == row["name_printed"]) or row["flag"] == "truncated"
    repeated = {
        (row["province_code"], row["no"]): row["repeats_no"] for row in ours if row["flag"] == "repeated"
    }
    assert repeated == {("33", "142"): "126", ("33", "151"): "133", ("33", "152"): "120", ("44", "58"): "20"}
    names = [(row["province_code"], row["name_zh"]) for row in ours if row["flag"] != "repeated"]
    assert len(names) == len(set(names)) == 261
