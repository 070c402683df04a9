"""Files whose columns or words nobody foresaw: what they hold is asked, kept, and asked no more."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from core import jobs
from supplychain.models import ImportBatch, ImportProfileMap, SalesEvent
from tests.factories import TenantWorld, make_world
from tests.portal.test_imports import OWN, own_table, step
from tests.supplychain.ledger import fact, record


@pytest.fixture
def address(firm: TenantWorld) -> str:
    return reverse("portal-imports", args=[firm.tenant.code])


def test_unknown_columns_are_asked_for_and_the_answer_is_kept(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    asked = owner.post(address, {"file": own_table()}, headers={"HX-Request": "true"})
    assert asked.status_code == 200
    assert "<html" not in asked.text
    columns = asked.context["columns"]
    assert [row["header"] for row in columns.rows] == OWN.splitlines()[0].split(",")
    assert columns.rows[-1]["personal"]
    headers = [row["header"] for row in columns.rows]
    answer = {
        "header": headers,
        "field": ["order_no", "title", "qty", "amount", "occurred_at", ""],
        "constant_channel": "live",
        "map_name": "our till",
    }
    page = owner.post(address, {"file": own_table(), **answer}, headers={"HX-Request": "true"})
    batch = ImportBatch.objects.get()
    assert page["HX-Redirect"] == step(firm, "", batch)
    assert batch.report["sums"] == {"paid": {"CNY": "278.00"}}
    saved = ImportProfileMap.objects.get(name="our till")
    assert saved.mapping["columns"]["一共"] == "amount"
    owner.post(address, {"file": own_table(), "profile": f"map:{saved.uid}"})
    assert ImportBatch.objects.count() == 2
    owner.post(step(firm, "-confirm", batch))
    jobs.run_due()
    assert sorted(SalesEvent.objects.values_list("amount", flat=True)) == [Decimal(119), Decimal(159)]
    assert set(SalesEvent.objects.values_list("channel", flat=True)) == {"live"}


REFUNDS = """退的单,哪笔,退了几件,退多少,哪天,进展
D-1,R-77,1,40.00,2025-07-20 10:00,退款成功
"""


def test_refunds_of_another_table_find_the_orders_of_the_shop(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    asked = owner.post(address, {"file": own_table(REFUNDS)}, headers={"HX-Request": "true"})
    known = asked.context["columns"].sources
    assert "douyin" not in known
    record(firm.tenant, fact("D-1", amount="100.00"), source="douyin")
    asked = owner.post(address, {"file": own_table(REFUNDS)}, headers={"HX-Request": "true"})
    assert asked.context["columns"].sources == {**known, "douyin": "抖音"}
    assert '<option value="douyin" >抖音</option>' in asked.text
    headers = [row["header"] for row in asked.context["columns"].rows]
    answer = {
        "header": headers,
        "field": ["ref_order_no", "order_no", "qty", "amount", "occurred_at", "kind"],
        "source": "douyin",
        "map_name": "refunds by hand",
    }
    refused = owner.post(address, {"file": own_table(REFUNDS), **answer, "source": "douyim"})
    assert "没有来自“douyim”的订单" in refused.text
    owner.post(address, {"file": own_table(REFUNDS), **answer})
    batch = ImportBatch.objects.latest("pk")
    assert batch.source == "douyin"
    owner.post(step(firm, "-confirm", batch))
    jobs.run_due()
    refund = SalesEvent.objects.get(kind="refunded")
    assert (refund.source, refund.ref_order_no, refund.amount) == ("douyin", "D-1", Decimal(40))
    order = reverse("portal-order", args=[firm.tenant.code])
    shown = owner.get(order, {"no": "D-1"}).context
    assert (shown["paid"], shown["refunded"], shown["sources"]) == (Decimal(100), Decimal(40), ["douyin"])
    assert ImportProfileMap.objects.get(name="refunds by hand").mapping["source"] == "douyin"


STATES = """单据,品名,几件,一共,哪天,进展,,收货人
E-1,裙子,1,119.00,2025-06-01 20:03,已完成,,王小明
E-2,裤子,2,159.00,2025-06-01 20:11,打包了,,李雷
E-3,裤子,1,80.00,2025-06-01 20:12,不要了,,韩梅
"""


STATE_HEADERS = ["单据", "品名", "几件", "一共", "哪天", "进展", "收货人"]


STATE_FIELDS = ["order_no", "title", "qty", "amount", "occurred_at", "kind", ""]


def test_each_unknown_word_of_a_state_is_asked_for(owner: Client, firm: TenantWorld, address: str) -> None:
    answer = {"header": STATE_HEADERS, "field": STATE_FIELDS}
    asked = owner.post(address, {"file": own_table(STATES), **answer}, headers={"HX-Request": "true"})
    assert not ImportBatch.objects.exists()
    assert asked.context["columns"].words == {"打包了": "", "不要了": ""}
    assert asked.text.count('name="word_kind"') == 2
    answer |= {"word": ["打包了", "不要了"], "word_kind": ["paid", ""]}
    asked = owner.post(address, {"file": own_table(STATES), **answer}, headers={"HX-Request": "true"})
    assert "不要了" in asked.context["form"].non_field_errors()[0]
    assert asked.context["columns"].words == {"打包了": "paid", "不要了": ""}
    answer |= {"word_kind": ["paid", "nothing"], "map_name": "states"}
    owner.post(address, {"file": own_table(STATES), **answer}, headers={"HX-Request": "true"})
    report = ImportBatch.objects.get().report
    assert (report["bad_rows"], report["counts"]) == (0, {"paid": 2})
    assert ImportProfileMap.objects.get().mapping["kind"] == {"打包了": "paid", "不要了": None}
    answer |= {"word_kind": ["paid", "stolen"]}
    page = owner.post(address, {"file": own_table(STATES), **answer})
    assert page.status_code == 400, "a kind that is none"


def states_kept(firm: TenantWorld, **kinds: str | None) -> ImportProfileMap:
    columns = {name: field for name, field in zip(STATE_HEADERS, STATE_FIELDS, strict=True) if field}
    return ImportProfileMap.objects.create(
        tenant=firm.tenant, name="states", mapping={"columns": columns, "kind": kinds}
    )


@pytest.mark.parametrize("chosen", [True, False])
def test_a_saved_mapping_asks_for_words_that_are_new_to_it(
    owner: Client, firm: TenantWorld, address: str, chosen: bool
) -> None:
    saved = states_kept(firm, 打包了="paid", Sent="paid", 没付=None)
    saved.mapping["constants"] = {"channel": "live"}
    saved.save()
    columns = saved.mapping["columns"]
    upload = {"profile": f"map:{saved.uid}" if chosen else ""}
    text = STATES + "E-4,裤子,1,80.00,2025-06-01 20:13,SENT,,韩梅\n"
    htmx = {"HX-Request": "true"}
    asked = owner.post(address, {"file": own_table(text), **upload}, headers=htmx)
    assert not ImportBatch.objects.exists()
    assert "不要了" in asked.context["form"].non_field_errors()[0]
    form = asked.context["columns"]
    assert {row["header"]: row["field"] for row in form.rows} == columns
    assert form.words == {"打包了": "paid", "不要了": "", "SENT": "paid"}
    assert (form.channel, form.net_of_refunds, form.name) == ("live", False, "states")
    answer = {
        "header": list(columns),
        "field": list(columns.values()),
        "word": list(form.words),
        "word_kind": ["paid", "nothing", "paid"],
        "constant_channel": form.channel,
        "map_name": form.name,
    }
    owner.post(address, {"file": own_table(text), **upload, **answer}, headers=htmx)
    report = ImportBatch.objects.get().report
    assert (report["bad_rows"], report["counts"]) == (0, {"paid": 3})
    saved.refresh_from_db()
    assert saved.mapping["kind"] == {"没付": None, "打包了": "paid", "不要了": None, "SENT": "paid"}
    assert (saved.mapping["columns"], saved.mapping["constants"]) == (columns, {"channel": "live"})
    owner.post(address, {"file": own_table(text), **upload}, headers=htmx)
    assert ImportBatch.objects.count() == 2, "asked once"


def test_nothing_but_states_of_orders_is_asked_for(owner: Client, firm: TenantWorld, address: str) -> None:
    """A line of filters above the header stands in other columns, one of totals is no order."""
    states_kept(firm, 打包了="paid", 不要了=None)
    text = f"进展,全部,,,,,,\n{STATES}合计,,3,358.00,,共3单,,\n"
    page = owner.post(address, {"file": own_table(text)}, headers={"HX-Request": "true"})
    assert "HX-Redirect" in page, page.text
    report = ImportBatch.objects.get().report
    assert (report["bad_rows"], report["counts"]) == (0, {"paid": 2})


def test_a_word_over_two_lines_is_answered(owner: Client, firm: TenantWorld, address: str) -> None:
    text = STATES.replace("打包了", '"打包\n了"').replace("不要了", "已完成")
    answer = {"header": STATE_HEADERS, "field": STATE_FIELDS, "word": ["打包\r\n了"], "word_kind": ["paid"]}
    owner.post(address, {"file": own_table(text), **answer}, headers={"HX-Request": "true"})
    assert ImportBatch.objects.get().report["counts"] == {"paid": 3}


def test_a_saved_mapping_does_not_keep_a_file_without_a_state_out(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    """Nor is it replaced by the columns of that file unless somebody names it."""
    saved = states_kept(firm, 打包了="paid")
    upload = {"profile": f"map:{saved.uid}", "map_name": "states"}
    htmx = {"HX-Request": "true"}
    asked = owner.post(address, {"file": own_table(), **upload}, headers=htmx)
    assert asked.context["columns"].name == ""
    headers = [row["header"] for row in asked.context["columns"].rows]
    answer = {"header": headers, "field": ["order_no", "title", "qty", "amount", "occurred_at", ""]}
    taken = owner.post(address, {"file": own_table(), **upload, **answer, "map_name": ""}, headers=htmx)
    assert "HX-Redirect" in taken, taken.text
    assert ImportBatch.objects.get().report["counts"] == {"paid": 2}
    saved.refresh_from_db()
    assert saved.mapping["kind"] == {"打包了": "paid"}


def test_case_says_nothing_in_a_word_of_a_state(owner: Client, firm: TenantWorld, address: str) -> None:
    answer = {"header": STATE_HEADERS, "field": STATE_FIELDS, "word": ["Packed"], "word_kind": ["paid"]}
    text = STATES.replace("打包了", "SHIPPED").replace("不要了", "Packed")
    asked = owner.post(
        address, {"file": own_table(text), **answer, "map_name": "case"}, headers={"HX-Request": "true"}
    )
    assert "HX-Redirect" in asked, asked.text
    assert ImportProfileMap.objects.get().mapping["kind"] == {"Packed": "paid"}, "the one that is not known"
    report = ImportBatch.objects.get().report
    assert (report["bad_rows"], report["counts"]) == (0, {"paid": 3})


def test_columns_show_what_they_hold_and_blank_ones_are_not_listed(owner: Client, address: str) -> None:
    page = owner.post(address, {"file": own_table(STATES)}, headers={"HX-Request": "true"})
    shown = {row["header"]: row["values"] for row in page.context["columns"].rows}
    assert shown["品名"] == ["裙子", "裤子"]
    assert shown["哪天"] == ["2025-06-01 20:03", "2025-06-01 20:11"]
    assert shown["收货人"] == []
    assert "2025-06-01 20:03" in page.text
    assert "王小明" not in page.text
    (said,) = page.context["form"].non_field_errors()
    assert "进展, 收货人" in said


def test_a_file_of_buyers_alone_is_refused_and_not_shown(owner: Client, address: str) -> None:
    page = owner.post(address, {"file": own_table("收货人,手机号\n王小明,13800000000\n")})
    assert page.status_code == 400
    assert page.context["form"].non_field_errors()
    assert "王小明" not in page.text


def test_a_saved_mapping_is_recognised_by_its_columns(owner: Client, firm: TenantWorld, address: str) -> None:
    def keep(name: str, **columns: str) -> None:
        ImportProfileMap.objects.create(
            tenant=firm.tenant, name=name, mapping={"columns": {"单据": "order_no", **columns}}
        )

    plain = {"几件": "qty", "一共": "amount", "哪天": "occurred_at"}
    keep("small", **plain)
    keep("full", **plain, 品名="title")
    keep("a till elsewhere", **plain, 品名="title", 色号="sku_code")
    stranger = make_world("beta").tenants[0].tenant
    ImportProfileMap.objects.create(
        tenant=stranger,
        name="theirs",
        mapping={"columns": {"单据": "order_no", **plain, "品名": "title", "手机号": "sku_code"}},
    )
    page = owner.post(address, {"file": own_table()}, headers={"HX-Request": "true"})
    assert "HX-Redirect" in page, page.text
    batch = ImportBatch.objects.get()
    assert page["HX-Redirect"] == step(firm, "", batch)
    assert batch.options["mapping"]["columns"] == {"单据": "order_no", **plain, "品名": "title"}
    assert (batch.report["rows"], batch.report["bad_rows"]) == (2, 0)
    # Who says what the file is means it.
    page = owner.post(address, {"file": own_table(), "profile": "generic"}, headers={"HX-Request": "true"})
    assert "HX-Redirect" not in page, "the mapping that fits was taken"
    assert page.context["form"].non_field_errors()
    assert ImportBatch.objects.count() == 1


def test_an_impossible_mapping_is_refused_in_place(owner: Client, address: str) -> None:
    headers = OWN.splitlines()[0].split(",")
    answer = {"header": headers, "field": ["order_no", "order_no", "qty", "amount", "occurred_at", ""]}
    page = owner.post(address, {"file": own_table(), **answer})
    assert page.status_code == 400
    assert page.context["form"].non_field_errors()
    assert [row["field"] for row in page.context["columns"].rows][:3] == ["order_no", "order_no", "qty"]
    assert not ImportBatch.objects.exists()
