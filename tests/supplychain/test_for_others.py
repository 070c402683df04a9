"""What an agency shares with its own host of the sales of other firms: by its commission, or by the sales hosted."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from analytics.result.partners import agreements_over
from core.actors import Actor, user_actor
from core.choices import Role
from core.errors import InvalidInput
from core.scoping import visible_to
from livestreams.models import HostShift
from supplychain.choices import DueKind
from supplychain.models import Agreement, Statement, StatementLine, StatementOrder
from supplychain.services import agreement_propose, agreement_sign, statement_approve, statement_count
from tenants.models import Tenant
from tests.factories import SYSTEM, make_host, make_park, make_session, make_sku, make_tenant, make_user
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

JAN, FEB, MAR = (dt.date(2025, month, 1) for month in (1, 2, 3))
HOUR = dt.timedelta(hours=1)
TEN = dt.datetime(2025, 1, 10, 2, 0, tzinfo=dt.UTC)  # in the morning in Shanghai
APRIL = dt.datetime(2025, 4, 2, 4, 0, tzinfo=dt.UTC)
ZERO = Decimal(0)


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with time_machine.travel(APRIL, tick=False):
        yield


class Agency:
    """An agency with two hosts, who sold one after the other, then together, in a session of each of two firms."""

    def __init__(self) -> None:
        self.park = make_park("east")
        self.agency, *self.firms = (make_tenant(self.park, name) for name in ("mcn", "ming", "hua"))
        self.people = {
            tenant.code: user_actor(make_user(f"{tenant.code}-money", Role.TENANT_FINANCE, tenant.node))
            for tenant in (self.agency, *self.firms)
        }
        self.logins = {name: make_user(name, Role.HOST, self.agency.node) for name in ("star", "moon")}
        self.hosts = {name: make_host(self.agency, name, "", user) for name, user in self.logins.items()}
        self.sessions = {}
        for number, firm in enumerate(self.firms):
            at = TEN + number * 24 * HOUR
            session = make_session(firm, host=self.hosts["star"], starts_at=at, hours=4)
            session.shown_tenants.create(tenant=self.agency)
            session.shifts.update(ends_at=at + 3 * HOUR)
            HostShift.objects.create(
                session=session,
                host=self.hosts["moon"],
                role="host",
                starts_at=at + 2 * HOUR,
                ends_at=at + 4 * HOUR,
            )
            session.state, session.ended_at = "ended", at + 4 * HOUR
            session.save()
            self.sessions[firm.code] = session

    def earns(self, firm: Tenant, **terms: Any) -> Agreement:
        """The agreement by which a firm pays the agency: 20 % of what was sold in live sessions."""
        return self._agree(seller=firm, partner="mcn", **{"kind": "agency", "sales": "sessions", **terms})

    def shares(self, name: str = "star", rate: str = "30", **terms: Any) -> Agreement:
        """The agreement by which the agency pays its host."""
        of_host = {"host": self.hosts[name], "kind": "host", "sales": "for_others", "base": "commission"}
        return self._agree(seller=self.agency, tiers=[(ZERO, Decimal(rate))], **{**of_host, **terms})

    def _agree(self, **terms: Any) -> Agreement:
        defaults = {"title": terms["kind"], "from_day": JAN, "tiers": [(ZERO, Decimal(20))]}
        return agreement_sign(
            actor=SYSTEM, agreement=agreement_propose(actor=SYSTEM, **{**defaults, **terms})
        )

    def sell(self, order: str, amount: str, hours: float = 0.5, firm: int = 0, **values: Any) -> None:
        seller = self.firms[firm]
        told = {
            "session_ref": str(self.sessions[seller.code].uid),
            "occurred_at": TEN + firm * 24 * HOUR + hours * HOUR,
        }
        record(seller, fact(order, amount=amount, **{**told, **values}))

    def refund(self, order: str, amount: str, at: dt.datetime, firm: int = 0, **values: Any) -> None:
        told = {"ref_order_no": order, "ref_line": "1", "occurred_at": at}
        told["session_ref"] = str(self.sessions[self.firms[firm].code].uid)
        record(self.firms[firm], fact(f"R{order}{amount}", "refunded", amount, **{**told, **values}))


@pytest.fixture
def agency() -> Agency:
    return Agency()


def count(agreement: Agreement, month: dt.date = JAN, *, approve: bool = False) -> Statement:
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=month)
    return statement_approve(actor=SYSTEM, statement=statement) if approve else statement


def lines_of(statement: Statement) -> list[tuple[str, str, Decimal, Decimal]]:
    rows = StatementLine.objects.filter(statement=statement, version=statement.version)
    return [(f"{line.month:%m}", line.kind, line.base, line.amount) for line in rows]


def orders_of(statement: Statement) -> dict[str, tuple[Decimal, ...]]:
    rows = StatementOrder.objects.filter(line__statement=statement, line__version=statement.version)
    return {row.order_no: (row.paid, row.refunds, row.earned or ZERO, row.amount) for row in rows}


def test_a_host_has_its_part_of_what_the_agency_earns_on_its_shifts(agency: Agency) -> None:
    """By hand: 30 % of 20 % of 100.00 and of a half of 50.00, which both sold, and of 10 % of 40.00 of another firm."""
    agency.earns(agency.firms[0])
    agency.earns(agency.firms[1], sales="hosts", tiers=[(ZERO, Decimal(10))])
    agency.sell("A", "100.00")
    agency.sell("B", "50.00", 2.5)
    agency.sell("C", "70.00", 3.5)  # of the other host alone
    agency.sell("D", "40.00", firm=1)
    agency.sell("E", "90.00", session_ref="", channel="product_card")
    statement = count(agency.shares())
    assert lines_of(statement) == [
        ("01", DueKind.SHARE, Decimal(25), Decimal("7.50")),
        ("01", DueKind.SHARE, Decimal(4), Decimal("1.20")),
    ]
    assert orders_of(statement) == {
        "A": (Decimal(100), ZERO, Decimal(20), Decimal(6)),
        "B": (Decimal(25), ZERO, Decimal(5), Decimal("1.5")),
        "D": (Decimal(40), ZERO, Decimal(4), Decimal("1.2")),
    }
    assert count(statement.agreement).version == 1


@pytest.mark.parametrize(
    ("base", "platform", "due"),
    [
        ("verified_net", "douyin", Decimal(6)),
        ("gross_paid", "", Decimal(10)),
        ("commission", "kuaishou", ZERO),  # it was sold on another platform
    ],
)
def test_a_share_of_the_sales_hosted_counts_each_sale_once(
    agency: Agency, base: str, platform: str, due: Decimal
) -> None:
    """Of all goods in sessions and of one product on its shifts the agency earns twice; the host sold it once."""
    agency.earns(agency.firms[0])
    agency.earns(agency.firms[0], kind="service", sales="hosts", tiers=[(ZERO, Decimal(5))])
    agency.sell("A", "100.00")
    agency.refund("A", "40.00", TEN + HOUR)
    agency.sell("B", "100.00", 3.5)
    agency.refund("B", "40.00", TEN + 3.6 * HOUR)
    assert count(agency.shares(rate="10", base=base, platform=platform)).total == due
    of_moon = count(agency.shares("moon", "10"))
    assert orders_of(of_moon) == {"B": (Decimal(100), Decimal(40), Decimal(15), Decimal("1.5"))}


@pytest.mark.parametrize(
    ("base", "rate", "taken"),
    [("commission", 30, Decimal("0.2")), ("verified_net", 6, Decimal(1)), ("gross_paid", 6, ZERO)],
)
def test_a_late_refund_is_a_correction_of_what_the_host_has(
    agency: Agency, base: str, rate: int, taken: Decimal
) -> None:
    """Whatever part of a refund its base takes; what statements have said once no later one says again."""
    agency.earns(agency.firms[0])
    shares = agency.shares(base=base, rate=str(rate))
    agency.sell("A", "100.00")
    assert count(shares, approve=True).total == Decimal(6)
    agency.refund("A", "30.00", TEN + HOUR)  # of January still, and told in April
    agency.refund("A", "20.00", TEN + 30 * 24 * HOUR)
    february = count(shares, FEB)
    assert lines_of(february) == [
        (month, DueKind.SHARE, -taken * refunded, -taken * refunded * rate / 100)
        for month, refunded in (("01", 30), ("02", 20))
    ]
    statement_approve(actor=SYSTEM, statement=february)
    assert lines_of(count(shares, MAR)) == []


def test_a_host_loses_nothing_by_refunds_later_than_agreed_with_it(agency: Agency) -> None:
    agency.earns(agency.firms[0])
    shares = agency.shares(clawback_days=10)
    agency.sell("A", "100.00")
    agency.refund("A", "30.00", TEN + 5 * 24 * HOUR)
    agency.refund("A", "20.00", TEN + 15 * 24 * HOUR)
    statement = count(shares)
    assert orders_of(statement) == {"A": (Decimal(100), Decimal(30), Decimal(14), Decimal("4.2"))}


def test_what_hosts_have_and_what_nobody_sold_is_what_the_agency_earns(agency: Agency) -> None:
    """Slices, thirds of a cent, shifts of two at a time, refunds in another month: each order adds up to the unit."""
    tiers = [(ZERO, Decimal("17.77")), (Decimal(100), Decimal("23.45"))]
    earns = agency.earns(agency.firms[0], tiers=tiers, deduction_rate=Decimal("3.33"))
    for number in range(8):
        agency.sell(f"A{number}", f"33.333{number}", number / 2)
    agency.refund("A5", "11.1111", TEN + 3 * HOUR)
    agency.refund("A5", "7.7777", TEN + 30 * 24 * HOUR)
    of_hosts: dict[tuple[dt.date, str], Decimal] = defaultdict(Decimal)
    for host in agency.hosts:
        shares = agency.shares(host, "100")
        for month in (JAN, FEB):
            statement = count(shares, month)
            lines = sum((line[3] for line in lines_of(statement)), ZERO)
            assert lines == statement.total == statement.total.quantize(Decimal("0.01"))
            for order, (*_sums, earned, _amount) in orders_of(statement).items():
                of_hosts[month, order] += earned
            assert abs(sum(row[3] for row in orders_of(statement).values()) - lines) == 0
    of_agency = {
        (month, order): row[3]
        for month in (JAN, FEB)
        for order, row in orders_of(count(earns, month)).items()
    }
    assert dict(of_hosts) == of_agency


def test_guarantee_and_slot_fees_stand_beside_the_commission(agency: Agency) -> None:
    agency.earns(agency.firms[0], to_day=dt.date(2025, 3, 1))
    agency.sell("A", "100.00")
    shares = agency.shares(guarantee=Decimal(50), slot_fee=Decimal(80), to_day=MAR)
    agency.earns(agency.firms[1], from_day=FEB)
    assert lines_of(count(shares)) == [
        ("01", DueKind.SHARE, Decimal(20), Decimal(6)),
        ("01", DueKind.GUARANTEE, ZERO, Decimal(44)),
        ("01", DueKind.SLOT_FEE, ZERO, Decimal(80)),  # nothing was agreed with the second firm yet
    ]
    own = make_session(agency.agency, host=agency.hosts["star"], starts_at=TEN + 48 * HOUR, hours=1)
    assert agreements_over(agency.agency.pk, [own]) == []


def test_who_sees_what_of_it(agency: Agency) -> None:
    """The firm whose goods are sold sees nothing of what the agency pays, other hosts and the park neither."""
    agency.earns(agency.firms[0])
    agency.sell("A", "100.00")
    agency.sell("Z", "500.00", firm=1)  # of a firm that pays the agency nothing
    statement = count(agency.shares())
    assert list(orders_of(statement)) == ["A"]
    rows = (
        Agreement.objects.filter(pk=statement.agreement_id),
        Statement.objects.filter(pk=statement.pk),
        StatementLine.objects.filter(statement=statement),
        StatementOrder.objects.filter(line__statement=statement),
    )

    def seen(actor: Actor) -> list[bool]:
        return [visible_to(each, actor).exists() for each in rows]

    assert seen(agency.people["mcn"]) == [True] * 4
    assert seen(user_actor(agency.logins["star"])) == [True, True, True, False]
    others = [agency.people["ming"], agency.people["hua"], user_actor(agency.logins["moon"])]
    others += [
        user_actor(make_user(f"park-{role}", role, agency.park.node))
        for role in (Role.PARK_MANAGER, Role.PARK_FINANCE)
    ]
    for actor in others:
        assert seen(actor) == [False] * 4


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("sales", {"kind": "agency"}),
        ("sales", {"seller_pays": False}),
        ("sales", {"partner": "ming", "kind": "agency"}),
        ("sales", {"host": "of another"}),
        ("base", {"sales": "hosts"}),
        ("product", {"product": "of the agency"}),
        ("slot_fee_per", {"slot_fee": Decimal(1), "slot_fee_per": "product"}),
    ],
)
def test_it_is_agreed_with_an_own_host_alone(agency: Agency, field: str, terms: dict[str, Any]) -> None:
    if "host" in terms:
        terms = {"host": make_host(agency.firms[0], "other")}
    if "product" in terms:
        terms = {"product": make_sku(agency.agency, "own").product}
    with pytest.raises(InvalidInput) as refused:
        agency.shares(**terms)
    assert refused.value.field == field


@pytest.mark.parametrize("change", [{"kind": "agency"}, {"host": None}, {"sales": "hosts"}])
def test_the_database_knows_it_too(agency: Agency, change: dict[str, Any]) -> None:
    shares = agency.shares()
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.filter(pk=shares.pk).update(**change)
