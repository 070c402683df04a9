"""Agreements: proposed by one party, signed by the other, followed by another. A signed one is never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.choices import NodeKind
from core.clock import DAY, month_of, next_month, now, today
from core.days import not_over
from core.errors import InvalidInput, Refused
from core.locking import advisory_lock, lock_row, retried
from core.models import ScopeNode
from core.money import to_cents
from core.policy import ADD, CHANGE
from core.records import invalid
from core.scoping import get_visible, may, require
from livestreams.errors import WrongState
from supplychain.choices import (
    SALES_OVERLAPPING,
    AgreementKind,
    AgreementState,
    SettledBase,
    SettledSales,
    SlotFeePer,
)
from supplychain.models import Agreement
from tenants.models import Tenant

AUDITED = (
    "seller_id",
    "partner_id",
    "host_id",
    "outside_ref",
    "kind",
    "seller_pays",
    "withheld",
    "from_day",
    "to_day",
    "sales",
    "platform",
    "product_id",
    "base",
    "tiers",
    "guarantee",
    "slot_fee",
    "guaranteed_sales",
    "slot_fee_back",
    "deduction_rate",
    "deduction",
    "clawback_days",
    "state",
)
MOST_TIERS = 10
Tier = tuple[Decimal, Decimal]
"""From which base of a month on (CNY), and the rate (percent)."""


@retried
def agreement_propose(
    *,
    actor: Actor,
    seller: Tenant,
    kind: str,
    title: str,
    from_day: date,
    sales: str,
    tiers: Sequence[Tier],
    partner: str = "",
    follows: Agreement | None = None,
    **values: Any,
) -> Agreement:
    """Propose an agreement for one of its parties; it counts once the other has signed it.

    `partner` is the code of a park or a firm, `values` are further columns of the agreement. Amounts in CNY and
    whole cents, rates in percent with two decimals.
    With `follows`, signing it ends that one the day before. Raises InvalidInput for terms that do not fit together.
    """
    agreement = Agreement(
        seller=seller, kind=kind, title=title, from_day=from_day, sales=sales, follows=follows, **values
    )
    agreement.outside_name = agreement.outside_name.strip()
    agreement.partner = _partner(partner) if partner else None
    agreement.tiers = _tiers(tiers)
    agreement.proposed_by_id = side_of(actor, agreement)
    _check_parties(agreement)
    _check_terms(agreement)
    with transaction.atomic():
        if follows is not None:
            _check_followed(actor, agreement, follows)
        _check_alone(agreement)
        try:
            agreement.full_clean(exclude=["signed_at", "signed_by"])
        except ValidationError as error:
            raise invalid(error) from error
        agreement.save()
        _record(actor, "agreement.propose", agreement)
    return agreement


def _partner(code: str) -> ScopeNode:
    node = ScopeNode.objects.filter(code=code, kind__in=(NodeKind.PARK, NodeKind.TENANT)).first()
    if node is None:
        raise InvalidInput(
            _("There is no park and no firm “%(code)s”.") % {"code": code}, code="absent", field="partner"
        )
    return node


def side_of(actor: Actor, agreement: Agreement) -> int:
    """The party for which the actor speaks."""
    for node_id in (agreement.seller_id, agreement.partner_id):
        if node_id is not None and may(actor, ADD, Agreement, node_id):
            return int(node_id)
    raise Refused(_("You may not do this here."))


def _check_parties(agreement: Agreement) -> None:
    if agreement.kind == AgreementKind.PLATFORM and not agreement.outside_name:
        raise InvalidInput(
            _("A platform is no party here: give its name."), code="platform", field="outside_name"
        )
    named = [bool(agreement.partner_id or agreement.host_id), bool(agreement.outside_name)]
    if sum(named) != 1:
        raise InvalidInput(
            _(
                "Name one partner: a park or a firm here, an own host, or the name of somebody who is not here."
            ),
            code="partner",
            field="partner",
        )
    if agreement.partner_id == agreement.seller_id:
        raise InvalidInput(_("The partner is another than the seller."), code="partner", field="partner")
    if agreement.product is not None and (
        agreement.product.tenant_id != agreement.seller_id or agreement.sales == SettledSales.OWNED
    ):
        raise InvalidInput(_("The product is none of the seller's own."), code="product", field="product")
    _check_own_host(agreement)
    if agreement.host is not None and agreement.host.tenant_id not in (
        agreement.seller_id,
        agreement.partner_id,
    ):
        raise InvalidInput(_("The host belongs to neither party."), code="host", field="host")
    missing = {
        SettledSales.OUTSIDE: not agreement.outside_ref,
        SettledSales.HOSTS: not (agreement.partner_id or agreement.host_id),
        SettledSales.OWNED: not _is_firm(agreement.partner),
    }
    if missing.get(SettledSales(agreement.sales)):
        raise InvalidInput(
            _("These sales need a partner of whom they can be: its goods, its hosts, or its account."),
            code="sales",
            field="sales",
        )


def _check_own_host(agreement: Agreement) -> None:
    """What is sold for other firms, and the commission on it, an agency shares with an own host alone."""
    for_others = agreement.sales == SettledSales.FOR_OTHERS
    if agreement.base == SettledBase.COMMISSION and not for_others:
        raise InvalidInput(
            _("A commission is earned on what an own host sells for other firms, and on no own sales."),
            code="base",
            field="base",
        )
    if not for_others:
        return
    if (
        agreement.kind != AgreementKind.HOST
        or agreement.host is None
        or agreement.host.tenant_id != agreement.seller_id
        or agreement.partner_id is not None
        or not agreement.seller_pays
    ):
        raise InvalidInput(
            _("What is sold for other firms is shared with an own host, whom the firm pays."),
            code="sales",
            field="sales",
        )
    if agreement.product_id is not None:
        raise InvalidInput(_("The product is none of the seller's own."), code="product", field="product")
    if agreement.slot_fee and agreement.slot_fee_per == SlotFeePer.PRODUCT:
        raise InvalidInput(
            _("What is explained for other firms is theirs: the slot fee is for a session or a month."),
            code="slot_fee",
            field="slot_fee_per",
        )


def _is_firm(node: ScopeNode | None) -> bool:
    return node is not None and node.kind == NodeKind.TENANT


def _tiers(tiers: Sequence[Tier]) -> list[dict[str, str]]:
    """Tiers as they are stored. InvalidInput unless they rise from 0 and their rates lie from 0 to 100."""
    starts = [start for start, _rate in tiers]
    if not tiers or len(tiers) > MOST_TIERS or starts[0] != 0 or starts != sorted(set(starts)):
        raise InvalidInput(
            _("Give from 1 to %(most)d rates; the first holds from 0, each further one from more.")
            % {"most": MOST_TIERS},
            code="tiers",
            field="tiers",
        )
    for start, rate in tiers:
        if not 0 <= rate <= 100 or rate != rate.quantize(Decimal("0.01")) or start != to_cents(start):
            raise InvalidInput(
                _("A rate lies from 0 to 100 % and has at most two decimals, as its amount has."),
                code="rate",
                field="tiers",
            )
    return [{"above": f"{start:.2f}", "rate": f"{rate:.2f}"} for start, rate in tiers]


def _check_terms(agreement: Agreement) -> None:
    for name in ("guarantee", "slot_fee", "guaranteed_sales", "deduction"):
        amount = getattr(agreement, name)
        if amount < 0 or amount != to_cents(amount):
            raise InvalidInput(_("An amount is not negative and in whole cents."), code="range", field=name)
    if not 0 <= agreement.deduction_rate <= 100:
        raise InvalidInput(_("A rate lies from 0 to 100 %."), code="rate", field="deduction_rate")
    if agreement.withheld and not (agreement.kind == AgreementKind.OUTSIDE_HOST and agreement.seller_pays):
        raise InvalidInput(
            _("A platform withholds what the seller pays to an outside host, and nothing else."),
            code="withheld",
            field="withheld",
        )
    outside = agreement.sales == SettledSales.OUTSIDE
    if outside and agreement.slot_fee and agreement.slot_fee_per != SlotFeePer.MONTH:
        raise InvalidInput(
            _("Sessions of an outside host are not known here: its slot fee is for a month."),
            code="slot_fee",
            field="slot_fee_per",
        )
    if agreement.guaranteed_sales and not agreement.slot_fee:
        raise InvalidInput(
            _("Guaranteed sales need a slot fee that comes back when they are not met."),
            code="guaranteed_sales",
            field="guaranteed_sales",
        )
    if agreement.to_day is not None and agreement.to_day <= agreement.from_day:
        raise InvalidInput(_("An agreement ends after it begins."), code="order", field="to_day")


def _check_followed(actor: Actor, agreement: Agreement, follows: Agreement) -> None:
    held = get_visible(Agreement, actor, CHANGE, pk=follows.pk)
    if held.state != AgreementState.SIGNED or hasattr(held, "followed_by"):
        raise WrongState(_("Only a signed agreement can be followed, and once."))
    if _between(held) != _between(agreement):
        raise InvalidInput(
            _("A following agreement is of the same kind and has the same parties."),
            code="parties",
            field="partner",
        )
    if agreement.from_day <= held.from_day or (held.to_day and agreement.from_day > held.to_day):
        raise InvalidInput(
            _("It begins within the agreement that it follows."), code="order", field="from_day"
        )


def _check_alone(agreement: Agreement) -> None:
    """No two agreements are in force on the same sales of the same parties, as each would charge them.

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


def _between(agreement: Agreement) -> tuple[object, ...]:
    """As what, and between whom, it is agreed: neither changes from one agreement to the next."""
    parties = (agreement.seller_id, agreement.partner_id, agreement.host_id, agreement.outside_name.strip())
    return (agreement.kind, *parties)


@retried
def agreement_sign(*, actor: Actor, agreement: Agreement) -> Agreement:
    """Sign what the other party proposed; where only one party is here, it signs itself. The one before then ends."""
    with transaction.atomic():
        held = _lock(actor, agreement)
        signs = held.partner_id if held.proposed_by_id == held.seller_id else held.seller_id
        require(actor, CHANGE, Agreement, signs or held.seller_id)
        if held.state != AgreementState.PROPOSED:
            raise WrongState(_("Only a proposed agreement can be signed."))
        _check_alone(held)
        if held.follows_id is not None:
            _end(actor, held.follows_id, held.from_day)
        held.state, held.signed_at, held.signed_by_id = AgreementState.SIGNED, now(), actor.user_id
        held.save(update_fields=["state", "signed_at", "signed_by", "updated_at"])
        _record(actor, "agreement.sign", held)
    return held


def _end(actor: Actor, pk: int, day: date) -> None:
    before = lock_row(Agreement, pk)
    if before.to_day is not None and before.to_day < day:
        raise WrongState(_("The agreement that it follows has ended earlier."))
    before.to_day = day
    before.save(update_fields=["to_day", "updated_at"])
    _record(actor, "agreement.end", before)


@retried
def agreement_end(*, actor: Actor, agreement: Agreement, to_day: date) -> Agreement:
    """End a signed agreement: `to_day`, a day to come, is the first without it. What was sold stays agreed upon."""
    with transaction.atomic():
        held = _lock(actor, agreement)
        if held.state != AgreementState.SIGNED:
            raise WrongState(_("Only a signed agreement can be ended."))
        if to_day <= today():
            raise InvalidInput(
                _("It ends on a day to come: what is sold by then has been agreed upon by both."),
                code="past",
                field="to_day",
            )
        if to_day <= held.from_day or (held.to_day is not None and to_day > held.to_day):
            raise InvalidInput(
                _("It can only end earlier, and after it begins."), code="order", field="to_day"
            )
        _end(actor, held.pk, to_day)
    return get_visible(Agreement, actor, pk=held.pk)


@retried
def agreement_withdraw(*, actor: Actor, agreement: Agreement) -> Agreement:
    """Take back or turn down what is only proposed: either party may."""
    with transaction.atomic():
        held = _lock(actor, agreement)
        if held.state != AgreementState.PROPOSED:
            raise WrongState(_("Only a proposed agreement can be withdrawn."))
        held.state, held.follows = AgreementState.WITHDRAWN, None
        held.save(update_fields=["state", "follows", "updated_at"])
        _record(actor, "agreement.withdraw", held)
    return held


def _lock(actor: Actor, agreement: Agreement) -> Agreement:
    lock_row(Agreement, agreement.pk)
    return get_visible(Agreement, actor, CHANGE, pk=agreement.pk)


def _record(actor: Actor, verb: str, agreement: Agreement) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=agreement,
        node_id=agreement.seller_id,
        after=audit.snapshot(agreement, AUDITED),
    )
