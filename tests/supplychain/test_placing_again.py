"""Facts whose session is looked at again: an account, a store, a host, a shift or a window came, went or changed."""

from __future__ import annotations

import pytest

from core.clock import business_day
from core.errors import InvalidInput
from livestreams.models import HostAccount, LiveSession
from livestreams.services import (
    account_begin,
    account_close,
    account_create,
    account_reopen,
    host_create,
    session_end,
    session_open,
    session_untell,
    shift_begin,
)
from supplychain.models import Attribution, AttributionSettings
from supplychain.services import explain_record, window_set
from tenants.services import store_close, store_create, store_members_set, store_reopen
from tests.factories import SYSTEM, make_host, make_sku
from tests.supplychain.ledger import NOON, fact, record
from tests.supplychain.onair import DAY, HOUR, SECOND, Shop, shop

__all__ = ["shop"]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


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


def test_an_account_that_another_host_has_now_keeps_what_the_first_sold(shop: Shop) -> None:
    """The two are on air at once, so that only the days say whose the account was; beside every session as well."""
    midnight = NOON + 12 * HOUR
    second = make_host(shop.seller, "second")
    nights = [shop.on_air(midnight - HOUR, host=host) for host in (shop.host, second)]
    account = HostAccount.objects.get(host=shop.host)
    for number, at in (("before", midnight - SECOND), ("after", midnight), ("long before", NOON - 30 * DAY)):
        shop.sold(number, at=at, source="douyin")

    def answers() -> list[tuple[int | None, str]]:
        return [shop.answer(number) for number in ("before", "after", "long before")]

    first, later = ((night.pk, "account") for night in nights)
    assert answers() == [first, first, (None, "outside")]
    account_close(actor=SYSTEM, account=account, closed_on=business_day(midnight))
    theirs = account_create(actor=SYSTEM, host=second, platform="douyin", account="88001")
    assert answers() == [first, later, (None, "outside")]
    account_begin(actor=SYSTEM, account=account, opened_on=business_day(midnight))
    assert answers() == [(None, "unclear"), later, (None, "outside_host")], "never the first host's"
    account_begin(actor=SYSTEM, account=theirs)
    assert answers() == [later, later, (None, "outside")]


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
