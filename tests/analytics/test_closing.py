"""Closed months: what is frozen, what came later and is carried on, and what cannot be closed."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from analytics import closing, rollup
from analytics.figures import tenant_figures
from analytics.models import PeriodClose
from analytics.services import period_close
from core.actors import user_actor
from core.choices import Role
from core.errors import Conflict, InvalidInput, Refused
from core.models import AuditEntry
from tenants.models import Tenant, VerifiedFigure
from tests.analytics.months import END, JULY, JUNE, in_august, sell, told, total
from tests.api.conftest import Caller
from tests.factories import SYSTEM, make_user, make_world

__all__ = ["in_august"]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.usefixtures("in_august")
def test_a_closed_month_stands_and_its_change_is_carried_on(tenant: Tenant) -> None:
    sell(tenant, "100", JUNE, order="o1")
    close = period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
    assert (close.figures["values"]["verified_net"], close.lines, close.seq) == ("100.00", 1, 1)
    assert closing.is_reproducible(close)
    assert closing.adjustments(tenant.pk) == []
    # A cancellation that comes in later lowers June as it is now, not as it was closed.
    sell(tenant, "0", JUNE, kind="cancelled", order="o1", line_no="")
    sell(tenant, "40", JULY)
    verified = {
        row.period: (row.values["net_sales"], row.values["verified_net"])
        for row in tenant_figures(actor=SYSTEM, tenant=tenant, since=JUNE, until=END, by="month")
    }
    assert verified == {JUNE: (0, 100), JULY: (40, 40)}
    assert total(tenant)["verified_net"] == 140
    assert total(tenant, since=dt.date(2025, 6, 2))["verified_net"] is None
    change = closing.adjustment(tenant.pk, JUNE)
    assert change
    assert (change.closed, change.live, change.open) == (100, 0, -100)
    assert [(each.kind, each.facts, each.corrections) for each in closing.came_later(close)] == [
        ("cancelled", 1, 0)
    ]
    assert closing.is_reproducible(close)
    # The next close carries it, and nothing is open any more.
    july = period_close(actor=SYSTEM, tenant=tenant, month=JULY)
    assert july.figures["adjustments"] == {"2025-06-01": "-100.00"}
    change = closing.adjustment(tenant.pk, JUNE)
    assert change
    assert (change.carried, change.open) == (-100, 0)
    told = Caller(user=make_user("auditor", Role.TENANT_FINANCE, tenant.node)).get("closed-months")
    names = ("month", "verified_net", "live", "carried", "open")
    assert [tuple(row[name] for name in names) for row in told.json()["results"]] == [
        ("2025-07-01", "40.00", "40.00", "0.00", "0.00"),
        ("2025-06-01", "100.00", "0.00", "-100.00", "0.00"),
    ]
    pushed = VerifiedFigure.objects.filter(tenant=tenant).values_list(
        "metric", "period", "value", "source_hash"
    )
    assert set(pushed) == {
        ("verified_net", JUNE, 100, close.lines_hash),
        ("verified_net", JULY, 40, july.lines_hash),
        ("verified_net_adjustment", JULY, -100, july.lines_hash),
    }
    assert AuditEntry.objects.filter(verb="period.close", node_id=tenant.pk).count() == 2


@pytest.mark.usefixtures("in_august")
def test_the_admin_says_what_came_after_a_close_and_who_closed(client: Client) -> None:
    world = make_world("alpha")
    tenant, money = world.tenants[0].tenant, world.users[Role.PARK_FINANCE]
    sell(tenant, "100", JUNE, order="o1")
    close = period_close(actor=user_actor(money), tenant=tenant, month=JUNE)
    sell(tenant, "0", JUNE, kind="cancelled", order="o1", line_no="")
    rollup.drain()
    client.force_login(money)
    client.cookies["django_language"] = "en"
    every = client.get(reverse("admin:analytics_periodclose_changelist")).text
    assert [text for text in (">100.00<", ">-100.00<", money.username) if text not in every] == []
    page = reverse("admin:analytics_periodclose_change", args=[close.pk])
    one = client.get(page).text
    for text in ("still open: the next close carries it: -100.00", "cancelled · 1 fact", 'href="?recount=1"'):
        assert text in one
    proof = "still gives the very lines"
    assert proof not in one, "a month of lines is read only when somebody asks"
    assert proof in client.get(page, {"recount": "1"}).text


@pytest.mark.usefixtures("in_august")
def test_what_cannot_be_closed() -> None:
    world = make_world("alpha")
    tenant = world.tenants[0].tenant
    with pytest.raises(InvalidInput):
        period_close(actor=SYSTEM, tenant=tenant, month=dt.date(2025, 8, 1))
    with pytest.raises(InvalidInput):
        period_close(actor=SYSTEM, tenant=tenant, month=dt.date(2025, 6, 2))
    with pytest.raises(Refused):
        period_close(actor=world.tenants[0].owner, tenant=tenant, month=JUNE)
    period_close(actor=user_actor(world.users[Role.PARK_FINANCE]), tenant=tenant, month=JUNE)
    with pytest.raises(Conflict) as again:
        period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
    assert again.value.code == "period_closed"
    assert PeriodClose.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.usefixtures("in_august")
@pytest.mark.django_db(transaction=True)
def test_a_month_is_closed_with_the_lines_that_are_being_told(tenant: Tenant) -> None:
    """Whoever tells a line holds up the close of its seller: else it would be missing in what is frozen."""
    sell(tenant, "100")

    def close() -> PeriodClose:
        try:
            return period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            told(tenant, "20")
            closing_it = pool.submit(close)
            wait([closing_it], 1)
            assert not closing_it.done()
        closed = closing_it.result()
    assert (closed.figures["values"]["verified_net"], closed.lines) == ("120.00", 2)


@pytest.mark.usefixtures("in_august")
def test_a_month_that_cannot_be_counted_is_not_closed(tenant: Tenant) -> None:
    for _twice in range(2):
        sell(tenant, "600000000000000", order="large")
    with pytest.raises(Conflict) as error:
        period_close(actor=SYSTEM, tenant=tenant, month=JUNE)
    assert error.value.code == "uncountable"
