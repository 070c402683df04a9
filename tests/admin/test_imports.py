"""What the operator reads of an import: words, figures and a table of problems, and no codes of the importer."""

from __future__ import annotations

import pytest
from django.test import Client

from supplychain.choices import ImportState
from supplychain.models import ImportBatch
from supplychain.services.undo import undo_run
from tests.admin.conftest import Worlds, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
REPORT = {
    "rows": 1234,
    "counts": {"paid": 1200},
    "sums": {"paid": {"CNY": "56789.5"}},
    "stored": 1100,
    "duplicates": 100,
    "bad_rows": 1,
    "first_at": "2025-05-31T16:00:00+00:00",
    "last_at": "2025-06-01T15:00:00+00:00",
    "dropped": ["收件人"],
    "notes": {"footer": 2},
    "problem_count": 1,
    "problems": [{"row": 7, "field": "数量", "code": "integer", "message": "not <a> number"}],
    "undone": {"at": "2025-06-02T00:00:00+00:00", "taken_back": 1100, "restated": 3},
}


@pytest.fixture
def batch(worlds: Worlds) -> ImportBatch:
    return ImportBatch.objects.create(
        tenant=worlds.mine.tenants[0].tenant,
        source="file",
        profile="mapping",
        file_name="june.csv",
        state=ImportState.IMPORTED,
        options={"currency": "CNY", "timezone": "", "mapping": {"columns": {"单号": "order_no"}}},
        report=REPORT,
    )


def test_an_import_is_told_in_words(client: Client, worlds: Worlds, batch: ImportBatch) -> None:
    client.force_login(worlds.root, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(url_of(ImportBatch, f"{batch.pk}/change/")).text
    for told in ("1,234", "已付款", "CNY 56,789.50", "2025-06-01 00:00 – 2025-06-01 23:00", "收件人"):
        assert told in page
    assert "<td>数量</td><td>not &lt;a&gt; number</td>" in page
    assert "单号</span> 订单号" in page
    assert "2 行合计" in page
    for code in ("taken_back", "bad_rows", "first_at", "order_no", "mapping", "{"):
        assert code not in page.split('id="importbatch_form"')[1].split("</form>")[0]


def test_an_import_that_was_taken_back_is_called_so(
    client: Client, worlds: Worlds, batch: ImportBatch
) -> None:
    client.force_login(worlds.root, backend="django.contrib.auth.backends.ModelBackend")
    listed = client.get(url_of(ImportBatch), {"q": "june.csv"})
    row = listed.text.rpartition("june.csv</a>")[2].partition("</tr>")[0]
    assert "已撤回" in row
    assert "已导入" not in row
    page = client.get(url_of(ImportBatch, f"{batch.pk}/change/")).text
    assert "已撤回" in page.split('id="importbatch_form"')[1]
    assert "已导入" not in page.split('id="importbatch_form"')[1]


def test_lines_of_the_same_name_stand_beside_each_other(
    client: Client, worlds: Worlds, batch: ImportBatch
) -> None:
    """A column may be called as an option is, and an entry of a settlement as what became of the import."""
    batch.options = {"currency": "CNY", "mapping": {"columns": {"币种": "order_no"}}}
    batch.report = {"counts": {"void": 5}, "taken_back": 3, "problems": REPORT["problems"]}
    batch.save()
    client.force_login(worlds.root, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(url_of(ImportBatch, f"{batch.pk}/change/")).text
    for name, value in (("币种", "CNY"), ("币种", "订单号"), ("已撤回", "5"), ("已撤回", "3")):
        assert f'<span class="lp-key">{name}</span> {value}</div>' in page


def test_what_took_an_import_back_says_so_and_leads_to_it(
    client: Client, worlds: Worlds, batch: ImportBatch
) -> None:
    batch.report = {}
    batch.save()
    undo = undo_run(actor=worlds.mine.tenants[0].owner, batch=batch, progress=lambda *_: None)
    assert undo["taken_back"] == 0
    (undoing,) = ImportBatch.objects.filter(profile="undo")
    client.force_login(worlds.root, backend="django.contrib.auth.backends.ModelBackend")
    listed = client.get(url_of(ImportBatch), {"q": "june.csv"}).text
    assert "撤回 june.csv" in listed
    assert "已导入" not in listed.partition("<tbody")[2].partition("</table>")[0]
    form = client.get(url_of(ImportBatch, f"{undoing.pk}/change/")).text.split('id="importbatch_form"')[1]
    assert f'<a href="{url_of(ImportBatch, f"{batch.pk}/change/")}">撤回 june.csv</a>' in form
    assert "undo" not in form.partition("</form>")[0]
