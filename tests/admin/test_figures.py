"""How figures and codes read in lists and on pages of the admin, and that exports hold them as they are kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin import site
from django.db.models import Model
from django.test import Client

from analytics.models import IndexRun, IndicatorValue
from analytics.services.indicators import indicators_load
from core.choices import Role
from livestreams.models import Host, LiveSession
from supplychain.models import Statement, StatementLine, StockLevel
from tests.admin.conftest import url_of
from tests.factories import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def manager(world: World, client: Client) -> Client:
    client.force_login(world.users[Role.PARK_MANAGER])
    return client


def exported(client: Client, model: type[Model]) -> str:
    answer: Any = client.get(url_of(model, "export/csv/"))
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_counts_have_separators_on_pages_and_none_in_exports(world: World, manager: Client) -> None:
    level = StockLevel.objects.order_by("pk").first()
    assert level is not None
    StockLevel.objects.filter(pk=level.pk).update(on_hand=12345, reserved=45)
    shown = manager.get(url_of(StockLevel)).text
    assert ">12,345<" in shown
    assert ">12,300<" in shown  # what is available is counted by the list
    assert "12,345" in manager.get(url_of(StockLevel, f"{level.pk}/change/")).text
    table = exported(manager, StockLevel)
    assert ",12345,45,12300" in table
    assert "12,345" not in table


def test_years_are_no_counts(world: World) -> None:
    assert "first_year" in site._registry[IndexRun].list_display
    assert "first_year" not in site._registry[IndexRun].readonly_preprocess_fields


def test_amounts_of_rows_below_a_row_read_as_its_own(world: World, manager: Client) -> None:
    line = StatementLine.objects.select_related("statement").exclude(amount=0).first()
    assert line is not None
    shown = manager.get(url_of(Statement, f"{line.statement_id}/change/")).text
    assert f"{line.amount:,.2f}" in shown
    assert f"{line.amount:.4f}" not in shown


def test_shares_read_in_per_cent_in_the_admin_and_leave_as_they_are_kept(
    world: World, manager: Client
) -> None:
    value = IndicatorValue.objects.create(
        indicator=indicators_load()["park_occupancy_area"], place=world.park.node.parent, source="rollup",
        period=date(2026, 1, 1), published_on=date(2026, 7, 1), value=Decimal("0.939"),
    )  # fmt: skip
    for address in ("", f"{value.pk}/change/"):
        shown = manager.get(url_of(IndicatorValue, address)).text
        assert "93.9%" in shown
        assert "0.939" not in shown
    assert ",0.93900000," in exported(manager, IndicatorValue)


def test_codes_of_hosts_and_sessions_read_as_words(world: World, manager: Client) -> None:
    host, session = Host.objects.first(), LiveSession.objects.first()
    assert host is not None
    assert session is not None
    Host.objects.update(languages=["zh", "xx"], markets=["SEA"])
    LiveSession.objects.update(market="ME")
    shown = manager.get(url_of(Host, f"{host.pk}/change/")).text
    assert "中文, xx" in shown
    assert "东南亚" in shown
    assert "中东" in manager.get(url_of(LiveSession, f"{session.pk}/change/")).text
    assert ">东南亚<" in manager.get(url_of(Host)).text
