"""The whole chain: an order file and a live session become an indicator of a province and a score of the index."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from analytics.models import IndexRun, IndexScore, IndicatorValue
from analytics.services.index_runs import index_run_create, index_run_repeat
from core.choices import Role
from core.errors import InvalidInput
from parks.models import Park, Province
from tenants.models import Tenant
from tests.analytics.panels import CODES, make_provinces, store_values
from tests.factories import SYSTEM, make_park, make_session, make_tenant, make_town, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HEADS = (
    "订单号",
    "行号",
    "类型",
    "SKU编码",
    "商品名称",
    "数量",
    "金额",
    "时间",
    "渠道",
    "场次",
    "主播ID",
    "货主",
    "目的地",
    "原订单号",
)
YEAR = dt.date(2025, 1, 1)


@pytest.fixture(autouse=True)
def in_january() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(dt.datetime(2026, 1, 20, 4, tzinfo=dt.UTC)) as clock:
        yield clock


@pytest.fixture
def provinces() -> dict[str, Province]:
    """Three provinces with the twelve published indicators of 2025, two of them with a park of three firms."""
    known = make_provinces("11", "31", "44")
    store_values(["11", "31", "44"], [2025], day=dt.date(2026, 1, 10))
    for code in ("31", "44"):
        park = make_park(f"park-{code}", town=make_town(known[code], f"t{code}"))
        for letter in "abc":
            make_tenant(park, f"park-{code}-{letter}")
    return known


def import_lines(folder: Path, tenant: str, *lines: tuple[str, str, str, str]) -> None:
    """Import a file of (order, kind, amount, order that is given back) for a tenant."""
    path = folder / f"{tenant}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(HEADS)
        for order, kind, amount, given_back in lines:
            at = "2025-06-02 20:00:00" if kind == "退款" else "2025-06-01 20:00:00"
            table.writerow(
                [order, "1", kind, "", "（示例）", "1", amount, at, "直播", "", "", "", "", given_back]
            )
    call_command("import_orders", path, tenant=tenant, profile="generic", stdout=StringIO())


def sales_of(province: Province) -> IndicatorValue:
    rows = IndicatorValue.objects.filter(
        indicator__code="park_net_sales", place=province.node, period_kind="year", period=YEAR
    )
    return rows.order_by("published_on", "seq").last()  # type: ignore[return-value]


def scores(run: IndexRun) -> dict[int, float]:
    return dict(IndexScore.objects.filter(run=run).values_list("place_id", "score"))


def test_from_an_order_file_to_a_score_and_back(
    provinces: dict[str, Province], tmp_path: Path, in_january: time_machine.Coordinates
) -> None:
    for number, tenant in enumerate(Tenant.objects.order_by("code"), start=1):
        amount = Decimal(number) / 100 + 100
        import_lines(
            tmp_path, tenant.code, (f"{tenant.code}-1", "已付款", str(amount), ""),
            (f"{tenant.code}-r", "退款", "1.00", f"{tenant.code}-1"),
        )  # fmt: skip
        make_session(tenant, starts_at=dt.datetime(2025, 6, 1, 11, tzinfo=dt.UTC), hours=number)
    call_command("rollup", stdout=StringIO())
    out = StringIO()
    call_command("indicators", "publish", stdout=out)
    assert ", 0 已修订," in out.getvalue()
    assert (sales_of(provinces["31"]).value, sales_of(provinces["44"]).value) == (
        Decimal("297.06"),
        Decimal("297.15"),
    )
    assert sales_of(provinces["11"]) is None

    first = index_run_create(
        actor=SYSTEM, first_year=2025, last_year=2025, beside=["park_live_hours"],
        instead={CODES[0]: "park_net_sales"},
    )  # fmt: skip
    assert set(first.weights) == {*CODES[1:], "park_net_sales", "park_live_hours"}
    assert set(scores(first)) == {provinces["31"].pk, provinces["44"].pk}, "Beijing has no parks"
    assert first.parameters["left_out"] == ["11"]
    assert sales_of(provinces["44"]).pk in first.inputs
    assert (first.is_synthetic, first.is_preliminary) == (False, False)
    kept = scores(first)

    in_january.shift(dt.timedelta(days=1))
    late = Tenant.objects.get(code="park-31-b")
    import_lines(tmp_path, late.code, (f"{late.code}-r2", "退款", "0.33", f"{late.code}-1"))
    call_command("indicators", "publish", stdout=out)
    restated = sales_of(provinces["31"])
    assert (restated.value, restated.lineage["change"]) == (Decimal("296.73"), "-0.33")
    assert not restated.is_preliminary
    # Of two provinces one stays 0 and one 1: the frozen base shows the difference.
    second = index_run_create(
        actor=SYSTEM, first_year=2025, last_year=2025, beside=["park_live_hours"],
        instead={CODES[0]: "park_net_sales"},
    )  # fmt: skip
    assert second.inputs_hash != first.inputs_hash
    assert second.base != first.base
    again = index_run_repeat(IndexRun.objects.get(pk=first.pk))
    assert again.data.sha256 == first.inputs_hash
    assert dict(zip(again.data.places, again.index.score.tolist(), strict=True)) == {
        (code, 2025): kept[provinces[code].pk] for code in ("31", "44")
    }
    assert scores(first) == kept


def test_scores_move_with_a_restatement(
    provinces: dict[str, Province], tmp_path: Path, in_january: time_machine.Coordinates
) -> None:
    beijing = make_park("park-11", town=make_town(provinces["11"], "t11"))
    for letter in "abc":
        make_tenant(beijing, f"park-11-{letter}")
    sold = {"11": "100", "31": "200", "44": "300"}
    for tenant in Tenant.objects.all():
        import_lines(
            tmp_path, tenant.code, (f"{tenant.code}-1", "已付款", sold[tenant.code[5:7]], ""),
            (f"{tenant.code}-r", "退款", "1.00", f"{tenant.code}-1"),
        )  # fmt: skip
    call_command("indicators", "publish", stdout=StringIO())
    first = index_run_create(actor=SYSTEM, first_year=2025, last_year=2025, beside=["park_net_sales"])
    in_january.shift(dt.timedelta(days=1))
    import_lines(tmp_path, "park-31-a", ("late-r", "退款", "2.00", "park-31-a-1"))
    call_command("indicators", "publish", stdout=StringIO())
    second = index_run_create(actor=SYSTEM, first_year=2025, last_year=2025, beside=["park_net_sales"])
    shanghai = provinces["31"].pk
    assert scores(second)[shanghai] < scores(first)[shanghai]
    assert second.weights != first.weights


def test_an_index_takes_no_withheld_value(provinces: dict[str, Province], tmp_path: Path) -> None:
    for tenant in Tenant.objects.filter(code__endswith="a"):
        import_lines(tmp_path, tenant.code, (f"{tenant.code}-1", "已付款", "5.00", ""))
    call_command("indicators", "publish", stdout=StringIO())
    with pytest.raises(InvalidInput) as refused:
        index_run_create(actor=SYSTEM, first_year=2025, last_year=2025, beside=["park_gmv_paid"])
    assert {row.code for row in refused.value.rows} == {"withheld"}
    with pytest.raises(InvalidInput):
        index_run_create(actor=SYSTEM, first_year=2025, last_year=2025, beside=["park_nothing"])


def test_the_command_takes_series_of_the_parks(provinces: dict[str, Province], tmp_path: Path) -> None:
    for number, tenant in enumerate(Tenant.objects.order_by("code"), start=1):
        import_lines(tmp_path, tenant.code, (f"{tenant.code}-1", "已付款", f"{100 + number}.00", ""))
    call_command("indicators", "publish", stdout=StringIO())
    out = StringIO()
    choice = {"beside": ("park_gmv_paid",), "out": tmp_path / "kept"}
    call_command("eci", years=[2025, 2025], stdout=out, **choice)
    run = IndexRun.objects.get()
    assert str(run.uid) in out.getvalue()
    record = json.loads((tmp_path / "kept" / "run.json").read_text())
    call_command("eci", run=str(run.uid), out=tmp_path / "again", stdout=StringIO())
    for path in (tmp_path / "kept").glob("*.csv"):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
    assert record["provinces"] == ["31", "44"]
    panel = tmp_path / "panel.csv"
    panel.write_text("province,year,x\n上海市,2025,1\n广东省,2025,3\n北京市,2025,2\n", encoding="utf-8")
    call_command("eci", panel, stdout=StringIO(), **choice | {"out": tmp_path / "file"})
    mixed = json.loads((tmp_path / "file" / "run.json").read_text())
    assert mixed["left_out"] == ["11"]
    with pytest.raises(CommandError):
        call_command("eci", panel, years=[2025, 2025], stdout=StringIO(), **choice)
    with pytest.raises(CommandError):
        call_command("eci", run="nothing", out=tmp_path / "none", stdout=StringIO())


def test_pages_and_api_show_it_beside_the_official_ones(
    provinces: dict[str, Province], tmp_path: Path
) -> None:
    for tenant in Tenant.objects.all():
        import_lines(tmp_path, tenant.code, (f"{tenant.code}-1", "已付款", "100.25", ""))
    call_command("indicators", "publish", stdout=StringIO())
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    analyst = make_user("gd", Role.PROVINCE_ANALYST, provinces["44"].node)
    client.force_login(analyst, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/analytics/provinces/44/").content.decode()
    assert "counted from the parks" in page
    assert "official statistics" in page
    assert "300.75" in page
    page = client.get("/analytics/indicators/park_gmv_paid/").content.decode()
    assert "300.75" in page
    assert "park-44" in page
    page = client.get(
        "/analytics/indicators/park_gmv_paid/?by=quarter&place=t44-town&period=2025-Q2"
    ).content.decode()
    assert "300.75" in page
    for absent in (
        "by=week",
        "period=2025-13",
        "period=2024-06",
        "place=nowhere",
        "place=a%00b",
        "province=99",
    ):
        assert client.get(f"/analytics/indicators/park_gmv_paid/?{absent}").status_code == 404, absent

    def values(**query: str) -> list[dict]:
        return client.get("/api/v1/indicator-values", query).json()["results"]

    [told] = values(code="park_gmv_paid", place="cn-44", period_kind="year")
    assert (told["value"], told["source"], told["withheld"]) == ("300.75", "rollup", "")
    assert {row["source"] for row in values(province="44", year="2025", period_kind="year")} == {
        "rollup",
        "official",
    }
    asked = {"place": "cn-44", "period": "2025-06"}
    lineage = client.get("/api/v1/indicators/park_gmv_paid/lineage", asked).json()
    assert [(part["park"], part["value"], part["lines"]) for part in lineage["parks"]] == [
        ("park-44", "300.75", 3)
    ]
    assert (
        client.get("/api/v1/indicators/park_gmv_paid/lineage", asked | {"place": "cn-31"}).json()["parks"]
        == []
    )
    for bad, status in (
        ({"period": "2025-13"}, 400),
        ({"place": "cn-99"}, 404),
        ({"vintage": "x"}, 404),
        ({"period": ""}, 400),
    ):
        assert client.get("/api/v1/indicators/park_gmv_paid/lineage", asked | bad).status_code == status
    assert Park.objects.count() == 2
