"""Whether firms sell goods of the pool: yes or no, of the firm or of one of its hosts, as facts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import DAY, now, today
from core.days import not_over
from core.errors import DomainError, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD
from core.records import save_clean
from core.scoping import get_visible, may, require
from livestreams.choices import ShiftRole
from livestreams.errors import WrongState
from livestreams.models import Booking, Host, PlannedShift
from supplychain.choices import SALES_OVERLAPPING, AgreementKind, AgreementState, SettledSales
from supplychain.models import Agreement, GoodsOffer, OfferAnswer, RunLine
from supplychain.refusals import refused_in
from supplychain.services.agreements import agreement_propose, agreement_withdraw, side_of
from supplychain.services.news import offer_answered
from supplychain.services.samples import host_meant, standing_offer
from tenants.models import Tenant

logger = logging.getLogger(__name__)

SAID = ("offer_id", "tenant_id", "host_id", "sells", "reason")
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
def offer_answer(
    *,
    actor: Actor,
    offer: GoodsOffer,
    tenant: Tenant,
    sells: bool,
    reason: str = "",
    host: Host | None = None,
) -> OfferAnswer:
    """Say for a firm of the offer's park, or for one of its hosts, whether it sells the goods. A host answers for
    themself.

    The latest answer counts; the same one again is the one that stands. Of who also agrees for the firm, a yes
    proposes the agreement on the commission, and a no withdraws it unless it is signed; where that cannot follow, the
    answer's `in_the_way` says why. InvalidInput for own goods, withdrawn offers and a no without a reason; WrongState
    for a no while the goods are on a run of show to come.
    """
    require(actor, ADD, OfferAnswer, tenant.pk)
    host = host_meant(actor, tenant, host)
    reason = reason.strip()
    if not sells and not reason:
        raise InvalidInput(_("Say why not."), code="required", field="reason")
    with transaction.atomic():
        held = standing_offer(actor, offer, tenant)
        before = OfferAnswer.objects.current().filter(offer=held, tenant=tenant, host=host).first()
        if before is not None and (before.sells, before.reason) == (sells, reason):
            return before
        if not sells:
            _check_not_planned(held, tenant, host)
        answer = OfferAnswer(offer=held, tenant=tenant, host=host, sells=sells, reason=reason, at=now())
        save_clean(answer)
        after = audit.snapshot(answer, SAID)
        audit.record(actor=actor, verb="offer.answer", obj=answer, node_id=tenant.pk, after=after)
        offer_answered(answer)
        if host is None and may(actor, ADD, Agreement, tenant.pk):
            answer.in_the_way = _agree(actor, answer)
    return answer


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


def _agree(actor: Actor, answer: OfferAnswer) -> str:
    """Let the agreement follow: a yes proposes it, a no takes back what is only proposed.

    The answer stands without it too: returns what is in its way, as whoever then proposes the commission is told.
    """
    try:
        with transaction.atomic():
            if not answer.sells:
                _withdraw(actor, [each for each in _proposed(answer) if _is_plain(each, answer)])
            elif answer.offer.commission_rate:
                _propose(actor, answer)
    except DomainError as refusal:
        logger.info("no agreement follows the answer %s: %s", answer.uid, refusal.code)
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


def _check_not_planned(offer: GoodsOffer, tenant: Tenant, host: Host | None) -> None:
    """WrongState while a show to come of the firm, or of the host, has the goods on its run."""
    planned = RunLine.objects.to_come().filter(offer=offer, booking__tenant=tenant)
    if host is not None:
        shifts = PlannedShift.objects.filter(host=host, role=ShiftRole.HOST, released=False)
        planned = planned.filter(Q(booking__host=host) | Q(booking__in=shifts.values("booking")))
    line = planned.select_related("booking__room").order_by("booking__starts_at").first()
    if line is not None:
        raise WrongState(
            _("The goods are on the run of show of “%(booking)s”. Take them off first.")
            % {"booking": line.booking},
            code="planned",
        )


def check_not_refused(offer: GoodsOffer, booking: Booking) -> None:
    """InvalidInput where the firm, or a host of the booking, said no to the goods. Why, only who said it reads."""
    no = refused_in([(booking, offer.pk)]).get((booking.pk, offer.pk))
    if no is None:
        return
    who = no.host or no.tenant
    if no.tenant_id == booking.tenant_id:
        words = {"who": who, "reason": no.reason}
        message = _("%(who)s said no to these goods: “%(reason)s”. Say yes first.") % words
    else:
        message = _("%(who)s said no to these goods.") % {"who": who}
    raise InvalidInput(message, code="refused", field="offer")
