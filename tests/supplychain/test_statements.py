"""Statements on the ledger: what they say, what stands once approved, and what of guaranteed sales."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db.models import Sum
from django.utils import translation

from core.errors import Conflict, InvalidInput, NotFound, Refused
from livestreams.errors import WrongState
from livestreams.models import HostShift
from supplychain.choices import DueKind, StatementState
from supplychain.models import Agreement, Statement, StatementLine, StatementOrder
from supplychain.services import (
    agreement_sign,
    months_to_count,
    statement_approve,
    statement_count,
    statement_dispute,
    statement_invoice,
    statement_pay,
    statements,
    statements_count,
)
from supplychain.workings import workings_of
from tests.factories import SYSTEM
from tests.supplychain.ledger import fact, record
from tests.supplychain.settling import (
    APRIL,
    FEB,
    HOUR,
    JAN,
    MAR,
    TEN,
    Firms,
    _in_april,
    approved,
    firms,
    lines_of,
)

__all__ = ["_in_april", "firms"]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_hosts_have_what_was_sold_on_their_shifts(firms: Firms) -> None:
    HostShift.objects.filter(session=firms.session).update(ends_at=TEN + HOUR)
    HostShift.objects.create(
        session=firms.session, host=firms.own_host, role="host", starts_at=TEN + HOUR, ends_at=TEN + 4 * HOUR
    )
    firms.sell("A", "100.00", 0.5)
    firms.sell("B", "70.00", 1)
    statement = statement_count(actor=SYSTEM, agreement=firms.agree(), month=JAN)
    assert lines_of(statement) == [("01", DueKind.SHARE, Decimal(100), Decimal(20))]
    order = StatementOrder.objects.get()
    assert (order.order_no, order.paid, order.amount) == ("A", Decimal(100), Decimal(20))


def test_hosts_who_share_a_moment_share_its_months_to_the_unit(firms: Firms) -> None:
    HostShift.objects.create(
        session=firms.session, host=firms.own_host, role="host", starts_at=TEN, ends_at=TEN + 4 * HOUR
    )
    firms.sell("A", "100.0001", 1)
    for number in range(3):
        firms.refund("A", "0.0001", APRIL - (50 - number) * 24 * HOUR, str(number))
    agreement = firms.agree(tiers=[(Decimal(0), Decimal(100))])
    other = firms.agree(
        partner="", host=firms.own_host, kind="host", tiers=[(Decimal(0), Decimal(100))], signed=False
    )
    agreement_sign(actor=firms.money(), agreement=other)
    bases = Decimal(0)
    for each in (agreement, other):
        for month in (JAN, FEB):
            statement = statement_count(actor=SYSTEM, agreement=each, month=month)
            bases += sum((line[2] for line in lines_of(statement)), Decimal(0))
    assert bases == Decimal("100.0001") - Decimal("0.0003")


def test_sales_of_other_kinds(firms: Firms) -> None:
    firms.sell("A", "100.00")
    firms.sell("B", "40.00", session_ref="", owner="mcn")
    firms.sell("C", "7.00", session_ref="", channel="outside_host", host_ref="daren-1")
    firms.refund("C", "2.00", TEN + 2 * HOUR, session_ref="")
    sums = {}
    for sales, partner in (
        ("all", {}),
        ("sessions", {"kind": "service"}),
        ("owned", {}),
        ("outside", {"partner": "", "outside_name": "达人", "outside_ref": "daren-1"}),
    ):
        agreement = firms.agree(sales=sales, tiers=[(Decimal(0), Decimal(100))], signed=False, **partner)
        agreement_sign(actor=SYSTEM, agreement=agreement)
        totals = [
            statement_count(actor=SYSTEM, agreement=agreement, month=month).total for month in (JAN, FEB)
        ]
        sums[sales] = sum(totals)
    assert sums == {
        "all": Decimal(145),
        "sessions": Decimal(100),
        "owned": Decimal(40),
        "outside": Decimal(5),
    }


@pytest.mark.parametrize(
    ("given_back", "line", "total"),
    [
        (("refunded", "30.00"), "1", "10.00"),
        (("refunded", "45.00"), "1", "0.00"),  # with the freight, which is the seller's
        (("refunded", "30.00"), "", "25.00"),  # of the order, of which a half of the goods is the owner's
        (("refunded", "30.00"), "2", "40.00"),
        (("cancelled", "85.00"), "", "0.00"),
    ],
)
def test_what_is_given_back_of_an_owners_goods_is_its_loss_whoever_it_names(
    firms: Firms, given_back: tuple[str, str], line: str, total: str
) -> None:
    firms.sell("A", "40.00", owner="mcn")
    firms.sell("A", "40.00", line_no="2")
    firms.sell("A", "5.00", line_type="freight", external_id="A:freight")
    (kind, amount), at = given_back, TEN + HOUR
    if kind == "refunded":
        firms.refund("A", amount, at, ref_line=line)
    else:
        record(firms.seller, fact("A", kind, amount, occurred_at=at, line_no=line))
    agreement = firms.agree(sales="owned", tiers=[(Decimal(0), Decimal(100))])
    assert statement_count(actor=SYSTEM, agreement=agreement, month=JAN).total == Decimal(total)


def test_refunds_later_than_agreed_take_nothing_back(firms: Firms) -> None:
    firms.sell("A", "100.00", 1)
    firms.refund("A", "10.00", TEN + 10 * 24 * HOUR, "1")
    firms.refund("A", "50.00", TEN + 20 * 24 * HOUR, "2")
    agreement = firms.agree(clawback_days=15)
    assert statement_count(actor=SYSTEM, agreement=agreement, month=JAN).total == Decimal(20)
    assert statement_count(actor=SYSTEM, agreement=agreement, month=FEB).total == Decimal(-2)


def test_counting_again_gives_the_same_cents_and_writes_nothing(firms: Firms) -> None:
    for number in range(7):
        firms.sell(f"A{number}", "33.3333", 0.1 * number)
    agreement = firms.agree(tiers=[(Decimal(0), Decimal("12.34")), (Decimal(100), Decimal("23.45"))])
    first = statement_count(actor=SYSTEM, agreement=agreement, month=JAN)
    again = statement_count(actor=firms.money(), agreement=agreement, month=JAN)
    assert (again.pk, again.version, again.total, again.lines_hash) == (
        first.pk,
        1,
        first.total,
        first.lines_hash,
    )
    assert StatementLine.objects.count() == 1
    assert StatementOrder.objects.aggregate(all=Sum("amount"))["all"] == first.total


def test_only_months_that_are_over_are_counted(firms: Firms) -> None:
    agreement = firms.agree(from_day=FEB)
    for month in (JAN, dt.date(2025, 2, 2), dt.date(2025, 4, 1)):
        with pytest.raises(InvalidInput) as refused:
            statement_count(actor=SYSTEM, agreement=agreement, month=month)
        assert refused.value.field == "month"


def test_a_late_refund_becomes_a_correction_of_the_next_statement(firms: Firms) -> None:
    firms.sell("A", "100.00", 1)
    agreement = firms.agree()
    january = approved(statement_count(actor=SYSTEM, agreement=agreement, month=JAN))
    firms.refund("A", "30.00", TEN + 1.5 * HOUR)  # of January still, and told in April
    with pytest.raises(WrongState):
        statement_count(actor=SYSTEM, agreement=agreement, month=JAN)
    february = statement_count(actor=SYSTEM, agreement=agreement, month=FEB)
    assert lines_of(january) == [("01", DueKind.SHARE, Decimal(100), Decimal(20))]
    assert lines_of(february) == [("01", DueKind.SHARE, Decimal(-30), Decimal(-6))]
    correction = StatementOrder.objects.get(line__statement=february)
    assert (correction.order_no, correction.refunds, correction.amount) == ("A", Decimal(30), Decimal(-6))
    assert months_to_count(agreement) == [MAR, FEB], "an approved month is not offered, an open one is"
    approved(february)
    assert months_to_count(agreement) == [MAR]
    assert statement_count(actor=SYSTEM, agreement=agreement, month=MAR).total == 0


def test_only_the_oldest_open_statement_corrects(firms: Firms) -> None:
    firms.sell("A", "100.00", 1)
    agreement = firms.agree()
    approved(statement_count(actor=SYSTEM, agreement=agreement, month=JAN))
    firms.refund("A", "30.00", TEN + 1.5 * HOUR)
    february, march = (
        statement_count(actor=SYSTEM, agreement=agreement, month=month) for month in (FEB, MAR)
    )
    assert (february.total, march.total) == (Decimal(-6), Decimal(0))
    with pytest.raises(WrongState):
        approved(march)
    approved(february)
    assert approved(march).total == 0


def test_nothing_is_approved_but_what_was_seen_and_still_holds(firms: Firms) -> None:
    firms.sell("A", "100.00", 1)
    statement = statement_count(actor=SYSTEM, agreement=firms.agree(), month=JAN)
    firms.sell("B", "50.00", 1)
    with pytest.raises(Conflict) as changed:
        statement_approve(actor=firms.money("mcn"), statement=statement, version=1)
    assert changed.value.code == "changed"
    recounted = statement_count(actor=firms.money(), agreement=statement.agreement, month=JAN)
    with pytest.raises(Conflict):
        statement_approve(actor=firms.money("mcn"), statement=recounted, version=1)
    done = statement_approve(actor=firms.money("mcn"), statement=recounted, version=2)
    assert (done.state, done.total, done.due_on) == (
        StatementState.APPROVED,
        Decimal(30),
        dt.date(2025, 5, 2),
    )


def test_the_party_that_did_not_keep_the_books_approves(firms: Firms) -> None:
    statement = statement_count(actor=firms.money(), agreement=firms.agree(), month=JAN)
    with pytest.raises(Refused):
        statement_approve(actor=firms.money(), statement=statement)
    with pytest.raises(NotFound):
        statement_approve(actor=firms.money("hua"), statement=statement)
    assert statement_approve(actor=firms.money("mcn"), statement=statement).approved_by is not None


def test_disputed_invoiced_and_paid(firms: Firms) -> None:
    firms.sell("A", "1000.00", 1)
    statement = statement_count(actor=SYSTEM, agreement=firms.agree(), month=JAN)
    for step, values in (
        (statement_invoice, {"invoice_no": "25442000", "tax_rate": Decimal(6)}),
        (statement_pay, {}),
    ):
        with pytest.raises(WrongState):
            step(actor=SYSTEM, statement=statement, **values)
    with pytest.raises(InvalidInput):
        statement_dispute(actor=firms.money("mcn"), statement=statement, objection=" ")
    disputed = statement_dispute(
        actor=firms.money("mcn"), statement=statement, objection="order B is missing"
    )
    assert disputed.state == StatementState.DISPUTED
    firms.sell("B", "6.00", 1)
    counted = statement_count(actor=SYSTEM, agreement=statement.agreement, month=JAN)
    assert (counted.state, counted.total) == (StatementState.DRAFT, Decimal("201.20"))
    approved(counted)
    invoiced = statement_invoice(
        actor=firms.money("mcn"), statement=counted, invoice_no="25442000", tax_rate=Decimal(6)
    )
    assert (invoiced.tax, invoiced.state) == (Decimal("11.39"), StatementState.INVOICED)
    with pytest.raises(InvalidInput):
        statement_pay(actor=firms.money(), statement=counted, paid_on=dt.date(2025, 4, 3))
    assert statement_pay(actor=firms.money(), statement=counted).state == StatementState.PAID
    with pytest.raises(WrongState):
        statement_dispute(actor=firms.money(), statement=counted, objection="too late")


def test_the_last_month_of_all_agreements_is_counted_by_itself(firms: Firms) -> None:
    first = firms.agree(to_day=FEB)
    firms.agree(partner=firms.other.code, sales="all", signed=False)
    assert statements_count() == 0  # it ended, and there is nothing to say
    firms.sell("A", "100.00", 1)
    firms.refund("A", "50.00", APRIL - 20 * 24 * HOUR)
    assert statements_count(JAN) == 1
    approved(Statement.objects.get())
    assert statements_count() == 1
    assert Statement.objects.get(agreement=first, month=MAR).total == Decimal(-10)
    approved(Statement.objects.get(month=MAR))
    assert statements_count() == 0


def test_an_agreement_that_cannot_be_counted_keeps_no_other_waiting(
    firms: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = firms.agree()
    platform = firms.agree(partner="", kind="platform", outside_name="Douyin", sales="all", signed=False)
    other = agreement_sign(actor=firms.people["ming"], agreement=platform)
    firms.sell("A", "100.00", 1)
    count = statements.statement_count

    def counted(*, agreement: Agreement, **rest: Any) -> Statement:
        if agreement == broken:
            raise ZeroDivisionError
        return count(agreement=agreement, **rest)

    monkeypatch.setattr(statements, "statement_count", counted)
    with pytest.raises(ExceptionGroup) as raised:
        statements_count(JAN)
    assert [error.__notes__ for error in raised.value.exceptions] == [[f"agreement {broken.uid}"]]
    assert Statement.objects.get().agreement == other


@pytest.mark.parametrize("sales", ["hosts", "sessions"])
def test_slot_fees_come_back_after_the_refunds_that_count_and_a_late_fact_corrects(
    firms: Firms, sales: str
) -> None:
    """Paid in January, given back in February, judged 30 days after the end of January: in March."""
    terms = {"slot_fee": Decimal(300), "guaranteed_sales": Decimal(1_000), "clawback_days": 30}
    firms.session.shifts.filter(host=firms.own_host).delete()
    agreement = firms.agree(sales=sales, tiers=[(Decimal(0), Decimal(0))], to_day=FEB, **terms)
    firms.sell("A", "900.00")
    firms.refund("A", "100.00", TEN + 20 * 24 * HOUR)
    firms.refund("A", "50.00", TEN + 40 * 24 * HOUR, number="2")  # too late to count
    back = [
        (f"{month:%m}", kind, base, amount)
        for month in (JAN, FEB, MAR)
        for _month, kind, base, amount in lines_of(
            approved(statement_count(actor=SYSTEM, agreement=agreement, month=month))
        )
        if kind != DueKind.SHARE
    ]
    assert back == [
        ("01", DueKind.SLOT_FEE, Decimal(0), Decimal(300)),
        ("03", DueKind.SLOT_FEE_BACK, Decimal(800), Decimal(-60)),
    ]
    with time_machine.travel(APRIL + 30 * 24 * HOUR, tick=False):
        firms.refund("A", "200.00", TEN + 21 * 24 * HOUR, number="3")  # told late, came in time
        later = statement_count(actor=SYSTEM, agreement=agreement, month=dt.date(2025, 4, 1))
    assert [line for line in lines_of(later) if line[1] == DueKind.SLOT_FEE_BACK] == [
        ("03", DueKind.SLOT_FEE_BACK, Decimal(-200), Decimal(-60))
    ]


def test_an_owner_loses_no_more_than_its_goods_however_often_something_is_given_back(firms: Firms) -> None:
    firms.sell("A", "100.00", owner="mcn")
    firms.sell("A", "20.00", line_type="freight", external_id="A:freight")
    for number in ("1", "2"):
        firms.refund("A", "60.00", TEN + HOUR, number=number, ref_line="")
    agreement = firms.agree(sales="owned", tiers=[(Decimal(0), Decimal(100))])
    assert statement_count(actor=SYSTEM, agreement=agreement, month=JAN).total == 0


def test_shares_by_slices_and_corrections_say_how_they_were_computed(firms: Firms) -> None:
    """By hand: 95 % of 8441.88 are 8019.786, of which 5000 at 10 % and the rest at 7.5 % are 726.48."""
    tiers = [(Decimal(0), Decimal(10)), (Decimal(5000), Decimal("7.5"))]
    agreement = firms.agree(sales="sessions", tiers=tiers, deduction_rate=Decimal(5), guarantee=Decimal(1200))
    firms.sell("A", "8059.33", hours=2.5)
    firms.sell("B", "382.55", hours=2.5)
    seen = firms.money("mcn")

    def told(statement: Statement) -> list[str]:
        with translation.override("en"):
            return [str(each) for each in workings_of(statement, seen)]

    february = statement_count(actor=SYSTEM, agreement=agreement, month=FEB)
    first = "2025-02: 8,441.88 × (100 - 5) % → 5,000.00 × 10 % + 3,019.786 × 7.5 % = 726.48"
    assert told(february) == [first]
    assert ("02", DueKind.SHARE, Decimal("8441.88"), Decimal("726.48")) in lines_of(february)
    approved(february)
    firms.refund("B", "382.55", TEN + 3 * HOUR)
    firms.sell("C", "100.00", hours=24 * 29)
    march = statement_count(actor=SYSTEM, agreement=agreement, month=MAR)
    assert told(march) == [
        "2025-02: 8,059.33 × (100 - 5) % → 5,000.00 × 10 % + 2,656.3635 × 7.5 % = 699.23;"
        " less 726.48 of earlier statements: -27.25",
        "2025-03: 100.00 × (100 - 5) % → 95.00 × 10 % = 9.50",
    ]
    assert told(february) == [first]
    assert workings_of(march, firms.money("hua")) == []
    signs = {f"{line.month:%m}": line.times for line in march.lines.filter(kind=DueKind.SHARE)}
    assert signs == {"02": "≈", "03": "×"}


def test_a_plain_rate_is_told_by_its_line_alone_until_it_is_corrected(firms: Firms) -> None:
    agreement = firms.agree(sales="sessions")
    firms.sell("A", "100.00", hours=2.5)
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=FEB)
    assert workings_of(statement, SYSTEM) == []
    approved(statement)
    firms.refund("A", "100.00", TEN + 3 * HOUR)
    (working,) = workings_of(statement_count(actor=SYSTEM, agreement=agreement, month=MAR), SYSTEM)
    assert (working.base, working.share, working.stated) == (0, 0, 20)
