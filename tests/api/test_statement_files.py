"""Statements as files over HTTP: for their parties, whatever the caller accepts."""

from __future__ import annotations

import io
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from supplychain.doors import statementtable
from supplychain.models import Agreement, Statement
from tests.api.conftest import Caller
from tests.factories import World, make_tenant, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_the_parties_of_a_statement_fetch_it_as_paper_and_table(world: World, tool: Caller) -> None:
    mine = world.tenants[0]
    statement = Statement.objects.filter(agreement__seller=mine.tenant).latest("pk")
    owner = Caller(user=mine.users["tenant_owner"])
    address = f"statements/{statement.uid}"
    for caller in (owner, tool):
        answer = caller.client.get(
            f"/api/v1/{address}/paper", headers={**caller.headers, "Accept": "application/pdf"}
        )
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        assert f"{statement.total:,.2f}" in paper
        answer = caller.get(f"{address}/table")
        rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
        assert Decimal(str(rows[-1][-1])) == statement.total
    orders = {row[6] for row in rows[1:]} - {None}
    assert orders == set(statement.lines.values_list("orders__order_no", flat=True)) - {None}
    table = b"".join(owner.get(f"{address}/table", kind="csv").streaming_content).decode()
    assert len(table.strip().splitlines()) == len(rows)
    assert owner.get(f"{address}/table", kind="pdf").json()["field"] == "kind"


def test_a_table_that_cannot_be_made_is_no_shorter_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = Statement.objects.filter(agreement__seller=world.tenants[0].tenant).latest("pk")
    owner = Caller(user=world.tenants[0].users["tenant_owner"])

    def fails(*words: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(statementtable, "workings_of", fails)
    with pytest.raises(ZeroDivisionError):
        owner.get(f"statements/{statement.uid}/table", kind="csv")


def test_the_api_tells_the_orders_of_each_line_by_pages_and_how_shares_by_slices_came_about(
    world: World,
) -> None:
    statement = Statement.objects.get(agreement__seller=world.tenants[0].tenant, state="approved")
    Agreement.objects.filter(pk=statement.agreement_id).update(
        tiers=[{"above": "0.00", "rate": "10.00"}, {"above": "1.00", "rate": "5.00"}]
    )
    owner = Caller(user=world.tenants[0].users["tenant_owner"])
    lines = owner.get(f"statements/{statement.uid}").json()["lines"]
    for line in lines:
        page = owner.get("statement-orders", statement=statement.uid, line=line["uid"], page_size=1).json()
        told = list(page["results"])
        while page["next"]:
            page = owner.get("statement-orders", **dict(parse_qsl(urlsplit(page["next"]).query))).json()
            told += page["results"]
        if line["kind"] == "share":
            assert sum(Decimal(order["amount"]) for order in told) == Decimal(line["amount"])
            assert sum(Decimal(one["paid"]) - Decimal(one["refunds"]) for one in told) == Decimal(
                line["base"]
            )
        else:
            assert told == []
    (working,) = owner.get(f"statements/{statement.uid}/workings").json()["workings"]
    assert [one["rate"] for one in working["slices"]] == ["10.00", "5.00"]
    assert Decimal(working["base"]) == sum(Decimal(each["base"]) for each in lines if each["kind"] == "share")
    assert working["due"] == working["share"]
    manager = Caller(user=world.users["park_manager"])
    assert manager.get("statement-orders", statement=statement.uid).status_code == 403


def test_nobody_else_fetches_it(world: World) -> None:
    statement = Statement.objects.filter(agreement__seller=world.tenants[0].tenant).latest("pk")
    stranger = Caller(user=make_user("hua", "tenant_owner", make_tenant(world.park, "hua").node))
    for what in ("paper", "table", "workings"):
        answer = stranger.get(f"statements/{statement.uid}/{what}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert stranger.get("statement-orders", statement=statement.uid).json()["results"] == []
