"""In the portal an agency agrees with its own host on what that sells for other firms, and both read the statement."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, day_start, month_of, today
from livestreams.models import HostShift
from supplychain.models import Agreement, StatementLine
from supplychain.services import agreement_sign, sales_record, statement_count
from tests.factories import SYSTEM, TenantWorld, World
from tests.portal.test_settlement import Browsers, page, terms
from tests.supplychain.ledger import fact


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_agency_shares_its_commission_with_its_own_host(
    owner: Client, firm: TenantWorld, world: World, browser_of: Browsers, language: str
) -> None:
    other, month = world.tenants[1], month_of(month_of(today()) - DAY)
    seller, host = (browser_of(user) for user in (other.users[Role.TENANT_OWNER], firm.users[Role.HOST]))
    for browser in (owner, seller, host):
        browser.cookies["django_language"] = language
    at = day_start(month) + DAY
    other.session.shifts.all().delete()
    HostShift.objects.create(
        session=other.session, host=firm.host, role="host", starts_at=at, ends_at=at + DAY
    )
    sold = fact("S1", amount="100.00", occurred_at=at, session_ref=str(other.session.uid))
    sales_record(actor=SYSTEM, seller=other.tenant, source="test", facts=[(0, sold)], atomic=True)
    seller.post(page(other, "portal-agreement-new"), terms(firm.tenant.code, sales="sessions", tiers="20"))
    earns = agreement_sign(actor=SYSTEM, agreement=Agreement.objects.latest("pk"))

    of_host = {"kind": "host", "host": firm.host.code, "sales": "for_others", "base": "commission"}
    wrong = owner.post(page(firm, "portal-agreement-new"), terms(other.tenant.code, **of_host, tiers="30"))
    assert wrong.context["form"].errors.keys() == {"sales"}
    owner.post(page(firm, "portal-agreement-new"), terms("", **of_host, tiers="30"))
    shares = Agreement.objects.latest("pk")
    assert shares.pk > earns.pk
    owner.post(page(firm, "portal-agreement-sign", uid=shares.uid))
    shares.refresh_from_db()
    statement = statement_count(actor=SYSTEM, agreement=shares, month=month)
    line = StatementLine.objects.get(statement=statement)

    of_host = "own host" if language == "en" else "自有主播"
    assert f"<dt>{of_host}</dt>" in owner.get(page(firm, "portal-agreement", uid=shares.uid)).text
    shown = owner.get(page(firm, "portal-statement", uid=statement.uid)).text
    order = owner.get(page(firm, "portal-statement-line", uid=line.uid)).text
    earned = "commission earned" if language == "en" else "所得佣金"
    assert earned in shown
    assert "¥20.00 × 30.00 %" in " ".join(shown.replace("</span>", "").split()).replace("<span>", "")
    assert f"{earned} ¥20.0000" in order
    assert statement.total == Decimal(6)
    names = ("portal-agreement", shares), ("portal-statement", statement), ("portal-statement-line", line)
    answers = {
        browser: [
            browser.get(page(of, name, uid=row.uid)).status_code
            for name, row in (*names, ("portal-statement-paper", statement))
        ]
        for browser, of in ((owner, firm), (host, firm), (seller, other))
    }
    assert answers[owner] == [200, 200, 200, 200]
    assert answers[host] == [200, 200, 403, 200]
    assert answers[seller] == [404, 404, 404, 404]
    for browser, seen in ((owner, 1), (host, 0), (seller, 0)):
        rows = browser.get(reverse("api-statement-order-list"), {"statement": str(statement.uid)})
        found = rows.json().get("results", [])
        assert [Decimal(row["earned"]) for row in found] == [Decimal(20)] * seen
