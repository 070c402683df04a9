"""A statement on paper (对账单), as its two parties file and sign it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.actors import Actor
from core.capitals import in_capitals
from core.clock import local
from core.doors.paper import Column, Paper, paper_response
from core.scoping import visible_to
from livestreams.models import LiveSession
from supplychain.choices import STATEMENT_OPEN, DueKind
from supplychain.models import Agreement, Statement, StatementLine
from supplychain.workings import Working, workings_of

OF_THE_PARTIES = (
    "agreement__seller__company",
    "agreement__partner__park",
    "agreement__partner__tenant__company",
    "agreement__host",
)


def paper_of(row: Statement, actor: Actor) -> HttpResponse:
    """The paper of a statement that the actor may see, as a download."""
    statement = Statement.objects.select_related(*OF_THE_PARTIES).get(pk=row.pk)
    lines = StatementLine.objects.filter(statement=statement, version=statement.version)
    seen = list(visible_to(lines, actor).select_related("session").order_by("pk"))
    paper = statement_paper(statement, seen, workings_of(statement, actor))
    return paper_response(paper, file_name(statement))


def file_name(statement: Statement) -> str:
    """What a statement is called as a file, without the ending."""
    return f"statement-{statement.month:%Y-%m}-{str(statement.uid)[-8:]}"


def statement_paper(
    statement: Statement, lines: Sequence[StatementLine], workings: Sequence[Working]
) -> Paper:
    """The paper of the lines that its reader may see; before it is approved it says that it may still change."""
    agreement = statement.agreement
    is_open = statement.state in STATEMENT_OPEN
    return Paper(
        title=_("Statement %(month)s") % {"month": f"{statement.month:%Y-%m}"},
        mark=_("Not approved yet: for checking only.") if is_open else "",
        facts=list(_facts(statement)),
        columns=[
            Column(_("for what"), 10),
            Column(_("how many"), 3, numbers=True),
            Column(_("base"), 4, numbers=True),
            Column("%", 2, numbers=True),
            Column(_("amount"), 4, numbers=True),
        ],
        rows=[_row(line, statement) for line in lines],
        sums=list(_sums(statement)),
        notes=[*map(str, workings), *_notes(statement)],
        signers=[] if is_open else [_signer(agreement.payer_name), _signer(agreement.payee_name)],
    )


def _facts(statement: Statement) -> Iterator[tuple[str, str]]:
    agreement = statement.agreement
    yield _("Number"), str(statement.uid)
    yield _("Agreement"), agreement.title
    yield _("Pays"), _party(agreement, agreement.payer_name)
    yield _("Is paid"), _party(agreement, agreement.payee_name)
    yield _("State"), statement.get_state_display()
    if statement.due_on and not statement.is_withheld:
        yield _("Due on"), f"{statement.due_on:%Y-%m-%d}"
    if statement.invoice_no:
        tax = _("%(rate)s %% tax contained: %(tax)s") % {
            "rate": statement.tax_rate,
            "tax": _money(statement.tax or Decimal(0)),
        }
        yield _("Invoice"), f"{statement.invoice_no}, {statement.invoiced_on:%Y-%m-%d}, {tax}"
    if statement.paid_on:
        yield _("Paid on"), f"{statement.paid_on:%Y-%m-%d}"


def _party(agreement: Agreement, name: str) -> str:
    """A party; a firm with its legal name and its unified social credit code."""
    partner = getattr(agreement.partner, "tenant", None) if agreement.partner is not None else None
    firm = agreement.seller if name == str(agreement.seller) else partner
    if firm is None:
        return name
    return f"{name} ({firm.company}, {firm.company.credit_code})"


def session_name(session: LiveSession) -> str:
    """What a session is called on paper and in tables, where several have one title: with its beginning."""
    began = f" {local(session.started_at):%m-%d %H:%M}" if session.started_at else ""
    return f"{session.title or session.get_platform_display()}{began}"


def _row(line: StatementLine, statement: Statement) -> tuple[str, ...]:
    what = line.get_kind_display()
    if line.session is not None:
        what = f"{what}: {session_name(line.session)}"
    elif line.kind == DueKind.SHARE:
        what += ": " + _("Outside of live sessions")
    if line.month != statement.month:
        correction = _("correction of %(month)s") % {"month": f"{line.month:%Y-%m}"}
        what += f" ({correction})"
    counted = line.kind in (DueKind.SHARE, DueKind.SLOT_FEE, DueKind.SAMPLE)
    return (
        what,
        str(line.count) if counted else "",
        _money(line.base) if line.kind in (DueKind.SHARE, DueKind.SLOT_FEE_BACK) else "",
        str(line.rate) if line.rate is not None else "",
        _money(line.amount),
    )


def _sums(statement: Statement) -> Iterator[tuple[str, str]]:
    """The total, and where a platform pays a part of it, what is left; the words are of what is to be paid."""
    yield _("Total (CNY)"), _money(statement.total)
    if statement.withheld:
        yield _("Withheld by the platform (CNY)"), _money(statement.withheld)
        yield _("To be paid beside (CNY)"), _money(statement.to_pay)
    yield _("In words"), in_capitals(statement.to_pay)


def _notes(statement: Statement) -> Iterator[str]:
    yield _(
        "Counted from the order ledger at %(at)s, version %(version)d; check sum of the lines: %(hash)s."
    ) % {
        "at": f"{local(statement.counted_at):%Y-%m-%d %H:%M}",
        "version": statement.version,
        "hash": statement.lines_hash[:16],
    }
    if statement.withheld:
        yield _("The platform withholds the share and pays it itself: it is not to be paid again.")
    if statement.is_withheld:
        yield _("Nothing is left to be paid beside. Later refunds are corrected in the next statement.")
        return
    days = statement.agreement.pay_within_days
    yield ngettext(
        "To be paid within %(count)d day of its approval. Later refunds are corrected in the next statement.",
        "To be paid within %(count)d days of its approval. Later refunds are corrected in the next statement.",
        days,
    ) % {"count": days}


def _signer(name: str) -> str:
    return name + "  " + _("(signature, seal, day)")


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
