"""Figures, indicators, parks and jobs over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics import rollup
from analytics.models import Indicator, IndicatorValue
from core.choices import JobState
from core.models import Job
from tests.api.conftest import Caller
from tests.factories import World, make_world

pytestmark = pytest.mark.both_databases


def sell(caller: Caller, number: int, amount: str, day: str = "2025-06-01") -> None:
    line = {
        "kind": "paid",
        "order_no": f"O{number}",
        "qty": 1,
        "amount": amount,
        "occurred_at": f"{day}T23:59:59+08:00",
    }
    assert caller.post("orders/bulk", [line]).status_code == 200


def test_figures_follow_from_orders(world: World, tool: Caller) -> None:
    sell(tool, 1, "0.10")
    sell(tool, 2, "0.20")
    sell(tool, 3, "5", day="2025-07-01")
    span = {"since": "2025-06-01", "until": "2025-07-31"}
    assert tool.get("figures", **span).json()["rows"][0]["dirty"] == 1
    rollup.drain()
    body = tool.get("figures", **span).json()
    assert (body["of"], body["kind"], body["by"]) == ("alpha-a", "tenant", "day")
    assert [(row["period"], row["values"]["gmv_paid"], row["dirty"]) for row in body["rows"]] == [
        ("2025-06-01", "0.30", 0),
        ("2025-07-01", "5.00", 0),
    ]
    by_month = tool.get("figures", **span, by="month", tenant="alpha-a").json()["rows"]
    assert [row["values"]["orders"] for row in by_month] == ["2", "1"]
    total = tool.get("figures", **span, by="total").json()["rows"]
    assert total[0]["values"]["net_sales"] == "5.30"
    park = Caller(world.secret).get("figures", **span, by="total").json()
    assert (park["kind"], park["rows"][0]["values"]["gmv_paid"]) == ("park", "5.30")
    codes = {metric["code"] for metric in tool.get("figures/metrics").json()["results"]}
    assert set(total[0]["values"]) <= codes


def test_whose_figures(world: World, tool: Caller) -> None:
    other = make_world("beta")
    for subject in ({"tenant": "alpha-b"}, {"tenant": "beta-a"}, {"park": "beta"}, {"place": "beta-town"}):
        absent = tool.get("figures", **dict.fromkeys(subject, "absent"))
        foreign = tool.get("figures", **subject)
        assert (absent.status_code, foreign.status_code) == (404, 404)
        assert {**absent.json(), "request_id": ""} == {**foreign.json(), "request_id": ""}
    assert tool.get("figures", tenant="alpha-a", park="alpha").status_code == 400
    assert Caller(user=world.users["park_manager"]).get("figures").json()["code"] == "subject_required"
    analyst = Caller(user=world.users["province_analyst"])
    sell(tool, 1, "1")
    rollup.drain()
    town = analyst.get("figures", place="alpha-town", since="2025-06-03", until="2025-06-03").json()
    assert (town["by"], town["rows"][0]["period"]) == ("month", "2025-06-01")
    assert town["rows"][0]["withheld"]["gmv_paid"] == "few_firms"
    assert analyst.get("figures", place="alpha-town", by="total").json()["code"] == "by"
    assert analyst.get("figures", place="beta-town").status_code == 404
    assert analyst.get("figures", tenant="alpha-a").status_code == 404
    assert other.name == "beta"


@pytest.fixture
def values(world: World) -> list[IndicatorValue]:
    series = Indicator.objects.create(
        code="online-sales",
        name_zh="网上零售额",
        name_en="Online sales",
        dimension="market",
        published_weight=Decimal("8.1"),
    )
    common: dict[str, Any] = {
        "indicator": series,
        "place": world.province.node,
        "period_kind": "year",
        "source": "official",
    }
    return [
        IndicatorValue.objects.create(
            **common, period=date(year, 1, 1), published_on=date(2023, 1, day), seq=1, value=Decimal(value)
        )
        for year, day, value in ((2021, 1, "10.5"), (2022, 1, "11"), (2022, 2, "12.25"))
    ]


def test_indicators_and_their_latest_vintage(
    world: World, tool: Caller, values: list[IndicatorValue]
) -> None:
    assert tool.get("indicators/online-sales").json()["name_zh"] == "网上零售额"
    found = tool.get("indicator-values", code="online-sales").json()["results"]
    assert [(row["period"], row["value"]) for row in found] == [
        ("2022-01-01", "12.25"),
        ("2021-01-01", "10.5"),
    ]
    assert tool.get("indicator-values", year=2022, vintages="all").json()["count"] == 2
    # What the demo drew comes before no official figure, whatever its day: so say the pages and the index.
    IndicatorValue.objects.create(
        indicator=values[0].indicator, place=world.province.node, period=date(2022, 1, 1), source="synthetic",
        is_synthetic=True, published_on=date(2024, 1, 1), value=Decimal(99),
    )  # fmt: skip
    again = tool.get("indicator-values", code="online-sales").json()["results"]
    assert [row["value"] for row in again] == ["12.25", "10.5"]
    lineage = tool.get(
        "indicators/online-sales/lineage", place=world.province.node.code, period="2022"
    ).json()
    assert (lineage["value"]["value"], len(lineage["vintages"])) == ("12.25", 3)
    assert tool.get("indicator-values", province=world.province.code).json()["count"] == 2
    assert tool.get("indicator-values", province="广东").json()["count"] == 0
    assert tool.get("indicator-values", province="nowhere").json()["count"] == 0
    assert found[0]["place"] == world.province.node.code


def test_parks_are_shown_to_those_who_work_there(world: World, tool: Caller) -> None:
    make_world("beta")
    assert [park["code"] for park in tool.get("parks").json()["results"]] == ["alpha"]
    shown = tool.get("parks/alpha").json()
    assert (shown["town"], shown["industries"]) == ("alpha-town", ["CANARYALPHA"])
    assert tool.get("parks/beta").status_code == 404


def test_jobs_are_followed_and_stopped(world: World) -> None:
    owner = Caller(user=world.tenants[0].users["tenant_owner"])
    job = Job.objects.create(kind="import", node=world.tenants[0].tenant.node, total=10)
    assert owner.get(f"jobs/{job.uid}").json()["state"] == JobState.QUEUED
    assert owner.get("jobs").json()["count"] == 1
    assert owner.post(f"jobs/{job.uid}/cancel").json()["state"] == JobState.CANCELLED
    assert owner.post(f"jobs/{job.uid}/cancel").json()["code"] == "job_ended"
    stranger = Caller(user=world.tenants[1].users["tenant_owner"])
    assert stranger.get(f"jobs/{job.uid}").status_code == 404
    assert stranger.post(f"jobs/{job.uid}/cancel").status_code == 404
    assert stranger.get("jobs").json()["count"] == 0


def test_a_park_sees_how_far_a_tenants_job_is_and_not_what_it_found(world: World, client: Client) -> None:
    """Whatever stands in a tenant's file stays with the tenant: reasons why a row was refused quote it."""
    tenant, said = world.tenants[0], "CANARY 10086"
    values = {
        "state": JobState.DONE,
        "done": 7,
        "total": 10,
        "message": said,
        "result": {"problems": [{"reason": said}]},
    }
    theirs = Job.objects.create(kind="import", node=tenant.tenant.node, **values)
    own = Job.objects.create(kind="rebuild", node=world.park.node, **values)
    manager = Caller(user=world.users["park_manager"])
    shown = manager.get(f"jobs/{theirs.uid}").json()
    assert (shown["state"], shown["done"], shown["total"]) == (JobState.DONE, 7, 10)
    assert (shown["message"], shown["result"]) == ("", {})
    assert manager.get(f"jobs/{own.uid}").json()["result"] == values["result"]
    owner = Caller(user=tenant.users["tenant_owner"]).get(f"jobs/{theirs.uid}").json()
    assert (owner["message"], owner["result"]) == (said, values["result"])
    client.force_login(world.users["park_manager"])
    pages = {job: reverse("admin:core_job_change", args=[job.pk]) for job in (theirs, own)}
    assert said not in client.get(pages[theirs]).text
    assert said in client.get(pages[own]).text
    for address in (reverse("admin:core_job_changelist"), reverse("admin:core_job_changelist") + "?q=10086"):
        assert said not in client.get(address).text
    Job.objects.filter(pk=own.pk).delete()
    export = client.get(reverse("admin:core_job_export", args=["csv"]))
    assert said not in b"".join(export.streaming_content).decode()  # type: ignore[attr-defined,arg-type]
