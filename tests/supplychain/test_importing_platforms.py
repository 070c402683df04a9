"""Order exports of the platforms under their real headers: what they hold, and what happens to them on the way here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.utils.translation import override

from supplychain.importing import PROFILES, FileError
from tests.supplychain.exports import Rows, read, sample, sums, table, workbook

# Sample -> profile, columns, rows, facts and sums by kind, all counted by hand, and the notes.
EXPECTED: dict[str, tuple[str, int, int, dict[str, int], dict[str, str], dict[str, int]]] = {
    "kuaishou-orders.csv": (
        "kuaishou-orders",
        61,
        6,
        {"created": 7, "paid": 5, "refunded": 1, "cancelled": 1},
        {"created": "1626.40", "paid": "1447.90", "refunded": "129.00", "cancelled": "0.00"},
        {"due_again": 1, "refund_time_estimated": 1, "refund_amount_unknown": 1, "footer": 1},
    ),
    "taobao-orders.csv": (
        "taobao-orders",
        41,
        5,
        {"created": 6, "paid": 4, "cancelled": 2},
        {"created": "613.00", "paid": "474.50", "cancelled": "99.00"},
        {"refund_time_estimated": 1},
    ),
    "taobao-orders-2.csv": (
        "taobao-orders",
        19,
        3,
        {"created": 4, "paid": 3, "refunded": 1},
        {"created": "473.00", "paid": "428.00", "refunded": "300.00"},
        {"refund_time_estimated": 1},
    ),
    "taobao-lines.csv": (
        "taobao-lines",
        18,
        4,
        {"created": 4, "paid": 4, "refunded": 2},
        {"created": "476.50", "paid": "476.50", "refunded": "149.00"},
        {"refund_time_estimated": 2},
    ),
    "xiaohongshu-orders.csv": (
        "xiaohongshu-orders",
        72,
        6,
        {"created": 6, "paid": 5, "refunded": 1, "cancelled": 1},
        {"created": "538.50", "paid": "498.60", "refunded": "120.00", "cancelled": "45.00"},
        {"due_again": 1, "refund_time_estimated": 1},
    ),
    "wechat-orders.csv": (
        "wechat-orders",
        57,
        6,
        {"created": 8, "paid": 6, "refunded": 2, "cancelled": 1},
        {"created": "482.00", "paid": "371.00", "refunded": "119.00", "cancelled": "0.00"},
        {"refund_time_estimated": 2},
    ),
    "tiktok-orders.csv": (
        "tiktok-orders",
        54,
        5,
        {"created": 6, "paid": 5, "refunded": 1, "cancelled": 1},
        {"created": "314.80", "paid": "269.80", "refunded": "30.00", "cancelled": "100.00"},
        {"footer": 1, "refund_time_estimated": 1},
    ),
    "douyin-after-sales.csv": (
        "douyin-after-sales",
        50,
        6,
        {"refunded": 3},
        {"refunded": "249.50"},
        {"skipped": 2, "due_again": 1},
    ),
}
# The columns of each sample that speak of a buyer: never read, and named.
PERSONAL = {
    "kuaishou-orders.csv": "买家留言 收货人姓名 收货人电话 收货地址-市 收货地址-区 收货地址 快递单号 实名姓名",
    "taobao-orders.csv": "买家会员名 买家支付宝账号 买家留言 收货人姓名 收货地址 联系电话 联系手机 物流单号 发票抬头 "
    "修改后的收货地址",
    "taobao-orders-2.csv": "支付详情 含应开票给个人红包",
    "taobao-lines.csv": "备注",
    "xiaohongshu-orders.csv": "收件人姓名 收件人电话 收件人地址 市 区 快递单号 收件人身份证姓名 收件人身份证号 "
    "用户备注 用户编号 支付渠道订单号 订购人身份证姓名/ID+Name 订购人身份证号/ID+Number",
    "wechat-orders.csv": "收件人姓名 收件人地址 市 区 收件人手机 买家备注 交易单号 快递单号 定制信息",
    "tiktok-orders.csv": "Recipient Tracking+ID Buyer+Message Buyer+Username Phone+# District Commune Detail+Address "
    "Additional+address+information",
    "douyin-after-sales.csv": "用户售后说明 售后备注 订单备注 协商记录",
}
NAMES = list(EXPECTED)
# A column of ids, and what an id of the sample looks like when a spreadsheet has kept 15 digits of it.
IDS = {
    "kuaishou-orders.csv": "订单号",
    "taobao-orders.csv": "订单编号",
    "taobao-orders-2.csv": "订单编号",
    "taobao-lines.csv": "子订单编号",
    "xiaohongshu-orders.csv": "订单号",
    "wechat-orders.csv": "订单号",
    "tiktok-orders.csv": "Order ID",
    "douyin-after-sales.csv": "售后单号",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_sample_holds(name: str) -> None:
    code, columns, rows, counts, totals, notes = EXPECTED[name]
    assert len(sample(name)[0]) == columns
    (path,) = [path for path in PROFILES[code].example_paths if path.name == name]
    facts, report = read(path.read_bytes())
    assert (report.profile, report.rows, report.problems) == (code, rows, [])
    assert report.counts == counts
    told = {
        kind: f"{total:.2f}" for kind, by_currency in report.sums.items() for total in by_currency.values()
    }
    assert sums(facts) == totals == told
    assert {note: count for note, count in report.notes.items() if count} == notes
    assert len({fact.key for fact in facts}) == len(facts)


@pytest.mark.parametrize("name", NAMES)
def test_no_word_of_a_buyer_gets_through(name: str) -> None:
    personal = [header.replace("+", " ") for header in PERSONAL[name].split()]
    _facts, report = read(table(sample(name)))
    assert set(personal) <= set(report.dropped)
    marked: Rows = [
        {header: "canary" if header in report.dropped else cell for header, cell in row.items()}
        for row in sample(name)
    ]
    facts, report = read(table(marked))
    assert facts
    assert "canary" not in repr(facts)
    assert "canary" not in repr(report)


def bare(rows: Rows, write: Callable[[str], Any] = str) -> list[dict[str, Any]]:
    """Rows with the marks of text taken off their cells."""
    strip = str.maketrans("", "", "\t'=\"")
    return [{header: write(cell.translate(strip)) for header, cell in row.items()} for row in rows]


def numbers(rows: Rows) -> list[dict[str, Any]]:
    """Rows as a spreadsheet has them: quantities and amounts are numbers, ids are text."""

    def write(cell: str) -> Any:
        return float(cell) if cell.replace(".", "", 1).isdigit() and "." in cell else cell

    return bare(rows, write)


WAYS: dict[str, Callable[[Rows], bytes | str]] = {
    "as it is": table,
    "UTF-8 without a mark": lambda rows: table(rows).encode(),
    "GB18030": lambda rows: table(rows).encode("gb18030"),
    "UTF-16": lambda rows: table(rows).encode("utf-16"),
    "TABs between": lambda rows: table(bare(rows), delimiter="\t"),
    "semicolons": lambda rows: table(rows, delimiter=";"),
    "a header in row 20": lambda rows: table(rows, above=["示例报表", *[""] * 18]),
    "columns in another order": lambda rows: table([dict(reversed(row.items())) for row in rows]),
    "text in a workbook": lambda rows: workbook(bare(rows)),
    "numbers in a workbook": lambda rows: workbook(numbers(rows)),
    "apostrophes": lambda rows: table(
        [{key: f"'{cell}" if cell else "" for key, cell in row.items()} for row in bare(rows)]
    ),
    "formulas": lambda rows: table(
        [{key: f'="{cell}"' if cell else "" for key, cell in row.items()} for row in bare(rows)]
    ),
    "full-width brackets and spaces in headers": lambda rows: table(
        [
            {f" {key.replace('(', '（').replace(')', '）')} ": cell for key, cell in row.items()}
            for row in rows
        ]
    ),
    "total rows": lambda rows: table([*rows, dict.fromkeys(rows[0], "") | {next(iter(rows[0])): "合计"}]),
    "dashes for nothing": lambda rows: table(
        [{key: cell or "--" for key, cell in row.items()} for row in rows]
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_happens_to_a_file_it_says_the_same(name: str, way: str) -> None:
    before, _report = read(table(sample(name)))
    after, report = read(WAYS[way](sample(name)))
    assert report.problems == []
    assert after == before
    assert report.profile == EXPECTED[name][0]


@pytest.mark.parametrize(
    ("written", "code"),
    [("1.23457E+17", "id_ruined"), ("6.93511E+18", "id_ruined"), ("693511234567890000.0", "id_ruined")],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_ruined_id_is_refused_by_name(name: str, written: str, code: str) -> None:
    rows = sample(name)
    changed = 1 if name.startswith("tiktok") else 0
    rows[changed][IDS[name]] = written
    _facts, report = read(table(rows))
    problem = report.problems[0]
    assert (problem.row, problem.field, problem.code) == (changed + 2, IDS[name], code)
    assert written in problem.message


def kuaishou(*ids: str) -> list[dict[str, str]]:
    row = sample("kuaishou-orders.csv")[1]
    return [{**row, "订单号": number} for number in ids]


CUT = "2515200012345670000"
WHOLE = "2515200012345671001"


@pytest.mark.parametrize(
    ("ids", "refused"),
    [
        ([CUT], [2]),
        ([CUT, "2515200012345680000"], [2, 3]),  # a file that was saved in a spreadsheet: all end in zeros
        ([CUT, WHOLE], []),  # the column is whole, so are these zeros
        ([CUT, f"{WHOLE}\t"], [2]),  # what is marked as text says nothing of what is not
        ([f"{CUT}\t"], []),
        ([f"\t{CUT}"], []),
        ([f"'{CUT}"], []),
        ([f'="{CUT}"'], []),
        ([CUT, "123456789012345"], [2]),  # a short id is no witness
        (["4800000000001000", "4800000000001001"], []),
        (["4800000000001000", "4800000000001010"], [2]),  # each may have lost its 16th digit
    ],
)
def test_ids_that_end_in_zeros_need_a_witness(ids: list[str], refused: list[int]) -> None:
    facts, report = read(table(kuaishou(*ids)))
    assert [problem.row for problem in report.problems] == refused
    assert CUT not in {fact.order_no for fact in facts} or 2 not in refused


@pytest.mark.parametrize(
    ("ids", "refused"),
    [([CUT], []), ([int(CUT)], [2]), ([WHOLE, int(CUT)], [3]), ([float(CUT)], [2])],
)
@pytest.mark.parametrize("digits", [False, True])
def test_in_a_workbook_text_keeps_its_zeros_and_a_number_has_lost_them(
    ids: list[Any], refused: list[int], digits: bool
) -> None:
    row = kuaishou(WHOLE)[0]
    body = workbook([{**row, "订单号": number} for number in ids])
    _facts, report = read(with_digits(body) if digits else body)
    assert [(problem.row, problem.code) for problem in report.problems] == [
        (line, "id_ruined") for line in refused
    ]


def with_digits(body: bytes) -> bytes:
    """The workbook with its long numbers written out, as other programs write them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b">2.51520001234567e+18<", f">{CUT}<".encode()))
    return out.getvalue()


def test_a_row_that_explains_the_columns_is_no_order_in_any_language() -> None:
    rows = sample("tiktok-orders.csv")
    rows[0] = dict.fromkeys(rows[0], "เลขที่คำสั่งซื้อ")
    facts, report = read(table(rows))
    assert (report.problems, report.notes["footer"]) == ([], 1)
    assert facts == read(table(sample("tiktok-orders.csv")))[0]
    _facts, report = read(table([*rows[1:], rows[0]]))
    assert [problem.row for problem in report.problems] == [7]  # further down it is a mistake


OTHER_FILES = {
    "settlement of Douyin": "结算时间,订单号,子订单号,结算金额,结算账户,结算单类型,商品数量,订单总价,平台服务费",
    "fund movements of Douyin": "动账时间,动帐流水号,动账方向,动账金额,动账账户,动账场景,计费类型,子订单号,订单号",
    "settlement of Kuaishou": "商家ID,订单号,商品数量,技术服务费(元),分账基数,实际结算金额(元),实际结算时间",
    "fund movements of Kuaishou": "账务流水号,关联业务单号,入账时间,账务方向,发生额（元）,期末余额（元）,业务类型",
    "settlement of Xiaohongshu": "订单号,售后单号,下单时间,结算时间,交易类型,结算账户,动账金额,计佣基数,佣金,备注",
    "fund movements of the WeChat shop": "流水单号,记账时间,动帐类型,收支类型,收支金额,账户余额,关联订单号",
}


@pytest.mark.parametrize("above", [0, 2])
@pytest.mark.parametrize("name", OTHER_FILES)
def test_files_without_orders_are_named_for_what_they_are(name: str, above: int) -> None:
    body = "\n" * above + OTHER_FILES[name] + "\n" + ",".join("1" for _ in OTHER_FILES[name].split(","))
    for chosen in (None, PROFILES["douyin-orders"]):
        with override("en"), pytest.raises(FileError) as refused:
            read(body, chosen)
        assert refused.value.code == "other_file"
        assert name in refused.value.message
        assert "needed here is the order export" in refused.value.message


def test_tiktok_orders_went_to_a_country() -> None:
    """Not to one of its provinces, of which the portal's destinations know nothing."""
    rows = sample("tiktok-orders.csv")
    facts, _report = read(table(rows))
    assert {fact.destination for fact in facts} == {"Malaysia"}
    facts, _report = read(table([{**row, "Country": ""} for row in rows]))
    assert {fact.destination for fact in facts} == {"Selangor"}


def test_tiktok_amounts_are_in_no_currency_until_somebody_says_which() -> None:
    rows = [
        {header: cell.replace("RM ", "") for header, cell in row.items()}
        for row in sample("tiktok-orders.csv")
    ]
    with pytest.raises(FileError) as refused:
        read(table(rows))
    assert refused.value.code == "currency_unknown"
    facts, report = read(table(rows), currency="MYR")
    assert (report.currency, sums(facts)["paid"]) == ("MYR", "269.80")
    assert facts == read(table(sample("tiktok-orders.csv")))[0]
    assert {(fact.currency, fact.amount, fact.rate) for fact in facts} == {("MYR", None, None)}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("31/12/2024 20:00:05", "2024-12-31T12:00:05+00:00"),
        ("01/06/2025 20:00", "2025-06-01T12:00:00+00:00"),
        ("06/01/2025 8:00:00 PM", "2025-06-01T12:00:00+00:00"),
        ("06/01/2025 12:00:00 AM", "2025-05-31T16:00:00+00:00"),
        ("2025-06-01 20:00:00", "2025-06-01T12:00:00+00:00"),
        ("12/31/2024 20:00:00", None),
        ("31/12/2024 8:00:00 PM", None),
    ],
)
def test_tiktok_times(written: str, expected: str | None) -> None:
    rows = sample("tiktok-orders.csv")[:2]
    rows[1]["Paid Time"] = written
    facts, report = read(table(rows))
    if expected is None:
        assert [(problem.row, problem.field, problem.code) for problem in report.problems] == [
            (3, "Paid Time", "time")
        ]
    else:
        assert {fact.occurred_at.isoformat() for fact in facts if fact.kind == "paid"} == {expected}


@pytest.mark.parametrize(
    ("name", "column", "words"),
    [
        (
            "kuaishou-orders.csv",
            "订单载体",
            {
                "直播": "live",
                "直播间": "live",
                "短视频": "short_video",
                "商城": "product_card",
                "其他": "other",
            },
        ),
        (
            "wechat-orders.csv",
            "带货方式",
            {
                "直播": "live",
                "达人带货": "outside_host",
                "带货机构推广": "outside_host",
                "橱窗": "product_card",
            },
        ),
    ],
)
def test_channels(name: str, column: str, words: dict[str, str]) -> None:
    row = sample(name)[0]
    for word, channel in words.items():
        facts, report = read(table([{**row, column: word}]))
        assert {fact.channel for fact in facts} == {channel}
        assert not report.notes["unknown_channel"]
    facts, report = read(table([{**row, column: "元宇宙"}]))
    assert {fact.channel for fact in facts} == {"other"}
    assert report.notes["unknown_channel"] == 1


def test_hosts_are_named_by_the_id_of_the_platform() -> None:
    assert read(table(sample("kuaishou-orders.csv")[:1]))[0][0].host_ref == "88120031"
    assert read(table(sample("kuaishou-orders.csv")[1:2]))[0][0].host_ref == ""
    assert read(table(sample("xiaohongshu-orders.csv")))[0][0].host_ref == "5f3a9c0d000000000101e2f1"
    row = {**sample("wechat-orders.csv")[0], "带货ID": "sphABC123"}
    assert read(table([row]))[0][0].host_ref == "sphABC123"


def test_lines_of_a_wechat_order_are_told_apart_by_their_properties() -> None:
    one, other = sample("wechat-orders.csv")[:2]
    lines = {fact.line_no for fact in read(table([one, other]))[0]}
    assert len(lines) == 2
    assert lines == {fact.line_no for fact in read(table([other, one]))[0]}


def test_a_day_as_a_number_and_an_amount_in_ten_thousands() -> None:
    row = {
        **sample("kuaishou-orders.csv")[0],
        "订单创建时间": "45809.5",
        "订单支付时间": "45809.75",
        "实付款": "1.2万",
    }
    facts, report = read(table([row]))
    assert report.problems == []
    assert {fact.occurred_at.isoformat() for fact in facts if fact.kind == "paid"} == {
        "2025-06-01T10:00:00+00:00"
    }
    assert sums(facts)["paid"] == "12000.00"
