"""What agreements take of a session: what statements say of it, and for months not stated yet what would be due."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import F, Q
from django.utils.translation import gettext as _

from analytics.choices import ResultPart, SourceKind
from analytics.result.account import Source
from analytics.settlement import Book, book_of, sold_in
from analytics.shares.counting import Fact
from core.clock import business_day, now
from core.money import to_units
from livestreams.models import LiveSession
from supplychain.choices import AgreementKind, AgreementState, DueKind
from supplychain.models import Agreement, Statement, StatementLine
from supplychain.settlement import dues_of

OF_A_SESSION = (DueKind.SHARE, DueKind.SLOT_FEE)


def dues_by_agreement(session: LiveSession, facts: list[Fact]) -> dict[ResultPart, list[Source]]:
    """The shares and slot fees of a session by line of its result: what the firm pays counts above zero."""
    found: dict[ResultPart, list[Source]] = {
        ResultPart.PLATFORM: [],
        ResultPart.COMMISSION: [],
        ResultPart.SLOT_FEE: [],
    }
    agreements = _agreements(session)
    book = book_of(facts, {fact.id: (fact.business_day, session.pk) for fact in facts})
    stated = _stated(session, agreements)
    months = _stated_months(agreements)
    for agreement in agreements:
        due = _not_stated(agreement, session, book, months[agreement.pk])
        for kind in OF_A_SESSION:
            part = _part(agreement, kind)
            sign = 1 if agreement.seller_pays else -1
            for line in stated[agreement.pk, kind]:
                found[part].append(_of_statement(line, sign))
            if kind in due:
                found[part].append(_provisional(agreement, due[kind] * sign))
    return _with_nothing(found, any(map(_is_platform, agreements)), bool(agreements))


def _agreements(session: LiveSession) -> list[Agreement]:
    """The signed agreements of the seller that were in force on a day of the session, the earliest first."""
    if session.started_at is None:
        return []
    day, last = business_day(session.started_at), business_day(session.ended_at or now())
    rows = Agreement.objects.filter(seller=session.tenant_id, state=AgreementState.SIGNED, from_day__lte=last)
    rows = rows.filter(Q(to_day__isnull=True) | Q(to_day__gt=day))
    return list(rows.select_related("seller", "host", "partner__park", "partner__tenant").order_by("pk"))


def _is_platform(agreement: Agreement) -> bool:
    """A platform is no party here: it is known by its name alone, as a service."""
    return agreement.kind == AgreementKind.SERVICE and bool(agreement.outside_name)


def _part(agreement: Agreement, kind: str) -> ResultPart:
    if kind == DueKind.SLOT_FEE:
        return ResultPart.SLOT_FEE
    return ResultPart.PLATFORM if _is_platform(agreement) else ResultPart.COMMISSION


def _stated(session: LiveSession, agreements: list[Agreement]) -> dict[tuple[int, str], list[StatementLine]]:
    lines = StatementLine.objects.filter(
        session=session, statement__agreement__in=agreements, version=F("statement__version")
    )
    found: dict[tuple[int, str], list[StatementLine]] = defaultdict(list)
    for line in lines.select_related(
        "statement__agreement__seller",
        "statement__agreement__host",
        "statement__agreement__partner__park",
        "statement__agreement__partner__tenant",
    ):
        found[line.statement.agreement_id, line.kind].append(line)
    return found


def _stated_months(agreements: list[Agreement]) -> dict[int, set[date]]:
    found: dict[int, set[date]] = defaultdict(set)
    rows = Statement.objects.filter(agreement__in=agreements).values_list("agreement", "month")
    for agreement, month in rows:
        found[agreement].add(month)
    return found


def _not_stated(agreement: Agreement, session: LiveSession, book: Book, stated: set[date]) -> dict[str, int]:
    """What would be due of the months that no statement has yet, as if the session were all they have."""
    sold = sold_in(agreement, session, book)
    months = {sale.month for sale in sold.sales} | {slot.month for slot in sold.slots}
    due: dict[str, int] = defaultdict(int)
    for key, each in dues_of(agreement.terms, sold.sales, sold.slots, months - stated).items():
        if key.session == session.pk and key.month not in stated:
            due[key.kind] += each.amount
    return due


def _of_statement(line: StatementLine, sign: int) -> Source:
    agreement = line.statement.agreement
    note = f"{line.statement.month:%Y-%m} · {line.statement.get_state_display()}"
    if line.kind == DueKind.SHARE and line.rate is not None:
        note += f" · ¥{line.base:,.2f} × {line.rate} %"
    return Source(
        SourceKind.STATEMENT,
        str(agreement),
        to_units(line.amount) * sign,
        note,
        str(line.statement.uid),
        provisional=line.statement.approved_at is None,
    )


def _provisional(agreement: Agreement, units: int) -> Source:
    note = _("not stated yet: by the terms on this session's sales so far")
    if len(agreement.tiers) > 1:
        note = _("not stated yet: by the terms on this session's sales alone; the rate moves with the month")
    return Source(SourceKind.AGREEMENT, str(agreement), units, note, str(agreement.uid), provisional=True)


def _with_nothing(
    found: dict[ResultPart, list[Source]], has_platform: bool, has_any: bool
) -> dict[ResultPart, list[Source]]:
    """Say why a line is empty: nothing agreed is nothing due, but every platform takes something."""
    if not found[ResultPart.PLATFORM]:
        found[ResultPart.PLATFORM] = [
            Source(SourceKind.AGREEMENT, _("nothing is due to the platform"), 0)
            if has_platform
            else Source(
                SourceKind.NONE,
                _("No agreement says what the platform takes: enter it as a service firm known by its name."),
                None,
            )
        ]
    nothing = _("nothing is due by the agreements") if has_any else _("no agreement is about this session")
    for part in (ResultPart.COMMISSION, ResultPart.SLOT_FEE):
        found[part] = found[part] or [Source(SourceKind.AGREEMENT, nothing, 0)]
    return found
