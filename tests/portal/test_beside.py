"""The platform's figure beside ours in the portal and the API, from upload to the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core.choices import Role
from core.jobs import run_due
from core.models import User
from core.services import tool_key_create
from supplychain.importing import PAYOUT_PROFILES
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import ImportBatch, PayoutEntry
from tests.factories import SYSTEM, TenantWorld, World
from tests.supplychain.ledger import fact, record

AT = dt.datetime(2025, 6, 30, 4, tzinfo=dt.UTC)


@pytest.fixture(scope="module", autouse=True)
def _that_day() -> Iterator[None]:
    with time_machine.travel(AT):
        yield


@pytest.fixture
def address(firm: TenantWorld) -> str:
    return reverse("portal-beside", args=[firm.tenant.code])


def bring(browser: Client, firm: TenantWorld, code: str) -> str:
    """Upload a sample, look at it and confirm it as people do; the address of its page."""
    body = SimpleUploadedFile(f"{code}.csv", (EXAMPLES / f"{code}.csv").read_bytes())
    answer = browser.post(reverse("portal-imports", args=[firm.tenant.code]), {"file": body})
    page: str = answer["Location"]
    assert browser.get(page).context["confirmable"]
    browser.post(f"{page}confirm/")
    run_due()
    return page


def english(browser: Client, page: str) -> str:
    browser.cookies["django_language"] = "en"
    return browser.get(page).content.decode()


def test_from_the_upload_to_the_day_and_back(owner: Client, firm: TenantWorld, address: str) -> None:
    empty = english(owner, address)
    assert "Nothing is on its way" in empty
    with translation.override("en"):
        assert all(str(profile.name) in empty for profile in PAYOUT_PROFILES.values())
    bring(owner, firm, "douyin-orders")
    page = f"{address}?until=2025-06-02"
    shown = english(owner, page)
    assert "no settlement imported" in shown
    assert "not known" in shown
    settlement = bring(owner, firm, "douyin-settlement")
    shown = english(owner, settlement)
    assert "Douyin settlement" in shown
    assert "Commission and fees of the platform" in shown
    shown = english(owner, page)
    for text in ("¥472.00", "¥393.00", "6935112345678901240", "up to 30 days: ¥297.00", "explained"):
        assert text in shown
    owner.post(f"{settlement}undo/")
    run_due()
    assert "no settlement imported" in english(owner, page)


def test_of_a_platform_whose_settlements_are_refused_nothing_is_asked_for(
    owner: Client, firm: TenantWorld, address: str
) -> None:
    cash = reverse("portal-cash", args=[firm.tenant.code])
    assert "Import the settlements of your platforms," not in english(owner, cash)
    bring(owner, firm, "taobao-orders")
    assert "No settlement of this platform was imported" not in english(owner, cash)
    for page in (address, f"{address}?until=2025-06-02", cash):
        shown = english(owner, page)
        assert "Settlements of this platform are not read here" in shown
        assert "no settlement imported" not in shown


@pytest.mark.parametrize("code", sorted(PAYOUT_PROFILES))
def test_samples_of_settlements_are_offered_and_understood(
    owner: Client, firm: TenantWorld, code: str
) -> None:
    imports = reverse("portal-imports", args=[firm.tenant.code])
    assert reverse("portal-import-sample", args=[firm.tenant.code, f"{code}.csv"]) in owner.get(imports).text
    bring(owner, firm, code)
    batch = ImportBatch.objects.latest("pk")
    assert (batch.state, batch.report["bad_rows"]) == ("imported", 0)
    assert PayoutEntry.objects.filter(import_batch=batch).count() == batch.report["stored"]


def test_a_session_without_a_report_says_so_and_is_reached_from_its_result(
    owner: Client, firm: TenantWorld
) -> None:
    page = reverse("portal-session-beside", args=[firm.tenant.code, firm.session.uid])
    assert page in english(owner, reverse("portal-session-result", args=[firm.tenant.code, firm.session.uid]))
    shown = english(owner, page)
    assert "No report of the platform" in shown
    reports = reverse("portal-reports", args=[firm.tenant.code])
    assert f'href="{reports}">Reports</a></p>' in shown


def test_whoever_does_not_know_results_reaches_it_and_the_orders_from_the_session(
    firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    names = [firm.tenant.code, firm.session.uid]
    session, result, beside = (
        reverse(f"portal-session{page}", args=names) for page in ("", "-result", "-beside")
    )
    orders = f"{reverse('portal-orders', args=names[:1])}?session={firm.session.uid}"
    staff, host = (browser_of(firm.users[role]) for role in (Role.TENANT_STAFF, Role.HOST))
    assert staff.get(result).status_code == 403
    for page in (beside, orders):
        assert f'href="{page}"' in staff.get(session).text
        assert staff.get(page).status_code == 200
        assert page not in host.get(session).text


def test_the_api_adds_up(owner: Client, firm: TenantWorld) -> None:
    for code in ("douyin-orders", "douyin-settlement"):
        bring(owner, firm, code)
    answer = owner.get(
        reverse("api-beside"), {"tenant": firm.tenant.code, "since": "2025-06-01", "until": "2025-06-02"}
    ).json()
    assert [day["day"] for day in answer["days"]] == ["2025-06-02", "2025-06-01"]
    for day in answer["days"]:
        for column in ("paid", "refunds", "net"):
            ends = [Decimal(day[side][column]) for side in ("ours", "theirs")]
            assert ends[0] + sum(Decimal(part[column]) for part in day["parts"]) == ends[1]
    assert answer["in_transit"][0]["ages"]["month"] == "297.00"
    rows = owner.get(reverse("api-payout-entry-list"), {"kind": "settled"}).json()["results"]
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal("1182.02")


@pytest.mark.parametrize("days", [("2025-06-02", "2025-06-01"), ("2025-01-01", "2025-06-01"), ("x", "y")])
def test_the_api_refuses_days_it_cannot_answer(
    owner: Client, firm: TenantWorld, days: tuple[str, str]
) -> None:
    answer = owner.get(
        reverse("api-beside"), {"tenant": firm.tenant.code, "since": days[0], "until": days[1]}
    )
    assert answer.status_code == 400


def test_a_key_of_the_park_reads_none_of_it(owner: Client, world: World, firm: TenantWorld) -> None:
    bring(owner, firm, "douyin-settlement")
    _key, secret = tool_key_create(actor=SYSTEM, node=world.park.node, name="park", scopes=["figures:read"])
    for asker, rows in ((secret, 0), (firm.secret, 5)):
        headers = {"Authorization": f"Bearer {asker}"}
        page = Client(headers=headers).get(reverse("api-payout-entry-list"), {"kind": "settled"})
        assert (page.status_code, len(page.json()["results"])) == (200, rows)


def test_nobody_else_reads_it(
    world: World, firm: TenantWorld, browser_of: Callable[[User], Client], address: str
) -> None:
    record(firm.tenant, fact("A", occurred_at=AT))
    ask = {"tenant": firm.tenant.code}
    other = browser_of(world.tenants[1].users[Role.TENANT_OWNER])
    for browser in (other, browser_of(world.users[Role.PARK_MANAGER]), browser_of(firm.users[Role.HOST])):
        assert browser.get(address).status_code in (403, 404)
        assert browser.get(reverse("api-beside"), ask).status_code in (403, 404)
        assert browser.get(reverse("api-session-beside", args=[firm.session.uid])).status_code in (403, 404)
    assert browser_of(firm.users[Role.TENANT_FINANCE]).get(address).status_code == 200
