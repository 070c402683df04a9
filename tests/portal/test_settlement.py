"""Agreements and statements in the portal: proposed, signed by the other side, counted, looked into, approved, paid."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from core.choices import Role
from core.clock import DAY, day_start, month_of, next_month, today
from core.dbrules import lifted
from core.templatetags.portal import money
from supplychain.choices import AgreementState, StatementState
from supplychain.doors.statementpaper import file_name
from supplychain.models import Agreement, Product, Statement, StatementLine
from supplychain.partners import partners_of
from supplychain.services import agreement_sign, goods_offer, sales_record, statement_count
from tenants.models import Tenant
from tests.factories import SYSTEM, TenantWorld, World, make_world
from tests.supplychain.ledger import fact

Browsers = Any


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    owner.cookies["django_language"] = "en"


def page(firm: TenantWorld, name: str, **kwargs: Any) -> str:
    return reverse(name, kwargs={"tenant": firm.tenant.code, **kwargs})


def text_of_paper(answer: Any) -> str:
    """What stands on the pages of a PDF, without line breaks."""
    assert answer["Content-Type"] == "application/pdf"
    return "".join(
        each.extract_text().replace("\n", " ") for each in PdfReader(io.BytesIO(answer.content)).pages
    )


def terms(partner: str, **values: Any) -> dict[str, Any]:
    return {
        "title": "shares",
        "kind": "agency",
        "partner": partner,
        "from_day": str(month_of(month_of(today()) - DAY)),
        "sales": "all",
        "base": "verified_net",
        "tiers": "0: 20; 100: 30",
        "slot_fee_per": "session",
        "pay_within_days": "10",
        "seller_pays": "on",
        **values,
    }


def asks_before(shown: str, address: str, *words: str) -> None:
    """What cannot be taken back is asked for once more before it is sent."""
    form = shown.partition(f'action="{address}"')[2].partition(">")[0]
    for part in ("data-confirm=", *words):
        assert part in form, address


def test_the_first_page_of_who_is_to_approve_says_so(
    owner: Client, firm: TenantWorld, world: World, browser_of: Browsers
) -> None:
    """The other party; the firm itself where that one is not here."""
    other = world.tenants[1]
    partner = browser_of(other.users[Role.TENANT_FINANCE])
    partner.cookies["django_language"] = "en"

    def waiting() -> tuple[int, int]:
        shown = [each.get(page(side, "portal-today")) for each, side in ((owner, firm), (partner, other))]
        for each in shown:
            said = "waits for your approval" in each.text or "wait for your approval" in each.text
            assert said == bool(each.context["unapproved"])
        return shown[0].context["unapproved"], shown[1].context["unapproved"]

    own, theirs = waiting()
    month = str(month_of(month_of(today()) - DAY))
    outside = {"kind": "outside_host", "outside_name": "达人", "outside_ref": "daren-9", "sales": "outside"}
    for added, values in (((0, 1), terms(other.tenant.code)), ((1, 1), terms("", **outside))):
        owner.post(page(firm, "portal-agreement-new"), values)
        agreement = Agreement.objects.latest("pk")
        signer, side = (partner, other) if agreement.partner_id else (owner, firm)
        signer.post(page(side, "portal-agreement-sign", uid=agreement.uid))
        owner.post(page(firm, "portal-agreement-count", uid=agreement.uid), {"month": month})
        assert waiting() == (own + added[0], theirs + added[1])
    statement = Statement.objects.filter(agreement__partner=other.tenant.node).latest("pk")
    partner.post(page(other, "portal-statement-approve", uid=statement.uid), {"version": "1"})
    assert waiting() == (own + 1, theirs)
    assert not browser_of(firm.users[Role.TENANT_STAFF]).get(page(firm, "portal-today")).context["unapproved"]


def test_from_proposal_to_payment(
    owner: Client, firm: TenantWorld, world: World, browser_of: Browsers
) -> None:
    other = world.tenants[1]
    partner = browser_of(other.users[Role.TENANT_FINANCE])
    partner.cookies["django_language"] = "en"
    month = month_of(month_of(today()) - DAY)
    sold = [fact(f"S{number}", amount="100.00", occurred_at=day_start(month) + DAY) for number in range(2)]
    sales_record(actor=SYSTEM, seller=firm.tenant, source="test", facts=list(enumerate(sold)), atomic=True)

    answer = owner.post(page(firm, "portal-agreement-new"), terms(other.tenant.code), follow=True)
    agreement = Agreement.objects.get(partner=other.tenant.node)
    assert "Waits for the other party" in answer.content.decode()
    offered = partner.get(page(other, "portal-agreement", uid=agreement.uid)).text
    assert f"from {agreement.from_day}" in offered
    for name in ("portal-agreement-sign", "portal-agreement-withdraw"):
        asks_before(offered, page(other, name, uid=agreement.uid))
    partner.post(page(other, "portal-agreement-sign", uid=agreement.uid))
    agreement.refresh_from_db()
    assert agreement.state == AgreementState.SIGNED
    offered = re.findall(
        r'<option value="([-0-9]+)">[-0-9]+</option>',
        owner.get(page(firm, "portal-agreement", uid=agreement.uid)).text,
    )
    assert offered[0] == str(month), "the last month that is over comes first"
    assert offered[-1] == str(month_of(agreement.from_day))
    owner.post(page(firm, "portal-agreement-count", uid=agreement.uid), {"month": offered[0]})
    statement = Statement.objects.get(agreement=agreement)
    assert statement.total == Decimal(50)

    line = StatementLine.objects.get(statement=statement)
    for browser, side in ((owner, firm), (partner, other)):
        assert "¥50.00" in browser.get(page(side, "portal-settlement")).content.decode()
        shown = browser.get(page(side, "portal-statement", uid=statement.uid)).content.decode()
        assert "¥200.00 × 25.00 %" in shown
        assert "200.00 → 100.00 × 20 % + 100.00 × 30 % = 50.00" in shown
        orders = browser.get(page(side, "portal-statement-line", uid=line.uid)).content.decode()
        assert "S0" in orders
        assert "¥25.0000" in orders

    answer = partner.get(page(other, "portal-statement-table", uid=statement.uid, kind="xlsx"))
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)]
    names = [cell.value for cell in sheet[1]]
    partner.cookies["django_language"] = "zh-hans"
    answer = partner.get(page(other, "portal-statement-table", uid=statement.uid, kind="csv"))
    assert "直播场次,数量" in b"".join(answer.streaming_content).decode()
    partner.cookies["django_language"] = "en"
    shown = ("order number", "amount of the order", "amount", "total of the statement")
    assert [tuple(row[names.index(name)] for name in shown) for row in rows] == [
        (None, None, 50, None),
        ("S0", 25, None, None),
        ("S1", 25, None, None),
        (None, None, None, None),
        (None, None, None, 50),
    ]
    assert str(rows[3][1]).endswith("= 50.00")
    # Whoever adds a column up gets what was agreed on, once.
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    for name in shown[1:]:
        assert sum(value or 0 for value in columns[name]) == statement.total
    assert sum(value or 0 for value in columns["base"]) == 200
    assert sum(value or 0 for value in columns["base of the order"]) == 200
    assert (
        partner.get(page(other, "portal-statement-table", uid=statement.uid, kind="pdf")).status_code == 404
    )
    paper = text_of_paper(partner.get(page(other, "portal-statement-paper", uid=statement.uid)))
    for told in (
        "Not approved yet",
        "Outside of live sessions",
        "200.00",
        "25.00",
        "50.00",
        "伍拾元整",
        str(statement.uid),
    ):
        assert told in paper, told
    for party in (firm, other):
        assert party.tenant.company.credit_code in paper

    shown = partner.get(page(other, "portal-statement", uid=statement.uid)).text
    asks_before(shown, page(other, "portal-statement-approve", uid=statement.uid), "Approve ¥50.00?")
    for browser, side in ((owner, firm), (partner, other)):
        browser.post(page(side, "portal-statement-approve", uid=statement.uid), {"version": "1"})
        statement.refresh_from_db()
        assert (statement.state == StatementState.APPROVED) == (browser is partner)
    invoice = {"invoice_no": "2544", "tax_rate": "6"}
    for day in (today() + DAY, today() - DAY):
        at = page(other, "portal-statement-invoice", uid=statement.uid)
        partner.post(at, invoice | {"invoiced_on": str(day)})
    statement.refresh_from_db()
    assert (statement.state, statement.invoiced_on) == (StatementState.INVOICED, today() - DAY)
    answer = owner.post(
        page(firm, "portal-statement-pay", uid=statement.uid), {"paid_on": str(today())}, follow=True
    )
    statement.refresh_from_db()
    assert (statement.state, statement.tax) == (StatementState.PAID, Decimal("2.83"))
    assert "2544" in answer.content.decode()


def test_the_other_party_is_chosen_by_its_name(owner: Client, firm: TenantWorld, world: World) -> None:
    """Of a firm that is known: here one whose goods are in the pool. Nobody is told of the firms of other parks."""
    other, foreign = world.tenants[1].tenant, make_world("beta")
    for seller in (world.tenants[1], foreign.tenants[0]):
        product = Product.objects.create(tenant=seller.tenant, code="pooled", name_zh="鞋")
        goods_offer(
            actor=SYSTEM, product=product, floor_price=Decimal(9), commission_rate=Decimal(5), pieces=3
        )
    shown = owner.get(page(firm, "portal-agreement-new")).text
    offered = shown.partition('<datalist id="partners">')[2].partition("</datalist>")[0]
    for known in (other, world.park):
        assert f'value="{known} ({known.code})"' in offered
    assert firm.tenant.code not in offered
    for stranger in (foreign.park, *(each.tenant for each in foreign.tenants)):
        assert stranger.code not in offered
    for typed in (f"{other} ({other.code})", other.name_zh, other.code.upper()):
        answer = owner.post(page(firm, "portal-agreement-new"), terms(typed))
        assert answer.status_code == 302, typed
        assert Agreement.objects.latest("pk").partner == other.node
    Tenant.objects.filter(pk=other.pk).update(name_zh=world.park.name_zh)
    assert owner.post(page(firm, "portal-agreement-new"), terms(world.park.name_zh)).status_code == 400, "two"


def test_nobody_is_offered_of_another_park_or_that_is_closed(
    owner: Client, firm: TenantWorld, world: World
) -> None:
    other, foreign = world.tenants[1].tenant, make_world("beta").tenants[0].tenant
    for seller in (other, foreign):
        product = Product.objects.create(tenant=seller, code="pooled", name_zh="鞋")
        goods_offer(
            actor=SYSTEM, product=product, floor_price=Decimal(9), commission_rate=Decimal(5), pieces=3
        )
    assert set(partners_of(SYSTEM, firm.tenant)) >= {world.park.node, other.node}
    assert foreign.node not in partners_of(SYSTEM, firm.tenant), "who sees all"
    Agreement.objects.filter(seller=firm.tenant).update(partner=other.node)
    Tenant.objects.filter(pk=other.pk).update(closed_on=today())
    assert other.node not in partners_of(SYSTEM, firm.tenant)


def test_what_is_wrong_stands_beside_its_field(owner: Client, firm: TenantWorld, world: World) -> None:
    code = world.tenants[1].tenant.code
    for field, value in (
        ("tiers", "5: 20"),
        ("tiers", "twenty"),
        ("tiers", "0:1:2"),
        ("guarantee", "1e3"),
        ("partner", "nowhere"),
        ("from_day", "soon"),
        ("slot_fee", "0.001"),
        ("sales", "some"),
        ("platform", "nowhere"),
    ):
        answer = owner.post(page(firm, "portal-agreement-new"), terms(code) | {field: value})
        assert answer.status_code == 400
        assert answer.context["form"].errors[field], value


def test_an_agreement_is_on_one_platform_where_it_says_so(
    owner: Client, firm: TenantWorld, world: World
) -> None:
    code = world.tenants[1].tenant.code
    for chosen, shown in (("kuaishou", True), ("", False)):
        answer = owner.post(page(firm, "portal-agreement-new"), terms(code, platform=chosen), follow=True)
        assert Agreement.objects.latest("pk").platform == chosen
        assert ("Kuaishou" in answer.content.decode()) == shown


def test_statements_of_others_are_not_there(owner: Client, firm: TenantWorld, world: World) -> None:
    foreign = Statement.objects.filter(agreement__seller=world.tenants[1].tenant).earliest("id")
    for name in ("portal-statement", "portal-statement-line"):
        assert owner.get(page(firm, name, uid=foreign.uid)).status_code == 404
    assert owner.post(page(firm, "portal-statement-approve", uid=foreign.uid)).status_code == 404


def test_the_admin_asks_as_the_portal_does_before_what_cannot_be_taken_back(
    world: World, firm: TenantWorld, browser_of: Browsers
) -> None:
    finance = browser_of(world.users[Role.PARK_FINANCE])
    draft = Statement.objects.get(agreement__seller=firm.tenant, state=StatementState.DRAFT)
    # another count than the one whose amount was told is not approved
    approve = reverse("admin:supplychain_statement_operation", args=(draft.pk, "approve"))
    assert f'name="version" value="{draft.version}"' in finance.get(approve).text
    assert "期间已重新核算" in finance.post(approve, {"version": draft.version + 1}).text
    draft.refresh_from_db()
    assert draft.state == StatementState.DRAFT
    for doing, values, question in (
        ("approve", {"version": draft.version}, f"确认对账 {money(draft.total)}"),
        ("invoice", {"invoice_no": "FP-1", "tax_rate": "6", "invoiced_on": str(today())}, "登记该发票"),
        ("pay", {"paid_on": str(today())}, f"登记 {money(draft.to_pay)} 已付款"),
    ):
        asks = reverse("admin:supplychain_statement_operation", args=(draft.pk, doing))
        assert question in finance.get(asks).text
        finance.post(asks, values)
    draft.refresh_from_db()
    assert draft.state == StatementState.PAID


def test_the_park_signs_and_approves_in_the_admin(
    world: World, firm: TenantWorld, browser_of: Browsers
) -> None:
    finance = browser_of(world.users[Role.PARK_FINANCE])
    proposed = firm.tenant.agreements.get(state=AgreementState.PROPOSED)
    finance.post(reverse("admin:supplychain_agreement_operation", args=(proposed.pk, "sign")))
    proposed.refresh_from_db()
    assert proposed.state == AgreementState.SIGNED
    draft = Statement.objects.get(agreement__seller=firm.tenant, state=StatementState.DRAFT)
    seen = {"version": draft.version}
    finance.post(reverse("admin:supplychain_statement_operation", args=(draft.pk, "approve")), seen)
    draft.refresh_from_db()
    assert draft.state == StatementState.APPROVED
    values = {
        "title": "park share",
        "kind": "park",
        "seller": str(firm.tenant.pk),
        "partner_code": world.park.code,
        "from_day": str(today()),
        "seller_pays": "on",
        "sales": "all",
        "base": "verified_net",
        "rates": "3",
        "guarantee": "0",
        "slot_fee": "0",
        "slot_fee_per": "session",
        "deduction_rate": "0",
        "guaranteed_sales": "0",
        "slot_fee_back": "pro_rata",
        "deduction": "0",
        "pay_within_days": "30",
    }
    answer = finance.post(reverse("admin:supplychain_agreement_add"), values)
    assert answer.status_code == 302
    made = Agreement.objects.get(title="park share")
    assert made.proposed_by_id == world.park.pk
    agreement_sign(actor=firm.owner, agreement=made)


def test_slot_fees_that_come_back_are_told_with_their_figures(owner: Client, firm: TenantWorld) -> None:
    """An outside host with guaranteed sales of 1,000 a month sells for 250: three quarters of 300 come back."""
    month = month_of(month_of(today()) - DAY)
    sold = fact("G", amount="250.00", occurred_at=day_start(month) + DAY, host_ref="daren")
    sales_record(actor=SYSTEM, seller=firm.tenant, source="test", facts=[(0, sold)], atomic=True)
    told = {"kind": "outside_host", "outside_name": "Xiaoman", "outside_ref": "daren", "sales": "outside"}
    told |= {
        "slot_fee": "300",
        "slot_fee_per": "month",
        "guaranteed_sales": "1000",
        "slot_fee_back": "pro_rata",
    }
    owner.post(page(firm, "portal-agreement-new"), terms("", tiers="10", **told))
    agreement = Agreement.objects.get(outside_ref="daren")
    owner.post(page(firm, "portal-agreement-sign", uid=agreement.uid))
    assert "¥1,000.00" in owner.get(page(firm, "portal-agreement", uid=agreement.uid)).content.decode()
    owner.post(page(firm, "portal-agreement-count", uid=agreement.uid), {"month": str(month)})
    statement = Statement.objects.get(agreement=agreement)
    assert statement.total == Decimal("25.00") + 300 - 225
    shown = owner.get(page(firm, "portal-statement", uid=statement.uid)).content.decode()
    assert "net sales ¥250.00 of ¥1,000.00 guaranteed" in shown
    paper = text_of_paper(owner.get(page(firm, "portal-statement-paper", uid=statement.uid)))
    assert "-225.00" in paper


@pytest.mark.parametrize("slot_fee", [200, 0])
def test_what_a_platform_withholds_is_not_asked_for_again(
    owner: Client, firm: TenantWorld, admin_client: Client, slot_fee: int
) -> None:
    month = month_of(month_of(today()) - DAY)
    sold = fact("G", amount="100.00", occurred_at=day_start(month) + DAY, host_ref="daren")
    sales_record(actor=SYSTEM, seller=firm.tenant, source="test", facts=[(0, sold)], atomic=True)
    told = {"kind": "outside_host", "outside_name": "Xiaoman", "outside_ref": "daren", "sales": "outside"}
    told |= {"slot_fee": str(slot_fee), "slot_fee_per": "month", "withheld": "on"}
    owner.post(page(firm, "portal-agreement-new"), terms("", tiers="0: 18", **told))
    agreement = agreement_sign(actor=SYSTEM, agreement=Agreement.objects.get(outside_ref="daren"))
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=month)
    owner.post(page(firm, "portal-statement-approve", uid=statement.uid), {"version": "1"})

    def texts() -> tuple[str, list[str], str]:
        paper = text_of_paper(owner.get(page(firm, "portal-statement-paper", uid=statement.uid)))
        paper = " ".join(paper.split())
        lists = [
            owner.get(page(firm, "portal-statement", uid=statement.uid)),
            owner.get(page(firm, "portal-settlement")),
            owner.get(page(firm, "portal-agreement", uid=agreement.uid)),
        ]
        answer = owner.get(page(firm, "portal-statement-table", uid=statement.uid, kind="csv"))
        table = b"".join(answer.streaming_content).decode()
        return paper, [each.content.decode() for each in lists], table

    paper, pages, table = texts()
    said = "To be paid beside: ¥200.00." if slot_fee else "Nothing is left to be paid beside."
    assert [said in each for each in pages] == [True] * 3
    if slot_fee:
        for name, asked in (("invoice", "Note this invoice?"), ("pay", "Note ¥200.00 as paid?")):
            asks_before(pages[0], page(firm, f"portal-statement-{name}", uid=statement.uid), asked)
    assert "the platform withholds ¥18.00 and pays it itself" in " ".join(pages[0].split())
    due_on = f"due on {today() + 10 * DAY}"
    due = ["Due on" in paper, *(due_on in each for each in pages[:2]), "To be paid within 10 days" in paper]
    assert due == [bool(slot_fee)] * 4
    assert ("贰佰元整" if slot_fee else "零元整") in paper
    assert "Withheld by the platform (CNY) 18.00" in paper
    assert f"To be paid beside (CNY) {slot_fee}.00" in paper
    assert "it is not to be paid again" in paper
    ends = [row.split(",") for row in table.strip().splitlines()[-3:]]
    assert [(row[1], Decimal(row[-1])) for row in ends] == [
        ("Total", 18 + slot_fee),
        ("Withheld by the platform", 18),
        ("To be paid beside", slot_fee),
    ]
    admin_client.cookies["django_language"] = "en"
    kept = admin_client.get(reverse("admin:supplychain_statement_change", args=[statement.pk]))
    for label, amount in (("Of which withheld by the platform", 18), ("To be paid beside", slot_fee)):
        assert label in kept.content.decode()
        assert f"{amount}.00" in kept.content.decode()
    shown = owner.get(reverse("api-statement-detail", args=[statement.uid])).json()
    assert [Decimal(shown[name]) for name in ("total", "withheld", "to_pay")] == [18 + slot_fee, 18, slot_fee]


def test_the_park_reads_its_statement_on_paper_in_the_admin(
    owner: Client, firm: TenantWorld, world: World, browser_of: Browsers
) -> None:
    month = month_of(month_of(today()) - DAY)
    sold = fact("S", amount="100.00", occurred_at=day_start(month) + DAY)
    sales_record(actor=SYSTEM, seller=firm.tenant, source="test", facts=[(0, sold)], atomic=True)
    owner.post(page(firm, "portal-agreement-new"), terms(world.park.code, kind="park"))
    agreement = agreement_sign(actor=SYSTEM, agreement=Agreement.objects.latest("pk"))
    statement = statement_count(actor=SYSTEM, agreement=agreement, month=month)
    manager = browser_of(world.users[Role.PARK_MANAGER])
    manager.cookies["django_language"] = "en"
    kept = reverse("admin:supplychain_statement_paper", args=[statement.pk])
    shown = manager.get(reverse("admin:supplychain_statement_change", args=[statement.pk]))
    assert kept in shown.content.decode()
    answer = manager.get(kept)
    assert "20.00" in text_of_paper(answer)
    assert answer["Content-Disposition"] == f'attachment; filename="{file_name(statement)}.pdf"'
    table = reverse("admin:supplychain_statement_table", args=[statement.pk])
    assert table in shown.content.decode()
    sheet = load_workbook(io.BytesIO(b"".join(manager.get(table).streaming_content))).active
    money = [(row[6], row[5], row[11]) for row in list(sheet.values)[1:]]
    assert money == [(None, 20, None), (None, None, None), (None, None, 20)]
    terms_page = manager.get(
        reverse("admin:supplychain_agreement_change", args=[agreement.pk])
    ).content.decode()
    assert "0.00: 20.00" in terms_page
    assert str(world.park) in terms_page, "as readers of English call it"
    elsewhere = browser_of(make_world("beta").users[Role.PARK_MANAGER])
    assert [elsewhere.get(each).status_code for each in (kept, table)] == [404, 404]


def test_a_signed_agreement_is_followed_and_ended_in_the_portal(
    owner: Client, firm: TenantWorld, world: World
) -> None:
    code = world.tenants[1].tenant.code
    owner.post(page(firm, "portal-agreement-new"), terms(code, guarantee="50", slot_fee="3"))
    first = agreement_sign(actor=SYSTEM, agreement=Agreement.objects.latest("pk"))
    shown = owner.get(page(firm, "portal-agreement", uid=first.uid)).text
    address = f"{page(firm, 'portal-agreement-new')}?follows={first.uid}"
    assert f'href="{address}"' in shown
    form = owner.get(address).context["form"]
    assert (form["partner"].value(), form["guarantee"].value()) == (code, "50")
    new = {name: value for name in form.fields if (value := form[name].value()) not in (None, "", False)}
    answer = owner.post(
        address, {**new, "tiers": form["tiers"].as_widget().split('value="')[1].split('"')[0]}
    )
    second = Agreement.objects.latest("pk")
    assert (answer.status_code, second.follows, second.tiers) == (302, first, first.tiers)
    agreement_sign(actor=SYSTEM, agreement=second)
    first.refresh_from_db()
    assert first.to_day == second.from_day == next_month(month_of(today()))
    later = next_month(second.from_day)
    owner.post(page(firm, "portal-agreement-end", uid=second.uid), {"to_day": str(later)})
    second.refresh_from_db()
    assert second.to_day == later
    foreign = Agreement.objects.exclude(seller=firm.tenant).exclude(partner=firm.tenant.node).earliest("pk")
    assert owner.get(f"{page(firm, 'portal-agreement-new')}?follows={foreign.uid}").status_code == 404
    assert (
        owner.post(page(firm, "portal-agreement-end", uid=foreign.uid), {"to_day": "2099-01-01"}).status_code
        == 404
    )


def test_a_firm_that_left_its_park_goes_on_settling(
    owner: Client, firm: TenantWorld, world: World, browser_of: Browsers
) -> None:
    """Statements of its last months come after it left: it reads and approves them, and finds nothing else there."""
    other = world.tenants[1]
    month = month_of(month_of(today()) - DAY)
    sold = fact("S0", amount="100.00", occurred_at=day_start(month) + DAY)
    sales_record(actor=SYSTEM, seller=firm.tenant, source="test", facts=[(0, sold)], atomic=True)
    owner.post(page(firm, "portal-agreement-new"), terms(other.tenant.code))
    agreement = Agreement.objects.get(partner=other.tenant.node)
    agreement_sign(actor=other.owner, agreement=agreement)
    statement = statement_count(actor=firm.owner, agreement=agreement, month=month)
    Tenant.objects.filter(pk=other.tenant.pk).update(closed_on=today())

    partner = browser_of(other.users[Role.TENANT_FINANCE])
    partner.cookies["django_language"] = "en"
    settlement = page(other, "portal-settlement")
    assert partner.get(reverse("portal"))["Location"] == settlement
    answer = partner.get(settlement)
    assert [tab.section for area in answer.context["areas"] for tab in area.tabs] == ["settlement"]
    assert not answer.context["can_add"]
    assert "left the park" in answer.content.decode()
    assert other.tenant.name_en in partner.get(reverse("portal"), {"choose": ""}).content.decode()
    line = StatementLine.objects.get(statement=statement)
    for name, kwargs in {
        "portal-statement": {"uid": statement.uid},
        "portal-statement-line": {"uid": line.uid},
        "portal-statement-paper": {"uid": statement.uid},
        "portal-statement-table": {"uid": statement.uid, "kind": "xlsx"},
        "portal-agreement": {"uid": agreement.uid},
        "portal-charges": {},
        "portal-more": {},
    }.items():
        assert partner.get(page(other, name, **kwargs)).status_code == 200, name
    for name in (
        "portal-today",
        "portal-orders",
        "portal-agreement-new",
        "portal-imports",
        "portal-bookings",
    ):
        assert partner.get(page(other, name)).status_code == 404, name
    assert partner.get(page(firm, "portal-settlement")).status_code == 404
    partner.post(page(other, "portal-statement-approve", uid=statement.uid), {"version": statement.version})
    statement.refresh_from_db()
    assert statement.state == StatementState.APPROVED
    assert (statement.approved_by, statement.total) == (other.users[Role.TENANT_FINANCE], 20)

    staff = browser_of(other.users[Role.TENANT_STAFF])
    assert staff.get(settlement).status_code in (403, 404)
    assert list(staff.get(reverse("portal")).context["left"]) == []


def test_counts_read_with_separators_in_sentences_and_in_both_languages(
    firm: TenantWorld, owner: Client
) -> None:
    statement = Statement.objects.filter(agreement__seller=firm.tenant).exclude(lines=None).first()
    assert statement is not None
    line = statement.lines.filter(version=statement.version).first()
    with lifted():
        StatementLine.objects.filter(pk=line.pk).update(kind="share", count=12345)
    for language, text in (("zh-hans", "12,345 单"), ("en", "12,345 orders")):
        owner.cookies["django_language"] = language
        assert text in owner.get(page(firm, "portal-statement", uid=statement.uid)).text
