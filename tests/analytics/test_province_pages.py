"""Pages of the index: what an analyst sees, what others see, downloads, the upload, and Chromium's view of the map."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook

from analytics.choices import ValueSource
from analytics.models import DaySales, IndexRun, Indicator, IndicatorValue
from analytics.selectors.indicators import ranking, run_scores
from analytics.services.index_runs import index_run_create
from analytics.services.indicator_import import indicator_values_import
from analytics.services.indicators import indicators_load
from core.actors import system_actor
from core.choices import Role
from core.clock import today
from core.models import User
from parks.models import Province
from tests.analytics.panels import CODES, make_provinces, store_values
from tests.factories import World, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
SYSTEM = system_actor("test")
WIDE = "指标：地区生产总值(亿元)\n地区,2022年,2021年\n广东省,129118.6,124719.5\n北京市,41540.9,\n"


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def provinces() -> dict[str, Province]:
    return make_provinces("11", "31", "44")


@pytest.fixture
def analyst(provinces: dict[str, Province]) -> Client:
    """An analyst of Guangdong who reads English."""
    return client_of(make_user("gd-analyst", Role.PROVINCE_ANALYST, provinces["44"].node))


@pytest.fixture
def run(provinces: dict[str, Province]) -> IndexRun:
    store_values(["11", "31", "44"], [2020, 2021, 2022])
    return index_run_create(actor=SYSTEM, first_year=2020, last_year=2022)


def data_of(response: HttpResponse, name: str) -> dict:
    found = re.search(
        rf'<script id="{name}" type="application/json">(.*?)</script>', response.content.decode(), re.DOTALL
    )
    assert found
    return json.loads(found[1])


class TestHome:
    def test_before_the_first_run_it_says_what_to_do(self, analyst: Client) -> None:
        page = analyst.get("/analytics/").content.decode()
        assert "has not been computed yet" in page
        assert "/analytics/upload/" in page
        assert "data-chart" not in page

    def test_ranking_and_map_of_the_last_year(self, analyst: Client, run: IndexRun) -> None:
        response = analyst.get("/analytics/")
        page = response.content.decode()
        expected = ranking(run_scores(SYSTEM, run), 2022)
        order = re.findall(r'href="/analytics/provinces/(\d\d)/\?year=2022"', page)
        assert order == [row.score.place.province.code for row in expected]
        tiles = {tile["name"]: tile for tile in data_of(response, "map")["tiles"]}
        assert set(tiles) == {"Beijing", "Shanghai", "Guangdong"}
        for row in expected:
            name = row.score.place.province.name
            assert tiles[name]["scores"]["2022"] == [row.score.score, row.score.rank]
            assert f"{row.score.score:.3f}" in page

    def test_another_year(self, analyst: Client, run: IndexRun) -> None:
        page = analyst.get("/analytics/?year=2020").content.decode()
        assert "Ranking of 2020" in page
        for wrong in ("1999", "x", "２０２０", "2022'"):
            assert "Ranking of 2022" in analyst.get("/analytics/", {"year": wrong}).content.decode()

    def test_weights_beside_the_published_ones(self, analyst: Client, run: IndexRun) -> None:
        page = analyst.get("/analytics/").content.decode()
        for indicator in Indicator.objects.filter(code__in=CODES):
            assert f"/analytics/indicators/{indicator.code}/" in page
            assert f"{indicator.published_weight:.1f}" in page
            assert f"{run.weights[indicator.code] * 100:.2f}" in page
        assert "99.9" in page

    def test_synthetic_data_carries_its_stamp(self, analyst: Client, run: IndexRun) -> None:
        assert "demo data" not in analyst.get("/analytics/").content.decode()
        store_values(["11", "44"], [2023], source=ValueSource.SYNTHETIC)
        index_run_create(actor=SYSTEM, first_year=2023, last_year=2023)
        assert "demo data" in analyst.get("/analytics/").content.decode()

    def test_a_series_of_one_year_names_it_once(self, analyst: Client) -> None:
        indicator_values_import(
            actor=SYSTEM, source="指标：地区生产总值(亿元)\n地区,2022年\n广东省,129118.6\n".encode()
        )
        assert '<td class="num">2022</td>' in analyst.get("/analytics/").text

    def test_how_many_queries(
        self, analyst: Client, run: IndexRun, django_assert_max_num_queries: Callable
    ) -> None:
        with django_assert_max_num_queries(20):
            analyst.get("/analytics/")


class TestParkFigures:
    def sell(self, world: World, amounts: list[int]) -> None:
        for one, amount in zip(world.tenants, amounts, strict=True):
            DaySales.objects.create(
                tenant=one.tenant, day=today(), gmv_paid=Decimal(amount), orders=1, lines=1, units_paid=1
            )

    def test_cells_of_few_firms_are_withheld_with_the_reason(self) -> None:
        world = make_world("a")
        self.sell(world, [4321, 8765])
        page = client_of(world.users[Role.PROVINCE_ANALYST]).get("/analytics/").content.decode()
        assert "withheld: fewer than three firms" in page
        for amount in ("4,321", "8,765", "13,086"):
            assert amount not in page

    def test_others_see_no_park_figures(self) -> None:
        world = make_world("a")
        self.sell(world, [4321, 8765])
        for role in (Role.PARK_MANAGER, Role.PARK_VIEWER):
            page = client_of(world.users[role]).get("/analytics/").content.decode()
            assert "Parks in" not in page


class TestProvincePage:
    def test_score_rank_and_contributions(self, analyst: Client, run: IndexRun) -> None:
        response = analyst.get("/analytics/provinces/44/?year=2021")
        page = response.content.decode()
        score = run.scores.get(place__code="cn-44", year=2021)
        assert f"{score.score:.3f}" in page
        bars = data_of(response, "bars")
        assert bars["parts"] == sorted(score.contributions.values())
        line = data_of(response, "line")
        assert line["years"] == [2020, 2021, 2022]
        assert line["own"][1] == score.score
        assert line["mean"][1] == pytest.approx(sum(row.score for row in run.scores.filter(year=2021)) / 3)

    def test_values_with_vintage_and_source(self, analyst: Client, run: IndexRun) -> None:
        page = analyst.get("/analytics/provinces/44/").content.decode()
        assert page.count("2024-01-01 · 1") == 12
        assert "official statistics" in page

    def test_a_province_without_a_score(self, analyst: Client, run: IndexRun) -> None:
        make_provinces("54")
        indicator_values_import(actor=SYSTEM, source=WIDE.replace("广东省", "西藏自治区").encode())
        page = analyst.get("/analytics/provinces/54/").content.decode()
        assert "has no score" in page
        assert "129,118.6" in page

    @pytest.mark.parametrize("code", ["99", "cn-44", "x" * 200])
    def test_a_province_that_is_not_there(self, analyst: Client, code: str) -> None:
        assert analyst.get(f"/analytics/provinces/{code}/").status_code == 404


class TestIndicatorPage:
    def test_series_and_table(self, analyst: Client, run: IndexRun) -> None:
        response = analyst.get("/analytics/indicators/pilot_zones/")
        lines = {line["name"]: line["values"] for line in data_of(response, "series")["lines"]}
        stored = IndicatorValue.objects.filter(indicator__code="pilot_zones", place__code="cn-31").order_by(
            "period"
        )
        assert lines["Shanghai"] == [float(value.value) for value in stored]
        assert "published weight 11.1 %" in response.content.decode()

    def test_what_the_demo_says_of_its_values_is_read_in_the_language_of_the_page(
        self, analyst: Client, run: IndexRun
    ) -> None:
        note = "drawn to the published moments, not observed"
        value = IndicatorValue.objects.filter(indicator__code=CODES[0], place__province__code="44").get(
            period=date(2022, 1, 1)
        )
        IndicatorValue.objects.create(
            indicator=value.indicator, place=value.place, period=value.period, published_on=date(2023, 6, 1),
            value=value.value, source=ValueSource.SYNTHETIC, is_synthetic=True, source_note=note,
        )  # fmt: skip
        address = f"/analytics/indicators/{CODES[0]}/?province=44"
        assert note in analyst.get(address).text
        analyst.cookies["django_language"] = "zh-hans"
        assert note not in analyst.get(address).text

    def test_vintages_down_to_file_and_line(self, analyst: Client, provinces: dict[str, Province]) -> None:
        for text, day in ((WIDE, date(2023, 2, 1)), (WIDE.replace("41540.9", "45222.4"), date(2024, 2, 1))):
            indicator_values_import(
                actor=SYSTEM, source=text.encode(), published_on=day, file_name=f"gdp-{day.year}.csv"
            )
        page = analyst.get("/analytics/indicators/gdp/?province=11").content.decode()
        assert page.index("45,222.4") < page.index("41,540.9")
        assert page.index("in force") < page.index("superseded")
        for part in ("gdp-2023.csv", "gdp-2024.csv", "2023-02-01 · 1", "2024-02-01 · 1"):
            assert part in page
        own = analyst.get("/analytics/indicators/gdp/").content.decode()
        assert "Where the values of Guangdong come from" in own

    def test_shares_of_one_are_read_in_per_cent_and_kept_as_they_are(
        self, analyst: Client, run: IndexRun
    ) -> None:
        known = IndicatorValue.objects.get(
            indicator__code="internet_penetration", place__code="cn-44", period=date(2022, 1, 1)
        )
        IndicatorValue.objects.create(
            indicator=known.indicator, place=known.place, period=known.period, published_on=date(2025, 1, 1),
            value=Decimal("0.939"), source=ValueSource.OFFICIAL,
        )  # fmt: skip
        response = analyst.get("/analytics/indicators/internet_penetration/")
        assert ">93.9%<" in response.text
        assert '<span class="muted">%</span>' in response.text
        assert "0.939" not in response.text
        chart = data_of(response, "series")
        line = next(line for line in chart["lines"] if line["name"] == "Guangdong")
        assert (line["values"][-1], chart["suffix"]) == (93.9, "%")
        assert ">93.9%<" in analyst.get("/analytics/provinces/44/").text
        kept = analyst.get("/analytics/indicators/internet_penetration/values.csv")
        text = b"".join(kept.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        assert ",internet_penetration,0.93900000,比率," in text

    def test_what_a_later_vintage_changed_of_a_share_is_said_in_points(
        self, analyst: Client, provinces: dict[str, Province]
    ) -> None:
        occupancy = indicators_load()["park_occupancy_area"]
        for day, value, change in ((1, "0.9513", None), (2, "0.939", "-0.01234")):
            IndicatorValue.objects.create(
                indicator=occupancy, place=provinces["44"].node, period_kind="month", period=date(2026, 6, 1),
                published_on=date(2026, 7, day), value=Decimal(value), source=ValueSource.ROLLUP,
                lineage={"parks": 2, "firms": 4, "lines": 1234, "hash": "0" * 64, "change": change},
            )  # fmt: skip
        yearly = {"period": date(2026, 1, 1), "published_on": date(2026, 7, 2), "value": Decimal("0.939")}
        told = {"lineage": {"file": "x.csv", "line": 2}}  # by a file, which knows of no parks
        IndicatorValue.objects.create(
            indicator=occupancy, place=provinces["44"].node, source=ValueSource.OFFICIAL, **yearly, **told
        )
        page = analyst.get("/analytics/indicators/park_occupancy_area/?by=month").text
        assert page.index("93.90%") < page.index("95.13%")
        assert "−1.23 points" in page
        assert "93.9%" in analyst.get("/analytics/indicators/park_occupancy_area/?by=year").text

    def test_one_without_values(self, analyst: Client, run: IndexRun) -> None:
        assert "No value of this indicator" in analyst.get("/analytics/indicators/FDI/").content.decode()

    @pytest.mark.parametrize("address", ["nothing/", "gdp/?province=99", "gdp/?province=%00"])
    def test_what_is_not_there(self, analyst: Client, provinces: dict[str, Province], address: str) -> None:
        indicator_values_import(actor=SYSTEM, source=WIDE.encode())
        assert analyst.get(f"/analytics/indicators/{address}").status_code == 404


class TestDownloads:
    def rows(self, response: HttpResponse) -> list[list[str]]:
        text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        return list(csv.reader(io.StringIO(text)))

    def test_scores(self, analyst: Client, run: IndexRun) -> None:
        response = analyst.get(f"/analytics/runs/{run.uid}/scores.csv")
        assert (
            response["Content-Disposition"]
            == f'attachment; filename="eci-scores-2020-2022-{run.inputs_hash[:8]}.csv"'
        )
        head, *lines = self.rows(response)
        assert head[:6] == ["province_code", "province_zh", "province_en", "year", "score", "rank"]
        assert len(lines) == 9
        for line in lines:
            score = run.scores.get(place__code=f"cn-{line[0]}", year=int(line[3]))
            assert (float(line[4]), int(line[5])) == (score.score, score.rank)
            assert sum(map(float, line[6:])) == pytest.approx(score.score)

    def test_contributions_and_weights(self, analyst: Client, run: IndexRun) -> None:
        head, *lines = self.rows(analyst.get(f"/analytics/runs/{run.uid}/contributions.csv"))
        assert head[4:-1] == CODES
        assert all(sum(map(float, line[4:-1])) == pytest.approx(float(line[-1])) for line in lines)
        head, *lines = self.rows(analyst.get(f"/analytics/runs/{run.uid}/weights.csv"))
        at = head.index("weight")
        assert [(line[0], float(line[at])) for line in lines] == [(code, run.weights[code]) for code in CODES]

    def test_xlsx(self, analyst: Client, run: IndexRun) -> None:
        response = analyst.get(f"/analytics/runs/{run.uid}/weights.xlsx")
        sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active  # type: ignore[attr-defined]
        assert sheet.max_row == 13

    def test_values_of_an_indicator(self, analyst: Client, provinces: dict[str, Province]) -> None:
        indicator_values_import(actor=SYSTEM, source=WIDE.encode(), published_on=date(2024, 2, 1))
        _head, *lines = self.rows(analyst.get("/analytics/indicators/gdp/values.csv"))
        assert [(line[0], line[3], Decimal(line[5]), line[8]) for line in lines] == [
            ("11", "2022", Decimal("41540.9"), "2024-02-01"),
            ("44", "2021", Decimal("124719.5"), "2024-02-01"),
            ("44", "2022", Decimal("129118.6"), "2024-02-01"),
        ]

    @pytest.mark.parametrize("name", ["secrets.csv", "scores.pdf", "scores.json"])
    def test_no_other_tables(self, analyst: Client, run: IndexRun, name: str) -> None:
        assert analyst.get(f"/analytics/runs/{run.uid}/{name}").status_code == 404

    def test_a_run_that_is_not_there(self, analyst: Client) -> None:
        assert (
            analyst.get("/analytics/runs/0190f000-0000-7000-8000-000000000000/scores.csv").status_code == 404
        )


class TestUpload:
    def send(self, client: Client, text: str, **data: str) -> HttpResponse:
        file = SimpleUploadedFile("gdp.csv", text.encode("gb18030"), content_type="text/csv")
        return client.post("/analytics/upload/", {"file": file, **data})

    def test_look_first_then_store(self, analyst: Client, provinces: dict[str, Province]) -> None:
        page = self.send(analyst, WIDE).content.decode()
        assert "Store 3 values" in page
        assert "gb18030" in page
        assert not IndicatorValue.objects.exists()
        response = self.send(analyst, WIDE, confirm="yes", published_on="2024-02-01")
        assert response["Location"] == "/analytics/indicators/gdp/"
        assert IndicatorValue.objects.count() == 3
        value = IndicatorValue.objects.first()
        assert value is not None
        assert (value.lineage["file"], value.published_on) == ("gdp.csv", date(2024, 2, 1))
        assert "nothing to store" in self.send(analyst, WIDE).content.decode()

    def test_what_cannot_be_read_is_shown_and_left_out_only_when_asked(
        self, analyst: Client, provinces: dict[str, Province]
    ) -> None:
        bad = WIDE + "火星,1,2\n"
        page = self.send(analyst, bad).content.decode()
        assert "火星" in page
        assert "Import the rest" in page
        refused = self.send(analyst, bad, confirm="yes")
        assert refused.status_code == 400
        assert not IndicatorValue.objects.exists()
        self.send(analyst, bad, confirm="yes", skip_unreadable="on")
        assert IndicatorValue.objects.count() == 3

    def test_a_file_that_names_nothing(self, analyst: Client, provinces: dict[str, Province]) -> None:
        text = "地区,2022年,2021年\n广东省,1,2\n"
        response = self.send(analyst, text)
        assert response.status_code == 400
        assert "name the indicator" in response.content.decode()
        assert "Store 2 values" in self.send(analyst, text, indicator="gdp", unit="亿元").content.decode()

    @pytest.mark.parametrize("text", ["", "x", "<script>alert(1)</script>,2022年\n<b>,1\n"])
    def test_what_is_no_statistics_file(self, analyst: Client, text: str) -> None:
        response = self.send(analyst, text)
        assert response.status_code == 400
        assert "<script>alert" not in response.content.decode()

    def test_shape_of_the_form(self, analyst: Client) -> None:
        assert analyst.post("/analytics/upload/", {}).status_code == 400
        assert self.send(analyst, WIDE, published_on="soon").status_code == 400
        assert self.send(analyst, WIDE, indicator="x" * 201).status_code == 400

    def test_the_part_of_the_page_for_htmx(self, analyst: Client, provinces: dict[str, Province]) -> None:
        file = SimpleUploadedFile("gdp.csv", WIDE.encode())
        response = analyst.post("/analytics/upload/", {"file": file}, headers={"hx-request": "true"})
        assert "Store 3 values" in response.content.decode()
        assert "<html" not in response.content.decode()

    def test_samples_can_be_imported(self, analyst: Client) -> None:
        make_provinces("33", "44")
        for name in ("wide", "long"):
            path = settings.BASE_DIR / f"static/analytics/samples/indicator-{name}.csv"
            with path.open("rb") as file:
                response = analyst.post("/analytics/upload/", {"file": file})
            assert "can be read" not in response.content.decode()
            assert re.search(r"Store \d values", response.content.decode())


class TestCompute:
    def test_a_new_run(self, analyst: Client, run: IndexRun) -> None:
        response = analyst.post(
            "/analytics/compute/", {"first_year": "2021", "last_year": "2022"}, follow=True
        )
        assert "computed anew" in response.content.decode()
        newest = IndexRun.objects.latest("id")
        assert (newest.first_year, newest.last_year, newest.made_by.username) == (2021, 2022, "gd-analyst")

    @pytest.mark.parametrize(
        ("first", "last"), [("2021", "2023"), ("", ""), ("２０２０", "2022"), ("9" * 5000, "1")]
    )
    def test_a_refusal_is_told(self, analyst: Client, run: IndexRun, first: str, last: str) -> None:
        response = analyst.post("/analytics/compute/", {"first_year": first, "last_year": last}, follow=True)
        assert "alert-danger" in response.content.decode()
        assert IndexRun.objects.count() == 1


class TestAccess:
    PAGES = (
        "/analytics/",
        "/analytics/provinces/44/",
        "/analytics/indicators/pilot_zones/",
        "/analytics/indicators/pilot_zones/values.csv",
        "/analytics/upload/",
    )

    def test_strangers_log_in_first(self, run: IndexRun) -> None:
        for address in (*self.PAGES, f"/analytics/runs/{run.uid}/scores.csv"):
            response = Client().get(address)
            assert response.status_code == 302
            assert response["Location"].startswith("/login/")

    def test_a_log_in_without_a_role_sees_nothing(self, run: IndexRun) -> None:
        client = client_of(make_user("nobody"))
        for address in (*self.PAGES, f"/analytics/runs/{run.uid}/scores.csv"):
            assert client.get(address).status_code == 403

    def test_everybody_with_a_role_reads_and_only_the_province_writes(self, run: IndexRun) -> None:
        world = make_world("a")
        manager = client_of(world.users[Role.PARK_MANAGER])
        for address in self.PAGES[:-1]:
            assert manager.get(address).status_code == 200
        assert manager.get("/analytics/upload/").status_code == 403
        assert manager.post("/analytics/upload/", {}).status_code == 403
        assert (
            manager.post("/analytics/compute/", {"first_year": "2020", "last_year": "2022"}).status_code
            == 403
        )
        page = manager.get("/analytics/").content.decode()
        assert "/analytics/upload/" not in page
        assert "/analytics/compute/" not in page
        assert IndexRun.objects.count() == 1

    def test_computing_is_a_post(self, analyst: Client) -> None:
        assert analyst.get("/analytics/compute/").status_code == 405
