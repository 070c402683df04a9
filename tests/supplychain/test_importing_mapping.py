"""Tables with our own field names, and users' mappings for headers nobody foresaw."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest

from supplychain.facts import SaleFact, content_hash
from supplychain.importing import (
    PAYOUT_PROFILES,
    PROFILES,
    SESSION_PROFILES,
    FileError,
    FileReport,
    iter_facts,
    load_mapping,
    mapping_profile,
    profile,
)
from supplychain.importing.profiles.base import EXAMPLES

MAPPING: dict[str, Any] = {
    "columns": {"单号": "order_no", "货": "sku_code", "件": "qty", "价": "unit_price", "何时": "occurred_at"},
}


def read(
    text: str, mapping: dict[str, Any] | None = None, **options: str
) -> tuple[list[SaleFact], FileReport]:
    """All facts of a CSV text, and its report."""
    found = load_mapping(json.dumps(mapping).encode()) if mapping else None
    file = iter_facts(
        io.BytesIO(text.encode()), None if mapping else profile("generic"), mapping=found, **options
    )
    return [fact for result in file for fact in result.facts], file.report


def refusal(mapping: Any) -> str:
    """What is wrong with a mapping."""
    with pytest.raises(FileError) as caught:
        load_mapping(json.dumps(mapping).encode())
    assert caught.value.code == "mapping"
    return caught.value.message


# Added up by hand from the samples; those of the service that sells in pounds are summed in test_importing_uci.
SUMS = {
    "generic.csv": {"paid": "377.00", "refunded": "79.50"},
    "mapping.csv": {"paid": "278.00", "refunded": "79.50"},
}


@pytest.mark.parametrize("name", ["generic.csv", "uci-online-retail.csv", "mapping.csv"])
def test_samples_are_read_without_a_problem(name: str) -> None:
    mapping = load_mapping((EXAMPLES / "mapping.json").read_bytes()) if name == "mapping.csv" else None
    with (EXAMPLES / name).open("rb") as stream:
        file = iter_facts(stream, mapping=mapping)
        facts = [fact for result in file for fact in result.facts]
    assert facts
    assert file.report.bad_rows == 0
    assert len({fact.key for fact in facts}) == len(facts)
    if name in SUMS:
        told = {kind: f"{amounts['CNY']:.2f}" for kind, amounts in file.report.sums.items()}
        assert told == SUMS[name]


def test_every_profile_offers_its_samples() -> None:
    profiles = [*PROFILES.values(), *PAYOUT_PROFILES.values(), *SESSION_PROFILES.values()]
    offered = [path for found in profiles for path in found.example_paths]
    offered += mapping_profile(load_mapping(json.dumps(MAPPING).encode())).example_paths
    assert {path.name for path in offered} == {path.name for path in EXAMPLES.iterdir()}


def test_field_names_in_english_and_chinese() -> None:
    english, _report = read(
        "order_no,line_no,kind,sku_code,qty,amount,occurred_at,channel,session_ref,owner\n"
        "A1,1,paid,S-1,2,20.00,2025-06-01 20:00:00,live,77,OWNER\n"
    )
    chinese, _report = read(
        "订单号,行号,类型,SKU编码,数量,金额,时间,渠道,场次,货主\n"
        "A1,1,已付款,S-1,2,20.00,2025/6/1 20:00,直播,77,OWNER\n"
    )
    assert english == chinese
    assert (english[0].external_id, english[0].session_ref, english[0].owner) == ("A1:1:paid", "77", "OWNER")


def test_rows_without_ids_are_counted_and_order_does_not_matter() -> None:
    head = "order_no,sku_code,qty,amount,occurred_at\n"
    lines = ["A1,S,1,5.00,2025-06-01 20:00\n"] * 3 + ["A1,s,1,5.00,2025-06-01 20:00\n"]
    there, _report = read(head + "".join(lines))
    back, _report = read(head + "".join(reversed(lines)))
    assert len({fact.external_id for fact in there}) == 4
    assert {(fact.key, content_hash(fact)) for fact in there} == {
        (fact.key, content_hash(fact)) for fact in back
    }


def test_each_row_may_have_its_currency() -> None:
    facts, _report = read(
        "order_no,line_no,qty,amount,currency,rate,rate_day,occurred_at,customs_mode\n"
        "A1,1,1,5.00,USD,7.1234,2025-06-01,2025-06-01 20:00,9610\n"
        "A1,2,1,5.00,,,,2025-06-01 20:00,\n"
    )
    assert [(fact.currency, fact.amount, fact.amount_foreign) for fact in facts] == [
        ("USD", None, Decimal("5.00")),
        ("CNY", Decimal("5.00"), None),
    ]
    assert facts[0].rate == Decimal("7.1234")
    assert facts[0].customs_mode == "9610"


def test_a_mapping_reads_what_no_profile_knows() -> None:
    mapping = {**MAPPING, "constants": {"channel": "直播"}, "timezone": "UTC", "source": "erp"}
    facts, report = read("单号,货,件,价,何时,收货人\nE1,S-1,3,9.90,2025-06-01 12:00,某人\n", mapping)
    (fact,) = facts
    assert (fact.kind, fact.qty, fact.amount, fact.channel) == ("paid", 3, Decimal("29.70"), "live")
    assert fact.occurred_at.isoformat() == "2025-06-01T12:00:00+00:00"
    assert report.dropped == ["收货人"]
    assert mapping_profile(load_mapping(json.dumps(mapping).encode())).source == "erp"


def test_options_of_the_caller_come_before_those_of_the_mapping() -> None:
    mapping = {**MAPPING, "timezone": "UTC", "currency": "USD"}
    text = "单号,货,件,价,何时\nE1,S-1,1,9.90,2025-06-01 12:00\n"
    assert read(text, mapping)[0][0].currency == "USD"
    facts, _report = read(text, mapping, currency="EUR", timezone="Asia/Shanghai")
    assert (facts[0].currency, facts[0].occurred_at.hour) == ("EUR", 4)
    with pytest.raises(FileError, match="Asia/Nowhere"):
        read(text, mapping, timezone="Asia/Nowhere")
    with pytest.raises(FileError, match="yuan"):
        read(text, mapping, currency="yuan")


def test_words_decide_the_kind() -> None:
    mapping = {
        "columns": {**MAPPING["columns"], "进度": "kind"},
        "kind": {"成了": "paid", "退了": "refunded", "等等": None},
    }
    head = "单号,货,件,价,何时,进度\n"
    rows = "E1,S,1,5,2025-06-01,成了\nE1,S,1,5,2025-06-02,退了\nE2,S,1,5,2025-06-01,等等\nE3,S,1,5,2025-06-01,什么\n"
    facts, report = read(head + rows, mapping)
    assert [fact.kind for fact in facts] == ["paid", "refunded"]
    assert report.notes["skipped"] == 1
    assert [(problem.row, problem.field, problem.code) for problem in report.problems] == [
        (5, "进度", "choice")
    ]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("待付款", "等待买家付款", "未支付"), "created"),
        (("待发货", "已发货", "已签收", "完成", "已完成", "交易成功", "退款中"), "paid"),
        (("已退款", "退款成功", "退货退款"), "refunded"),
        (("已取消", "已关闭", "交易关闭", "作废"), "cancelled"),
    ],
)
def test_words_of_states_say_what_became_of_the_money(words: tuple[str, ...], kind: str) -> None:
    rows = "".join(f"E{number},S,1,5,2025-06-01,{word}\n" for number, word in enumerate(words))
    mapping = {"columns": {**MAPPING["columns"], "进度": "kind"}}
    for more in ({}, {"kind": {"出库了": "paid"}}):
        facts, report = read("单号,货,件,价,何时,进度\n" + rows, {**mapping, **more})
        assert ([fact.kind for fact in facts], report.problems) == ([kind] * len(words), [])


def test_what_a_word_leaves_open_is_refused() -> None:
    mapping = {"columns": {**MAPPING["columns"], "进度": "kind"}}
    _facts, report = read("单号,货,件,价,何时,进度\nE1,S,1,5,2025-06-01,部分退款\n", mapping)
    assert [problem.code for problem in report.problems] == ["choice"]


def test_negative_sales_are_refunds() -> None:
    facts, report = read(
        "单号,货,件,价,何时\nE1,S,2,5,2025-06-01\nE1,S,-2,5,2025-06-03\nE2,S,1,-5,2025-06-03\n", MAPPING
    )
    assert [(fact.kind, fact.qty, fact.amount) for fact in facts] == [
        ("paid", 2, 10),
        ("refunded", 2, 10),
        ("refunded", 1, 5),
    ]
    assert report.notes["negative_as_refund"] == 2


def test_exports_that_show_the_current_refund() -> None:
    columns = {**MAPPING["columns"], "已退": "refunded_amount", "退于": "refunded_at"}
    head = "单号,货,件,价,何时,已退,退于\n"
    gross = {"columns": columns}
    first, _report = read(head + "E1,S,2,50,2025-06-01,,\n", gross)
    second, _report = read(head + "E1,S,2,50,2025-06-01,30,2025-06-03\n", gross)
    third, _report = read(head + "E1,S,2,50,2025-06-01,100,2025-06-05\n", gross)
    assert [(fact.kind, str(fact.amount)) for fact in third] == [("paid", "100"), ("refunded", "100")]
    assert first[0] == second[0] == third[0]
    assert second[1].external_id == third[1].external_id
    assert second[1].version < third[1].version
    assert (second[1].qty, third[1].qty) == (0, 2)
    net = {"columns": {**columns, "净额": "amount"}, "net_of_refunds": True}
    found, _report = read("单号,货,件,价,净额,何时,已退,退于\nE1,S,2,50,70,2025-06-01,30,2025-06-03\n", net)
    assert [(fact.kind, str(fact.amount)) for fact in found] == [("paid", "100"), ("refunded", "30")]


def test_large_refunds_in_a_currency_without_cents_still_grow() -> None:
    mapping = {"columns": {**MAPPING["columns"], "已退": "refunded_amount"}, "currency": "VND"}
    head, row = "单号,货,件,价,何时,已退\n", "E1,S,1,90000000,2025-06-01,"
    versions = [read(f"{head}{row}{back}\n", mapping)[0][1].version for back in (30_000_000, 30_000_001)]
    assert versions[0] < versions[1]


@pytest.mark.parametrize("state", ["退款成功", "交易关闭"])
def test_an_order_that_shows_its_refund_is_its_sale_whatever_its_state_says(state: str) -> None:
    columns = {**MAPPING["columns"], "已退": "refunded_amount", "退于": "refunded_at", "状态": "kind"}
    head = "单号,货,件,价,何时,已退,退于,状态\n"
    before, _report = read(head + "E1,S,2,50,2025-06-01,30,2025-06-03,已发货\n", {"columns": columns})
    facts, _report = read(head + f"E1,S,2,50,2025-06-01,100,2025-06-05,{state}\n", {"columns": columns})
    assert [(fact.kind, fact.amount) for fact in facts] == [("paid", 100), ("refunded", 100)]
    assert [fact.external_id for fact in facts] == [fact.external_id for fact in before]


def test_a_row_that_says_what_it_is_stays_that() -> None:
    """In the plain table the sale has a row of its own, and its refund may repeat the sum beside it."""
    head = "order_no,sku_code,qty,amount,occurred_at,kind,refunded_amount,line_no\n"
    facts, _report = read(head + "E1,S,1,50,2025-06-01,refunded,50,1\n", None)
    assert [(fact.kind, fact.amount) for fact in facts] == [("refunded", 50)]


def test_a_row_of_a_refund_takes_back_once_what_it_shows_twice() -> None:
    columns = {**MAPPING["columns"], "已退": "refunded_amount"}
    facts, _report = read("单号,货,件,价,何时,已退\nE1,S,-1,5,2025-06-03,5\n", {"columns": columns})
    assert [(fact.kind, fact.amount) for fact in facts] == [("refunded", 5)]


def test_ids_may_be_trusted_on_request() -> None:
    text = "单号,货,件,价,何时\n6917528391234560000,S,1,5,2025-06-01\n"
    assert read(text, MAPPING)[1].problems[0].code == "id_ruined"
    assert read(text, {**MAPPING, "trust_ids": True})[0][0].order_no == "6917528391234560000"


@pytest.mark.parametrize(
    "change",
    [
        {"columns": {"单号": "order_no"}},
        {"columns": {**MAPPING["columns"], "颜色": "colour"}},
        {"columns": {**MAPPING["columns"], "数": "qty"}},
        {"columns": {**MAPPING["columns"], "收货人": "title"}},
        {"columns": {**MAPPING["columns"], " 单 号": "line_no"}},
        {"columns": {name: field for name, field in MAPPING["columns"].items() if field != "unit_price"}},
        {"columns": ["单号"]},
        {"columns": {"单号": 1}},
        {"constants": {"qty": "1"}},
        {"constants": {"qty": 1}},
        {"kind": "sold"},
        {"kind": {"成了": "paid"}},
        {"kind": ["paid"]},
        {"net_of_refunds": True},
        {"net_of_refunds": "yes"},
        {"timezone": "Asia/Nowhere"},
        {"currency": "yuan"},
        {"source": ""},
        {"source": "x" * 33},
        {"colour": "red"},
    ],
    ids=str,
)
def test_mappings_refused(change: dict[str, Any]) -> None:
    assert refusal({**MAPPING, **change})


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"null", b'{"columns": {}, "columns": {}}', b"\xff", b"[" * 100_000, b" " * 70_000],
)
def test_texts_that_are_no_mapping(body: bytes) -> None:
    with pytest.raises(FileError) as caught:
        load_mapping(body)
    assert caught.value.code == "mapping"


def test_a_mapping_needs_all_its_columns() -> None:
    with pytest.raises(FileError) as caught:
        read("单号,货,件,何时\nE1,S,1,2025-06-01\n", MAPPING)
    assert caught.value.code == "missing_headers"
    assert caught.value.missing == ("价",)


def test_unknown_profiles_and_tables_without_amounts() -> None:
    with pytest.raises(FileError, match="uci-online-retail"):
        profile("nothing")
    with pytest.raises(FileError) as caught:
        read("order_no,qty,occurred_at,title\nE1,1,2025-06-01,S\n")
    assert caught.value.missing == ("amount",)
