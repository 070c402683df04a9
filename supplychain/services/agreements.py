"""Agreements: proposed by one party, signed by the other, followed by another. A signed one is never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.choices import NodeKind
from core.clock import now, today
from core.errors import InvalidInput, Refused
from core.locking import lock_row, retried
from core.models import ScopeNode
from core.policy import ADD, CHANGE
from core.records import save_clean
from core.scoping import get_visible, may, require
from livestreams.errors import WrongState
from supplychain.choices import AgreementState
from supplychain.models import Agreement
from supplychain.services.agreementsbeside import check_alone
from supplychain.services.agreementterms import Tier, check_parties, check_terms, stored_tiers
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
    agreement.tiers = stored_tiers(tiers)
    agreement.proposed_by_id = side_of(actor, agreement)
    check_parties(agreement)
    check_terms(agreement)
    with transaction.atomic():
        if follows is not None:
            _check_followed(actor, agreement, follows)
        check_alone(agreement)
        save_clean(agreement, exclude=["signed_at", "signed_by"])
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
        check_alone(held)
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
