"""The agreement on an offer's commission: it follows from a firm's yes, and is taken back with a no."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.actors import Actor
from core.clock import DAY, today
from core.days import not_over
from core.errors import DomainError, InvalidInput
from core.locking import lock_row, retried
from core.scoping import get_visible
from livestreams.errors import WrongState
from supplychain.choices import SALES_OVERLAPPING, AgreementKind, AgreementState, SettledSales
from supplychain.models import Agreement, GoodsOffer, OfferAnswer
from supplychain.services.agreements import agreement_propose, agreement_withdraw, side_of

log = structlog.get_logger("livepark.pool")

NEGOTIATED = (
    "sales",
    "product_id",
    "host_id",
    "platform",
    "seller_pays",
    "withheld",
    "base",
    "guarantee",
    "slot_fee",
    "guaranteed_sales",
    "deduction_rate",
    "deduction",
    "clawback_days",
)
"""What an agreement that follows from an answer has as a matter of course; another value was agreed upon by hand."""


@retried
def commission_propose(*, actor: Actor, answer: OfferAnswer) -> Agreement:
    """Propose the commission of a standing offer to which a firm said yes as an agreement, for either side.

    What rules these sales already, or is proposed on them, stays and is returned; see `_propose`.
    """
    with transaction.atomic():
        lock_row(GoodsOffer, answer.offer_id)
        held = get_visible(OfferAnswer, actor, pk=answer.pk)
        side_of(actor, _commission(held))
        if not GoodsOffer.objects.standing().filter(pk=held.offer_id).exists():
            raise InvalidInput(_("This offer is withdrawn."), code="withdrawn", field="offer")
        if not held.sells or not OfferAnswer.objects.current().filter(pk=held.pk, host__isnull=True).exists():
            raise WrongState(
                _("An agreement follows from a firm's yes, as long as it counts."), code="no_yes"
            )
        return _propose(actor, held)


def follow_answer(actor: Actor, answer: OfferAnswer) -> str:
    """Let the agreement on the commission follow the answer: a yes proposes it, a no takes back what is only proposed.

    The answer stands without it too: returns what is in its way, as whoever then proposes the commission is told.
    """
    try:
        with transaction.atomic():
            if not answer.sells:
                _withdraw(actor, [each for each in _proposed(answer) if _is_plain(each, answer)])
            elif answer.offer.commission_rate:
                _propose(actor, answer)
    except DomainError as refusal:
        log.info("no agreement follows the answer", answer=str(answer.uid), reason=refusal.code)
        return str(refusal.detail)
    return ""


def _propose(actor: Actor, answer: OfferAnswer) -> Agreement:
    """The agreement on what the firm's hosts sell of the goods, from today on; it follows one at another rate.

    What the two negotiated by hand, signed or proposed, stays and is returned: both would charge the same sales.
    """
    wanted = _commission(answer)
    # Of several on these goods that follow each other, the last is followed.
    rows = _between(answer).filter(not_over(wanted.from_day), state=AgreementState.SIGNED)
    signed = list(rows.order_by("-from_day"))
    proposed = _proposed(answer)
    for each in (*signed, *proposed):
        if not _is_plain(each, answer):
            return each
    held = next(iter(signed), None)
    for each in (*signed[:1], *proposed):
        if _has_rate(each, answer):
            return each
    _withdraw(actor, proposed)
    return agreement_propose(
        actor=actor,
        seller=wanted.seller,
        partner=answer.tenant.code,
        kind=wanted.kind,
        title=(_("Commission on %(goods)s") % {"goods": answer.offer.product})[:100],
        from_day=wanted.from_day if held is None else max(wanted.from_day, held.from_day + DAY),
        sales=wanted.sales,
        product=wanted.product,
        tiers=[(Decimal(0), answer.offer.commission_rate)],
        follows=held,
    )


def _withdraw(actor: Actor, proposed: Sequence[Agreement]) -> None:
    for each in proposed:
        agreement_withdraw(actor=actor, agreement=each)


def _commission(answer: OfferAnswer) -> Agreement:
    """On what the agreement is: the owner's sales of the goods on the shifts of the firm's hosts."""
    return Agreement(
        seller=answer.offer.tenant,
        partner=answer.tenant.node,
        kind=AgreementKind.AGENCY,
        sales=SettledSales.HOSTS,
        product=answer.offer.product,
        from_day=today(),
    )


def agreements_beside(offer: GoodsOffer) -> QuerySet[Agreement]:
    """Agreements that charge what hosts of a firm sell of an offer's goods, as one on its commission does.

    With any firm, on any platform, of any host, of these goods or of all.
    """
    return Agreement.objects.filter(
        Q(product__isnull=True) | Q(product=offer.product_id),
        seller=offer.tenant_id,
        kind=AgreementKind.AGENCY,
        sales__in=SALES_OVERLAPPING,
    )


def _between(answer: OfferAnswer) -> QuerySet[Agreement]:
    """Those of them with the firm that answered."""
    return agreements_beside(answer.offer).filter(partner=answer.tenant_id)


def _proposed(answer: OfferAnswer) -> list[Agreement]:
    """What is proposed on these goods between the two."""
    rows = _between(answer).filter(product=answer.offer.product_id, state=AgreementState.PROPOSED)
    return list(rows.order_by("-pk"))


def _is_plain(agreement: Agreement, answer: OfferAnswer) -> bool:
    """Whether it is on one rate of these goods and nothing else, as what follows from an answer is."""
    wanted = _commission(answer)
    # A signed one ends where another follows it.
    is_open = agreement.to_day is None or agreement.state == AgreementState.SIGNED
    return is_open and len(agreement.tiers) == 1 and _terms(agreement) == _terms(wanted)


def _terms(agreement: Agreement) -> list[object]:
    return [getattr(agreement, name) for name in NEGOTIATED]


def _has_rate(agreement: Agreement, answer: OfferAnswer) -> bool:
    return [Decimal(tier["rate"]) for tier in agreement.tiers] == [answer.offer.commission_rate]
