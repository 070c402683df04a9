"""Importing order files through the portal, from the upload to the error file."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from analytics.rollup import rebuild
from core import jobs, storage
from core.choices import JobState, Role
from core.models import ExchangeRate, Job, User
from core.templatetags.portal import decimal
from supplychain.choices import ImportState
from supplychain.importing import PAYOUT_PROFILES, PROFILES, note_texts
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.importing.report import NOTES
from supplychain.models import ImportBatch, ImportProfileMap, SalesEvent
from tests.factories import TenantWorld, World, make_world
from tests.supplychain.exports import sample, table

ALL_PROFILES = {**PROFILES, **PAYOUT_PROFILES}


SAMPLES = sorted((code, name) for code, found in ALL_PROFILES.items() for name in found.examples)


OWN = """单据,品名,几件,一共,哪天,手机号
E-1,裙子,1,119.00,2025-06-01 20:03,13800000000
E-2,裤子,2,159.00,2025-06-01 20:11,13900000000
"""


def file(name: str = "douyin-orders.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (EXAMPLES / name).read_bytes())


def own_table(text: str = OWN) -> SimpleUploadedFile:
    return SimpleUploadedFile("own.csv", text.encode())


@pytest.fixture
def address(firm: TenantWorld) -> str:
    return reverse("portal-imports", args=[firm.tenant.code])


def step(firm: TenantWorld, name: str, batch: ImportBatch) -> str:
    return reverse(f"portal-import{name}", args=[firm.tenant.code, batch.uid])


def test_a_file_is_looked_at_before_anything_is_stored_and_then_imported(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    assert '<details class="lp-card" open>' in owner.get(address).text  # samples, while there is nothing else
    page = owner.post(address, {"file": file()})
    batch = ImportBatch.objects.get()
    assert page["Location"] == step(firm, "", batch)
    shown = owner.get(page["Location"])
    assert not SalesEvent.objects.exists()
    assert shown.context["report"]["rows"] > 0
    assert "收件人手机号" in shown.text  # named as dropped
    assert shown.context["confirmable"]
    owner.post(step(firm, "-confirm", batch))
    running = owner.get(step(firm, "", batch))
    assert running.context["running"]
    assert f'hx-get="{step(firm, "-progress", batch)}"' in running.text
    assert "<html" not in owner.get(step(firm, "-progress", batch)).text
    jobs.run_due()
    assert '<details class="lp-card" open>' not in owner.get(address).text
    assert owner.get(step(firm, "-progress", batch))["HX-Refresh"] == "true"
    done = owner.get(step(firm, "", batch))
    assert done.context["batch"].state == ImportState.IMPORTED
    assert SalesEvent.objects.filter(seller=firm.tenant).count() == done.context["report"]["stored"] > 0
    assert not owner.get(step(firm, "", batch)).context["confirmable"]
    assert owner.get(step(firm, "-errors", batch)).status_code == 404


def test_bad_rows_are_named_and_the_rest_can_be_taken(owner: Client, firm: TenantWorld, address: str) -> None:
    text = (EXAMPLES / "generic.csv").read_text("utf-8-sig").replace("99.00", "1.23457E+17")
    owner.post(address, {"file": SimpleUploadedFile("generic.csv", text.encode())})
    batch = ImportBatch.objects.get()
    shown = owner.get(step(firm, "", batch))
    assert shown.context["report"]["bad_rows"] == 1
    assert "1.23457E+17" in shown.text
    assert f'href="{step(firm, "-errors", batch)}"' in shown.text
    looked = b"".join(owner.get(step(firm, "-errors", batch)).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert looked.count("\n") == 2
    assert "1.23457E+17" in looked
    owner.post(step(firm, "-confirm", batch))
    jobs.run_due()
    refused = owner.get(step(firm, "", batch))
    assert refused.context["batch"].state == ImportState.REFUSED
    assert not SalesEvent.objects.exists()
    errors = b"".join(owner.get(step(firm, "-errors", batch)).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert errors.count("\n") == 2
    owner.post(step(firm, "-confirm", batch), {"skip_bad_rows": "1"})
    jobs.run_due()
    batch.refresh_from_db()
    assert batch.state == ImportState.IMPORTED
    assert SalesEvent.objects.count() == batch.report["stored"] > 0


def test_a_file_without_a_rate_says_which_rows_need_it_in_the_language_of_who_asked(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    """The worker that refuses it speaks another language, and nothing is offered where no order is good."""
    owner.cookies["django_language"] = "en"
    address = owner.post(address, {"file": file("tiktok-orders.csv")})["Location"]
    batch = ImportBatch.objects.get()
    for answer in (None, {"skip_bad_rows": "1"}):
        if answer is not None:
            owner.post(step(firm, "-confirm", batch), answer)
            with override("zh-hans"):
                jobs.run_due()
        shown = owner.get(address).text
        assert "no exchange rate of MYR for 2025-06-01. Rows that need it: 3. Rates are entered" in shown
        assert "Import the orders without bad rows" not in shown
    errors = b"".join(owner.get(step(firm, "-errors", batch)).streaming_content).decode()  # type: ignore[attr-defined]
    assert errors.count("There is no exchange rate of MYR for 2025-06-01.") == 3, "once in a row"


def test_problems_are_read_in_the_language_of_each_reader(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    """On the page, in the file to take home, and of the job: staged, refused, and taken without them."""
    text = (EXAMPLES / "generic.csv").read_text("utf-8-sig").replace("99.00", "many")
    owner.cookies["django_language"] = "zh-hans"
    page = owner.post(address, {"file": SimpleUploadedFile("generic.csv", text.encode())})["Location"]
    batch = ImportBatch.objects.get()
    chinese, english = "“many”不是数字，应如 1234.50", "“many” is not a number such as 1234.50"
    head = {"zh-hans": "原因", "en": "Reason"}
    for answer in (None, {}, {"skip_bad_rows": "1"}):
        if answer is not None:
            owner.post(step(firm, "-confirm", batch), answer)
            jobs.run_due()
        for language, told, other in (("zh-hans", chinese, english), ("en", english, chinese)):
            owner.cookies["django_language"] = language
            shown = owner.get(page).text
            if answer != {"skip_bad_rows": "1"}:
                assert told in shown, (answer, language)
            assert other not in shown
            errors = owner.get(step(firm, "-errors", batch))
            assert errors["Content-Disposition"] == 'attachment; filename="generic-errors.csv"'
            lines = list(csv.reader(StringIO(b"".join(errors.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
            assert lines[0][-1] == head[language]
            assert told in lines[1][-1]
            assert other not in lines[1][-1]
        owner.cookies["django_language"] = "zh-hans"
    refused, done = Job.objects.order_by("pk")
    for language, told, why in (
        ("en", "1 row is refused, so nothing is imported.", english),
        ("zh-hans", "1 行被拒绝，因此全部未导入。", chinese),
    ):
        owner.cookies["django_language"] = language
        assert owner.get(f"/api/v1/jobs/{refused.uid}").json()["message"] == told
        (problem,) = owner.get(f"/api/v1/jobs/{done.uid}").json()["result"]["problems"]
        assert why in problem["message"]


def test_what_the_ledger_refuses_is_named_as_people_name_it(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    """Its fields have names of their own, and a file none of that name: on the page, in the file to take home."""
    text = (
        "订单号,时间,数量,金额,币种\nA1,2099-06-01 10:00:00,1,5.00,CNY\nA2,2025-06-01 10:00:00,1,5.00,USD\n"
    )
    page = owner.post(address, {"file": own_table(text)})["Location"]
    batch = ImportBatch.objects.get()
    for language, time, currency in (
        ("zh-hans", "支付或发生时间", "币种"),
        ("en", "time of payment or event", "currency"),
    ):
        owner.cookies["django_language"] = language
        shown = owner.get(page).text
        assert f"<td>{time}</td>" in shown
        assert f"<td>{currency}</td>" in shown
        errors = b"".join(owner.get(step(firm, "-errors", batch)).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        assert f"{time}: " in errors
        assert f"{currency}: " in errors
        assert "occurred_at" not in shown + errors


def test_the_list_says_how_many_rows_a_file_has_as_its_page_does(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    owner.cookies["django_language"] = "en"
    page = owner.get(owner.post(address, {"file": file()})["Location"])
    rows, facts = page.context["report"]["rows"], sum(kind["count"] for kind in page.context["kinds"])
    assert rows != facts
    listed = owner.get(address).text
    assert f" · {rows} rows<" in listed
    ImportBatch.objects.update(report={**page.context["report"], "complete": False})
    assert f" · {rows} rows+<" in owner.get(address).text


def test_the_first_lines_show_amounts_as_money(owner: Client, firm: TenantWorld, address: str) -> None:
    head = "订单号,时间,数量,单价,币种,汇率\n"
    text = f"{head}A1,2025-06-01 10:00:00,12,0.425,CNY,\nA2,2025-06-01 10:00:00,1,1250.5,USD,7.2\n"
    page = owner.get(owner.post(address, {"file": own_table(text)})["Location"]).text
    assert ">5.10</td>" in page
    assert ">USD 1,250.50</td>" in page


def test_problems_and_error_files_of_before_hold_words(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    owner.post(
        address,
        {"file": own_table("订单号,时间,数量,金额,SKU编码,备注\nA1,2025-06-01 10:00:00,x,1.00,S1,=1+1\n")},
    )
    batch = ImportBatch.objects.get()
    owner.post(step(firm, "-confirm", batch))
    jobs.run_due()
    batch.refresh_from_db()
    batch.report["problems"][0]["message"] = "数量不对。"
    batch.save()
    body = "\ufeff订单号,备注,原因\r\nA1,'=1+1,第 2 行：数量不对。\r\n".encode()
    name = storage.keep("imports", [body], suffix=".csv", limit=1000)
    Job.objects.update(result_file=name, message="1 行被拒绝。")
    owner.cookies["django_language"] = "en"
    shown = owner.get(step(firm, "", batch)).text
    assert "数量不对。" in shown
    assert "1 行被拒绝。" in shown
    errors = owner.get(step(firm, "-errors", batch))
    assert b"".join(errors.streaming_content) == body  # type: ignore[attr-defined]


def test_the_preview_adds_up_what_the_button_below_it_would_store(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    owner.cookies["django_language"] = "en"
    rows = "A1,1,119.00\nA1,2,a lot\nA2,1,99.00\n"
    text = "订单号,行号,金额,数量,时间\n" + rows.replace("\n", ",1,2025-06-01 10:00:00\n")
    address = owner.post(address, {"file": own_table(text)})["Location"]
    shown = owner.get(address)
    assert '<div class="note">CNY 99.00</div>' in shown.text
    assert "1 good row of the same orders waits with them." in shown.text
    assert [row["order_no"] for row in shown.context["sample"]] == ["A2"]
    batch = ImportBatch.objects.get()
    for answer in ({}, {"skip_bad_rows": "1"}):  # refused, then taken without that order
        owner.post(step(firm, "-confirm", batch), answer)
        jobs.run_due()
        assert '<div class="note">CNY 99.00</div>' in owner.get(address).text
        errors = b"".join(owner.get(step(firm, "-errors", batch)).streaming_content).decode()  # type: ignore[attr-defined]
        assert errors.count("A1,") == 2
    assert list(SalesEvent.objects.values_list("order_no", "line_no")) == [("A2", "1")]


def test_the_preview_adds_up_each_currency(owner: Client, firm: TenantWorld, address: str) -> None:
    text = "订单号,时间,数量,金额,币种,汇率\nA1,2025-06-01 10:00:00,1,100,USD,7.2\nA2,2025-06-01 10:00:00,1,50,CNY,\n"
    page = owner.get(owner.post(address, {"file": own_table(text)})["Location"]).text
    assert '<div class="note">CNY 50.00</div>' in page
    assert '<div class="note">USD 100.00</div>' in page
    assert "150.00" not in page
    assert "<dd>CNY, USD</dd>" in page or "<dd>CNY、USD</dd>" in page


def test_the_preview_of_a_long_file_says_of_each_figure_that_it_is_of_the_first_rows(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    owner.cookies["django_language"] = "en"
    address = owner.post(address, {"file": file()})["Location"]
    assert "of the first" not in owner.get(address).text
    batch = ImportBatch.objects.get()
    batch.report["complete"] = False
    batch.save()
    shown = owner.get(address)
    figures = len(shown.context["kinds"]) + len(("rows with problems", "until"))
    assert shown.text.count(f"of the first {batch.report['rows']} rows") == figures


def test_numbers_of_parcels_are_dropped_and_stand_in_no_error_file(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    rows = sample("douyin-after-sales.csv")[:1]
    parcels = ("退货物流单号", "发货物流单号", "换货物流单号", "商家退货联系人姓名")
    rows[0] |= {"退商品金额（元）": "x", **dict.fromkeys(parcels, "SF0123")}
    owner.post(address, {"file": own_table(table(rows))})
    batch = ImportBatch.objects.get()
    assert set(parcels) <= set(batch.report["dropped"])
    assert not set(parcels) & set(batch.report["ignored"])
    errors = b"".join(owner.get(step(firm, "-errors", batch)).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert rows[0]["售后单号"].strip() in errors
    assert "SF0123" not in errors


def test_an_error_file_of_errors_that_are_gone_leads_back(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    text = "订单号,时间,数量,金额,币种\nA1,2025-06-01 10:00:00,1,100.00,USD\n"
    owner.post(address, {"file": own_table(text)})
    batch = ImportBatch.objects.get()
    assert batch.report["bad_rows"] == 1
    ExchangeRate.objects.create(currency="USD", day="2025-06-01", cny_per_unit="7.2", source="t")
    page = owner.get(step(firm, "-errors", batch), follow=True)
    assert page.redirect_chain[-1][0] == step(firm, "", batch)
    assert "这个文件已没有问题" in page.text


def test_no_file_no_import(owner: Client, address: str) -> None:
    page = owner.post(address, {}, headers={"HX-Request": "true"})
    assert page.context["form"].errors["file"]


def test_an_import_can_be_stopped(owner: Client, firm: TenantWorld, address: str) -> None:
    owner.post(address, {"file": file()})
    batch = ImportBatch.objects.get()
    owner.post(step(firm, "-confirm", batch))
    owner.post(step(firm, "-cancel", batch))
    assert Job.objects.get().state == JobState.CANCELLED
    assert jobs.run_due() == 0
    assert owner.get(step(firm, "", batch)).context["confirmable"]


def test_an_import_can_be_paused_and_goes_on(owner: Client, firm: TenantWorld, address: str) -> None:
    owner.post(address, {"file": file()})
    batch = ImportBatch.objects.get()
    owner.post(step(firm, "-confirm", batch))
    assert step(firm, "-pause", batch) in owner.get(step(firm, "", batch)).text
    owner.post(step(firm, "-pause", batch))
    assert jobs.run_due() == 0
    page = owner.get(step(firm, "", batch))
    assert page.context["paused"]
    assert not page.context["confirmable"]
    assert step(firm, "-resume", batch) in page.text
    assert step(firm, "-pause", batch) not in page.text
    assert owner.get(step(firm, "-progress", batch)).context["paused"]
    owner.post(step(firm, "-confirm", batch))
    assert Job.objects.get().state == JobState.PAUSED, "what waits is not begun a second time"
    owner.post(step(firm, "-resume", batch))
    assert jobs.run_due() == 1
    assert SalesEvent.objects.exists()


def test_foreign_imports_and_mappings_are_out_of_reach(
    owner: Client, firm: TenantWorld, address: str, browser_of: Callable[[User], Client]
) -> None:
    stranger = make_world("beta").tenants[0]
    browser_of(stranger.users[Role.TENANT_OWNER]).post(
        reverse("portal-imports", args=[stranger.tenant.code]), {"file": file()}
    )
    batch = ImportBatch.objects.get()
    for name in ("", "-progress", "-errors"):
        assert owner.get(step(firm, name, batch)).status_code == 404
    for name in ("-confirm", "-cancel", "-pause", "-resume"):
        assert owner.post(step(firm, name, batch)).status_code == 404
    foreign = ImportProfileMap.objects.create(tenant=stranger.tenant, name="theirs", mapping={})
    page = owner.post(address, {"file": file(), "profile": f"map:{foreign.uid}"})
    assert page.context["form"].errors["profile"]
    assert not Job.objects.exists()


def test_finance_looks_and_does_not_import(
    world: World, firm: TenantWorld, address: str, browser_of: Callable[[User], Client]
) -> None:
    finance = browser_of(firm.users[Role.TENANT_FINANCE])
    assert not finance.get(address).context["can_import"]
    assert finance.post(address, {"file": file()}).status_code == 403
    assert not ImportBatch.objects.exists()


def test_sample_files_stand_beside_the_upload(owner: Client, firm: TenantWorld, address: str) -> None:
    page = owner.get(address)
    sample = reverse("portal-import-sample", args=[firm.tenant.code, "douyin-orders.csv"])
    assert f'href="{sample}"' in page.text
    assert b"".join(owner.get(sample).streaming_content) == (EXAMPLES / "douyin-orders.csv").read_bytes()  # type: ignore[attr-defined]
    for name in ("..%2f..%2fmanage.py", "nothing.csv"):
        assert owner.get(sample.replace("douyin-orders.csv", name)).status_code == 404


def test_an_import_is_taken_back_from_its_page(owner: Client, firm: TenantWorld, address: str) -> None:
    owner.post(address, {"file": file()})
    batch = ImportBatch.objects.get()
    owner.post(step(firm, "-confirm", batch))
    jobs.run_due()
    page = owner.get(step(firm, "", batch))
    assert page.context["undoable"]
    assert step(firm, "-undo", batch) in page.text
    owner.post(step(firm, "-undo", batch))
    assert owner.get(step(firm, "", batch)).context["running"]
    jobs.run_due()
    page = owner.get(step(firm, "", batch))
    assert not page.context["undoable"]
    assert step(firm, "-undo", batch) not in page.text
    assert {
        event.kind for event in SalesEvent.objects.filter(seller=firm.tenant, source="douyin").current()
    } == {"adjusted"}
    listed = owner.get(address)
    assert [row.pk for row in listed.context["rows"]] == [batch.pk]
    of_undo = ImportBatch.objects.get(profile="undo")
    assert owner.get(step(firm, "", of_undo)).status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("code", "name"), SAMPLES)
def test_every_sample_is_offered_and_understood(
    owner: Client, firm: TenantWorld, address: str, code: str, name: str, language: str
) -> None:
    owner.cookies["django_language"] = language
    for day in ("2025-06-01", "2025-06-13"):
        ExchangeRate.objects.create(currency="MYR", day=day, cny_per_unit="1.7", source="t")
    assert reverse("portal-import-sample", args=[firm.tenant.code, name]) in owner.get(address).text
    page = owner.get(owner.post(address, {"file": file(name)})["Location"])
    report = page.context["report"]
    assert (report["profile"], report["bad_rows"]) == (code, 0)
    assert all(column in page.text for column in report["dropped"])
    with override(language):
        assert str(ALL_PROFILES[code].name) in page.text
    first = ImportBatch.objects.get().report["sample"][0]
    assert f"<td>{first['order_no']}</td>" in page.text
    assert f"<td>{first.get('title') or first.get('sku_code', '')}</td>" in page.text
    shown = first["currency"] if first["amount"] is None else decimal(Decimal(first["amount"]))
    assert f'<td class="num nowrap">{shown}' in page.text


def test_a_settlement_file_is_named_and_not_mapped(owner: Client, address: str) -> None:
    body = "结算时间,订单号,子订单号,结算金额,结算单类型,平台服务费\n2025-06-01,1,2,3.00,已结算,0.10\n"
    page = owner.post(address, {"file": SimpleUploadedFile("settlement.csv", body.encode())})
    assert "抖店结算单" in page.text
    assert "columns" not in page.context
    assert not ImportBatch.objects.exists()


def test_the_notes_of_a_report_are_in_the_language_of_who_reads_them(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    owner.post(address, {"file": file()})
    batch = ImportBatch.objects.get()
    english = "3 rows of totals or remarks were left out."
    batch.report["notes"] = {"footer": 3}
    batch.save()
    shown = {}
    for language in ("en", "zh-hans"):
        owner.cookies["django_language"] = language
        shown[language] = owner.get(step(firm, "", batch))
    assert shown["en"].context["notes"] == [english]
    assert english in shown["en"].text
    assert english not in shown["zh-hans"].text
    batch.report["notes"] = [english]
    batch.save()
    assert english in owner.get(step(firm, "", batch)).text, "reports of before hold words"


@pytest.mark.parametrize("code", NOTES)
def test_one_row_is_not_told_of_as_several(code: str) -> None:
    with override("en"):
        (one,), (two,) = note_texts({code: 1}), note_texts({code: 2})
    assert one.startswith("1 ")
    assert two.startswith("2 ")
    assert one.split()[1:] != two.split()[1:]
    assert not re.match(r"1 [a-z ]*?(rows|sessions|refunds|lines)\b", one)
    with override("zh-hans"):
        assert note_texts({code: 1})[0].replace("1", "2") == note_texts({code: 2})[0]


def test_a_platform_that_names_no_customs_mode_is_told_it_once(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    """What is sold abroad by TikTok Shop is then told across the border; later exports of it need not be told again."""
    owner.cookies["django_language"] = "en"
    for day in (1, 2, 13, 14):
        ExchangeRate.objects.create(
            currency="MYR", day=dt.date(2025, 6, day), cny_per_unit=Decimal("1.7"), source="t"
        )
    told: list[str] = []
    for number, said in enumerate(({"customs_mode": "9610"}, {})):
        page = owner.post(address, {"file": file("tiktok-orders.csv"), **said})["Location"]
        batch = ImportBatch.objects.latest("pk")
        shown = owner.get(page)
        assert shown.context["report"]["bad_rows"] == 0
        told.append(shown.context["customs_mode"])
        owner.post(step(firm, "-confirm", batch))
        jobs.run_due()
        batch.refresh_from_db()
        assert batch.state == ImportState.IMPORTED, batch.report["problems"]
        assert (batch.report["stored"] == 0) == bool(number), "the same file again brings nothing"
    assert told == ["9610 direct retail"] * 2
    assert {*SalesEvent.objects.values_list("customs_mode", flat=True)} == {"9610"}
    mistaken = ImportBatch.objects.latest("pk")
    ImportBatch.objects.filter(pk=mistaken.pk).update(
        options=mistaken.options | {"customs_mode": "9810"}, report=mistaken.report | {"undone": {}}
    )
    owner.post(address, {"file": file("tiktok-orders.csv")})
    assert ImportBatch.objects.latest("pk").report["customs_mode"] == "9610", (
        "what was taken back says nothing"
    )
    rebuild()
    border = owner.get(reverse("portal-border", args=[firm.tenant.code]), {"period": "2025-06"})
    ((label, mode),) = border.context["modes"]
    assert (label, mode.name, mode.now > 0) == ("9610 direct retail", "9610", True)
    owner.post(address, {"file": file("douyin-orders.csv")})
    assert ImportBatch.objects.latest("pk").report["customs_mode"] == "", "another platform is another matter"


def test_a_column_of_customs_modes_is_believed_before_what_is_said_for_the_file(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    text = "order_no,line_no,qty,amount,occurred_at,customs_mode\nA-1,1,1,9.00,2025-06-01 20:00,9710\n"
    text += "A-2,1,1,9.00,2025-06-01 20:00,\n"
    owner.post(address, {"file": SimpleUploadedFile("own.csv", text.encode()), "customs_mode": "9610"})
    batch = ImportBatch.objects.get()
    assert [row["customs_mode"] for row in batch.report["sample"]] == ["9710", "domestic"]
    assert batch.report["customs_mode"] == ""
