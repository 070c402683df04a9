"""Lines that wait for their session, as their seller answers them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import HOUR
from core.models import AuditEntry
from supplychain.facts import SaleFact
from supplychain.models import Attribution, AttributionSettings, SalesEvent
from supplychain.services import placing, sales_record
from tests.factories import SYSTEM, TenantWorld, make_session


@pytest.fixture
def waiting(firm: TenantWorld) -> TenantWorld:
    """Two sessions at once, and three orders without a name in them; another came when nothing was on air."""
    at = firm.session.started_at
    make_session(firm.tenant, starts_at=at, canary="second")
    facts = [
        SaleFact(
            kind="paid", order_no=f"W-{number}", line_no="1", qty=1, amount=Decimal(10 * number),
            occurred_at=at + number * HOUR / 4 if number < 4 else at - HOUR, channel="live",
        )
        for number in (1, 2, 3, 4)
    ]  # fmt: skip
    sales_record(actor=SYSTEM, seller=firm.tenant, source="test", facts=list(enumerate(facts)))
    placing.drain()
    return firm


def sessions_now(firm: TenantWorld) -> dict[str, int | None]:
    rows = SalesEvent.objects.filter(seller=firm.tenant, order_no__startswith="W-").with_session()
    return dict(rows.values_list("order_no", "session_now"))


def answer(owner: Client, firm: TenantWorld, **values: Any) -> Any:
    body = {"source": "test", "order_no": "W-1", "line_no": "1", **values}
    return owner.post(reverse("portal-unplaced-answer", args=[firm.tenant.code]), body, follow=True)


def test_only_what_is_unclear_waits_with_its_candidates(owner: Client, waiting: TenantWorld) -> None:
    page = owner.get(reverse("portal-unplaced", args=[waiting.tenant.code]))
    (group,) = page.context["groups"]
    assert sorted(line.order_no for line in group.lines) == ["W-1", "W-2", "W-3"]
    assert group.amount == 60
    assert {session.pk for session in group.candidates} == set(
        waiting.tenant.sessions.values_list("pk", flat=True)
    )
    today = owner.get(reverse("portal-today", args=[waiting.tenant.code]))
    assert today.context["unplaced"] == 3
    assert reverse("portal-unplaced", args=[waiting.tenant.code]) in today.content.decode()


def test_what_is_corrected_while_the_page_is_read_waits_no_more(
    owner: Client, waiting: TenantWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = "supplychain.attribution.waiting.facts_of"
    monkeypatch.setattr(read, lambda _seller, orders: dict.fromkeys(orders, ()))
    page = owner.get(reverse("portal-unplaced", args=[waiting.tenant.code]))
    assert (page.status_code, page.context["groups"]) == (200, [])


def test_one_tap_answers_one_order_or_all_like_it(owner: Client, waiting: TenantWorld) -> None:
    mine = waiting.session
    assert answer(owner, waiting, session=str(mine.uid)).status_code == 200
    assert sessions_now(waiting) == {"W-1": mine.pk, "W-2": None, "W-3": None, "W-4": None}
    answer(owner, waiting, order_no="W-2", session="", all="1")
    rules = dict(
        Attribution.objects.filter(event_id__in=SalesEvent.objects.filter(seller=waiting.tenant).values("pk"))
        .order_by("version")
        .values_list("event_id", "rule")
    )
    assert sorted(rules.values()) == ["manual", "no_session", "no_session", "outside"]
    assert owner.get(reverse("portal-unplaced", args=[waiting.tenant.code])).context["groups"] == []
    assert AuditEntry.objects.filter(verb="attribution.set").count() == 2


def test_what_was_not_on_air_is_no_answer(owner: Client, waiting: TenantWorld) -> None:
    other = make_session(waiting.tenant, starts_at=waiting.session.started_at - 48 * HOUR)
    answer(owner, waiting, session=str(other.uid))
    assert set(sessions_now(waiting).values()) == {None}
    url = reverse("portal-unplaced-answer", args=[waiting.tenant.code])
    assert owner.post(url, {"source": "test", "order_no": "W-4", "line_no": "1"}).status_code == 404


def test_the_window_is_the_owners_choice(owner: Client, waiting: TenantWorld) -> None:
    url = reverse("portal-unplaced-window", args=[waiting.tenant.code])
    assert owner.post(url, {"window_hours": "12"}).status_code == 302
    assert AttributionSettings.objects.get(tenant=waiting.tenant).window_hours == 12
    owner.post(url, {"window_hours": "13"})
    assert AttributionSettings.objects.get(tenant=waiting.tenant).window_hours == 12
    page = owner.get(reverse("portal-unplaced", args=[waiting.tenant.code]))
    assert page.context["form"].initial == {"window_hours": 12}
