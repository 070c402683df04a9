"""Statistics files: the real exports read to the last cell, and what happens to everything that is not right."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from analytics.statfiles import StatFile, read_statfile, split_unit
from analytics.statfiles.tables import TableError, parse_number, parse_year, read_table
from core.strict import StrictError

HEAD = "数据库：分省年度数据\n指标：地区生产总值(亿元)\n时间：最近3年\n"


def value_of(found: StatFile, province: str, year: int, name: str | None = None) -> Decimal | None:
    hits = [
        r.value
        for r in found.readings
        if r.province_code == province and r.year == year and name in (None, r.indicator_name)
    ]
    assert len(hits) <= 1
    return hits[0] if hits else None


def codes(found: StatFile) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.field, problem.code) for problem in found.problems]


class TestRealFiles:
    def test_older_export_in_gbk(self, shared_dir: Path) -> None:
        found = read_statfile(shared_dir / "data/nbs/nbs_gdp_2006-2024_gbk.csv")
        assert (found.kind, found.encoding, found.names_indicator) == ("wide", "gb18030", True)
        assert len(found.readings) == 31 * 19
        assert Counter(r.year for r in found.readings) == dict.fromkeys(range(2006, 2025), 31)
        assert len({r.province_code for r in found.readings}) == 31
        assert {(r.indicator_name, r.unit) for r in found.readings} == {("地区生产总值", "亿元")}
        assert value_of(found, "11", 2024) == Decimal("49670.2")
        assert value_of(found, "11", 2006) == Decimal("8618.9")
        assert value_of(found, "65", 2006) == Decimal("2984.5")
        assert value_of(found, "44", 2015) == Decimal("75820.8")
        assert found.readings[0].line_no == 5
        assert (found.problems, found.missing) == ((), 0)
        assert found.source_note.startswith("注：按照")
        assert found.source_note.endswith("数据来源：国家统计局")

    def test_newer_export_does_not_shift_its_years(self, shared_dir: Path) -> None:
        found = read_statfile(
            shared_dir / "data/nbs/nbs_newportal_2.csv", indicator="技术市场成交额", unit="亿元"
        )
        assert (found.kind, found.encoding, found.names_indicator) == ("wide", "utf-8-sig", False)
        assert value_of(found, "11", 2025) is None
        assert value_of(found, "11", 2024) == Decimal("9153.26")
        assert value_of(found, "11", 2011) == Decimal("1890.28")
        assert value_of(found, "65", 2024) == Decimal("101.08")
        assert value_of(found, "54", 2017) == Decimal("0.04")
        assert value_of(found, "54", 2016) is None  # empty, which is not zero
        assert found.missing == 31 + 6
        assert len(found.readings) + found.missing == 31 * 15
        assert {(r.indicator_name, r.unit) for r in found.readings} == {("技术市场成交额", "亿元")}
        assert found.problems == ()
        assert found.source_note == "数据来源：国家统计局"

    def test_long_format(self, shared_dir: Path) -> None:
        path = shared_dir / "data/nbs/nbs_digital_economy_excerpt.csv"
        found = read_statfile(path)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = list(csv.DictReader(stream))
        assert (found.kind, len(found.readings), found.missing) == ("long", len(lines), 0)
        assert [r.value for r in found.readings] == [Decimal(line["数值"]) for line in lines]
        assert {r.province_code for r in found.readings} == {"11", "12", "13", "14"}
        assert value_of(found, "11", 2024, "电子商务销售额") == Decimal("46980.2")
        assert {(r.indicator_name, r.unit) for r in found.readings} == {
            ("每百人使用计算机数", "台"),
            ("每百家企业拥有网站数", "个"),
            ("有电子商务交易活动的企业数", "个"),
            ("有电子商务交易活动的企业数比重", "%"),
            ("电子商务销售额", "亿元"),
            ("电子商务采购额", "亿元"),
        }
        assert found.problems == ()


class TestWide:
    def test_every_spelling_of_a_province(self) -> None:
        text = HEAD + "地区,2024年\n广西,1\n西藏省,2\n新疆省,3\nGuangdong,4\n內蒙古自治區,5\n"
        found = read_statfile(text.encode())
        assert [r.province_code for r in found.readings] == ["45", "54", "65", "44", "15"]
        assert found.problems == ()

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    def test_encodings_are_told_by_content(self, encoding: str) -> None:
        found = read_statfile((HEAD + "地区,2024年,2023\n北京市,1.5,2\n").encode(encoding))
        assert value_of(found, "11", 2024) == Decimal("1.5")
        assert value_of(found, "11", 2023) == 2

    @pytest.mark.parametrize("delimiter", [",", "\t", ";"])
    def test_delimiters(self, delimiter: str) -> None:
        lines = ["地区,2024年,2023年", "北京市,3,2", "天津市,,1"]
        found = read_statfile((HEAD + "\n".join(lines)).replace(",", delimiter).encode())
        assert (len(found.readings), found.missing) == (3, 1)

    def test_tab_file_with_thousands_commas(self) -> None:
        found = read_statfile("地区\t2024年\t2023年\n北京市\t49,670.2\t47,353.7\n".encode(), indicator="x")
        assert [r.value for r in found.readings] == [Decimal("49670.2"), Decimal("47353.7")]

    @pytest.mark.parametrize("mark", ["", "-", "--", "—", " ", "\t"])
    def test_empty_and_dashes_are_missing(self, mark: str) -> None:
        found = read_statfile(f"地区,2024年,2023年\n北京市,{mark},0\n".encode())
        assert [(r.year, r.value) for r in found.readings] == [(2023, 0)]
        assert found.missing == 1
        assert found.problems == ()

    def test_trailing_comma_in_the_lines_alone_shifts_nothing(self) -> None:
        found = read_statfile("地区,2024年,2023年\n北京市,5,4,\n天津市,3,2,\n".encode())
        assert value_of(found, "11", 2024) == 5
        assert value_of(found, "12", 2023) == 2

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            ("１２", "wide_digits"),
            ("1e3", "exponent"),
            ("1.23457E+17", "exponent"),
            ("n/a", "not_a_number"),
            ("…", "not_a_number"),
            ("nan", "not_a_number"),
            ("Infinity", "not_a_number"),
            ("1,5", "not_a_number"),
            ("12亿", "not_a_number"),
            ("+5", "not_a_number"),
            ("9" * 17, "too_long"),
            ("0.123456789", "too_long"),
        ],
    )
    def test_unreadable_cells_are_named_and_the_rest_is_read(self, cell: str, code: str) -> None:
        found = read_statfile(f'地区,2024年,2023年\n北京市,7,8\n天津市,"{cell}",9\n'.encode())
        assert codes(found) == [(3, "2024", code)]
        assert [r.value for r in found.readings] == [7, 8, 9]

    def test_places_that_are_no_province_are_named(self) -> None:
        text = "地区,2024年,2023年\n全国,100,90\n北京市,1,2\n吉林市,3,4\n,5,6\n数据来源：国家统计局,,\n"
        found = read_statfile(text.encode())
        assert codes(found) == [
            (2, "", "unknown_province"),
            (4, "", "unknown_province"),
            (5, "", "unknown_province"),
        ]
        assert "全国" in found.problems[0].message
        assert found.source_note == "数据来源：国家统计局"

    def test_one_province_twice_keeps_the_first(self) -> None:
        found = read_statfile("地区,2024年,2023年\n广西,1,\n广西省,2,3\n".encode())
        assert codes(found) == [(3, "2024", "duplicate")]
        assert "2" in found.problems[0].message
        assert (value_of(found, "45", 2024), value_of(found, "45", 2023)) == (1, 3)

    def test_a_cut_line_and_a_figure_without_year_are_named(self) -> None:
        found = read_statfile("地区,2024年,2023年,合计\n北京市,1\n天津市,1,2,3,4\n".encode())
        assert codes(found) == [(1, "合计", "not_a_year"), (2, "2023", "short_line"), (3, "5", "no_year")]

    def test_lines_count_as_in_the_file(self) -> None:
        found = read_statfile('\n\n地区,2024年,2023年\n\n"北京\n市",1,2\n天津市,x,1\n'.encode())
        assert [r.line_no for r in found.readings] == [5, 5, 7]
        assert codes(found) == [(7, "2024", "not_a_number")]


class TestLong:
    HEADER = "省份,地区代码,年份,数据集,指标,数值,单位\n"

    def read(self, *lines: str) -> StatFile:
        return read_statfile((self.HEADER + "\n".join(lines)).encode())

    def test_code_and_name_must_agree(self) -> None:
        found = self.read(
            "北京,110000000000,2024,d,电子商务销售额 (亿元),5,亿元",
            "北京,120000000000,2024,d,电子商务销售额 (亿元),5,亿元",
            "北京,1.1E+11,2023,d,电子商务销售额 (亿元),5,亿元",
            "北京,110100000000,2023,d,电子商务销售额 (亿元),5,亿元",
            ",130000000000,2023,d,电子商务销售额 (亿元),6,亿元",
        )
        assert codes(found) == [
            (3, "省份", "code_mismatch"),
            (4, "省份", "ruined_code"),
            (5, "省份", "unknown_code"),
        ]
        assert [r.province_code for r in found.readings] == ["11", "13"]

    def test_every_bad_line_is_named(self) -> None:
        found = self.read(
            "火星,,2024,d,x (个),5,个",
            "北京,110000000000,24,d,x (个),5,个",
            "北京,110000000000,2024,d,,5,个",
            "北京,110000000000,2024,d,x (个),五,个",
            "北京,110000000000,2024,d",
            "北京,110000000000,2024,d,x (个),,个",
            "北京,110000000000,2024,d,x (个),0,个",
            "北京,110000000000,2024,d,x (个),0,个",
        )
        assert codes(found) == [
            (2, "省份", "unknown_province"),
            (3, "年份", "not_a_year"),
            (4, "指标", "no_indicator"),
            (5, "数值", "not_a_number"),
            (6, "", "short_line"),
            (9, "数值", "duplicate"),
        ]
        assert (len(found.readings), found.missing) == (1, 1)

    def test_unit_in_brackets(self) -> None:
        assert split_unit("电子商务销售额 (亿元)") == ("电子商务销售额", "亿元")
        assert split_unit("电子商务销售额（亿元）", "亿元") == ("电子商务销售额", "亿元")
        assert split_unit("指数 (上年=100)", "%") == ("指数 (上年=100)", "%")
        assert split_unit("常住人口") == ("常住人口", "")


class TestBadFiles:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "empty"),
            (b"\xef\xbb\xbf \r\n\t\n", "empty"),
            (b"PK\x03\x04rest of a workbook", "not_text"),
            (b"\x89PNG\r\n\x1a\n", "not_text"),
            ("地区,2024年,2023年\n北京市,1\x002,3\n".encode(), "not_text"),
            (b"\xff\xff\xff\xff", "encoding"),
            ("地区,2024年,2023年\n北京".encode("utf-16") + b"\x00", "encoding"),
            ("没有表头\n北京市,1,2\n".encode(), "no_header"),
            ("2024年,2023年\n北京市,1\n".encode(), "no_place_column"),
            ("地区,2024年,2024\n北京市,1,2\n".encode(), "repeated_year"),
            ("地区,2024年,2023年\n巴黎,1,2\n".encode(), "no_province"),
            ('地区,2024年,2023年\n"北京市,1,2\n'.encode(), "quotes"),
        ],
    )
    def test_typed_refusal(self, data: bytes, code: str) -> None:
        with pytest.raises(TableError) as caught:
            read_statfile(data)
        assert caught.value.code == code
        assert str(caught.value)

    def test_control_character_is_named_with_its_line(self) -> None:
        with pytest.raises(TableError, match=r"2.*U\+0000"):
            read_table(b"a,b,c\n1,\x00,3\n")

    def test_size_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("analytics.statfiles.tables.MAX_BYTES", 10)
        with pytest.raises(TableError) as caught:
            read_table(b"x" * 11)
        assert caught.value.code == "too_large"

    def test_a_cell_beyond_the_parser_is_a_refusal(self) -> None:
        with pytest.raises(TableError) as caught:
            read_statfile(("地区,2024年,2023年\n北京市,1," + "9" * 200_000).encode())
        assert caught.value.code == "quotes"


def test_numbers_and_years() -> None:
    assert parse_number("-1,234,567.89") == Decimal("-1234567.89")
    assert parse_number("0007") == 7
    with pytest.raises(StrictError):
        parse_number("12,34")
    assert [parse_year(text) for text in ("2024年", "2024", "2024 年度", "24", "２０２４", "2024年1月", "1066")] == [
        2024, 2024, 2024, None, None, None, None,
    ]  # fmt: skip
