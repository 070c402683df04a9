"""What is explained in a session, told by the dock, a tool or the portal as it happens or later."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, buckets
from core.actors import Actor
from core.clock import local, now
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD
from core.scoping import require_of
from livestreams.errors import BadTime
from livestreams.models import LiveSession, SessionTenant
from livestreams.services.locks import check_key_allows, check_not_future
from supplychain.certificates import Asked, check_certified
from supplychain.choices import ExplainKind
from supplychain.models import ExplainEvent, Product, Sku
from supplychain.services import placing
from supplychain.showcase import goods_of, run_of


@retried
@transaction.atomic
def explain_record(
    *,
    actor: Actor,
    session: LiveSession,
    kind: str,
    source: str,
    product: Product | None = None,
    sku: Sku | None = None,
    at: datetime | None = None,
    external_id: str = "",
) -> ExplainEvent:
    """Say that a product is explained from `at` on (now without one), or that none is any more.

    The same `external_id` of a source again is the same event. Raises BadTime outside of the session, InvalidInput for
    a product that the session may not show, also for want of a certificate, Conflict for a known id with other content.
    """
    require_of(actor, ADD, ExplainEvent, session)
    check_key_allows(actor, session.room)
    held = lock_row(LiveSession, session.pk)
    if sku is not None:
        product = product or sku.product
    event = ExplainEvent(
        session=held,
        kind=kind,
        product=product,
        sku=sku,
        source=source,
        external_id=external_id,
        at=at or now(),
    )
    known = _known(event, told=at is not None)
    if known is not None:
        return known
    _check_time(held, event.at)
    _check_goods(actor, event)
    event.save()
    _name_owner(event)
    placing.mark_from(held, event.at)
    audit.record(
        actor=actor,
        verb="explain.record",
        obj=event,
        node_id=held.tenant_id,
        after={
            "kind": kind,
            "product": product.code if product else "",
            "sku": sku.code if sku else "",
            "at": local(event.at).isoformat(),
        },
    )
    return event


def _known(event: ExplainEvent, *, told: bool) -> ExplainEvent | None:
    """The event that already has this id of its source. Conflict when it says something else."""
    if not event.external_id:
        return None
    rows = ExplainEvent.objects.filter(
        session=event.session, source=event.source, external_id=event.external_id
    )
    known = rows.first()
    if known is None:
        return None
    if (known.kind, known.product_id, known.sku_id) != (event.kind, event.product_id, event.sku_id) or (
        told and known.at != event.at
    ):
        raise Conflict(_("This id was used for another event."), code="id_reused", field="external_id")
    return known


def _check_time(session: LiveSession, at: datetime) -> None:
    check_not_future(at, "at")
    if session.started_at is None or at < session.started_at:
        raise BadTime(_("The session had not begun then."), code="before", field="at")
    if session.ended_at is not None and at >= session.ended_at:
        raise BadTime(_("The session was over by then."), code="after", field="at")


def _check_goods(actor: Actor, event: ExplainEvent) -> None:
    """InvalidInput unless a start names a product, and an end none; foreign and absent products sound alike."""
    if event.kind not in ExplainKind.values:
        raise InvalidInput(_("Choose what happened."), code="kind", field="kind")
    if (event.kind == ExplainKind.START) != (event.product is not None):
        raise InvalidInput(
            _("Name a product when it begins, and none when it ends."), code="product", field="product"
        )
    if event.product is None:
        return
    if event.sku is not None and event.sku.product_id != event.product.pk:
        raise InvalidInput(_("The SKU is of another product."), code="other_product", field="sku")
    if goods_of(actor, event.at, session=event.session).filter(pk=event.product.pk).exists():
        check_certified(event.session.park_id, event.product, Asked.of(event.at), sku=event.sku)
        return
    lines = run_of(actor, event.session.booking_id).filter(product=event.product, offer__isnull=False)
    if lines.exists():
        raise InvalidInput(
            _("The offer of these goods is withdrawn: they are not shown any more."),
            code="withdrawn",
            field="product",
        )
    raise InvalidInput(_("There is no such object."), code="not_found", field="product")


def _name_owner(event: ExplainEvent) -> None:
    """Whose goods of the pool are shown takes part in the session: its order lines find it."""
    if event.product is not None:
        owner = event.product.tenant_id
        _row, is_new = SessionTenant.objects.get_or_create(session=event.session, tenant_id=owner)
        if is_new:  # the hosts of the session are no strangers to the owner any more
            buckets.mark(buckets.ACCOUNTS, [(owner, 0)])
