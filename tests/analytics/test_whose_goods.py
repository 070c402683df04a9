"""What is given back without saying whose: statement, shares of the session and results by owner say the same."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from analytics.channels import Against
from analytics.choices import PeriodKind
from analytics.collective import collective_result
from analytics.counting import drain_everything
from analytics.models import SessionShare
from analytics.periods import Period
from supplychain.services import agreement_propose, agreement_sign, statement_count
from tests.factories import SYSTEM, make_host, make_park, make_session, make_sku, make_tenant
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MAY = dt.date(2025, 5, 1)
TEN = dt.datetime(2025, 5, 9, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("given_back", "maker", "seller"),
    [
        ([("1", "30")], 30, 0),
        ([("", "30")], 15, 15),
        ([("", "30"), ("1", "40")], 40, 30),
        ([("", "30"), ("1", "20")], 30, 20),  # what says more is placed first
        ([("1", "40"), ("1", "40")], 40, 40),  # nobody loses more than its goods
        ([("maker", "40"), ("", "45")], 40, 45),
        ([("cancel", "0")], 40, 45),
        ([("own", "30")], 0, 30),  # a SKU of the seller's own says whose
    ],
)
def test_statement_shares_and_results_agree(
    given_back: list[tuple[str, str]], maker: int, seller: int
) -> None:
    park = make_park("east")
    firm, other = make_tenant(park, "ming"), make_tenant(park, "hua")
    session = make_session(firm, host=make_host(firm, "star"), starts_at=TEN, hours=4)
    session.shown_tenants.create(tenant=other)
    shown = {"session_ref": str(session.uid), "occurred_at": TEN + dt.timedelta(hours=1)}
    make_sku(firm, "own")
    told = [
        fact("A", amount="40", owner="hua", **shown),
        fact("A", amount="40", line_no="2", **shown),
        fact("A", amount="5", line_type="freight", line_no="f", **shown),
    ]
    for place, (line, amount) in enumerate(given_back):
        refund = {"ref_order_no": "A", "ref_line": line, "external_id": f"R{place}", **shown}
        if line == "maker":
            refund |= {"ref_line": "1", "owner": "hua"}
        if line == "own":
            refund |= {"ref_line": "", "sku_code": "own"}
        if line == "cancel":
            told.append(fact("A", "cancelled", amount, line_no="", external_id="C", **shown))
        else:
            told.append(fact("R", "refunded", amount, **refund))
    record(firm, *told)
    drain_everything()

    shares = SessionShare.objects.filter(session=session, part="owner")
    of_session = dict(shares.values_list("party", "refunds"))
    assert of_session == {firm.pk: seller, other.pk: maker}

    found = collective_result(SYSTEM, firm, Period(PeriodKind.MONTH, MAY), Against.BEFORE)
    assert {row.maker.pk: row.refunds for row in found.rows} == of_session

    agreement = agreement_propose(
        actor=SYSTEM, seller=firm, partner="hua", kind="owner", title="goods", from_day=MAY, sales="owned",
        tiers=[(Decimal(0), Decimal(100))],
    )  # fmt: skip
    agreement_sign(actor=SYSTEM, agreement=agreement)
    with time_machine.travel(dt.datetime(2025, 6, 2, tzinfo=dt.UTC), tick=False):
        statement = statement_count(actor=SYSTEM, agreement=agreement, month=MAY)
    assert statement.total == 40 - of_session[other.pk]
