"""No sale is charged twice: which agreements are in force beside one, on its sales and in its months."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.clock import DAY, month_of, next_month
from core.days import not_over
from core.errors import InvalidInput
from core.locking import advisory_lock
from supplychain.choices import SALES_OVERLAPPING, AgreementState, SettledSales, SlotFeePer
from supplychain.models import Agreement


def check_alone(agreement: Agreement) -> None:
    """InvalidInput where another one is in force on the same sales of the same parties: both would charge them.

    On other sales, on another platform, of another product, of another host or with another account they may be. One on
    all goods, on all platforms or on the shifts of all hosts of the partner is on the sales of each of them too; one on
    all sales or on those in live sessions is on what hosts sell on their shifts.
    """
    advisory_lock(f"agreements:{agreement.seller_id}")
    beside = _in_force_beside(agreement, agreement.from_day, agreement.to_day)
    other = next((each for each in beside if each.pk != agreement.follows_id), None)
    if other is not None:
        raise InvalidInput(
            _(
                "“%(title)s” is in force from %(day)s on the same sales. End it first, or let the new one follow it."
            )
            % {"title": other.title, "day": f"{other.from_day:%Y-%m-%d}"},
            code="in_force",
            field="from_day",
        )
    _check_months(agreement)


def _check_months(agreement: Agreement) -> None:
    """No month has its amount of one kind by two of them, one after the other: each is due for the whole month."""
    first = month_of(agreement.from_day)
    end = next_month(agreement.to_day - DAY) if agreement.to_day is not None else None
    others = [each for each in _in_force_beside(agreement, first, end) if each.pk != agreement.follows_id]
    if agreement.follows is not None and agreement.from_day != first:
        others.append(agreement.follows)  # it ends within the month, whatever its sales are
    for other in others:
        if _monthly(other) & _monthly(agreement):
            raise InvalidInput(
                _(
                    "“%(title)s” is in force in the same month, and both would charge their amount of it: let the "
                    "later one begin with the next month."
                )
                % {"title": other.title},
                code="monthly",
                field="from_day" if other.from_day < agreement.from_day else "to_day",
            )


def _monthly(agreement: Agreement) -> set[str]:
    """Its amounts that are due once for each month in which it is in force."""
    per_month = agreement.slot_fee_per == SlotFeePer.MONTH
    due = {
        "guarantee": agreement.guarantee,
        "slot_fee": agreement.slot_fee if per_month else 0,
        "deduction": agreement.deduction,
    }
    return {name for name, amount in due.items() if amount}


def _in_force_beside(agreement: Agreement, first: date, end: date | None) -> QuerySet[Agreement]:
    """The signed agreements on its sales, of the same parties, that are in force from `first` on and before `end`."""
    columns = ["seller", "partner", "kind"]
    if agreement.sales == SettledSales.OUTSIDE:
        columns.append("outside_ref")  # its sales are found by the account, whatever name stands beside it
    elif agreement.partner_id is None and agreement.host_id is None:
        columns.append("outside_name")
    alike = {name: getattr(agreement, name) for name in columns}
    same = Agreement.objects.filter(
        _on_its_sales(agreement),
        not_over(first),
        state=AgreementState.SIGNED,
        **{name: value for name, value in alike.items() if value is not None},
        **{f"{name}__isnull": True for name, value in alike.items() if value is None},
    )
    if end is not None:
        same = same.filter(from_day__lt=end)
    if agreement.product_id is not None:
        same = same.filter(Q(product__isnull=True) | Q(product=agreement.product_id))
    if agreement.platform:
        same = same.filter(platform__in=("", agreement.platform))
    return same


def _on_its_sales(agreement: Agreement) -> Q:
    """Agreements of the same parties on its sales, or on some of them.

    The host of a firm here says whose sales where those on shifts are meant; else a host says with whom it is agreed.
    """
    with_same = Q(host=agreement.host_id) if agreement.host_id is not None else Q(host__isnull=True)
    if agreement.sales not in SALES_OVERLAPPING:
        return with_same & Q(sales=agreement.sales)
    on_lines, on_shifts = Q(sales__in=SALES_OVERLAPPING), Q(sales=SettledSales.HOSTS)
    if agreement.partner_id is None:
        return on_lines & with_same
    if agreement.sales != SettledSales.HOSTS:
        return on_lines & (on_shifts | with_same)
    if agreement.host_id is None:
        return on_lines
    return on_lines & (~on_shifts | with_same | Q(host__isnull=True))
