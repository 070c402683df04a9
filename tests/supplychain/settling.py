"""What tests of agreements and statements share: firms with a session in January, and April, when it is settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from core.actors import Actor, user_actor
from core.choices import Role
from supplychain.models import Agreement, Statement, StatementLine
from supplychain.services import (
    agreement_propose,
    agreement_sign,
    statement_approve,
)
from tests.factories import SYSTEM, make_host, make_park, make_session, make_tenant, make_user
from tests.supplychain.ledger import fact, record

JAN, FEB, MAR, MAY = (dt.date(2025, month, 1) for month in (1, 2, 3, 5))
TEN = dt.datetime(
    2025, 1, 31, 14, 0, tzinfo=dt.UTC
)  # ten in the evening in Shanghai: the session sees February
HOUR = dt.timedelta(hours=1)
APRIL = dt.datetime(2025, 4, 2, 4, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with time_machine.travel(APRIL, tick=False):
        yield


class Firms:
    """A seller with a session of two hosts, and an agency of which one of them is."""

    def __init__(self) -> None:
        park = make_park("east")
        self.park = park
        self.seller, self.agency, self.other = (make_tenant(park, name) for name in ("ming", "mcn", "hua"))
        self.host, self.own_host = make_host(self.agency, "star"), make_host(self.seller, "own")
        self.session = make_session(self.seller, host=self.host, starts_at=TEN, hours=4)
        self.session.shown_tenants.create(tenant=self.agency)
        self.people = {
            tenant.code: user_actor(make_user(f"{tenant.code}-money", Role.TENANT_FINANCE, tenant.node))
            for tenant in (self.seller, self.agency, self.other)
        }
        self.park_finance = user_actor(make_user("park-money", Role.PARK_FINANCE, park.node))

    def money(self, code: str = "ming") -> Actor:
        return self.people[code]

    def agree(self, *, signed: bool = True, **values: Any) -> Agreement:
        defaults: dict[str, Any] = {
            "seller": self.seller,
            "partner": self.agency.code,
            "kind": "agency",
            "title": "frame contract",
            "from_day": JAN,
            "sales": "hosts",
            "tiers": [(Decimal(0), Decimal(20))],
        }
        agreement = agreement_propose(actor=self.money(), **{**defaults, **values})
        return agreement_sign(actor=self.money("mcn"), agreement=agreement) if signed else agreement

    def sell(self, order: str, amount: str, hours: float = 0.5, **values: Any) -> None:
        told = {"session_ref": str(self.session.uid), **values}
        record(self.seller, fact(order, amount=amount, occurred_at=TEN + hours * HOUR, **told))

    def refund(self, order: str, amount: str, at: dt.datetime, number: str = "1", **values: Any) -> None:
        told: dict[str, Any] = {
            "ref_order_no": order,
            "ref_line": "1",
            "occurred_at": at,
            "session_ref": str(self.session.uid),
        }
        record(self.seller, fact(f"R{order}{number}", "refunded", amount, **{**told, **values}))


@pytest.fixture
def firms() -> Firms:
    return Firms()


def lines_of(statement: Statement) -> list[tuple[str, str, Decimal, Decimal]]:
    rows = StatementLine.objects.filter(statement=statement, version=statement.version)
    return [(f"{line.month:%m}", line.kind, line.base, line.amount) for line in rows]


def approved(statement: Statement) -> Statement:
    return statement_approve(actor=SYSTEM, statement=statement)
