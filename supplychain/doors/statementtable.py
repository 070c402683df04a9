"""A statement as a table file (对账明细): each line, and below it its orders, as far as one may see them.

What is money of a line, of one of its orders, or of the whole stands in a column of its own: each can be added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from core.actors import Actor
from core.doors.export import table_response
from core.scoping import visible_to
from supplychain.doors.statementpaper import file_name, session_name
from supplychain.models import Statement, StatementLine, StatementOrder
from supplychain.workings import workings_of


def table_of(row: Statement, actor: Actor, kind: str) -> HttpResponseBase:
    """The table of a statement that the actor may see, as a download; `kind` is "csv" or "xlsx"."""
    statement = Statement.objects.select_related("agreement").get(pk=row.pk)
    header = (
        _("month"),
        _("for what"),
        _("live session"),
        _("how many"),
        _("base"),
        _("amount"),
        _("order number"),
        _("paid"),
        _("refunds"),
        _("base of the order"),
        _("amount of the order"),
        _("total of the statement"),
    )
    # All of them before the answer begins: a table that broke off half-way would be a shorter file, and a 200.
    rows = [[*row, *[None] * (len(header) - len(row))] for row in _rows(statement, actor)]
    return table_response(kind, file_name(statement), header, rows)


NO_LINE: tuple[Any, ...] = (None, None, None)
NO_ORDER: tuple[Any, ...] = (None, None, None, None, None)


def _rows(statement: Statement, actor: Actor) -> Iterator[tuple[Any, ...]]:
    lines = StatementLine.objects.filter(statement=statement, version=statement.version)
    orders: dict[int, list[StatementOrder]] = defaultdict(list)
    for order in visible_to(StatementOrder.objects.filter(line__in=lines), actor).order_by("pk"):
        orders[order.line_id].append(order)
    for line in visible_to(lines, actor).select_related("session").order_by("pk"):
        what = (
            f"{line.month:%Y-%m}",
            line.get_kind_display(),
            session_name(line.session) if line.session else "",
        )
        yield (*what, line.count, line.base, line.amount)
        for order in orders[line.pk]:
            base = order.base_of(statement.agreement.base)
            yield (*what, *NO_LINE, order.order_no, order.paid, order.refunds, base, order.amount)
    for working in workings_of(statement, actor):
        yield (None, str(working))
    yield (None, _("Total"), None, *NO_LINE, *NO_ORDER, statement.total)
    if statement.withheld:
        withheld = _("Withheld by the platform"), statement.withheld
        for label, amount in (withheld, (_("To be paid beside"), statement.to_pay)):
            yield (None, label, None, *NO_LINE, *NO_ORDER, amount)
