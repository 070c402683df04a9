"""Exchange rates come from a table, exactly and once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from core.models import AuditEntry, ExchangeRate

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def load(place: Path, text: str, source: str = "PBC") -> str:
    path, out = place / "rates.csv", StringIO()
    path.write_text(text, encoding="utf-8")
    with translation.override("en"):
        call_command("import_rates", str(path), source=source, stdout=out)
    return out.getvalue()


def rates() -> dict[tuple[str, date], Decimal]:
    return {(rate.currency, rate.day): rate.cny_per_unit for rate in ExchangeRate.objects.all()}


def test_rates_per_hundred_are_stored_per_unit_and_once(tmp_path: Path) -> None:
    told = "\ufeffcurrency,day,cny_per_100\nUSD,2025-06-02,718.69\nJPY,2025-06-02,5.0178\n"
    assert "Stored 2 rates, known already 0." in load(tmp_path, told)
    assert rates() == {
        ("USD", date(2025, 6, 2)): Decimal("7.1869"),
        ("JPY", date(2025, 6, 2)): Decimal("0.050178"),
    }
    per_unit = "currency,day,cny_per_unit\nUSD,2025-06-02,7.1869\nUSD,2025-06-03,7.1869\n"
    assert "Stored 1 rates, known already 1." in load(tmp_path, per_unit)
    assert AuditEntry.objects.filter(verb="exchangerate.create").count() == 3


def test_what_contradicts_or_cannot_be_read_leaves_everything_as_it_was(tmp_path: Path) -> None:
    head = "currency,day,cny_per_unit\n"
    load(tmp_path, f"{head}USD,2025-06-02,7.1869\n")
    before = rates()
    for text, reason in (
        (f"{head}EUR,2025-06-02,8.1\nUSD,2025-06-02,7.2\n", r"3: .*7\.1869"),
        (f"{head}EUR,2025-06-02,8.1\nEUR,2025-06-02,8.2\n", "3: .*two rates"),
        (f"{head}EUR,2025-06-02,8.1\neur,2025-06-03,8.2\n", "3: .*eur"),
        (f"{head}EUR,2.6.2025,8.1\n", "2: .*2.6.2025"),
        (f"{head}EUR,2025-06-02,0\n", "2: .*greater than 0"),
        (f"{head}EUR,2025-06-02,1e3\n", "2: "),
        (f"{head}EUR,2025-06-02\n", "2: "),
        ("currency,day\nEUR,2025-06-02\n", "cny_per_100"),
        ("", "cny_per_100"),
    ):
        with pytest.raises(CommandError, match=reason):
            load(tmp_path, text)
        assert rates() == before
    with pytest.raises(CommandError, match="source"):
        load(tmp_path, f"{head}EUR,2025-06-02,8.1\n", source=" ")
    with pytest.raises(CommandError, match=r"rates\.csv"):
        call_command("import_rates", str(tmp_path / "no" / "rates.csv"), source="PBC")
