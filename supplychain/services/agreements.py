"""Agreements: proposed by one party, signed by the other, followed by another. A signed one is never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.choices import NodeKind
from core.clock import now
from core.errors import InvalidInput, Refused
from core.locking import lock_row, retried
from core.models import ScopeNode
from core.money import to_cents
from core.policy import ADD, CHANGE
from core.records import invalid
from core.scoping import get_visible, may, require
from livestreams.errors import WrongState
from supplychain.choices import AgreementKind, AgreementState, SettledSales, SlotFeePer
from supplychain.models import Agreement, Statement
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
    agreement.proposed_by_id = _side_of(actor, agreement)
    _check_parties(agreement)
    _check_terms(agreement)
    with transaction.atomic():
        if follows is not None:
            _check_followed(actor, agreement, follows)
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


def _side_of(actor: Actor, agreement: Agreement) -> int:
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
    """End a signed agreement on a day to come of months that are not stated yet: `to_day` is the first without it."""
    with transaction.atomic():
        held = _lock(actor, agreement)
        if held.state != AgreementState.SIGNED:
            raise WrongState(_("Only a signed agreement can be ended."))
        if to_day <= held.from_day or (held.to_day is not None and to_day > held.to_day):
            raise InvalidInput(
                _("It can only end earlier, and after it begins."), code="order", field="to_day"
            )
        if Statement.objects.filter(agreement=held, month__gte=to_day.replace(day=1)).exists():
            raise InvalidInput(
                _("There is a statement of that month already."), code="stated", field="to_day"
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
