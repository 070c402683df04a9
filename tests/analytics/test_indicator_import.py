"""Import of indicator values: the real exports counted by hand, vintages, repeats, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analytics.choices import ValueSource
from analytics.models import Indicator, IndicatorValue
from analytics.parkseries.definitions import park_series
from analytics.selectors.indicators import values_in_force, vintages
from analytics.services.indicator_import import ImportReport, indicator_values_import
from analytics.services.indicators import indicators_load, province_nodes
from analytics.statfiles.series import official_series
from analytics.statfiles.tables import TableError
from core.actors import system_actor
from core.clock import today
from core.errors import InvalidInput, Refused
from core.models import AuditEntry, ScopeNode
from tests.analytics.panels import make_provinces
from tests.factories import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
SYSTEM = system_actor("test")
FIRST, LATER = date(2023, 2, 1), date(2024, 2, 1)
HEAD = "指标：地区生产总值(亿元)\n地区,2022年,2021年\n"


@pytest.fixture(autouse=True)
def _provinces() -> None:
    make_provinces("11", "12", "54", "65")


def take(text: str | bytes, **options: Any) -> ImportReport:
    source = text.encode() if isinstance(text, str) else text
    return indicator_values_import(actor=SYSTEM, source=source, **options)


def in_force(code: str) -> dict[tuple[str, int], Decimal]:
    indicator = Indicator.objects.get(code=code)
    found = values_in_force(SYSTEM, [indicator])[indicator.pk]
    names = dict(ScopeNode.objects.values_list("pk", "code"))
    return {(names[place], year): value.value for (place, year), value in found.items()}


def place(province_code: str) -> ScopeNode:
    return ScopeNode.objects.get(pk=province_nodes([province_code])[province_code])


class TestRealFiles:
    def test_older_export(self, shared_dir: Path) -> None:
        report = indicator_values_import(
            actor=SYSTEM, source=shared_dir / "data/nbs/nbs_gdp_2006-2024_gbk.csv", published_on=LATER
        )
        assert (report.stored, report.unchanged, report.missing) == (31 * 19, 0, 0)
        assert (report.provinces, report.years) == (31, tuple(range(2006, 2025)))
        values = in_force("gdp")
        assert values["cn-11", 2024] == Decimal("49670.2")
        assert values["cn-65", 2006] == Decimal("2984.5")
        assert IndicatorValue.objects.count() == 589

    def test_newer_export_needs_a_name(self, shared_dir: Path) -> None:
        path = shared_dir / "data/nbs/nbs_newportal_2.csv"
        with pytest.raises(InvalidInput) as refusal:
            indicator_values_import(actor=SYSTEM, source=path)
        assert refusal.value.code == "no_indicator"
        report = indicator_values_import(actor=SYSTEM, source=path, indicator="技术市场成交额", unit="亿元")
        assert (report.stored, report.missing) == (31 * 14 - 6, 31 + 6)
        values = in_force("technology_market")
        assert values["cn-11", 2024] == Decimal("9153.26")
        assert ("cn-54", 2016) not in values  # an empty cell is not zero
        assert ("cn-11", 2025) not in values

    def test_long_format(self, shared_dir: Path) -> None:
        report = indicator_values_import(
            actor=SYSTEM, source=shared_dir / "data/nbs/nbs_digital_economy_excerpt.csv"
        )
        assert report.stored == 236
        assert {one.indicator.code: one.stored for one in report.series} == {
            "computers_per_100_people": 40,
            "websites_per_100_firms": 40,
            "ecommerce_active_firms": 40,
            "ecommerce_sales": 40,
            "ecommerce_purchases": 40,
            "ecommerce_active_share": 36,
        }
        assert in_force("ecommerce_sales")["cn-11", 2024] == Decimal("46980.2")

    @pytest.mark.parametrize(
        "name", ["nbs_gdp_2006-2024_gbk", "nbs_newportal_2", "nbs_digital_economy_excerpt"]
    )
    def test_the_command_twice(self, shared_dir: Path, name: str) -> None:
        path = shared_dir / f"data/nbs/{name}.csv"
        counts = []
        for _turn in range(2):
            told = StringIO()
            call_command("import_indicators", str(path), stdout=StringIO(), stderr=told)
            assert ("nbs_newportal_2" in told.getvalue()) is (name == "nbs_newportal_2")
            counts.append(IndicatorValue.objects.count())
        assert counts[0] == counts[1] > 0
        assert AuditEntry.objects.filter(verb="indicators.import").count() == 1


class TestVintages:
    def test_a_revision_is_a_new_vintage(self) -> None:
        take(HEAD + "北京市,41540.9,40000\n", published_on=FIRST)
        report = take(HEAD + "北京市,45222.4,40000\n", published_on=LATER)
        assert (report.stored, report.revised, report.unchanged) == (1, 1, 1)
        assert in_force("gdp")["cn-11", 2022] == Decimal("45222.4")
        told = [
            (value.period.year, value.value, value.published_on)
            for value in vintages(SYSTEM, Indicator.objects.get(code="gdp"), place("11"))
        ]
        assert told == [
            (2022, Decimal("45222.4"), LATER),
            (2022, Decimal("41540.9"), FIRST),
            (2021, Decimal(40000), FIRST),
        ]

    def test_a_second_revision_of_a_day_counts_on(self) -> None:
        for figure in (1, 2, 3):
            take(HEAD + f"北京市,{figure},5\n", published_on=FIRST)
        told = IndicatorValue.objects.filter(period__year=2022).order_by("seq")
        assert list(told.values_list("seq", "value")) == [(1, 1), (2, 2), (3, 3)]
        assert in_force("gdp")["cn-11", 2022] == 3

    def test_an_older_vintage_read_late_does_not_come_into_force(self) -> None:
        take(HEAD + "北京市,45222.4,40000\n", published_on=LATER)
        report = take(HEAD + "北京市,41540.9,40000\n", published_on=FIRST)
        assert (report.stored, report.revised) == (2, 0)
        assert in_force("gdp")["cn-11", 2022] == Decimal("45222.4")

    def test_the_same_file_again_stores_nothing_even_after_a_revision(self) -> None:
        old, new = HEAD + "北京市,1,2\n", HEAD + "北京市,3,2\n"
        take(old, published_on=FIRST)
        take(new, published_on=LATER)
        assert take(old).stored == 0
        assert take(old).published_on == FIRST
        assert take(new).stored == 0
        assert in_force("gdp")["cn-11", 2022] == 3

    def test_without_a_day_the_vintage_is_of_today(self) -> None:
        assert take(HEAD + "北京市,1,2\n").published_on == today()

    def test_values_tell_where_they_come_from(self) -> None:
        take(HEAD + "北京市,1,2\n注：初步核算\n", published_on=FIRST, file_name="gdp.csv")
        value = IndicatorValue.objects.get(period__year=2022)
        assert (value.source, value.source_note, value.seq) == (ValueSource.OFFICIAL, "注：初步核算", 1)
        assert (value.lineage["file"], value.lineage["line"]) == ("gdp.csv", 3)
        assert len(value.lineage["sha256"]) == 64

    def test_official_values_hold_over_synthetic_ones_of_any_day(self) -> None:
        row = indicators_load()["ecommerce_firms"]
        common = {"indicator": row, "place": place("11"), "period": date(2022, 1, 1)}
        IndicatorValue.objects.create(**common, published_on=LATER, value=5, source=ValueSource.SYNTHETIC)
        text = HEAD.replace("地区生产总值(亿元)", "x(个)") + "北京市,7,\n"
        report = take(text, indicator="ecommerce_firms", published_on=LATER)
        assert (report.stored, report.revised) == (1, 0)
        take(
            HEAD.replace("地区生产总值(亿元)", "x(个)") + "北京市,6,\n",
            indicator="ecommerce_firms",
            published_on=FIRST,
        )
        assert in_force("ecommerce_firms") == {("cn-11", 2022): Decimal(7)}


class TestSeries:
    def test_definitions_are_loaded_once_and_kept_up_to_date(self) -> None:
        indicators_load()
        Indicator.objects.filter(code="pilot_zones").update(name_en="outdated")
        found = indicators_load()
        assert Indicator.objects.count() == len(found) == 12 + 7 + len(park_series())
        assert Indicator.objects.get(code="pilot_zones").name_en == "Cross-border e-commerce pilot zones"
        assert sum(row.published_weight or 0 for row in found.values()) == Decimal("99.9")
        assert "ECI" not in found

    def test_an_unknown_name_always_gets_the_same_code(self) -> None:
        first, again = official_series("某项指标", "万元"), official_series("某项指标", "万元")
        assert first == again
        assert first.code.startswith("official-")
        assert official_series("某项指标", "亿元").code != first.code

    def test_another_unit_is_another_series(self) -> None:
        take(HEAD + "北京市,1,2\n")
        take(HEAD.replace("亿元", "万元") + "北京市,10000,20000\n")
        units = dict(Indicator.objects.filter(name_zh="地区生产总值").values_list("unit_zh", "code"))
        assert set(units) == {"亿元", "万元"}
        assert in_force("gdp")["cn-11", 2022] == 1

    def test_a_named_indicator_keeps_its_unit(self) -> None:
        indicators_load()
        with pytest.raises(InvalidInput) as refusal:
            take(HEAD + "北京市,1,2\n", indicator="ecommerce_firms")
        assert refusal.value.code == "unit"

    def test_a_name_of_the_twelve_is_recognised(self) -> None:
        report = take("地区,2022年,2021年\n北京市,0.8,0.7\n", indicator="互联网普及率")
        assert report.series[0].indicator.code == "internet_penetration"

    def test_a_file_with_many_series_takes_no_name(self, shared_dir: Path) -> None:
        with pytest.raises(InvalidInput) as refusal:
            indicator_values_import(
                actor=SYSTEM,
                source=shared_dir / "data/nbs/nbs_digital_economy_excerpt.csv",
                indicator="gdp",
            )
        assert refusal.value.code == "many_indicators"


class TestRefusals:
    def test_one_bad_cell_and_nothing_is_imported(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            take(HEAD + "北京市,1,2\n天津市,1e3,４\n火星,5,6\n")
        assert [(row.row, row.field, row.code) for row in refusal.value.rows] == [
            (4, "2022", "exponent"),
            (4, "2021", "wide_digits"),
            (5, "", "unknown_province"),
        ]
        assert not IndicatorValue.objects.exists()
        assert not Indicator.objects.exists()

    def test_the_rest_is_imported_when_asked(self) -> None:
        report = take(HEAD + "北京市,1,2\n天津市,1e3,4\n", skip_unreadable=True)
        assert (report.stored, len(report.problems)) == (3, 1)

    def test_more_digits_than_every_database_keeps(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            take(HEAD + "北京市,1234567890123.456,2\n")
        assert [(row.row, row.code) for row in refusal.value.rows] == [(3, "too_long")]

    def test_fifteen_digits_come_back_as_they_were(self) -> None:
        text = HEAD + "北京市,1234567.87654321,-0.00000001\n"
        take(text)
        assert in_force("gdp") == {
            ("cn-11", 2022): Decimal("1234567.87654321"),
            ("cn-11", 2021): Decimal("-0.00000001"),
        }
        assert take(text, published_on=today()).stored == 0

    def test_a_day_in_the_future(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            take(HEAD + "北京市,1,2\n", published_on=today() + timedelta(days=1))
        assert refusal.value.code == "future"

    @pytest.mark.parametrize("data", [b"", b"\x00\x01", b"a,b\n1,2\n", b"PK\x03\x04xx"])
    def test_what_is_no_statistics_file(self, data: bytes) -> None:
        with pytest.raises(TableError):
            take(data)

    @pytest.mark.parametrize("name", ["x" * 201, "a\x00b", "\udcff"])
    def test_names_that_cannot_be_stored(self, name: str) -> None:
        with pytest.raises(InvalidInput):
            take("地区,2022年,2021年\n北京市,1,2\n", indicator=name)

    def test_one_indicator_under_two_names(self) -> None:
        lines = ["北京,2022,地区生产总值,1", "北京,2022,gdp,2"]
        with pytest.raises(InvalidInput) as refusal:
            take("\n".join(["省份,年份,指标,数值", *lines]))
        assert refusal.value.code == "same_indicator"

    def test_file_names_that_no_database_keeps(self) -> None:
        take(HEAD + "北京市,1,2\n", file_name="a\udcff\x00.csv")
        assert {value.lineage["file"] for value in IndicatorValue.objects.all()} == {"a��.csv"}

    def test_only_analysts_of_a_province_may(self) -> None:
        world = make_world("a")
        with pytest.raises(Refused):
            indicator_values_import(actor=world.manager, source=(HEAD + "北京市,1,2\n").encode())

    def test_a_trial_stores_nothing(self) -> None:
        report = take(HEAD + "北京市,1,2\n", dry_run=True)
        assert (report.stored, report.series[0].is_new) == (2, True)
        assert not IndicatorValue.objects.exists()
        assert not Indicator.objects.filter(code="gdp").exists()
        assert not AuditEntry.objects.filter(verb="indicators.import").exists()


class TestCommand:
    def test_it_names_line_and_reason(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.csv"
        path.write_text(HEAD + "北京市,1,十\n", encoding="utf-8")
        with pytest.raises(CommandError, match=r"3.*2021"):
            call_command("import_indicators", str(path))
        assert not IndicatorValue.objects.exists()

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="nowhere"):
            call_command("import_indicators", str(tmp_path / "nowhere.csv"))

    def test_trial_day_and_name(self, tmp_path: Path) -> None:
        path = tmp_path / "one.csv"
        path.write_text("地区,2022年,2021年\n北京市,1,--\n", encoding="utf-8")
        options = {"indicator": "gdp", "unit": "亿元", "published_on": "2024-02-01"}
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        out = StringIO()
        call_command("import_indicators", str(path), "--dry-run", *arguments, stdout=out)
        assert "2024-02-01" in out.getvalue()
        assert not IndicatorValue.objects.exists()
        call_command("import_indicators", str(path), *arguments, stdout=out)
        value = IndicatorValue.objects.get()
        assert (value.indicator.code, value.published_on) == ("gdp", LATER)

    def test_a_day_that_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="published-on"):
            call_command("import_indicators", str(tmp_path / "x"), "--published-on=2024-13-01")
