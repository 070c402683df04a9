"""The last live day of a firm: its sums are those of its sessions, its curve is that of its own orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.counting import drain_everything
from analytics.keep import last_day
from analytics.keep.cohorts import cohorts_of
from analytics.result import account_of
from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import DAY, HOUR, day_start
from core.errors import NotFound
from core.money import to_units
from supplychain.models import Agreement
from supplychain.services import agreement_propose, agreement_sign
from tenants.models import Tenant
from tests.factories import SYSTEM, make_host, make_park, make_session, make_tenant, make_user
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NOW = dt.datetime(2025, 6, 20, 2, 0, tzinfo=dt.UTC)  # ten in the morning
EVENING = dt.datetime(2025, 6, 19, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _in_the_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def firm() -> Tenant:
    return make_tenant(make_park("east"), "ming")


@pytest.fixture
def owner(firm: Tenant) -> Actor:
    return user_actor(make_user("boss", Role.TENANT_OWNER, firm.node))


def sell(firm: Tenant, at: dt.datetime, orders: int, amount: str = "100.00", **values: Any) -> None:
    record(
        firm,
        *(fact(f"{at:%m%d%H}-{number}", amount=amount, occurred_at=at, **values) for number in range(orders)),
    )


def give_back(
    firm: Tenant, paid: dt.datetime, number: int, hours: int, amount: str, source: str = "test", **values: Any
) -> None:
    order = f"{paid:%m%d%H}-{number}"
    told = {
        "ref_order_no": order,
        "ref_line": "1",
        "line_no": "",
        "occurred_at": paid + hours * HOUR,
        **values,
    }
    record(firm, fact(f"R{order}-{hours}", "refunded", amount, **told), source=source)


def past(firm: Tenant, days: int = 20) -> None:
    """Days of five orders each: one comes back after an hour, and after two days one in part."""
    for number in range(days):
        at = day_start((NOW - (70 - number) * DAY).date()) + 12 * HOUR
        sell(firm, at, 5)
        give_back(firm, at, 0, 1, "100.00")
        give_back(firm, at, 1, 48, "25.00")
    drain_everything()


def test_the_curve_is_what_came_back_later_of_the_firms_own_days(firm: Tenant) -> None:
    past(firm)
    cohorts, watched = cohorts_of(firm.pk, 14 * HOUR, NOW)
    assert watched == 30
    assert {(each.paid, each.late, each.orders) for each in cohorts} == {(5_000_000, 250_000, 5)}
    assert len(cohorts) == 20
    early, _watched = cohorts_of(firm.pk, dt.timedelta(0), NOW)
    assert {each.late for each in early} == {1_250_000}


def test_what_came_back_after_the_watch_or_of_other_orders_is_no_part_of_it(firm: Tenant) -> None:
    past(firm)
    first = day_start((NOW - 70 * DAY).date()) + 12 * HOUR
    give_back(firm, first, 2, 31 * 24, "50.00")
    give_back(firm, first, 3, 30 * 24, "3.00")
    record(firm, fact("R-nobody", "refunded", "9.00", occurred_at=first + 50 * HOUR, ref_order_no="unknown"))
    order = f"{first:%m%d%H}-4"
    record(firm, fact(order, "cancelled", "100.00", line_no="1", occurred_at=first + 60 * HOUR))
    drain_everything()
    cohorts, _watched = cohorts_of(firm.pk, 14 * HOUR, NOW)
    late = sorted(each.late for each in cohorts)
    assert late[:-1] == [250_000] * 19
    assert late[-1] == 250_000 + 30_000 + 1_000_000  # cancelled after payment: the whole line


@pytest.mark.parametrize(
    ("told", "paid", "late"),
    [
        ("jushuitan", ["douyin"], True),
        ("douyin", ["jushuitan"], True),
        ("returns", ["jushuitan"], True),
        ("douyin", ["kuaishou"], False),
        ("jushuitan", ["kuaishou", "douyin"], False),
        ("kuaishou", ["kuaishou", "douyin"], True),
    ],
)
def test_what_another_door_gave_back_came_back_of_the_order_that_it_may_be_of(
    firm: Tenant, told: str, paid: list[str], late: bool
) -> None:
    past(firm, days=1)
    first = day_start((NOW - 70 * DAY).date()) + 12 * HOUR
    give_back(firm, first, 0, 50, "30.00", source=told, ref_order_no="shared")
    for source in paid:
        record(firm, fact("shared", amount="40.00", occurred_at=first), source=source)
    drain_everything()
    ((cohort,), _watched) = cohorts_of(firm.pk, 14 * HOUR, NOW)
    assert cohort.paid == 5_000_000 + 400_000 * len(paid)
    assert cohort.late == 250_000 + (300_000 if late else 0)


def test_an_order_of_long_ago_takes_nothing_from_what_a_short_past_says(firm: Tenant) -> None:
    for number in range(1, 33):
        sell(firm, day_start((NOW - number * DAY).date()) + 12 * HOUR, 5)
    drain_everything()
    before = cohorts_of(firm.pk, 14 * HOUR, NOW)
    assert (len(before[0]), before[1]) == (16, 16)
    for days in (65, 700):
        sell(firm, NOW - days * DAY, 1)
    drain_everything()
    after = cohorts_of(firm.pk, 14 * HOUR, NOW)
    assert (len(after[0]), after[1]) == (17, 16)


def test_a_young_firm_is_told_that_it_is_not_known(firm: Tenant, owner: Actor) -> None:
    assert last_day(owner, firm) is None
    session = make_session(firm, starts_at=EVENING)
    sell(firm, EVENING + HOUR, 60, session_ref=str(session.uid))
    drain_everything()
    told = last_day(owner, firm)
    assert told is not None
    assert (told.curve, told.expected, told.kept_then) == (None, None, None)


def test_the_day_is_the_sum_of_its_sessions(firm: Tenant, owner: Actor) -> None:
    past(firm)
    agree(owner, firm)
    host = make_host(firm, "own")
    sessions = [
        make_session(firm, host=host, starts_at=EVENING + hours * HOUR, hours=1) for hours in (-8, 0, 2)
    ]
    make_session(firm, host=host, starts_at=EVENING - DAY)
    for hours, session in zip((-8, 0, 2), sessions, strict=True):
        sell(firm, EVENING + hours * HOUR, 3, "33.33", session_ref=str(session.uid))
    give_back(firm, EVENING, 0, 2, "11.11", session_ref=str(sessions[1].uid))
    told = last_day(owner, firm)
    assert told is not None
    assert (told.day, [each.pk for each in told.sessions]) == (EVENING.date(), [each.pk for each in sessions])
    accounts = [account_of(owner, session) for session in sessions]
    assert told.kept == sum(account.left for account in accounts)
    assert (told.sold, told.refunded) == (to_units_of("299.97"), to_units_of("11.11"))
    assert told.taken == sum(account.lines[part].known for account in accounts for part in account.lines
                             if part in ("platform", "commission", "slot_fee"))  # fmt: skip
    assert told.kept == told.sold - told.refunded - told.taken - told.spent
    assert told.expected is not None
    # One of five orders of the past gave back a quarter after this age.
    assert told.expected.middle == round(told.sold * 25 / 500 / 100) * 100
    assert told.curve is not None
    assert (told.curve.days, told.curve.orders) == (20, 100)


def test_a_day_of_many_sessions_is_told_whole(firm: Tenant, owner: Actor) -> None:
    """An agency's: a number of sessions at which the sum stops would be a sum of nothing."""
    at = [EVENING + number * HOUR / 60 for number in range(55)]
    sessions = [make_session(firm, starts_at=each, hours=1) for each in at]
    record(
        firm,
        *(
            fact(f"M{number}", amount="10.00", occurred_at=at[number], session_ref=str(session.uid))
            for number, session in enumerate(sessions)
        ),
    )
    told = last_day(owner, firm)
    assert told is not None
    assert (len(told.sessions), told.sold) == (55, to_units_of("550.00"))


def to_units_of(amount: str) -> int:
    return to_units(Decimal(amount))


def agree(owner: Actor, firm: Tenant) -> Agreement:
    """The platform takes five percent."""
    terms: dict[str, Any] = {
        "kind": "platform",
        "title": "fee",
        "from_day": dt.date(2025, 1, 1),
        "sales": "all",
    }
    agreement = agreement_propose(
        actor=owner, seller=firm, outside_name="Douyin", tiers=[(Decimal(0), Decimal(5))], **terms
    )
    return agreement_sign(actor=SYSTEM, agreement=agreement)


def test_more_sessions_of_the_day_take_no_more_statements(firm: Tenant, owner: Actor) -> None:
    past(firm)
    agree(owner, firm)

    def taken() -> int:
        with CaptureQueriesContext(connection) as asked:
            last_day(owner, firm)
        return len(asked)

    make_session(firm, starts_at=EVENING, hours=1)
    second = make_session(firm, starts_at=EVENING + 2 * HOUR, hours=1)
    sell(firm, EVENING + 2 * HOUR, 2, session_ref=str(second.uid))
    before = taken()
    for hours in range(3, 6):
        session = make_session(firm, starts_at=EVENING - hours * HOUR, hours=1)
        sell(firm, EVENING - hours * HOUR, 2, session_ref=str(session.uid))
    assert taken() == before
    print(f"{before} statements")


def test_nobody_else_is_told(firm: Tenant) -> None:
    make_session(firm, starts_at=EVENING)
    staff = user_actor(make_user("staff", Role.TENANT_STAFF, firm.node))
    with pytest.raises(NotFound):
        last_day(staff, firm)
