"""Orders, the day's figures, and what could not be placed, as their seller reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from analytics.rollup import drain
from core.choices import Role
from core.clock import DAY, HOUR, day_start, today
from core.models import Unresolved, User
from core.templatetags.portal import duration
from supplychain.facts import SaleFact
from supplychain.models import Attribution, SalesEvent
from supplychain.services import sales_record
from tests.factories import TenantWorld, World, make_world


def at(hour: int, days_ago: int = 0) -> datetime:
    return day_start(today() - days_ago * DAY) + hour * HOUR


def line(order_no: str, amount: str, **values: Any) -> SaleFact:
    return SaleFact(
        **{
            "kind": "paid",
            "order_no": order_no,
            "line_no": "1",
            "qty": 1,
            "amount": Decimal(amount),
            "occurred_at": at(0),
            "channel": "live",
            **values,
        }
    )


@pytest.fixture
def sales(firm: TenantWorld) -> TenantWorld:
    """Yesterday 300.00 in one order; today 120.50 and 79.50, of which 20.00 refunded and one line corrected."""
    sku = firm.skus[0].code
    facts = [
        line("A-1", "300.00", occurred_at=at(20, days_ago=1), sku_code=sku, title="yesterday's dress"),
        line("A-2", "120.50", sku_code=sku, title="dress", session_ref=str(firm.session.uid)),
        line("A-3", "99.00", sku_code="NO-SUCH-SKU", session_ref="no-such-live"),
        line("A-3", "79.50", sku_code="NO-SUCH-SKU", session_ref="no-such-live", version=2),
        line("R-1", "20.00", kind="refunded", ref_order_no="A-2", ref_line="1"),
    ]
    sales_record(
        actor=firm.owner, seller=firm.tenant, source="test", facts=list(enumerate(facts)), atomic=True
    )
    drain()
    return firm


def test_today_shows_the_figures_to_the_cent_beside_yesterday(owner: Client, sales: TenantWorld) -> None:
    page = owner.get(reverse("portal-today", args=[sales.tenant.code]))
    tiles = {tile.metric.code: (tile.today, tile.yesterday) for tile in page.context["tiles"]}
    assert tiles["gmv_paid"] == (Decimal("200.00"), Decimal("300.00"))
    assert tiles["net_sales"] == (Decimal("180.00"), Decimal("300.00"))
    assert tiles["orders"] == (2, 1)
    assert page.context["dirty"] == 0
    assert "¥200.00" in page.text
    assert page.context["days"]["series"][0]["data"][-2:] == ["300.0000", "200.0000"]


def test_an_order_says_what_came_back_of_it_as_a_whole(owner: Client, sales: TenantWorld) -> None:
    """Versions of imports are no corrections: a number such as 8898 says nothing to anybody."""
    facts = [
        line("A-9", "50.00", title="dress", version=3),
        line("A-9", "50.00", kind="cancelled", line_no="", qty=0, version=6),
        line("R-9", "9.00", kind="refunded", line_no="", qty=0, ref_order_no="A-9", version=8898),
    ]
    sales_record(
        actor=sales.owner, seller=sales.tenant, source="test", facts=list(enumerate(facts)), atomic=True
    )
    owner.cookies["django_language"] = "en"
    shown = owner.get(reverse("portal-order", args=[sales.tenant.code]), {"no": "A-9"}).text
    assert shown.count("the order as a whole") == 2
    assert "−¥50.00" in shown
    assert "version" not in shown
    assert "×0" not in shown
    assert "version 2" in owner.get(reverse("portal-order", args=[sales.tenant.code]), {"no": "A-3"}).text


def test_an_order_that_was_cancelled_says_whether_money_came_back(owner: Client, sales: TenantWorld) -> None:
    """Beside the sum of its refunds, which is 0, the same order stands under refunds everywhere else."""
    facts = [
        line("A-8", "50.00"),
        line("A-8", "50.00", kind="cancelled", qty=0),
        line("A-7", "50.00", kind="created"),
        line("A-7", "0.00", kind="cancelled", qty=0),
    ]
    sales_record(
        actor=sales.owner, seller=sales.tenant, source="test", facts=list(enumerate(facts)), atomic=True
    )
    owner.cookies["django_language"] = "en"
    address = reverse("portal-order", args=[sales.tenant.code])
    came_back = "what was paid for it and not refunded by then counts as given back"
    assert came_back in owner.get(address, {"no": "A-8"}).text
    unpaid = owner.get(address, {"no": "A-7"}).text
    assert came_back not in unpaid
    assert "The order was cancelled." in unpaid


def test_an_order_of_which_more_was_refunded_than_paid_says_so(owner: Client, sales: TenantWorld) -> None:
    def page(number: str) -> str:
        owner.cookies["django_language"] = "en"
        return owner.get(reverse("portal-order", args=[sales.tenant.code]), {"no": number}).text

    assert "More was refunded than paid" not in page("A-2")
    more = line("R-2", "100.51", kind="refunded", ref_order_no="A-2", ref_line="1")
    assert "Several sources" not in page("A-2")
    sales_record(
        actor=sales.owner, seller=sales.tenant, source="another file", facts=[(0, more)], atomic=True
    )
    shown = page("A-2")
    assert "Several sources tell of this number: another file, test." in shown
    assert "More was refunded than paid" in shown
    assert shown.count("more than was paid") == 2, "both refunds together are"


def test_an_order_of_very_many_lines_adds_up_and_says_how_many_are_not_shown(
    owner: Client, sales: TenantWorld
) -> None:
    """Wholesalers have invoices of more than a thousand lines."""
    lines = [line("BIG", "1.10", line_no=str(number)) for number in range(1, 506)]
    back = line("R-BIG", "20.50", kind="refunded", ref_order_no="BIG", occurred_at=at(0))
    sales_record(
        actor=sales.owner,
        seller=sales.tenant,
        source="test",
        facts=list(enumerate([*lines, back])),
        atomic=True,
    )
    owner.cookies["django_language"] = "en"
    shown = owner.get(reverse("portal-order", args=[sales.tenant.code]), {"no": "BIG"}).text
    assert "¥555.50" in shown
    assert "¥20.50" in shown
    assert "6 more" in shown


def test_a_session_shows_what_it_sold(owner: Client, sales: TenantWorld) -> None:
    page = owner.get(reverse("portal-session", args=[sales.tenant.code, sales.session.uid]))
    tiles = {tile.metric.code: tile.today for tile in page.context["tiles"]}
    assert (tiles["gmv_paid"], tiles["orders"]) == (Decimal("120.50"), 1)
    listed = owner.get(reverse("portal-sessions", args=[sales.tenant.code])).context["rows"]
    assert [figures.gmv_paid for _session, figures in listed] == [Decimal("120.50")]


def test_a_morning_with_more_refunds_than_sales_shows_no_rate_of_thousands(
    owner: Client, sales: TenantWorld
) -> None:
    facts = [line("R-2", "9999.00", kind="refunded", ref_order_no="A-1", ref_line="1")]
    sales_record(
        actor=sales.owner, seller=sales.tenant, source="test", facts=list(enumerate(facts)), atomic=True
    )
    drain()
    page = owner.get(reverse("portal-today", args=[sales.tenant.code]))
    assert next(tile.today for tile in page.context["tiles"] if tile.metric.code == "refund_rate_amount") > 50
    assert "&gt; 100%" in page.text


def test_how_long_something_took_is_told_with_its_units() -> None:
    with translation.override("en"):
        assert duration(timedelta(hours=7, minutes=25)) == "7 h 25 min"
        assert duration(timedelta(minutes=4, seconds=59)) == "4 min"
    assert duration(timedelta(hours=7, minutes=25)) == "7 小时 25 分"


def test_today_says_what_is_not_counted_yet(owner: Client, sales: TenantWorld) -> None:
    sales_record(
        actor=sales.owner, seller=sales.tenant, source="test", facts=[(0, line("A-9", "1.00"))], atomic=True
    )
    page = owner.get(reverse("portal-today", args=[sales.tenant.code]))
    assert page.context["dirty"] == 1
    assert 'class="lp-dirty"' in page.text


def test_a_host_sees_neither_figures_nor_orders_and_of_settlement_only_what_is_theirs(
    sales: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    host = browser_of(sales.users[Role.HOST])
    page = host.get(reverse("portal-today", args=[sales.tenant.code]))
    assert "tiles" not in page.context
    assert "¥" not in page.text
    assert {tab.section for area in page.context["areas"] for tab in area.tabs} <= {
        "today",
        "bookings",
        "sessions",
        "reports",
        "hosts",
        "members",
        "pool",
        "settlement",
    }
    assert host.get(reverse("portal-orders", args=[sales.tenant.code])).status_code == 403
    seen = host.get(reverse("portal-settlement", args=[sales.tenant.code])).context["agreements"]
    assert {agreement.host.user for agreement in seen} == {sales.users[Role.HOST]}


def test_the_ledger_lists_what_counts_and_filters(
    owner: Client, sales: TenantWorld, django_assert_max_num_queries: Any
) -> None:
    address = reverse("portal-orders", args=[sales.tenant.code])

    def found(**query: str) -> list[tuple[str, Decimal]]:
        rows = owner.get(address, query).context["rows"]
        return sorted((fact.order_no, fact.amount) for fact in rows)

    assert found() == [
        ("A-1", Decimal(300)),
        ("A-2", Decimal("120.5")),
        ("A-3", Decimal("79.5")),
        ("R-1", Decimal(20)),
    ]
    assert [order for order, _amount in found(order_no="A-2")] == ["A-2", "R-1"]
    assert [order for order, _amount in found(kind="refunded")] == ["R-1"]
    assert [order for order, _amount in found(until=f"{today() - DAY}")] == ["A-1"]
    assert [order for order, _amount in found(session=str(sales.session.uid))] == ["A-2"]
    assert found(session="00000000-0000-0000-0000-000000000000") == []
    assert found(kind="stolen") == []
    for bad in ({"order_no": "a\0"}, {"session": "x"}, {"since": "9999-12-31"}):
        assert owner.get(address, bad).status_code == 200
    with django_assert_max_num_queries(5):
        owner.get(address)


def test_an_order_tells_all_that_happened_to_it(owner: Client, sales: TenantWorld) -> None:
    address = reverse("portal-order", args=[sales.tenant.code])
    refunded = owner.get(address, {"no": "A-2"})
    assert (refunded.context["paid"], refunded.context["refunded"]) == (Decimal("120.5"), Decimal(20))
    assert list(refunded.context["sessions"]) == [sales.session]
    corrected = owner.get(address, {"no": "A-3"}).context
    assert [(fact.amount, fact.counts) for fact in corrected["facts"]] == [
        (Decimal(99), False),
        (Decimal("79.5"), True),
    ]
    assert corrected["paid"] == Decimal("79.5")


def test_foreign_orders_look_like_absent_ones(owner: Client, sales: TenantWorld) -> None:
    other = make_world("beta").tenants[0]
    sales_record(
        actor=other.owner,
        seller=other.tenant,
        source="test",
        facts=[(0, line("B-1", "5.00", title="CANARYBETA"))],
    )
    address = reverse("portal-order", args=[sales.tenant.code])
    foreign, absent = owner.get(address, {"no": "B-1"}), owner.get(address, {"no": "C-1"})
    assert foreign.status_code == absent.status_code == 404
    assert "CANARYBETA" not in foreign.text
    for bad in ("", "x" * 200, "a\0b"):
        assert owner.get(address, {"no": bad}).status_code == 404


def test_an_unknown_session_is_answered_for_all_its_lines(owner: Client, sales: TenantWorld) -> None:
    listed = owner.get(reverse("portal-unresolved", args=[sales.tenant.code])).context["rows"]
    waiting = {row.kind: row for row in listed}
    assert waiting["session"].reference == "no-such-live"
    address = reverse("portal-unresolved-one", args=[sales.tenant.code, waiting["session"].uid])
    assert owner.get(address).context["lines"] == 2
    assert owner.post(address, {}).status_code == 400
    owner.post(address, {"target": str(sales.session.uid)})
    assert set(Attribution.objects.values_list("session", flat=True)) == {sales.session.pk}
    assert not Unresolved.objects.filter(kind="session", resolved_at__isnull=True).exists()
    assert owner.get(address).status_code == 404


def test_an_unknown_code_may_be_none_of_ours(owner: Client, sales: TenantWorld) -> None:
    waiting = Unresolved.objects.get(kind="sku")
    address = reverse("portal-unresolved-one", args=[sales.tenant.code, waiting.uid])
    stranger = make_world("beta").tenants[0].skus[0].code
    foreign = owner.post(address, {"target": stranger}).context["form"].errors
    assert foreign == owner.post(address, {"target": "no-such-code"}).context["form"].errors
    owner.post(address, {"nothing": "on"})
    waiting.refresh_from_db()
    assert waiting.resolved_at is not None


def test_finance_may_look_and_not_answer(sales: TenantWorld, browser_of: Callable[[User], Client]) -> None:
    finance = browser_of(sales.users[Role.TENANT_FINANCE])
    waiting = Unresolved.objects.get(kind="sku")
    address = reverse("portal-unresolved-one", args=[sales.tenant.code, waiting.uid])
    assert not finance.get(address).context["can_answer"]
    assert finance.post(address, {"nothing": "on"}).status_code == 403
    waiting.refresh_from_db()
    assert waiting.resolved_at is None


def test_the_park_sees_sums_and_no_portal(
    world: World, sales: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    manager = browser_of(world.users[Role.PARK_MANAGER])
    assert manager.get(reverse("portal-orders", args=[sales.tenant.code])).status_code == 404
    assert SalesEvent.objects.filter(seller=sales.tenant).count() == 5
