"""A whole drop is written down from a file, or nothing of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from core.choices import Role
from core.clock import today
from core.models import User
from supplychain.models import Launch
from tests.factories import TenantWorld, World, make_sku

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HEAD = ["款号", "首批件数", "售价", "成本", "工厂", "季末"]


def table(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in (HEAD, *rows):
        book.active.append(row)  # type: ignore[union-attr]
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def send(browser: Client, firm: TenantWorld, content: bytes, name: str = "drop.xlsx") -> Any:
    form = {
        "file": SimpleUploadedFile(name, content),
        "day": f"{today():%Y-%m-%d}",
        "season_end": f"{today() + timedelta(days=60):%Y-%m-%d}",
    }
    browser.cookies["django_language"] = "en"
    return browser.post(reverse("portal-drop-new", args=[firm.tenant.code]), form)


def test_a_drop_of_a_week_comes_in_one_file(
    owner: Client, firm: TenantWorld, world: World, browser_of: Callable[[User], Client]
) -> None:
    styles = [make_sku(firm.tenant, f"D-{number:02d}").product for number in range(35)]
    factory = firm.tenant.factories.get()
    season = f"{today() + timedelta(days=30):%Y/%m/%d}"
    rows: list[list[Any]] = [[style.code, 100, "129.00", 48.5] for style in styles]
    rows[3] += [factory.name, season]
    assert reverse("portal-drop-new", args=[firm.tenant.code]) in owner.get(
        reverse("portal-reorders", args=[firm.tenant.code])
    ).text  # fmt: skip
    assert send(owner, firm, table(*rows)).status_code == 302
    made = Launch.objects.filter(product__in=styles)
    assert made.count() == 35
    named = made.get(product=styles[3])
    assert (named.factory, named.season_end) == (factory, today() + timedelta(days=30))
    assert (named.test_batch, named.price, named.cost) == (100, Decimal("129.00"), Decimal("48.50"))
    assert made.filter(factory=None, season_end=today() + timedelta(days=60)).count() == 34
    money = browser_of(firm.users[Role.TENANT_FINANCE])
    assert send(money, firm, table(*rows)).status_code == 403


def test_one_wrong_row_keeps_the_whole_drop_out_and_is_named(
    owner: Client, firm: TenantWorld, world: World
) -> None:
    style, theirs = make_sku(firm.tenant, "D-1").product, world.tenants[1].skus[0].product
    before = Launch.objects.count()
    page = send(
        owner, firm, table([style.code, 10, 20, 5], [style.code, "x", 20, 5], ["", 10, 20, "5.00001"])
    )
    assert page.status_code == 400
    assert "Row 3, 首批件数" in page.text
    assert "Row 4, 款号: It is empty." in page.text
    assert "Row 4, 成本" in page.text
    page = send(
        owner,
        firm,
        table(
            [style.code, 10, 20, 5],
            [theirs.code, 10, 20, 5],
            [style.code, 10, 20, 5],
            [style.code, 10, 20, 5, "Nobody"],
            [style.code, 10, 20, 5, "", "2020-01-01"],
            [style.code, -1, 20, 5],
        ),
    )
    assert page.status_code == 400
    for reason in (
        f"Row 3, {theirs.code}, 款号: There is no “{theirs.code}” in your books.",
        f"Row 4, {style.code}, 上新日期: This style is on sale in those days already.",
        "There is no “Nobody” in your books.",
        "A season ends after it begins",
        f"Row 7, {style.code},",
    ):
        assert reason in page.text, reason
    assert Launch.objects.count() == before
    for content, name in (
        (b"", "a.csv"),
        ("款号,售价\nD-1,3\n".encode(), "a.csv"),
        (",".join(HEAD).encode(), "a.csv"),
        (b"\xd0\xcf\x11\xe0", "a.xls"),
        (table(*([style.code, 1, 2, 1] for _row in range(201))), "b.xlsx"),
    ):
        assert send(owner, firm, content, name).status_code == 400
    assert Launch.objects.count() == before


def test_a_refused_row_names_its_column(owner: Client, firm: TenantWorld) -> None:
    style = make_sku(firm.tenant, "D-1").product
    csv = f"{','.join(HEAD[:4])}\n{style.code},10\n{style.code},10,20,\n".encode()
    page = send(owner, firm, csv, "drop.csv")
    for place in ("Row 2, 售价: It is empty.", "Row 2, 成本: It is empty.", "Row 3, 成本: It is empty."):
        assert place in page.text
    page = send(owner, firm, table([style.code, 10, 20, 5, "Nobody"], [style.code, -1, 20, 5]))
    for place in ("工厂: There is no “Nobody”", "首批件数: "):
        assert f", {style.code}, {place}" in page.text, place


def test_goods_that_are_no_longer_sold_are_in_no_drop(owner: Client, firm: TenantWorld) -> None:
    gone, going = (make_sku(firm.tenant, f"D-{number}").product for number in range(2))
    for product, days in ((gone, 0), (going, 1)):
        product.closed_on = today() + timedelta(days=days)
        product.save()
    page = send(owner, firm, table([going.code, 10, 20, 5], [gone.code, 10, 20, 5]))
    assert f"Row 3, {gone.code}, 款号: These goods are no longer sold." in page.text
    assert "Row 2" not in page.text
    assert send(owner, firm, table([going.code, 10, 20, 5])).status_code == 302


def test_a_percentage_is_what_its_cell_shows(owner: Client, firm: TenantWorld) -> None:
    styles = [make_sku(firm.tenant, f"D-{number}").product for number in range(4)]
    book = Workbook()
    sheet: Any = book.active
    sheet.append([*HEAD[:4], "预计退货率"])
    for style, (value, shown) in zip(
        styles, ((0.9, "0%"), (0.07, "0.00%"), (30, '0"%"'), ("45%", "@")), strict=True
    ):
        sheet.append([style.code, 10, 20, 5, value])
        sheet.cell(sheet.max_row, 5).number_format = shown
    content = io.BytesIO()
    book.save(content)
    assert send(owner, firm, content.getvalue()).status_code == 302
    made = Launch.objects.filter(product__in=styles).order_by("product__code")
    assert list(made.values_list("returned_percent", flat=True)) == [90, 7, 30, 45]
    sheet.cell(2, 5).value = 1
    content = io.BytesIO()
    book.save(content)
    assert send(owner, firm, content.getvalue()).status_code == 400, "a hundred percent, not one"
