"""Monthly statements: counted again as long as they are open, approved they stand.

Months are approved in their order, so the oldest open statement is the one that corrects what was stated before.
The agreement's row is the lock of all its statements.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor, system_actor
from core.clock import month_of, next_month, now, today
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.money import CENT, from_units, to_units
from core.policy import ADD, CHANGE
from core.portions import in_turn
from core.scoping import get_visible, may, require
from livestreams.errors import WrongState
from supplychain.choices import (
    STATEMENT_OPEN,
    AgreementState,
    DueKind,
    SettledBase,
    StatementState,
)
from supplychain.keptsamples import kept_under
from supplychain.models import Agreement, Statement, StatementLine, StatementOrder
from supplychain.services.news import statement_ready
from supplychain.settlement import Due, Key, Part, difference, dues_of, total
from supplychain.settlement.source import sold_under

AUDITED = ("month", "version", "state", "total", "lines_hash", "objection", "invoice_no", "paid_on")
SYSTEM = system_actor("settlement")
ROWS_AT_ONCE = 2_000


@retried
def statement_count(*, actor: Actor, agreement: Agreement, month: date) -> Statement:
    """Count what is due for a month that is over (its first day), and what is to be corrected of those before.

    Counting again without a change writes nothing, nor does who read the ledger before somebody else did. Raises
    WrongState once the month, or a later one, is approved.
    """
    known = get_visible(Agreement, actor, pk=agreement.pk)
    if not any(may(actor, ADD, Statement, node) for node in (known.seller_id, known.partner_id) if node):
        require(actor, ADD, Statement, known.seller_id)
    _check_month(known, month)
    # A firm's whole life is read before anything is locked: SQLite has one writer, and all others would wait.
    read_at, dues = now(), _dues(known, month)
    with transaction.atomic():
        held = lock_row(Agreement, known.pk)
        statement = _open_statement(held, month)
        if statement is not None and statement.counted_at > read_at:
            return statement
        if held.to_day == known.to_day:
            if statement is None:
                statement = Statement(agreement=held, month=month)
            _write(actor, statement, _lines(held, month, dues), read_at)
            return statement
    return statement_count(actor=actor, agreement=agreement, month=month)  # its end was said meanwhile


def _open_statement(agreement: Agreement, month: date) -> Statement | None:
    """The statement of a month that may be counted, if there is one yet."""
    statement = Statement.objects.filter(agreement=agreement, month=month).first()
    if statement is not None and statement.state not in STATEMENT_OPEN:
        raise WrongState(_("This statement is approved: what changes now is corrected in a later one."))
    if _frozen(agreement).filter(month__gt=month).exists():
        raise WrongState(_("A later month is approved already."))
    return statement


def _check_month(agreement: Agreement, month: date) -> None:
    if agreement.state != AgreementState.SIGNED:
        raise WrongState(_("There are statements of signed agreements only."))
    if month != month_of(month) or not month_of(agreement.from_day) <= month < month_of(today()):
        raise InvalidInput(
            _("Name a month that is over, by its first day, from the agreement's first month on."),
            code="month",
            field="month",
        )


def months_to_count(agreement: Agreement) -> list[date]:
    """The months of an agreement that are over and may be counted, the last one first: those after the last that is
    approved. After its end, too: its sales may come back.
    """
    approved = _frozen(agreement).aggregate(last=Max("month"))["last"]
    first = next_month(approved) if approved else agreement.from_day
    return list(_months(first, month_of(today()) - timedelta(days=1)))[::-1]


def _frozen(agreement: Agreement) -> Any:
    return Statement.objects.filter(agreement=agreement).exclude(state__in=STATEMENT_OPEN)


def _dues(agreement: Agreement, month: date) -> dict[Key, Due]:
    """What is due of an agreement's months up to this one by the ledger as it is: its sales are read one by one."""
    sold = sold_under(agreement)
    in_force = [each for each in _months(agreement.from_day, month) if agreement.is_in_force(each)]
    return dues_of(agreement.terms, sold.sales, sold.slots, in_force, kept_under(agreement))


def _lines(agreement: Agreement, month: date, due: dict[Key, Due]) -> dict[Key, Due]:
    """The lines of a month's statement for what is due: its own; of the oldest open one corrections too."""
    open_ones = set(
        Statement.objects.filter(agreement=agreement, month__lt=month, state__in=STATEMENT_OPEN).values_list(
            "month", flat=True
        )
    )
    if open_ones:
        due = {key: each for key, each in due.items() if key.month == month}
        return difference(due, {})
    due = {key: each for key, each in due.items() if key.month <= month}
    return difference(due, _stated(agreement))


def _months(first: date, last: date) -> Iterable[date]:
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def _stated(agreement: Agreement) -> dict[Key, Due]:
    """What approved statements say, taken together."""
    rows: dict[Key, list[StatementLine]] = defaultdict(list)
    versions = dict(_frozen(agreement).values_list("pk", "version"))
    for line in StatementLine.objects.filter(statement__in=versions).order_by("pk"):
        if line.version == versions[line.statement_id]:
            rows[Key(line.month, line.kind, line.session_id or 0)].append(line)
    parts = _parts_of([line.pk for lines in rows.values() for line in lines])
    found = {}
    for key, lines in rows.items():
        orders: dict[tuple[str, str], Part] = {}
        for line in lines:
            for order, part in parts[line.pk].items():
                orders[order] = part.less(Part().less(orders.get(order, Part())))
        found[key] = Due(
            sum(line.count for line in lines),
            sum(to_units(line.base) for line in lines),
            sum(to_units(line.amount) for line in lines),
            orders,
        )
    return found


def _parts_of(lines: list[int]) -> Mapping[int, dict[tuple[str, str], Part]]:
    found: dict[int, dict[tuple[str, str], Part]] = defaultdict(dict)
    for some in in_turn(lines, ROWS_AT_ONCE):
        rows = StatementOrder.objects.filter(line__in=some)
        for line, source, number, *sums in rows.values_list(
            "line_id", "source", "order_no", "paid", "refunds", "amount", "earned"
        ):
            found[line][source, number] = Part(*(to_units(each or Decimal(0)) for each in sums))
    return found


def fingerprint(lines: Mapping[Key, Due]) -> str:
    """The hash of lines with all their orders: equal means to the last unit the same."""
    digest = hashlib.sha256()
    for key in sorted(lines):
        due = lines[key]
        digest.update(f"{key.month} {key.kind} {key.session} {due.count} {due.base} {due.amount}\n".encode())
        for order in sorted(due.parts):
            part = due.parts[order]
            earned = f" {part.earned}" if part.earned else ""
            digest.update(f"{order} {part.paid} {part.refunds} {part.amount}{earned}\n".encode())
    return digest.hexdigest()


def _write(actor: Actor, statement: Statement, lines: dict[Key, Due], read_at: datetime) -> None:
    """Store a new version of the lines, unless they are those that stand."""
    mark = fingerprint(lines)
    if statement.lines_hash == mark:
        return
    if statement._state.adding:
        statement.counted_at = read_at
        statement.save()
    statement.version += 1
    _store_lines(statement, lines)
    statement.total = from_units(total(lines)) or Decimal(0)
    shares = {key: due for key, due in lines.items() if key.kind == DueKind.SHARE}
    withheld = total(shares) if statement.agreement.withheld else 0
    statement.withheld = from_units(withheld) or Decimal(0)
    statement.lines_hash, statement.counted_at = mark, read_at
    statement.state = StatementState.DRAFT
    statement.save()
    _record(actor, "statement.count", statement)
    statement_ready(statement)


def _store_lines(statement: Statement, lines: dict[Key, Due]) -> None:
    """Store the lines of the version that a statement now has, as it shows them, each with its orders."""
    shown = sorted(
        lines.items(), key=lambda line: (line[0].month, DueKind.values.index(line[0].kind), line[0])
    )
    of_commission = statement.agreement.base == SettledBase.COMMISSION
    rows = [
        StatementLine(
            statement=statement,
            version=statement.version,
            month=key.month,
            kind=key.kind,
            session_id=key.session or None,
            count=due.count,
            base=from_units(due.base) or 0,
            amount=from_units(due.amount) or 0,
        )
        for key, due in shown
    ]
    for row in rows:
        row.save()
    StatementOrder.objects.bulk_create(
        [
            StatementOrder(
                line=row,
                source=order[0],
                order_no=order[1],
                paid=from_units(part.paid) or 0,
                refunds=from_units(part.refunds) or 0,
                amount=from_units(part.amount) or 0,
                earned=from_units(part.earned if of_commission else None),  # type: ignore[misc]
            )
            for row, (_key, due) in zip(rows, shown, strict=True)
            for order, part in due.parts.items()
        ],
        batch_size=ROWS_AT_ONCE,
    )


def statements_count(month: date | None = None) -> int:
    """Count the statements of the last month of all signed agreements that are still open; returns how many.

    One that ended earlier gets a statement when there is something to say. One that cannot be counted keeps nobody
    else waiting: what went wrong is raised after the others, together.
    """
    month = month or month_of(month_of(today()) - timedelta(days=1))
    counted, failed = 0, []
    signed = Agreement.objects.filter(state=AgreementState.SIGNED, from_day__lt=next_month(month))
    stands = Statement.objects.exclude(state__in=STATEMENT_OPEN).filter(month__gte=month)
    for agreement in signed.exclude(statements__in=stands):
        try:
            if agreement.is_in_force(month) or _lines(agreement, month, _dues(agreement, month)):
                statement_count(actor=SYSTEM, agreement=agreement, month=month)
                counted += 1
        except Exception as error:
            error.add_note(f"agreement {agreement.uid}")
            failed.append(error)
    if failed:
        raise ExceptionGroup("statements that could not be counted", failed)
    return counted


@retried
def statement_approve(*, actor: Actor, statement: Statement, version: int | None = None) -> Statement:
    """Approve what was seen, for the party that did not keep the books; from then on it stands.

    `version` is the one that the person saw. Raises Conflict when the ledger says something else by now, WrongState
    when it is approved already or an earlier month is not. What comes while the ledger is read is corrected later.
    """
    seen = get_visible(Statement, actor, CHANGE, pk=statement.pk)
    dues = _dues(seen.agreement, seen.month)
    with transaction.atomic():
        held = _lock(actor, statement, StatementState.APPROVED)
        require(actor, CHANGE, Statement, held.agreement.other_node_id)
        if version is not None and version != held.version:
            raise Conflict(_("It was counted again meanwhile: look at it once more."), code="changed")
        earlier = Statement.objects.filter(agreement=held.agreement, month__lt=held.month)
        if earlier.filter(state__in=STATEMENT_OPEN).exists():
            raise WrongState(_("The months before are to be approved first."), code="earlier")
        if fingerprint(_lines(held.agreement, held.month, dues)) != held.lines_hash:
            raise Conflict(
                _("The ledger has changed since it was counted: count it again and look at it once more."),
                code="changed",
            )
        held.approved_at, held.approved_by_id = now(), actor.user_id
        held.due_on = today() + timedelta(days=held.agreement.pay_within_days)
        return _turn(actor, "statement.approve", held, StatementState.APPROVED)


@retried
def statement_dispute(*, actor: Actor, statement: Statement, objection: str) -> Statement:
    """Say what is wrong with an open statement: either party may. A new count opens it again."""
    if not objection.strip():
        raise InvalidInput(_("Say what is wrong."), code="objection", field="objection")
    with transaction.atomic():
        held = _lock(actor, statement, StatementState.DISPUTED)
        held.objection = objection
        return _turn(actor, "statement.dispute", held, StatementState.DISPUTED)


@retried
def statement_invoice(
    *, actor: Actor, statement: Statement, invoice_no: str, tax_rate: Decimal, invoiced_on: date | None = None
) -> Statement:
    """Note the invoice (发票) of an approved statement. The tax is the part contained in the total, to the cent."""
    if not 0 <= tax_rate < 100 or tax_rate != tax_rate.quantize(CENT):
        raise InvalidInput(
            _("A tax rate lies from 0 to 100 %, with two decimals."), code="rate", field="tax_rate"
        )
    if not invoice_no.strip():
        raise InvalidInput(_("Give the number of the invoice."), code="invoice", field="invoice_no")
    if invoiced_on is not None and invoiced_on > today():
        raise InvalidInput(_("An invoice has no date to come."), code="future", field="invoiced_on")
    with transaction.atomic():
        held = _lock(actor, statement, StatementState.INVOICED)
        held.invoice_no, held.tax_rate = invoice_no, tax_rate
        held.tax = (held.total * tax_rate / (100 + tax_rate)).quantize(CENT, ROUND_HALF_UP)
        held.invoiced_on = invoiced_on or today()
        return _turn(actor, "statement.invoice", held, StatementState.INVOICED)


@retried
def statement_pay(*, actor: Actor, statement: Statement, paid_on: date | None = None) -> Statement:
    """Note that an approved statement is paid, with or without an invoice; WrongState when all is withheld."""
    if paid_on is not None and paid_on > today():
        raise InvalidInput(_("A payment lies in the past."), code="future", field="paid_on")
    with transaction.atomic():
        held = _lock(actor, statement, StatementState.PAID)
        held.paid_on = paid_on or today()
        return _turn(actor, "statement.pay", held, StatementState.PAID)


def _lock(actor: Actor, statement: Statement, becomes: StatementState) -> Statement:
    lock_row(Agreement, statement.agreement_id)
    held = get_visible(Statement, actor, CHANGE, pk=statement.pk)
    if becomes not in held.next_states:
        if becomes == StatementState.PAID and held.is_withheld:
            raise WrongState(
                _("Nothing is left to be paid beside: the platform pays all of it."), code="withheld"
            )
        raise WrongState(
            _("A statement in state “%(state)s” cannot become “%(next)s”.")
            % {"state": held.get_state_display(), "next": becomes.label}
        )
    return held


def _turn(actor: Actor, verb: str, statement: Statement, state: StatementState) -> Statement:
    statement.state = state
    statement.save()
    _record(actor, verb, statement)
    return statement


def _record(actor: Actor, verb: str, statement: Statement) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=statement,
        node_id=statement.agreement.seller_id,
        after=audit.snapshot(statement, AUDITED),
    )
