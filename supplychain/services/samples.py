"""Samples of the goods pool: asked for, agreed, handed out, and back or charged. Both firms do their part; who lends
own goods to an outside host does both.

Everybody locks in one order: offer, request, stock levels.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import audit, clock
from core.actors import Actor
from core.days import in_force_on
from core.errors import InvalidInput, Refused
from core.locking import lock_row, retried
from core.money import LARGEST, to_cents
from core.policy import ADD, CHANGE, VIEW
from core.records import save_clean
from core.scoping import get_visible, may, require, visible_to
from livestreams.errors import WrongState
from livestreams.models import Host
from supplychain.choices import SAMPLE_TRANSITIONS, AgreementKind, AgreementState, MoveKind, SampleState
from supplychain.models import Agreement, GoodsOffer, SampleRequest, Sku, Warehouse
from supplychain.services.pool import check_pieces
from supplychain.services.stock import stock_adjust
from tenants.models import Tenant

LONGEST = 180 * clock.DAY
OUT, BACK = "sample", "sample-back"
ASKED = ("offer_id", "tenant_id", "host_id", "platform", "outside_ref", "pieces", "until", "state")
DONE = ("state", "price", "sku_id", "warehouse_id", "whole", "damaged", "amount", "agreement_id")


@retried
def sample_ask(
    *,
    actor: Actor,
    offer: GoodsOffer,
    tenant: Tenant,
    pieces: int,
    until: date,
    host: Host | None = None,
    platform: str = "",
    outside_ref: str = "",
    note: str = "",
) -> SampleRequest:
    """Ask for samples of an offer for a firm of its park, back by a day. A host who asks does so for themself.

    `platform` and `outside_ref` name the account of an outside host who gets them, also of the firm's own goods.
    InvalidInput for own goods without one, half an account or one beside a host, withdrawn offers, a day that is over
    or too far, and more pieces than are left to lend.
    """
    require(actor, ADD, SampleRequest, tenant.pk)
    _check_account(platform, outside_ref, host)
    host = host_meant(actor, tenant, host, outside=bool(outside_ref))
    check_pieces(pieces)
    if not clock.today() <= until <= clock.today() + LONGEST:
        raise InvalidInput(
            _("Samples are lent until a day within the next %(n)d days.") % {"n": LONGEST.days},
            code="range",
            field="until",
        )
    with transaction.atomic():
        held = standing_offer(actor, offer, tenant, outside=bool(outside_ref))
        _check_left(held, pieces)
        asked = SampleRequest(
            offer=held,
            tenant=tenant,
            host=host,
            platform=platform,
            outside_ref=outside_ref,
            pieces=pieces,
            until=until,
            note=note,
        )
        save_clean(asked)
        after = audit.snapshot(asked, ASKED)
        audit.record(actor=actor, verb="sample.ask", obj=asked, node_id=tenant.pk, after=after)
    return asked


def _check_account(platform: str, outside_ref: str, host: Host | None) -> None:
    """An outside host is named in full, and is no host of the firm."""
    for field, value, other in (("platform", platform, outside_ref), ("outside_ref", outside_ref, platform)):
        if other and not value:
            raise InvalidInput(
                _("An outside host is a platform and the account there."), code="required", field=field
            )
    if outside_ref and host is not None:
        raise InvalidInput(
            _("Samples are for a host of your own or for an outside host."), code="both", field="outside_ref"
        )


def host_meant(actor: Actor, tenant: Tenant, host: Host | None, *, outside: bool = False) -> Host | None:
    """For whom it is: who runs the firm names any host of it or none, a host is meant themself."""
    of_firm = Host.objects.filter(tenant=tenant)
    if actor.user_id and not may(actor, CHANGE, SampleRequest, tenant.pk):
        own = of_firm.filter(user=actor.user_id).first()
        if own is None or outside or (host is not None and host.pk != own.pk):
            raise Refused(_("You may not do this here."))
        return own
    if host is not None and not of_firm.filter(pk=host.pk).exists():
        raise InvalidInput(_("There is no such object."), code="not_found", field="host")
    return host


def standing_offer(actor: Actor, offer: GoodsOffer, tenant: Tenant, *, outside: bool = False) -> GoodsOffer:
    """The offer, locked, while firms of its park may take it up, its own for an outside host only.

    Foreign and absent ones sound alike.
    """
    if not visible_to(GoodsOffer.objects.filter(pk=offer.pk), actor).exists():
        raise InvalidInput(_("There is no such object."), code="not_found", field="offer")
    lock_row(GoodsOffer, offer.pk)
    held = GoodsOffer.objects.standing().in_full().filter(pk=offer.pk).first()
    if held is None:
        raise InvalidInput(_("This offer is withdrawn."), code="withdrawn", field="offer")
    if held.park_id != tenant.node.parent_id:
        raise InvalidInput(_("There is no such object."), code="not_found", field="offer")
    if held.tenant_id == tenant.pk and not outside:
        raise InvalidInput(_("These goods are your own."), code="own", field="offer")
    return held


def _check_left(offer: GoodsOffer, pieces: int) -> None:
    left = offer.samples - SampleRequest.objects.filter(offer=offer).lent()
    if pieces > left:
        raise InvalidInput(
            ngettext(
                "The offer has %(n)d sample left to lend.", "The offer has %(n)d samples left to lend.", left
            )
            % {"n": max(left, 0)},
            code="samples",
            field="pieces",
        )


@retried
def sample_agree(*, actor: Actor, request: SampleRequest, price: Decimal, answer: str = "") -> SampleRequest:
    """Say yes, and what each piece costs that does not come back whole (CNY and whole cents).

    InvalidInput when the offer has not so many samples left; WrongState when it is answered already.
    """
    if not 0 <= price * request.pieces <= LARGEST or price != to_cents(price):
        raise InvalidInput(_("A price has whole cents, from 0."), code="range", field="price")
    with transaction.atomic():
        held = _turn(actor, request, SampleState.AGREED, by_owner=True)
        if not GoodsOffer.objects.standing().filter(pk=held.offer_id).exists():
            raise WrongState(_("This offer is withdrawn."), code="withdrawn")
        _check_left(held.offer, held.pieces)
        held.price, held.answer = price, answer
        return _save(actor, held, "sample.agree")


@retried
def sample_refuse(*, actor: Actor, request: SampleRequest, reason: str) -> SampleRequest:
    """Say no, and why."""
    if not reason.strip():
        raise InvalidInput(_("Say why not."), code="required", field="reason")
    with transaction.atomic():
        held = _turn(actor, request, SampleState.REFUSED, by_owner=True)
        held.answer = reason
        return _save(actor, held, "sample.refuse")


@retried
def sample_withdraw(*, actor: Actor, request: SampleRequest) -> SampleRequest:
    """Ask no longer: until the samples are handed out, whoever asked may say so."""
    with transaction.atomic():
        held = _turn(actor, request, SampleState.WITHDRAWN, by_owner=False)
        return _save(actor, held, "sample.withdraw")


@retried
def sample_hand_out(
    *,
    actor: Actor,
    request: SampleRequest,
    sku: Sku,
    warehouse: Warehouse | None = None,
    at: datetime | None = None,
) -> SampleRequest:
    """Hand out the agreed pieces of a SKU of the offered goods, out of a warehouse if it takes stock.

    Whoever may move that stock does it; what lies in no warehouse is handed out by its firm. Conflict
    (`stock_short`) when fewer are available.
    """
    with transaction.atomic():
        held = _lock(actor, request)
        _check_step(held, SampleState.OUT)
        if sku.product_id != held.offer.product_id:
            raise InvalidInput(_("There is no such object."), code="not_found", field="sku")
        if sku.tracked_since is not None and warehouse is None:
            raise InvalidInput(
                _("Goods that take stock are handed out of a warehouse: say which."),
                code="warehouse",
                field="warehouse",
            )
        held.sku, held.warehouse = sku, warehouse
        _move(actor, held, OUT, str(held.uid), -held.pieces, warehouse, at)
        held.handed_out_on, held.state = clock.today(), SampleState.OUT
        return _save(actor, held, "sample.hand_out")


@retried
def sample_take_back(
    *,
    actor: Actor,
    request: SampleRequest,
    whole: int,
    damaged: int = 0,
    warehouse: Warehouse | None = None,
    at: datetime | None = None,
    zone: str = "",
) -> SampleRequest:
    """Take pieces back, whole ones into the stock: where they came from, or into another warehouse, and there to their
    main place unless a zone is named.

    It may be done in parts; with the last piece the request is back. InvalidInput for more than are out.
    """
    with transaction.atomic():
        held = _lock(actor, request)
        _check_step(held, SampleState.BACK)
        if held.state != SampleState.OUT:
            raise WrongState(_("These samples are not out."))
        if min(whole, damaged) < 0 or not 0 < whole + damaged <= held.outstanding:
            raise InvalidInput(
                ngettext(
                    "%(n)d piece is out: say how many are back.",
                    "%(n)d pieces are out: say how many are back.",
                    held.outstanding,
                )
                % {"n": held.outstanding},
                code="range",
                field="whole",
            )
        key = f"{held.uid}:{held.whole + held.damaged}"
        place = (warehouse or held.warehouse) if held.warehouse else None
        _move(actor, held, BACK, key, whole, place, at, zone)
        held.whole, held.damaged = held.whole + whole, held.damaged + damaged
        if not held.outstanding:
            held.state, held.back_on = SampleState.BACK, clock.today()
        return _save(actor, held, "sample.take_back")


@retried
def sample_charge(*, actor: Actor, request: SampleRequest) -> SampleRequest:
    """Charge what is not back whole, at the price that was agreed, by the owner's decision.

    It is due in the month's statement of the agreement that both have, else it is paid directly.
    WrongState when everything is back whole.
    """
    with transaction.atomic():
        held = _turn(actor, request, SampleState.CHARGED, by_owner=True)
        if not held.kept or held.price is None:
            raise WrongState(_("Everything is back whole."))
        held.amount, held.charged_on = held.price * held.kept, clock.today()
        held.agreement = _agreement(held, clock.today())
        return _save(actor, held, "sample.charge")


def _agreement(held: SampleRequest, day: date) -> Agreement | None:
    """The agreement in force between the owner and who answers for the samples, the oldest: the firm that asked, or of
    own goods the outside host."""
    asker, owner = held.tenant_id, held.offer.tenant_id
    if held.is_own:
        between = Q(seller=owner, kind=AgreementKind.OUTSIDE_HOST, outside_ref=held.outside_ref)
        between &= Q(platform__in=("", held.platform))
    else:
        between = Q(seller=asker, partner=owner) | Q(seller=owner, partner=asker)
    signed = Agreement.objects.filter(between, in_force_on(day), state=AgreementState.SIGNED)
    return signed.order_by("pk").first()


def _move(
    actor: Actor,
    held: SampleRequest,
    source: str,
    key: str,
    quantity: int,
    warehouse: Warehouse | None,
    at: datetime | None,
    zone: str = "",
) -> None:
    """Let the stock follow; what lies in no warehouse is moved by who runs its firm."""
    if warehouse is None or held.sku is None:
        require(actor, CHANGE, SampleRequest, held.offer.tenant_id)
    elif quantity:
        stock_adjust(
            actor=actor,
            warehouse=warehouse,
            sku=held.sku,
            quantity=quantity,
            kind=MoveKind.SAMPLE_LOAN,
            source=source,
            source_key=key,
            occurred_at=at,
            zone=zone,
            # For goods of others the firm that asked answers; for whom it asked is in the request alone.
            note=held.outside_ref if held.is_own else str(held.tenant),
        )


def _turn(actor: Actor, request: SampleRequest, state: SampleState, *, by_owner: bool) -> SampleRequest:
    """The request, locked, in its new state, if that side may bring it there."""
    held = _lock(actor, request)
    require(actor, CHANGE, SampleRequest, held.offer.tenant_id if by_owner else held.tenant_id)
    _check_step(held, state)
    held.state = state
    return held


def _lock(actor: Actor, request: SampleRequest) -> SampleRequest:
    lock_row(GoodsOffer, request.offer_id)
    lock_row(SampleRequest, request.pk)
    return get_visible(SampleRequest, actor, VIEW, pk=request.pk)


def _check_step(held: SampleRequest, state: SampleState) -> None:
    if state not in SAMPLE_TRANSITIONS[held.state]:
        raise WrongState(
            _("Samples in state “%(state)s” cannot become “%(next)s”.")
            % {"state": held.get_state_display(), "next": state.label}
        )


def _save(actor: Actor, held: SampleRequest, verb: str) -> SampleRequest:
    save_clean(held)
    after = audit.snapshot(held, DONE)
    audit.record(actor=actor, verb=verb, obj=held, node_id=held.offer.tenant_id, after=after)
    return held
