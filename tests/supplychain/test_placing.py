"""Facts get their session outside of the request: what follows what, what is never changed, what is looked at again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from core import buckets
from core.clock import business_day
from core.errors import InvalidInput
from core.models import BucketMark
from livestreams.models import Host, HostAccount, LiveSession
from livestreams.services import (
    account_close,
    account_create,
    account_reopen,
    host_create,
    session_end,
    session_open,
    session_untell,
    shift_begin,
)
from supplychain.attribution.ledger import Order, facts_of
from supplychain.attribution.lines import Fact
from supplychain.filters import SalesEventFilter
from supplychain.models import Attribution, AttributionSettings, SalesEvent
from supplychain.services import attribution_set, explain_record, placing, said, sales, window_set
from tenants.models import Store, Tenant
from tenants.services import store_close, store_create, store_members_set, store_reopen
from tests.factories import SYSTEM, make_host, make_park, make_session, make_sku, make_tenant
from tests.supplychain.ledger import NOON, fact, record, statuses, unmark

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


class Shop:
    """A seller, a host of its own with an account, and a session from noon to two."""

    def __init__(self) -> None:
        park = make_park("east")
        self.seller: Tenant = make_tenant(park, "ming")
        self.other: Tenant = make_tenant(park, "hua")
        self.host: Host = make_host(self.seller, "ming-host")
        HostAccount.objects.create(host=self.host, platform="douyin", account="88001")
        self.session = self.on_air(NOON, host=self.host)

    def on_air(self, at: datetime, **values: Any) -> LiveSession:
        return make_session(values.pop("tenant", self.seller), starts_at=at, **values)

    def sold(self, order_no: str = "A1", at: datetime = NOON + HOUR, **values: Any) -> None:
        values = {"channel": "live", "host_ref": "88001", "occurred_at": at, "external_id": "", **values}
        source = values.pop("source", "test")
        result = record(self.seller, fact(order_no, **values), source=source)
        assert statuses(result) == ["stored"]

    def refunded(self, order_no: str = "A1", at: datetime = NOON + DAY, **values: Any) -> None:
        values = {"ref_order_no": order_no, "ref_line": "1", "line_no": "", **values}
        source = values.pop("source", "test")
        told = fact(f"r-{order_no}", "refunded", occurred_at=at, **values)
        result = record(self.seller, told, source=source)
        assert statuses(result) == ["stored"]

    def answers(self) -> dict[tuple[str, str], tuple[int | None, str]]:
        """Session and rule by kind and order, of facts as they stand."""
        placing.drain()
        found = {}
        for event in SalesEvent.objects.current().with_session().order_by("pk"):
            rule = Attribution.objects.filter(event_id=event.pk).order_by("-version").first()
            found[event.kind, event.ref_order_no or event.order_no] = (
                event.session_now,
                rule.rule if rule else "",
            )
        return found

    def answer(self, order_no: str = "A1", kind: str = "paid") -> tuple[int | None, str]:
        return self.answers()[kind, order_no]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_line_is_placed_by_account_and_time_and_says_by_which_rule(shop: Shop) -> None:
    shop.sold()
    assert shop.answer() == (shop.session.pk, "account")
    (row,) = Attribution.objects.all()
    assert (row.rule_name, row.rule_version, row.window_hours, row.version) == ("evidence", 1, 0, 1)


def test_placing_marks_the_hours_that_count_otherwise_and_nothing_twice(shop: Shop) -> None:
    shop.sold()
    shop.sold("A2", channel="shop")
    BucketMark.objects.filter(family=buckets.SALES).delete()
    assert placing.drain() == 2
    assert list(BucketMark.objects.values_list("family", "node", "slot")) == [
        ("sales", shop.seller.pk, int(NOON.timestamp()) // 3600 + 1)
    ]
    unmark()
    buckets.mark(buckets.PLACING, [(shop.seller.pk, int(NOON.timestamp()) // 3600 + 1)])
    assert placing.drain() == 1
    assert Attribution.objects.count() == 2
    assert not BucketMark.objects.exists()


def test_a_call_has_its_orders_placed_and_a_file_the_hours_that_it_tells_of(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed: list[set[str]] = []

    def told(seller: Tenant, numbers: Iterable[str]) -> dict[Order, list[Fact]]:
        placed.append(set(numbers))
        return facts_of(seller, numbers)

    monkeypatch.setattr(placing, "facts_of", told)
    for number in ("A1", "A2", "A3"):
        shop.sold(number)
    placing.drain()
    shop.sold("A4")
    shop.refunded("A2")
    placing.drain()
    monkeypatch.setattr(sales, "MOST_NAMED", 1)
    record(shop.seller, fact("A5", occurred_at=NOON + HOUR), fact("A6", occurred_at=NOON + HOUR))
    placing.drain()
    assert placed == [
        {"A1", "A2", "A3"},
        {"A2", "A4"},
        {"A1", "A2", "A3", "A4", "A5", "A6"},
    ]


@pytest.mark.parametrize("line", ["1", "7", ""])
def test_a_refund_follows_its_payment_whichever_door_tells_it(shop: Shop, line: str) -> None:
    """Also where that names lines in another way. One whose order may be either of two is nowhere."""
    shop.refunded(source="erp", ref_line=line)
    assert shop.answer(kind="refunded") == (None, "")
    shop.sold(source="douyin")
    assert shop.answer(kind="refunded") == (shop.session.pk, "follows")
    shop.sold(source="taobao")
    assert shop.answer(kind="refunded") == (None, "follows")


def test_a_refund_of_another_platform_is_of_another_order(shop: Shop) -> None:
    shop.sold(source="douyin")
    shop.refunded(source="kuaishou")
    assert shop.answer(kind="refunded") == (None, "")
    shop.sold(source="erp", order_no="A2")
    shop.refunded("A2", source="returns")
    assert shop.answer("A2", "refunded") == (shop.session.pk, "follows")


def test_everything_of_a_line_follows_its_payment_whatever_came_first(shop: Shop) -> None:
    shop.refunded()
    assert shop.answer(kind="refunded") == (None, "")
    record(shop.seller, fact("A1", "created", occurred_at=NOON - HOUR, amount="9"))
    shop.sold()
    record(shop.seller, fact("A1", "cancelled", occurred_at=NOON + 2 * DAY, line_no="", amount="0"))
    assert shop.answers() == {
        ("paid", "A1"): (shop.session.pk, "account"),
        ("refunded", "A1"): (shop.session.pk, "follows"),
        ("created", "A1"): (shop.session.pk, "follows"),
        ("cancelled", "A1"): (shop.session.pk, "follows"),
    }


def test_a_refund_follows_the_line_that_names_its_session_itself(shop: Shop) -> None:
    shop.refunded()
    shop.answers()
    shop.sold(session_ref=str(shop.session.uid), host_ref="")
    assert shop.answers() == {
        ("refunded", "A1"): (shop.session.pk, "follows"),
        ("paid", "A1"): (shop.session.pk, ""),
    }


def test_a_refund_of_the_order_follows_only_lines_that_agree(shop: Shop) -> None:
    later = shop.on_air(NOON + 3 * HOUR, host=shop.host)
    shop.sold()
    shop.refunded(ref_line="")
    assert shop.answer(kind="refunded") == (shop.session.pk, "follows")
    shop.sold(line_no="2", at=NOON + 4 * HOUR)
    assert shop.answer(kind="refunded") == (None, "follows")
    assert shop.answer()[0] == later.pk  # the second line


def test_freight_follows_the_goods_of_its_order(shop: Shop) -> None:
    shop.sold()
    record(shop.seller, fact("A1", line_no="f", line_type="freight", occurred_at=NOON + HOUR))
    shop.answers()
    freight = SalesEvent.objects.with_session().get(line_type="freight")
    assert freight.session_now == shop.session.pk


def test_what_a_person_said_stays_and_its_refund_goes_with_it(shop: Shop) -> None:
    other = shop.on_air(NOON, tenant=shop.other)
    other.shown_tenants.create(tenant=shop.seller)
    shop.sold()
    shop.refunded()
    shop.answers()
    paid = SalesEvent.objects.get(kind="paid")
    attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=[paid.pk], session=other, rule="manual")
    assert shop.answers() == {
        ("paid", "A1"): (other.pk, "manual"),
        ("refunded", "A1"): (other.pk, "follows"),
    }
    attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=[paid.pk], session=None, rule="no_session")
    assert shop.answers() == {("paid", "A1"): (None, "no_session"), ("refunded", "A1"): (None, "follows")}


@pytest.mark.parametrize("says_none", [False, True], ids=["another", "none"])
def test_what_a_person_said_holds_for_the_corrected_line(shop: Shop, says_none: bool) -> None:
    """Also above a version that says nothing, as an undo leaves it. What a correction names itself goes before it."""
    other = shop.on_air(NOON, tenant=shop.other)
    other.shown_tenants.create(tenant=shop.seller)
    shop.sold(external_id="e1")
    shop.answers()
    session, rule = (None, "no_session") if says_none else (other, "manual")
    said = SalesEvent.objects.get().pk
    attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=[said], session=session, rule=rule)
    shop.sold(external_id="e1", version=2, amount="12.00")
    assert shop.answer() == (session and session.pk, rule)
    shop.sold(external_id="e1", version=3, kind="adjusted", qty=0, amount="0")
    shop.sold(external_id="e1", version=4)
    assert shop.answer() == (session and session.pk, rule)
    shop.sold(external_id="e1", version=5, session_ref=str(shop.session.uid))
    assert shop.answer() == (shop.session.pk, "")
    shop.sold(external_id="e1", version=6, order_no="A9")
    assert shop.answer("A9") == (shop.session.pk, "account")


def test_the_latest_that_a_person_said_of_a_line_holds_however_much_is_corrected(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(said, "AT_ONCE", 1)
    other = shop.on_air(NOON, tenant=shop.other)
    other.shown_tenants.create(tenant=shop.seller)
    for version, session, rule in ((1, other, "manual"), (2, None, "no_session")):
        shop.sold(external_id="e1", version=version)
        shop.answers()
        event = SalesEvent.objects.get(version=version).pk
        attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=[event], session=session, rule=rule)
    shop.sold(external_id="e1", version=3, amount="12.00")
    assert shop.answer() == (None, "no_session")


def test_nobody_says_what_only_the_rule_finds(shop: Shop) -> None:
    shop.sold()
    ids = list(SalesEvent.objects.values_list("pk", flat=True))
    with pytest.raises(InvalidInput):
        attribution_set(actor=SYSTEM, seller=shop.seller, event_ids=ids, session=None, rule="account")


def test_an_unknown_name_waits_under_that_name(shop: Shop) -> None:
    shop.sold(session_ref="no-such-live")
    assert shop.answer() == (None, "")
    assert not Attribution.objects.exists()


def test_sales_beside_sessions_are_classed_for_good(shop: Shop) -> None:
    shop.sold("A1", channel="product_card")
    shop.sold("A2", host_ref="stranger")
    shop.sold("A3", at=NOON + 5 * HOUR)
    assert shop.answers() == {
        ("paid", "A1"): (None, "product_card"),
        ("paid", "A2"): (None, "outside_host"),
        ("paid", "A3"): (None, "outside"),
    }


def test_accounts_of_hosts_who_never_worked_for_the_seller_are_as_unknown_as_any(shop: Shop) -> None:
    foreign = make_host(shop.other, "hua-host")
    HostAccount.objects.create(host=foreign, platform="douyin", account="99")
    shop.sold("A1", host_ref="99")
    shop.sold("A2", host_ref="98")
    assert set(shop.answers().values()) == {(None, "outside_host")}


def test_a_line_without_a_name_is_the_shops_own_on_its_platform(shop: Shop) -> None:
    Store.objects.create(tenant=shop.seller, platform="douyin", account="own", name_zh="店")
    shop.sold("A1", host_ref="", source="douyin")
    shop.sold("A2", host_ref="own", source="douyin")
    assert set(shop.answers().values()) == {(shop.session.pk, "account")}


# --- what is looked at again


def test_an_account_told_later_finds_its_lines(shop: Shop) -> None:
    shop.sold(host_ref="88002")
    assert shop.answer() == (None, "outside_host")
    account_create(actor=SYSTEM, host=shop.host, platform="douyin", account="88002")
    assert shop.answer() == (shop.session.pk, "account")
    assert Attribution.objects.count() == 2


def test_lines_of_a_store_are_looked_at_again_whenever_it_becomes_or_ceases_to_be_somebodys(
    shop: Shop,
) -> None:
    """Also those beside every session, and those of the members of a collective store."""
    later = {"at": NOON + 20 * DAY, "host_ref": "shop-1", "source": "douyin"}
    shop.sold(**later)
    record(
        shop.other, fact("B1", channel="live", host_ref="shop-1", occurred_at=later["at"]), source="douyin"
    )
    lines = [("paid", "A1"), ("paid", "B1")]

    def rules() -> list[str]:
        answers = shop.answers()
        return [answers[line][1] for line in lines]

    assert rules() == ["outside_host", "outside_host"]
    store = store_create(actor=SYSTEM, tenant=shop.seller, platform="douyin", account="shop-1", name_zh="店")
    assert rules() == ["outside", "outside_host"]
    store_members_set(actor=SYSTEM, store=store, member_codes=[shop.other.code])
    assert rules() == ["outside", "outside"]
    store_close(actor=SYSTEM, store=store, closed_on=business_day(later["at"]))
    assert rules() == ["outside_host", "outside_host"]
    store_reopen(actor=SYSTEM, store=store)
    assert rules() == ["outside", "outside"]
    store_members_set(actor=SYSTEM, store=store, member_codes=[])
    assert rules() == ["outside", "outside_host"]


def test_a_store_that_closes_keeps_what_it_sold_before(shop: Shop) -> None:
    """By the business day of each line, also within a session over midnight, and beside every session."""
    midnight = NOON + 12 * HOUR
    night = shop.on_air(midnight - HOUR, host=shop.host)
    store = store_create(actor=SYSTEM, tenant=shop.seller, platform="douyin", account="shop-1", name_zh="店")
    for number, at in (
        ("on air", midnight - SECOND),
        ("on air, later", midnight),
        ("beside", midnight - 2 * HOUR),
        ("beside, later", midnight + 3 * HOUR),
    ):
        shop.sold(number, at=at, host_ref="shop-1", source="douyin")
    shop.sold("unnamed", at=midnight - SECOND, host_ref="", source="douyin")
    shop.sold("unnamed, later", at=midnight, host_ref="", source="douyin")
    kept = {"on air": (night.pk, "account"), "beside": (None, "outside"), "unnamed": (night.pk, "account")}

    def answers() -> dict[str, tuple[int | None, str]]:
        return {number: answer for (_kind, number), answer in shop.answers().items()}

    before = answers()
    assert before == {**kept, **{f"{number}, later": answer for number, answer in kept.items()}}
    store_close(actor=SYSTEM, store=store, closed_on=business_day(midnight) + DAY)
    assert answers() == before
    store_close(actor=SYSTEM, store=store, closed_on=business_day(midnight))
    assert answers() == {
        **kept,
        "on air, later": (None, "outside_host"),
        "beside, later": (None, "outside_host"),
        "unnamed, later": (None, "unclear"),
    }
    shop.sold("told since", at=midnight + 4 * HOUR, host_ref="shop-1", source="douyin")
    assert shop.answer("told since") == (None, "outside_host")
    store_close(actor=SYSTEM, store=store, closed_on=business_day(midnight) + DAY)
    assert answers() == {**before, "told since": (None, "outside")}


def test_an_account_that_a_host_has_no_more_keeps_what_it_sold_before(shop: Shop) -> None:
    """By the business day of each line, in a session over midnight and beside every session; also once it is back."""
    midnight = NOON + 12 * HOUR
    night = shop.on_air(midnight - HOUR, host=shop.host)
    account = account_create(actor=SYSTEM, host=shop.host, platform="douyin", account="lin88")
    for number, at in (
        ("on air", midnight - SECOND),
        ("on air, later", midnight),
        ("beside", midnight - 2 * HOUR),
        ("beside, later", midnight + 3 * HOUR),
    ):
        shop.sold(number, at=at, host_ref="lin88", source="douyin")

    def answers() -> dict[str, tuple[int | None, str]]:
        return {number: answer for (_kind, number), answer in shop.answers().items()}

    kept = {"on air": (night.pk, "account"), "beside": (None, "outside")}
    before = answers()
    assert before == {**kept, **{f"{number}, later": answer for number, answer in kept.items()}}
    account_close(actor=SYSTEM, account=account, closed_on=business_day(midnight))
    others = {f"{number}, later": (None, "outside_host") for number in kept}
    assert answers() == {**kept, **others}
    account_reopen(actor=SYSTEM, account=account)
    assert answers() == before


def test_who_becomes_the_sellers_is_no_outside_host_any_more_at_any_time(shop: Shop) -> None:
    """By a code that lines named before it was anybody's, and by a first shift, also long before and after it."""
    guest = make_host(shop.other, "guest")
    HostAccount.objects.create(host=guest, platform="douyin", account="77")
    shop.sold("A1", at=NOON + 20 * DAY, host_ref="newcomer", source="douyin")
    shop.sold("A2", at=NOON + 21 * DAY, host_ref="77", source="douyin")
    lines = [("paid", "A1"), ("paid", "A2")]
    assert [shop.answers()[line][1] for line in lines] == ["outside_host", "outside_host"]
    host_create(actor=SYSTEM, tenant=shop.seller, code="newcomer", name_zh="新人")
    assert [shop.answers()[line][1] for line in lines] == ["outside", "outside_host"]
    shift_begin(actor=SYSTEM, session=shop.session, host=guest, at=NOON, ends_at=NOON + HOUR)
    assert [shop.answers()[line][1] for line in lines] == ["outside", "outside"]


def test_an_account_told_later_is_told_to_all_for_whom_its_host_worked(shop: Shop) -> None:
    """The firm of the session and those whose goods it shows, which get to know its hosts with the first of them."""
    guest = make_host(shop.other, "guest")
    shift_begin(actor=SYSTEM, session=shop.session, host=guest, at=NOON, ends_at=NOON + HOUR)
    shop.sold("A1", at=NOON + 20 * DAY, host_ref="lin88", source="douyin")
    assert shop.answer("A1") == (None, "outside_host")
    account_create(actor=SYSTEM, host=guest, platform="douyin", account="lin88")
    assert shop.answer("A1") == (None, "outside")

    second, third = (make_host(shop.other, name) for name in ("second", "third"))
    shop.sold("A2", at=NOON + 20 * DAY, host_ref="second", source="douyin")
    shop.sold("A3", at=NOON + 21 * DAY, host_ref="third", source="douyin")
    assert [shop.answer("A2"), shop.answer("A3")] == [(None, "outside_host")] * 2
    theirs = session_open(
        actor=SYSTEM, tenant=shop.other, platform="douyin", host=second, shown=[shop.seller]
    )
    assert [shop.answer("A2")[1], shop.answer("A3")[1]] == ["outside", "outside_host"]
    shift_begin(actor=SYSTEM, session=theirs, host=third, role="controller")
    assert shop.answer("A3") == (None, "outside")


def test_a_session_that_ends_loses_what_came_after(shop: Shop) -> None:
    LiveSession.objects.update(state="live", ended_at=None)
    shop.sold(at=NOON + 3 * HOUR)
    assert shop.answer() == (shop.session.pk, "account")
    session_end(actor=SYSTEM, session=shop.session, ended_at=NOON + 2 * HOUR)
    assert shop.answer() == (None, "outside")


def test_a_host_who_was_on_shift_after_all_brings_the_lines(shop: Shop) -> None:
    guest = make_host(shop.other, "guest")
    HostAccount.objects.create(host=guest, platform="douyin", account="77")
    shop.sold(host_ref="77")
    assert shop.answer() == (None, "outside_host")
    shift_begin(actor=SYSTEM, session=shop.session, host=guest, at=NOON, ends_at=NOON + HOUR)
    assert shop.answer() == (shop.session.pk, "account")


def test_what_was_shown_places_lines_from_then_on(shop: Shop) -> None:
    sku = make_sku(shop.seller, "K1")
    shop.on_air(NOON, tenant=shop.seller)
    shop.sold(host_ref="", sku_code="K1")
    assert shop.answer() == (None, "unclear")
    explain_record(
        actor=SYSTEM,
        session=shop.session,
        kind="start",
        source="test",
        product=sku.product,
        at=NOON + HOUR / 2,
    )
    assert shop.answer() == (shop.session.pk, "product")
    explain_record(
        actor=SYSTEM,
        session=LiveSession.objects.latest("pk"),
        kind="start",
        source="test",
        product=sku.product,
        at=NOON + HOUR / 2,
    )
    assert shop.answer() == (None, "unclear")


def test_a_wider_window_reaches_what_came_after_the_end_and_a_narrower_gives_it_back(shop: Shop) -> None:
    shop.sold("A1")
    shop.sold("A2", at=NOON + 12 * HOUR)
    shop.sold("A3", at=NOON + 100 * HOUR)
    before = shop.answers()
    assert [answer[1] for answer in before.values()] == ["account", "outside", "outside"]
    for hours, rules in ((12, ["account", "tail", "outside"]), (168, ["account", "tail", "tail"])):
        window_set(actor=SYSTEM, tenant=shop.seller, window_hours=hours)
        assert [answer[1] for answer in shop.answers().values()] == rules
        assert Attribution.objects.latest("pk").window_hours == hours
    window_set(actor=SYSTEM, tenant=shop.seller, window_hours=0)
    assert shop.answers() == before
    assert AttributionSettings.objects.get().window_hours == 0
    with pytest.raises(InvalidInput):
        window_set(actor=SYSTEM, tenant=shop.seller, window_hours=24)


def test_a_correction_moves_the_line_and_both_orders_are_looked_at(shop: Shop) -> None:
    shop.sold(external_id="e1")
    shop.refunded()
    shop.answers()
    record(
        shop.seller,
        fact("A9", channel="live", host_ref="88001", occurred_at=NOON + HOUR, external_id="e1", version=2),
    )
    assert shop.answers() == {
        ("refunded", "A1"): (None, "follows"),
        ("paid", "A9"): (shop.session.pk, "account"),
    }


def test_a_session_that_is_void_after_all_loses_its_lines(shop: Shop) -> None:
    LiveSession.objects.update(delivery="report")
    shop.sold()
    shop.refunded()
    assert shop.answer() == (shop.session.pk, "account")
    session_untell(actor=SYSTEM, session=shop.session)
    assert shop.answers() == {("paid", "A1"): (None, "outside"), ("refunded", "A1"): (None, "follows")}


def test_orders_are_found_by_their_numbers_however_much_else_their_seller_sold(shop: Shop) -> None:
    """As the drainer asks: with an OR and a list of numbers, SQLite would read the whole ledger of the seller."""
    for order_no in ("A1", "A2"):
        shop.sold(order_no)
    shop.refunded("A1")
    found = SalesEvent.objects.of_orders(shop.seller.pk, ["A1"])
    assert sorted(found.values_list("order_no", flat=True)) == ["A1", "r-A1"]
    assert not SalesEvent.objects.of_orders(shop.other.pk, ["A1"]).exists()
    record(shop.other, fact("A1"))
    for seller, many in ((shop.seller, 2), (shop.other, 1)):
        mine = SalesEvent.objects.filter(seller=seller)
        assert {row.seller_id for row in mine.of_order("A1")} == {seller.pk}
        assert mine.of_order("A1").count() == many
    if connection.vendor == "sqlite":
        many = SalesEvent.objects.current().of_orders(
            shop.seller.pk, [f"A{number}" for number in range(2_000)]
        )
        plan = many.explain()
        assert "supplychain_sales_order (seller_id=? AND order_no=?)" in plan
        assert "supplychain_sales_refunds (seller_id=? AND ref_order_no=?)" in plan
        # As people ask who look for one: whatever else they see, and however it is sorted.
        seen = SalesEvent.objects.current().filter(seller__in=[shop.seller.pk])
        lines = seen.filter(seller=shop.seller).order_by("-slot", "-id")
        plan = SalesEventFilter({"order_no": " A1 "}, queryset=lines).qs.explain()
        assert "supplychain_sales_order (seller_id=? AND order_no=?)" in plan
        assert "supplychain_sales_refunds (seller_id=? AND ref_order_no=?)" in plan
        assert "supplychain_sales_bucket" not in plan
