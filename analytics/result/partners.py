"""What agreements take of a session: what statements say of it, and for months not stated yet what would be due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db.models import F
from django.utils.translation import gettext as _

from analytics.choices import ResultPart, SourceKind
from analytics.result.account import Source
from analytics.settlement import Book, sales_of, slots_of
from core.clock import business_day, now
from core.days import in_force_on
from core.money import to_units
from livestreams.models import LiveSession
from supplychain.choices import AgreementKind, AgreementState, DueKind, SettledSales
from supplychain.models import Agreement, Statement, StatementLine
from supplychain.settlement import Sale, Slot, dues_of

OF_A_SESSION = (DueKind.SHARE, DueKind.SLOT_FEE)


Dues = dict[ResultPart, list[Source]]


def agreements_over(seller_id: int, sessions: Sequence[LiveSession]) -> list[Agreement]:
    """The signed agreements of a seller that were in force on a day of some sessions, the earliest first."""
    days = [_days(session) for session in sessions]
    held = in_force_on(min(first for first, _last in days), max(last for _first, last in days))
    rows = Agreement.objects.filter(held, seller=seller_id, state=AgreementState.SIGNED)
    rows = rows.exclude(sales=SettledSales.FOR_OTHERS)  # of other firms' sales, whoever's session it is
    return list(rows.select_related("seller", "host", "partner__park", "partner__tenant").order_by("pk"))


def in_force(agreement: Agreement, session: LiveSession) -> bool:
    """Whether an agreement held on a day of a session."""
    first, last = _days(session)
    return agreement.from_day <= last and (agreement.to_day is None or agreement.to_day > first)


def _days(session: LiveSession) -> tuple[date, date]:
    first = session.started_at or now()
    return business_day(first), business_day(session.ended_at or max(first, now()))


def dues_of_sessions(
    sessions: Sequence[LiveSession], agreements: list[Agreement], book: Book
) -> dict[int, Dues]:
    """The shares and slot fees of each session by line of its result: what the firm pays counts above zero."""
    stated = _stated(sessions, agreements)
    months = _stated_months(agreements)
    found: dict[int, Dues] = {}
    sold = {agreement.pk: _sold(agreement, sessions, book) for agreement in agreements}
    for session in sessions:
        held = [agreement for agreement in agreements if in_force(agreement, session)]
        dues: Dues = {ResultPart.PLATFORM: [], ResultPart.COMMISSION: [], ResultPart.SLOT_FEE: []}
        for agreement in held:
            due = _not_stated(agreement, session, sold[agreement.pk], months[agreement.pk])
            for kind in OF_A_SESSION:
                part, sign = _part(agreement, kind), 1 if agreement.seller_pays else -1
                for line in stated[session.pk, agreement.pk, kind]:
                    dues[part].append(_of_statement(line, agreement, sign))
                if kind in due:
                    dues[part].append(_provisional(agreement, kind, due[kind] * sign))
        has_platform = any(
            agreement.kind == AgreementKind.PLATFORM and agreement.platform in ("", session.platform)
            for agreement in held
        )
        found[session.pk] = _with_nothing(dues, has_platform, bool(held))
    return found


def _sold(agreement: Agreement, sessions: Sequence[LiveSession], book: Book) -> tuple[list[Sale], list[Slot]]:
    among = LiveSession.objects.filter(pk__in=[session.pk for session in sessions])
    return sales_of(agreement, book), list(slots_of(agreement, among))


def _part(agreement: Agreement, kind: str) -> ResultPart:
    if kind == DueKind.SLOT_FEE:
        return ResultPart.SLOT_FEE
    return ResultPart.PLATFORM if agreement.kind == AgreementKind.PLATFORM else ResultPart.COMMISSION


def _stated(
    sessions: Sequence[LiveSession], agreements: list[Agreement]
) -> dict[tuple[int, int, str], list[StatementLine]]:
    lines = StatementLine.objects.filter(
        session__in=sessions, statement__agreement__in=agreements, version=F("statement__version")
    )
    found: dict[tuple[int, int, str], list[StatementLine]] = defaultdict(list)
    for line in lines.select_related("statement"):
        found[line.session_id or 0, line.statement.agreement_id, line.kind].append(line)
    return found


def _stated_months(agreements: list[Agreement]) -> dict[int, set[date]]:
    found: dict[int, set[date]] = defaultdict(set)
    rows = Statement.objects.filter(agreement__in=agreements).values_list("agreement", "month")
    for agreement, month in rows:
        found[agreement].add(month)
    return found


def _not_stated(
    agreement: Agreement, session: LiveSession, sold: tuple[list[Sale], list[Slot]], stated: set[date]
) -> dict[str, int]:
    """What would be due of the months that no statement has yet, as if the session were all they have."""
    sales = [each for each in sold[0] if each.session == session.pk]
    slots = [each for each in sold[1] if each.session == session.pk]
    months = {sale.month for sale in sales} | {slot.month for slot in slots}
    due: dict[str, int] = defaultdict(int)
    for key, each in dues_of(agreement.terms, sales, slots, months - stated).items():
        if key.session == session.pk and key.month not in stated:
            due[key.kind] += each.amount
    return due


def _of_statement(line: StatementLine, agreement: Agreement, sign: int) -> Source:
    note = f"{line.statement.month:%Y-%m} · {line.statement.get_state_display()}"
    if line.kind == DueKind.SHARE and line.rate is not None:
        note += f" · ¥{line.base:,.2f} {line.times} {line.rate} %"
    return Source(
        SourceKind.STATEMENT,
        str(agreement),
        to_units(line.amount) * sign,
        note,
        str(line.statement.uid),
        provisional=line.statement.approved_at is None,
    )


def _provisional(agreement: Agreement, kind: str, units: int) -> Source:
    note = _("not stated yet: by the terms on this session's sales so far")
    if kind == DueKind.SHARE and len(agreement.tiers) > 1:
        note = _("not stated yet: by the terms on this session's sales alone; the rate moves with the month")
    return Source(SourceKind.AGREEMENT, str(agreement), units, note, str(agreement.uid), provisional=True)


def _with_nothing(found: Dues, has_platform: bool, has_any: bool) -> Dues:
    """Say why a line is empty: nothing agreed is nothing due, but every platform takes something."""
    if not found[ResultPart.PLATFORM]:
        found[ResultPart.PLATFORM] = [
            Source(SourceKind.AGREEMENT, _("nothing is due to the platform"), 0)
            if has_platform
            else Source(
                SourceKind.NONE,
                _("No agreement says what the platform takes: enter the one with the platform."),
                None,
            )
        ]
    nothing = _("nothing is due by the agreements") if has_any else _("no agreement is about this session")
    for part in (ResultPart.COMMISSION, ResultPart.SLOT_FEE):
        found[part] = found[part] or [Source(SourceKind.AGREEMENT, nothing, 0)]
    return found
