"""What becomes of facts that enter the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from core import clock
from core.errors import Conflict, InvalidInput, Refused
from core.models import AuditEntry, ExchangeRate, Unresolved
from livestreams.models import SessionTenant
from supplychain.models import SalesEvent, SalesEventKey
from tenants.models import Tenant
from tests import factories
from tests.supplychain.ledger import NOON, SLOT, SYSTEM, amounts, fact, marked, record, statuses, unmark

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def seller() -> Tenant:
    return factories.make_tenant(factories.make_park("alpha"), "alpha-a")


@pytest.fixture
def stranger() -> Tenant:
    return factories.make_tenant(factories.make_park("beta"), "beta-a")


def test_a_fact_is_stored_as_it_came_with_its_hour_and_its_day(seller: Tenant) -> None:
    late = fact(
        "A2", occurred_at=NOON + timedelta(hours=12), amount="0.0001", title="鞋 \\N \t tab", sku_code="None"
    )
    assert record(seller, fact(), late).counts == {"stored": 2, "duplicate": 0, "conflict": 0, "rejected": 0}
    first, second = SalesEvent.objects.order_by("order_no")
    assert (first.amount, first.slot, first.business_day, first.occurred_at) == (
        10,
        SLOT,
        date(2025, 6, 1),
        NOON,
    )
    assert (first.owner_id, first.seller_id, first.source, first.external_id) == (
        seller.pk,
        seller.pk,
        "test",
        "A1:1:paid",
    )
    assert (second.amount, second.business_day) == (Decimal("0.0001"), date(2025, 6, 2))
    assert (second.title, second.sku_code) == ("鞋 \\N \t tab", "None")
    assert set(SalesEventKey.objects.values_list("pk", "slot")) == {(first.pk, SLOT), (second.pk, SLOT + 12)}
    assert marked(seller) == {SLOT, SLOT + 12}
    entry = AuditEntry.objects.get(verb="sales.record")
    assert (entry.node_id, entry.after["stored"]) == (seller.pk, 2)


def test_the_same_again_is_a_duplicate_and_marks_nothing(seller: Tenant) -> None:
    record(seller, fact(), fact("A2"))
    unmark()
    assert statuses(record(seller, fact("A3"), fact(), fact("A2"))) == ["stored", "duplicate", "duplicate"]
    assert marked(seller) == {SLOT}
    unmark()
    assert statuses(record(seller, fact("A2"), fact())) == ["duplicate", "duplicate"]
    assert not marked(seller)
    assert SalesEvent.objects.count() == SalesEventKey.objects.count() == 3


def test_the_same_key_with_other_content_is_kept_for_review(seller: Tenant) -> None:
    record(seller, fact())
    result = record(seller, fact(amount="11.00"), fact("A2"))
    assert statuses(result) == ["conflict", "stored"]
    assert result.lines[0].code == "event_conflict"
    assert amounts(seller) == [10, 10]
    kept = Unresolved.objects.get(kind="conflict")
    assert (kept.node_id, kept.reference, kept.detail["offered"]["amount"]) == (
        seller.pk,
        "test:A1:1:paid:1",
        "11.00",
    )
    record(seller, fact(amount="12.00"))
    kept.refresh_from_db()
    assert kept.detail["offered"]["amount"] == "12.00"


def test_a_key_twice_in_one_batch(seller: Tenant) -> None:
    result = record(seller, fact(), fact(amount="11.00"), fact(), fact(title="same sale"))
    assert statuses(result) == ["stored", "conflict", "duplicate", "duplicate"]
    assert amounts(seller) == [10]


def test_keys_are_apart_by_source_and_by_seller(seller: Tenant, stranger: Tenant) -> None:
    record(seller, fact())
    assert statuses(record(seller, fact(amount="11.00"), source="other")) == ["stored"]
    assert statuses(record(stranger, fact(amount="12.00"))) == ["stored"]
    assert amounts(seller) == [10, 11]
    assert not Unresolved.objects.exists()


def test_all_or_nothing_names_every_refused_line(seller: Tenant) -> None:
    record(seller, fact())
    foreign = fact("A3", amount=None, currency="USD", amount_foreign=Decimal(5))
    with pytest.raises(Conflict) as conflict:
        record(seller, fact("A2"), fact(amount="11.00"), foreign, atomic=True)
    assert [(row.row, row.code) for row in conflict.value.rows] == [(2, "event_conflict"), (3, "no_rate")]
    with pytest.raises(InvalidInput) as invalid:
        record(seller, fact("A2"), foreign, atomic=True)
    assert "USD" in invalid.value.rows[0].message
    assert "2025-06-01" in invalid.value.rows[0].message
    assert SalesEvent.objects.count() == SalesEventKey.objects.count() == 1
    assert not Unresolved.objects.exists()
    assert record(seller, fact("A2"), fact(), atomic=True).counts["stored"] == 1


def test_foreign_amounts_are_converted_half_up_by_the_rate_of_the_business_day(seller: Tenant) -> None:
    ExchangeRate.objects.create(
        currency="USD", day=date(2025, 6, 1), cny_per_unit=Decimal("7.12345678"), source="t"
    )
    foreign = {"amount": None, "currency": "USD"}
    result = record(
        seller,
        fact("A1", **foreign, amount_foreign=Decimal("1.0005")),
        fact(
            "A2", **foreign, amount_foreign=Decimal("0.0001"), rate=Decimal("0.5"), rate_day=date(2025, 5, 30)
        ),
        fact("A3", **foreign, amount_foreign=Decimal("1.0005"), occurred_at=NOON - timedelta(days=1)),
        fact("A4", **foreign, amount_foreign=Decimal(10**12), rate=Decimal(10**9)),
    )
    assert [line.code for line in result.lines] == ["", "", "no_rate", "amount_range"]
    first, second = SalesEvent.objects.order_by("order_no")
    assert (first.amount, first.amount_foreign) == (Decimal("7.1270"), Decimal("1.0005"))
    assert (first.rate, first.rate_day) == (Decimal("7.12345678"), date(2025, 6, 1))
    assert (second.amount, second.rate_day) == (Decimal("0.0001"), date(2025, 5, 30))


def test_days_without_a_rate_have_the_last_one_before_them_for_ten_days(seller: Tenant) -> None:
    for day, rate in ((date(2025, 5, 30), "7.1"), (date(2025, 6, 2), "7.2"), (date(2025, 6, 3), "7.3")):
        ExchangeRate.objects.create(currency="USD", day=day, cny_per_unit=Decimal(rate), source="t")
    ExchangeRate.objects.create(currency="EUR", day=date(2025, 6, 1), cny_per_unit=Decimal(8), source="t")
    # Noon of 30 May, of Sunday 1 June, and ten and eleven days after the last one.
    days = {name: timedelta(shift) for name, shift in (("A", -2), ("B", 0), ("C", 12), ("D", 13), ("E", -3))}
    result = record(
        seller,
        *(
            fact(name, amount=None, currency="USD", amount_foreign=Decimal(10), occurred_at=NOON + shift)
            for name, shift in days.items()
        ),
    )
    assert [line.code for line in result.lines] == ["", "", "", "no_rate", "no_rate"]
    assert "2025-06-14" in result.lines[3].message
    found = {event.order_no: (event.amount, event.rate_day) for event in SalesEvent.objects.all()}
    assert found == {
        "A": (71, date(2025, 5, 30)), "B": (71, date(2025, 5, 30)), "C": (73, date(2025, 6, 3)),
    }  # fmt: skip


def test_a_correction_marks_what_it_supersedes_and_counts_alone(seller: Tenant) -> None:
    record(seller, fact(occurred_at=NOON - timedelta(days=3)))
    unmark()
    assert statuses(record(seller, fact(version=2, amount="8.00"))) == ["stored"]
    assert marked(seller) == {SLOT, SLOT - 72}
    assert [event.amount for event in SalesEvent.objects.current()] == [8]
    unmark()
    assert (
        statuses(record(seller, fact(version=4, amount="6.00"), fact(version=3, amount="7.00")))
        == ["stored"] * 2
    )
    assert marked(seller) == {SLOT, SLOT - 72}
    assert [event.version for event in SalesEvent.objects.current()] == [4]
    assert SalesEvent.objects.count() == 4


@pytest.mark.parametrize("later", ["paid", "created", "refunded"])
def test_a_cancellation_is_counted_again_when_its_order_changes(seller: Tenant, later: str) -> None:
    record(seller, fact("A1", "cancelled", occurred_at=NOON - timedelta(days=2)))
    record(seller, fact("A9", "cancelled", occurred_at=NOON - timedelta(days=1)))
    unmark()
    record(seller, fact("A1", later))
    assert marked(seller) == {SLOT, SLOT - 48}
    unmark()
    record(seller, fact("R1", "refunded", ref_order_no="A1", ref_line="1"))
    assert marked(seller) == {SLOT, SLOT - 48}
    unmark()
    record(seller, fact("A1", later), source="other")
    assert marked(seller) == {SLOT, SLOT - 48}, "it may be of the order that another door tells of"


def test_a_payment_marks_the_refunds_that_may_be_of_another_order_by_it(seller: Tenant) -> None:
    """Not those of all days on which its firm used the number before: a till may count from 1 each morning."""
    back = {"ref_order_no": "A1", "ref_line": "1"}
    for days, source in ((1, "test"), (2, "other")):
        record(seller, fact("R1", "refunded", occurred_at=NOON - timedelta(days=days), **back), source=source)
    unmark()
    record(seller, fact("A1"))
    assert marked(seller) == {SLOT, SLOT - 48}, "the other door's may be of it"
    unmark()
    record(seller, fact("A1", external_id="abroad", customs_mode="9610"))
    assert marked(seller) == {SLOT, SLOT - 24, SLOT - 48}
    unmark()
    record(seller, fact("A1"), source="third")
    assert marked(seller) == {SLOT, SLOT - 24, SLOT - 48}
    unmark()
    record(seller, fact("A1", external_id="again"))
    assert marked(seller) == {SLOT, SLOT - 24, SLOT - 48}, "another door told of a payment, too"


def test_a_correction_that_changes_the_order_marks_the_cancellations_of_both(seller: Tenant) -> None:
    record(seller, fact("A1", external_id="x"))
    record(seller, fact("A1", "cancelled", occurred_at=NOON - timedelta(hours=5)))
    record(seller, fact("A2", "cancelled", occurred_at=NOON - timedelta(hours=7)))
    unmark()
    record(seller, fact("A2", external_id="x", version=2))
    assert marked(seller) == {SLOT, SLOT - 5, SLOT - 7}


def test_references_mean_what_is_connected_with_the_seller(seller: Tenant, stranger: Tenant) -> None:
    mine, other = factories.make_sku(seller, "Sku-1"), factories.make_sku(stranger, "Sku-2")
    session = factories.make_session(seller, live_id="live-1")
    foreign = factories.make_session(stranger, live_id="live-2")
    shown_here = factories.make_session(stranger, live_id="live-3")
    SessionTenant.objects.create(session=shown_here, tenant=seller)
    record(
        seller,
        fact("A1", sku_code="Sku-1", session_ref=str(session.uid)),
        fact("A2", sku_code="SKU-1", session_ref="live-1"),
        fact("A3", sku_code=other.code, session_ref="live-3"),
        fact("A4", session_ref="live-2", owner=stranger.code),
        fact("A5", session_ref=str(foreign.uid), owner="nobody", sku_code="Sku-1"),
    )
    found = {event.order_no: event for event in SalesEvent.objects.all()}
    assert [found[f"A{n}"].session_id for n in range(1, 6)] == [
        session.pk,
        session.pk,
        shown_here.pk,
        None,
        None,
    ]
    assert [found[f"A{n}"].sku_id for n in range(1, 6)] == [mine.pk, None, None, None, None]
    assert {event.owner_id for event in found.values()} == {seller.pk}
    assert (found["A4"].owner_ref, found["A5"].session_ref) == (stranger.code, str(foreign.uid))
    waiting = set(Unresolved.objects.values_list("node_id", "kind", "reference"))
    assert waiting == {
        (seller.pk, "sku", "SKU-1"),
        (seller.pk, "sku", "Sku-2"),
        (seller.pk, "session", "live-2"),
        (seller.pk, "session", str(foreign.uid)),
        (seller.pk, "owner", stranger.code),
        (seller.pk, "owner", "nobody"),
    }


def test_goods_of_an_owner_that_the_sellers_sessions_show(seller: Tenant) -> None:
    owner = factories.make_tenant(_park(seller), "alpha-b")
    sku = factories.make_sku(owner, "Sku-1")
    factories.make_sku(seller, "Sku-1")
    SessionTenant.objects.create(session=factories.make_session(seller), tenant=owner)
    record(seller, fact(owner=owner.code, sku_code="Sku-1"))
    event = SalesEvent.objects.get()
    assert (event.owner_id, event.sku_id, event.seller_id) == (owner.pk, sku.pk, seller.pk)


def test_an_answered_reference_opens_again(seller: Tenant) -> None:
    record(seller, fact(sku_code="x"))
    Unresolved.objects.update(resolved_at=NOON)
    record(seller, fact("A2", sku_code="x"), fact("A3", sku_code="y"))
    assert set(Unresolved.objects.filter(resolved_at__isnull=True).values_list("reference", flat=True)) == {
        "x",
        "y",
    }


def test_only_who_may_add_sales_does(seller: Tenant) -> None:
    world = factories.make_world("gamma")
    mine = world.tenants[0]
    assert record(mine.tenant, fact(), actor=mine.owner).counts["stored"] == 1
    assert record(mine.tenant, fact("A2"), actor=mine.tool).counts["stored"] == 1
    for actor in (world.manager, world.tenants[1].owner, world.tenants[1].tool):
        with pytest.raises(Refused):
            record(mine.tenant, fact("A3"), actor=actor)
    with pytest.raises(InvalidInput):
        record(seller, fact(), source="", actor=SYSTEM)


def test_a_batch_takes_the_same_number_of_queries_whatever_its_size(
    seller: Tenant, django_assert_max_num_queries: object
) -> None:
    for number in range(40):
        factories.make_sku(seller, f"S{number}")
    session = factories.make_session(seller, live_id="live")
    facts = [fact(f"A{n}", sku_code=f"S{n % 50}", session_ref=str(session.uid)) for n in range(2_000)]
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        assert record(seller, *facts).counts["stored"] == 2_000
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        assert record(seller, *facts).counts["duplicate"] == 2_000


def _park(tenant: Tenant) -> object:
    return tenant.tenancies.get().park


def test_what_lies_ahead_has_not_been_sold(seller: Tenant) -> None:
    """The clocks of shops may be some minutes wrong, not more."""
    with time_machine.travel(NOON, tick=False):
        result = record(
            seller,
            fact("A1", occurred_at=NOON + clock.SKEW),
            fact("A2", occurred_at=NOON + clock.SKEW + timedelta(microseconds=1)),
            fact("A3", "refunded", occurred_at=NOON + timedelta(days=40)),
        )
    assert statuses(result) == ["stored", "rejected", "rejected"]
    assert {(line.field, line.code) for line in result.refused} == {("occurred_at", "future")}


def test_a_seller_that_left_sells_nothing_and_still_takes_back(seller: Tenant) -> None:
    """Buyers send back for weeks; without that the park's figures of the past would stay too high."""
    record(seller, fact("A1"))
    seller.closed_on = date(2025, 6, 2)
    seller.save()
    after = NOON + timedelta(days=1)
    result = record(
        seller,
        fact("A2"),  # of its last day, told late
        fact("A3", occurred_at=after),
        fact("A3", "created", occurred_at=after),
        fact("A1", "refunded", occurred_at=after, external_id="back", ref_order_no="A1"),
        fact("A2", "cancelled", occurred_at=after),
        fact("A1", "adjusted", occurred_at=after, external_id="adjusted"),
    )
    assert statuses(result) == ["stored", "rejected", "rejected", "stored", "stored", "stored"]
    assert [line.code for line in result.refused] == ["seller_closed"] * 2
    assert amounts(seller) == [Decimal(10), Decimal(10)]
