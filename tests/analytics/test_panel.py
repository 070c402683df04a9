"""The synthetic panel against the published figures, and runs of the index over panel files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml
from django.core.management import CommandError, call_command

from analytics.eci.columns import PanelError
from analytics.eci.indicators import eci_indicators, indicator_by_header, study_variables
from analytics.eci.output import write_outputs
from analytics.eci.panel import PanelRow, panel_from_file, panel_from_rows
from analytics.eci.run import PanelResult, RunOptions, run_panel
from analytics.eci.synthetic import CONTROLS, synthetic_panel
from analytics.index import composite_index, entropy_weights
from analytics.management.commands.eci import Command
from analytics.statfiles.tables import TableError
from parks.provinces import STUDY_PROVINCES

CODES = [spec.code for spec in eci_indicators()]
THREE = "province,year,a,b,c\n北京,2022,1,30,2\n上海市,2022,2,10,4\nGuangdong,2022,4,20,3\n"


@pytest.fixture(scope="module")
def panel() -> tuple[PanelRow, ...]:
    return synthetic_panel()


@pytest.fixture(scope="module")
def result(panel: tuple[PanelRow, ...]) -> PanelResult:
    return run_panel(panel)


def column(rows: Sequence[PanelRow], code: str) -> np.ndarray:
    return np.array([float(row.value) for row in rows if row.indicator_code == code])


def wide(rows: Sequence[PanelRow], name: Callable[[str], str] = str, place: str = "province") -> str:
    """The rows as a wide CSV, in the order in which they come."""
    codes = list(dict.fromkeys(row.indicator_code for row in rows))
    cells: dict[tuple[str, int], dict[str, Decimal]] = {}
    for row in rows:
        cells.setdefault((row.province_code, row.year), {})[row.indicator_code] = row.value
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([place, "year", *map(name, codes)])
    for (province, year), values in cells.items():
        writer.writerow([province, year, *(values[code] for code in codes)])
    return out.getvalue()


class TestShippedTables:
    def test_indicators_are_the_published_ones(self, shared_dir: Path) -> None:
        with (shared_dir / "facts/eci_indicators.csv").open(encoding="utf-8-sig", newline="") as stream:
            facts = list(csv.DictReader(stream))
        ours = [
            (s.code, s.dimension_zh, s.name_zh, s.unit_zh, str(s.published_weight_pct))
            for s in eci_indicators()
        ]
        keys = ("code", "dimension", "name_zh", "unit_zh", "weight_pct_in_study")
        assert ours == [tuple(fact[key] for key in keys) for fact in facts]
        assert sum(s.published_weight_pct for s in eci_indicators()) == Decimal("99.9")
        assert all(
            s.name_en and s.definition_zh and s.definition_en and s.direction == 1 for s in eci_indicators()
        )
        assert [s.code for s in eci_indicators() if s.is_count] == ["pilot_zones"]

    def test_moments_are_the_published_ones(self, shared_dir: Path) -> None:
        study = yaml.safe_load((shared_dir / "facts/eci_study.yaml").read_text(encoding="utf-8"))
        keys = ("n", "mean", "sd", "min", "max")
        expected = {
            code: tuple(float(row[key]) for key in keys) for code, row in study["descriptive"].items()
        }
        ours = {
            v.code: tuple(map(float, (v.n, v.mean, v.sd, v.minimum, v.maximum))) for v in study_variables()
        }
        assert ours == expected


class TestSyntheticPanel:
    def test_it_is_complete(self, panel: tuple[PanelRow, ...]) -> None:
        keys = [(row.province_code, row.year, row.indicator_code) for row in panel]
        provinces = {province.code for province in STUDY_PROVINCES}
        expected = {
            (code, year, name)
            for code in provinces
            for year in range(2013, 2023)
            for name in (*CODES, "EXP", *CONTROLS)
        }
        assert set(keys) == expected
        assert len(keys) == len(expected) == 30 * 10 * 19

    def test_the_same_seed_gives_the_same_panel(self, panel: tuple[PanelRow, ...]) -> None:
        assert synthetic_panel() == panel
        assert synthetic_panel(seed=1) != panel

    @pytest.mark.parametrize("seed", [2013, 1, 2])
    def test_index_and_weights_come_out_as_published(self, seed: int) -> None:
        result = run_panel(synthetic_panel(seed))
        published = np.array([float(spec.published_weight_pct) for spec in eci_indicators()])
        assert 100 * result.weights.weights == pytest.approx(published, abs=0.15)
        score, target = result.index.score, next(v for v in study_variables() if v.code == "ECI")
        found = (len(score), score.mean(), score.std(ddof=1), score.min(), score.max())
        expected = (target.n, target.mean, target.sd, target.minimum, target.maximum)
        assert found == pytest.approx(tuple(map(float, expected)), rel=0.02)

    @pytest.mark.parametrize("code", ["EXP", *CONTROLS])
    def test_moments_of_the_variables(self, panel: tuple[PanelRow, ...], code: str) -> None:
        values, target = column(panel, code), next(v for v in study_variables() if v.code == code)
        assert len(values) == target.n
        assert (values.min(), values.max()) == (float(target.minimum), float(target.maximum))
        assert values.mean() == pytest.approx(float(target.mean), rel=0.005)
        assert values.std(ddof=1) == pytest.approx(float(target.sd), rel=0.005)

    def test_provinces_stand_in_their_usual_order(self, result: PanelResult) -> None:
        mean = {
            code: np.mean(
                [result.index.score[i] for i, place in enumerate(result.data.places) if place[0] == code]
            )
            for code in result.data.provinces
        }
        best = sorted(mean, key=lambda code: -mean[code])[:5]
        assert set(best) == {"11", "31", "32", "33", "44"}
        regions = {
            region: np.mean([mean[p.code] for p in STUDY_PROVINCES if p.region == region])
            for region in ("east", "central", "west")
        }
        assert regions["east"] > regions["central"] > regions["west"]

    def test_the_index_rises_every_year(self, result: PanelResult) -> None:
        years = np.array([year for _code, year in result.data.places])
        means = [result.index.score[years == year].mean() for year in result.data.years]
        assert means == sorted(means)
        assert means[-1] > 1.5 * means[0]

    def test_counts_are_whole_and_ratios_are_ratios(self, panel: tuple[PanelRow, ...]) -> None:
        for code in ("pilot_zones", "ecommerce_firms", "express_outlets"):
            assert (column(panel, code) % 1 == 0).all()
        assert column(panel, "pilot_zones").reshape(30, 10)[:, :2].sum() == 0  # the first stood in 2015
        assert (column(panel, "internet_penetration") == column(panel, "Net")).all()
        assert 0 <= column(panel, "export_scale").min() <= column(panel, "export_scale").max() < 1


class TestRun:
    def test_worked_example(self) -> None:
        result = run_panel(THREE.encode(), RunOptions(negative=("c",)))
        assert result.weights.weights == pytest.approx(
            [0.367194054772, 0.316402972614, 0.316402972614], abs=5e-13
        )
        score = dict(zip(result.data.places, result.index.score, strict=True))
        expected = {("11", 2022): 0.632805945228, ("31", 2022): 0.122398018257, ("44", 2022): 0.683597027386}
        assert score == pytest.approx(expected, abs=5e-13)
        assert dict(zip(result.data.places, result.ranks, strict=True)) == {
            ("11", 2022): 2,
            ("31", 2022): 3,
            ("44", 2022): 1,
        }

    def test_wide_long_chinese_gbk_and_rows_agree(
        self, panel: tuple[PanelRow, ...], result: PanelResult
    ) -> None:
        zh = {spec.code: spec.name_zh for spec in eci_indicators()}
        long_lines = [f"{r.province_code},{r.year}年,{r.indicator_code},{r.value}" for r in panel]
        sources = [
            wide(panel).encode(),
            wide(panel, lambda code: zh.get(code, code), "省份")
            .replace(",year,", ",年份,")
            .encode("gb18030"),
            ("省份代码,年份,指标,数值\n" + "\n".join(reversed(long_lines))).encode("utf-8-sig"),
        ]
        for source in sources:
            again = run_panel(source)
            assert [spec.code for spec in again.data.indicators] == CODES
            assert again.data.places == result.data.places
            assert (again.index.score == result.index.score).all()
            assert set(again.data.set_aside) == {"EXP", *CONTROLS}

    def test_it_is_the_index_of_the_pure_module(
        self, panel: tuple[PanelRow, ...], result: PanelResult
    ) -> None:
        values = np.column_stack([column(panel, code) for code in CODES])
        assert (values == result.data.values).all()  # provinces ascend in the panel as well
        fit = entropy_weights(values, [1] * 12)
        assert (composite_index(values, fit).score == result.index.score).all()
        parts = np.array(list(result.index.dimension_scores.values()))
        assert list(result.index.dimension_scores) == ["market", "facilities", "potential"]
        assert parts.sum(axis=0) == pytest.approx(result.index.score, abs=1e-12)

    def test_ranks_start_again_each_year(self, result: PanelResult) -> None:
        for year in result.data.years:
            ranks = [result.ranks[i] for i, place in enumerate(result.data.places) if place[1] == year]
            assert sorted(ranks) == list(range(1, 31))

    def test_winsor_leaves_counts_alone(self, panel: tuple[PanelRow, ...]) -> None:
        result = run_panel(panel, RunOptions(winsor=(0.01, 0.99)))
        assert [limits.code for limits in result.winsorized] == [
            code for code in CODES if code != "pilot_zones"
        ]
        assert all(limits.n_high <= 3 and limits.n_low <= 3 for limits in result.winsorized)
        assert result.weights.maximum[CODES.index("pilot_zones")] == 21
        assert result.weights.maximum[0] < run_panel(panel).weights.maximum[0]
        with pytest.raises(PanelError):
            run_panel(panel, RunOptions(winsor=(0.99, 0.01)))

    def test_by_year_says_that_years_do_not_compare(self, panel: tuple[PanelRow, ...]) -> None:
        result = run_panel(panel, RunOptions(scope="by_time"))
        years = np.array([year for _code, year in result.data.places])
        means = [result.index.score[years == year].mean() for year in result.data.years]
        assert max(means) - min(means) < 0.08
        assert any(code in warning for code in ["pilot_zones"] for warning in result.warnings)
        assert len(result.warnings) == 2

    def test_own_choice_of_columns(self, panel: tuple[PanelRow, ...]) -> None:
        chosen = tuple(code for code in CODES if code not in ("export_scale", "import_scale"))
        result = run_panel(panel, RunOptions(indicators=chosen))
        assert result.weights.weights.sum() == pytest.approx(1, abs=1e-12)
        assert set(result.data.set_aside) == {"export_scale", "import_scale", "EXP", *CONTROLS}

    def test_later_year_on_a_frozen_base(self, panel: tuple[PanelRow, ...], tmp_path: Path) -> None:
        early = [row for row in panel if row.year < 2022]
        first = run_panel(early)
        write_outputs(first, tmp_path)
        base = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["base"]
        later = run_panel(panel, base=base)
        assert later.on_base
        assert (later.weights.weights == first.weights.weights).all()
        old = dict(zip(first.data.places, first.index.score, strict=True))
        now = dict(zip(later.data.places, later.index.score, strict=True))
        assert all(now[place] == score for place, score in old.items())
        assert later.index.n_outside > 0
        assert len(later.warnings) == 1
        assert run_panel(panel, RunOptions(clip=True), base=base).index.score.max() <= 1
        with pytest.raises(PanelError) as caught:
            run_panel(THREE.encode(), base=base)
        assert caught.value.code == "other_base"
        for broken in ({}, {**base, "weights": base["weights"][:3]}, {**base, "entropy": "x"}):
            with pytest.raises(PanelError) as caught:
                run_panel(panel, base=broken)
            assert caught.value.code == "no_base"
        with pytest.raises(PanelError):
            run_panel(panel, RunOptions(epsilon=0.01), base=base)


def panel_problems(text: str | bytes, **options: object) -> tuple[str, list[tuple[int, str, str]]]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(TableError) as caught:
        run_panel(data, RunOptions(**options))
    assert str(caught.value)
    return caught.value.code, [(row.row, row.field, row.code) for row in caught.value.rows]


class TestRefusals:
    def test_every_bad_cell_is_named(self) -> None:
        text = (
            "province,year,x,y\n北京,2020,1,2\n北京市,2020年,3,4\n火星,2020,1,1\n上海,２０２０,1,1\n"
            "天津,2020,,１\n河北,2020,1e3,abc\n山西,2020,5,6,7\n辽宁,2020,1\n"
        )
        assert panel_problems(text) == (
            "panel",
            [
                (3, "province", "duplicate"),
                (4, "province", "unknown_province"),
                (5, "year", "not_a_year"),
                (6, "x", "missing"),
                (6, "y", "wide_digits"),
                (7, "x", "exponent"),
                (7, "y", "not_a_number"),
                (8, "", "long_line"),
                (9, "y", "missing"),
            ],
        )

    def test_long_panels(self) -> None:
        text = (
            "province,year,indicator,value\n北京,2020,x,1\n北京,2020,y,2\n北京,2020,x,3\n上海,2020,x,1\n"
            "天津,2020,x,bad\n天津,2020,y,1\n天津,2020,,1\n"
        )
        assert panel_problems(text) == (
            "panel",
            [
                (4, "x", "duplicate"),
                (6, "x", "not_a_number"),
                (8, "indicator", "no_indicator"),
                (5, "y", "missing"),
            ],
        )

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "empty"),
            ("province,year,x\n", "no_rows"),
            ("x,y,z\n1,2,3\n", "no_header"),
            ("province,year,EXP,PGDP\n北京,2020,1,2\n", "no_indicator"),
            ("province,year,出口规模,进口规模\n北京,2020,1,2\n", "no_column"),
            ("province,year,x,x\n北京,2020,1,2\n", "repeated"),
            ("province,year,=1+1\n北京,2020,1\n", "heading"),
            ("province,year,x\n北京,2020,1\n", "too_few_rows"),
            ("province,year,x\n北京,2020,1\n上海,2020,1\n", "all_constant"),
            ("province,year,x\n北京,2020,1\n上海,2020,\x00\n", "not_text"),
        ],
    )
    def test_whole_files(self, text: str, code: str) -> None:
        assert panel_problems(text) == (code, [])

    def test_columns(self, panel: tuple[PanelRow, ...]) -> None:
        text = wide(panel)
        assert panel_problems(text.replace("export_scale", "export_scael"))[0] == "no_column"
        assert panel_problems(text.replace("EXP", "surprise"))[0] == "unknown_column"
        assert panel_problems(text.replace("import_scale", "出口规模"))[0] == "no_column"
        assert panel_problems(text, indicators=("nothing",))[0] == "no_column"
        assert panel_problems(text, negative=("nothing",))[0] == "no_column"
        assert panel_problems(THREE, epsilon=-1.0)[0] == "epsilon"

    def test_rows(self) -> None:
        good = [PanelRow(code, 2020, "x", Decimal(code)) for code in ("11", "12")]
        assert panel_from_rows(good).values.tolist() == [[11.0], [12.0]]
        for bad, code in (
            (PanelRow("99", 2020, "x", Decimal(1)), "unknown_code"),
            (PanelRow("13", 2020, "x", Decimal("NaN")), "not_a_number"),
            (PanelRow("11", 2020, "x", Decimal(11)), "duplicate"),
        ):
            with pytest.raises(PanelError) as caught:
                panel_from_rows([*good, bad])
            assert [(row.row, row.code) for row in caught.value.rows] == [(3, code)]

    def test_an_unbalanced_panel_is_told(self) -> None:
        result = run_panel(THREE.replace("Guangdong,2022", "Guangdong,2021").encode())
        assert len(result.warnings) == 1
        assert "6" in result.warnings[0]

    def test_names_of_indicators(self) -> None:
        assert indicator_by_header(" Export Scale ").code == "export_scale"
        assert indicator_by_header("出口规模").code == "export_scale"
        assert indicator_by_header("规模") is None


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = io.StringIO()
        call_command(Command(stdout=out, stderr=out), *arguments)
        return out.getvalue()

    def test_files(self, tmp_path: Path) -> None:
        (tmp_path / "three.csv").write_text(THREE, encoding="utf-8")
        out = tmp_path / "deep" / "out"
        told = self.run(str(tmp_path / "three.csv"), "--out", str(out), "--negative", "c")
        assert "0.3672" in told
        assert sorted(path.name for path in out.iterdir()) == [
            "contributions.csv", "ranks.csv", "run.json", "scores.csv", "weights.csv",
        ]  # fmt: skip
        table = {path.stem: list(csv.DictReader(path.open(encoding="utf-8"))) for path in out.glob("*.csv")}
        assert [float(row["weight"]) for row in table["weights"]] == pytest.approx(
            [0.367194054772, 0.316402972614, 0.316402972614], abs=5e-13
        )
        assert {row["province_en"]: float(row["score"]) for row in table["scores"]} == pytest.approx(
            {"Beijing": 0.632805945228, "Shanghai": 0.122398018257, "Guangdong": 0.683597027386}, abs=5e-13
        )
        for row in table["contributions"]:
            assert sum(float(row[code]) for code in "abc") == pytest.approx(float(row["score"]), abs=1e-15)
        assert {row["province_en"]: row["2022"] for row in table["ranks"]} == {
            "Beijing": "2", "Shanghai": "3", "Guangdong": "1",
        }  # fmt: skip
        record = json.loads((out / "run.json").read_text(encoding="utf-8"))
        assert record["source"]["name"] == "three.csv"
        assert record["source"]["sha256"] == panel_from_file(tmp_path / "three.csv").sha256
        assert record["base"]["directions"] == [1, 1, -1]
        assert record["options"]["negative"] == ["c"]
        assert record["rows"] == 3

    def test_a_rerun_gives_the_same_bytes(self, panel: tuple[PanelRow, ...], tmp_path: Path) -> None:
        (tmp_path / "panel.csv").write_text(wide(panel), encoding="utf-8")
        written = []
        for name in ("one", "two"):
            self.run(str(tmp_path / "panel.csv"), "--out", str(tmp_path / name))
            written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
        assert written[0] == written[1]
        assert len(written[0]) == 5

    def test_options(self, panel: tuple[PanelRow, ...], tmp_path: Path) -> None:
        source = tmp_path / "panel.csv"
        source.write_text(wide(panel), encoding="utf-8")
        self.run(str(source), "--out", str(tmp_path / "a"))
        told = self.run(
            str(source), "--out", str(tmp_path / "b"), "--base", str(tmp_path / "a/run.json"), "--clip"
        )
        assert "0.1812" in told
        assert (tmp_path / "a/scores.csv").read_bytes() == (tmp_path / "b/scores.csv").read_bytes()
        self.run(str(source), "--out", str(tmp_path / "c"), "--winsor", "0.01", "0.99")
        assert len(json.loads((tmp_path / "c/run.json").read_text())["winsorized"]) == 11
        self.run(str(source), "--out", str(tmp_path / "d"), "--by-year")
        assert (tmp_path / "d/weights.csv").read_text(encoding="utf-8").count("\n") == 121

    @pytest.mark.parametrize(
        ("content", "told"),
        [(b"province,year,x\n\xe5\x8c\x97\xe4\xba\xac,2020,1e3\n", "2"), (b"PK\x03\x04", "xlsx")],
    )
    def test_refusals_are_told_and_leave_nothing(self, tmp_path: Path, content: bytes, told: str) -> None:
        (tmp_path / "bad.csv").write_bytes(content)
        with pytest.raises(CommandError, match=told):
            self.run(str(tmp_path / "bad.csv"), "--out", str(tmp_path / "out"))
        assert not (tmp_path / "out").exists()

    def test_a_folder_in_the_way_leaves_no_drafts(self, tmp_path: Path) -> None:
        (tmp_path / "three.csv").write_text(THREE, encoding="utf-8")
        (tmp_path / "out" / "scores.csv").mkdir(parents=True)
        with pytest.raises(CommandError, match="scores"):
            self.run(str(tmp_path / "three.csv"), "--out", str(tmp_path / "out"))
        assert [path.name for path in (tmp_path / "out").iterdir() if path.name.endswith(".new")] == []

    def test_missing_files_and_bad_bases(self, tmp_path: Path) -> None:
        source = tmp_path / "three.csv"
        source.write_text(THREE, encoding="utf-8")
        with pytest.raises(CommandError, match=r"absent\.csv"):
            self.run(str(tmp_path / "absent.csv"), "--out", str(tmp_path / "out"))
        with pytest.raises(CommandError):
            self.run(str(source), "--out", str(source))
        for text in ("{", "[]", '{"base": 3}'):
            (tmp_path / "base.json").write_text(text)
            with pytest.raises(CommandError):
                self.run(str(source), "--out", str(tmp_path / "out"), "--base", str(tmp_path / "base.json"))
