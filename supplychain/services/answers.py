"""Whether firms sell goods of the pool: yes or no, of the firm or of one of its hosts, as facts."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import now
from core.errors import InvalidInput
from core.locking import retried
from core.policy import ADD
from core.records import save_clean
from core.scoping import may, require
from livestreams.choices import ShiftRole
from livestreams.errors import WrongState
from livestreams.models import Booking, Host, PlannedShift
from supplychain.models import Agreement, GoodsOffer, OfferAnswer, RunLine
from supplychain.refusals import refused_in
from supplychain.services.commission import follow_answer
from supplychain.services.news import offer_answered
from supplychain.services.samples import host_meant, standing_offer
from tenants.models import Tenant

SAID = ("offer_id", "tenant_id", "host_id", "sells", "reason")


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
            answer.in_the_way = follow_answer(actor, answer)
    return answer


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
