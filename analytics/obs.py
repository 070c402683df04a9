"""What the screens of a booking show: the overlay of its picture, and the dock beside it. A few cheap reads each."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from analytics.firmsums import MEASURES
from analytics.metrics import compute_all
from analytics.models import SessionFigures
from core.actors import Actor
from core.clock import now, today
from core.days import open_on
from core.errors import DomainError
from core.scoping import may, visible_to
from core.templatetags.portal import day_and_time, time_of_day
from livestreams.choices import SESSION_RUNNING, SessionState
from livestreams.models import Booking, LiveSession, Publish, ScreenToken
from livestreams.selectors import frames_now
from livestreams.services import stream_credentials
from supplychain.filters import ProductFilter
from supplychain.models import ExplainEvent, OfferAnswer, Product, RunLine
from supplychain.refusals import refused_in
from supplychain.showcase import goods_of, run_of

MOST_PRODUCTS = 60


def session_of(booking: Booking) -> LiveSession | None:
    """The latest session of a booking."""
    return LiveSession.objects.filter(booking=booking).order_by("-started_at", "-pk").first()


def overlay_state(token: ScreenToken, actor: Actor) -> dict[str, Any]:
    """The product that is explained, the end of the slot, and what this session has sold."""
    session = session_of(token.booking)
    return _common(token.booking, session) | {
        "product": product_now(session),
        "sales": _sales(session, actor),
    }


def dock_state(token: ScreenToken, actor: Actor) -> dict[str, Any]:
    """What the overlay shows, what the encoder needs, and how its picture fares."""
    return overlay_state(token, actor) | {
        "encoder": _encoder(token.booking, actor),
        "pictures": _pictures(token.booking),
        "frames": _frames(token.booking, actor),
    }


def _common(booking: Booking, session: LiveSession | None) -> dict[str, Any]:
    return {
        "now": now().isoformat(),
        "room": str(booking.room),
        "starts_at": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        "slot": f"{day_and_time(booking.starts_at)}–{time_of_day(booking.ends_at)}",
        "state": session.state if session is not None else "",
        "is_live": session is not None and session.state in SESSION_RUNNING,
    }


def product_now(session: LiveSession | None) -> dict[str, Any] | None:
    """The product that the session explains at this moment."""
    if session is None or session.state == SessionState.ENDED:
        return None
    events = ExplainEvent.objects.filter(session=session).select_related("product", "sku")
    last = events.order_by("-at", "-pk").first()
    if last is None or last.product is None:
        return None
    line = RunLine.objects.on().filter(booking=session.booking_id, product=last.product).first()
    price = line.price if line is not None else last.product.list_price
    return {
        "uid": str(last.product.uid),
        "name": last.product.name,
        "sku": last.sku.specification or last.sku.code if last.sku else "",
        "price": f"{price:,.2f}" if price else "",
        "since": last.at.isoformat(),
    }


def _sales(session: LiveSession | None, actor: Actor) -> dict[str, str] | None:
    """What the roll-up has counted of the session so far; None where the person behind the screen may not see it."""
    if session is None or not may(actor, "view", SessionFigures, session.tenant_id):
        return None
    row = visible_to(SessionFigures.objects.filter(session=session), actor).values(*MEASURES).first()
    figures = compute_all(row) if row is not None else {"gmv_paid": 0, "orders": 0}
    return {"amount": f"{figures['gmv_paid']:,.2f}", "orders": f"{figures['orders']:,}"}


def _encoder(booking: Booking, actor: Actor) -> dict[str, Any] | None:
    """Server and key, and the spare key where there is one; None without a media node."""
    try:
        main = stream_credentials(actor=actor, booking=booking)
        spare = stream_credentials(actor=actor, booking=booking, spare=True)
    except DomainError:
        return None
    return {"server": main.server, "key": main.stream_name, "spare": spare.stream_name}


def _pictures(booking: Booking) -> list[dict[str, Any]]:
    running = Publish.objects.running().filter(booking=booking).order_by("is_test", "-pk")
    return [
        {
            "is_test": publish.is_test,
            "is_spare": publish.key.is_spare,
            "kbps": publish.kbps,
            "quality": publish.quality,
            "alarm": publish.alarm,
        }
        for publish in running.select_related("key")
    ]


def _frames(booking: Booking, actor: Actor) -> dict[str, Any] | None:
    """What the worst of the booking's encoders said a moment ago; None where none is asked."""
    found = frames_now(actor, booking)
    if found is None:
        return None
    return {
        "percent": None if found.lost_percent is None else f"{found.lost_percent:.1f}",
        "cause": found.get_cause_display(),
        "alarm": found.is_losing,
    }


def products_of(booking: Booking, actor: Actor, words: str = "") -> list[dict[str, str]]:
    """Goods that the booking's session may show: its run of show in order, or where none is planned and for who
    searches, what else there is, the latest launched first; at most MOST_PRODUCTS.
    """
    goods = goods_to_show(booking, actor).filter(open_on(today()))
    found = ProductFilter({"search": words}, queryset=goods)
    shown = found.qs if found.is_valid() else goods.none()
    planned = list(run_of(actor, booking.pk).filter(product__in=shown)[:MOST_PRODUCTS])
    noes = refused_in([(booking, line.offer_id) for line in planned if line.offer_id is not None])
    rows = [_button(line.product, line, noes.get((booking.pk, line.offer_id or 0))) for line in planned]
    if words or not planned:
        others = shown.exclude(pk__in=[line.product_id for line in planned]).order_by("-dropped_on", "code")
        rows += [_button(product) for product in others[: MOST_PRODUCTS - len(rows)]]
    return rows


def goods_to_show(booking: Booking, actor: Actor) -> QuerySet[Product]:
    """The goods that may be shown now in the session of a booking."""
    return goods_of(actor, now(), session=session_of(booking), booking=booking)


def _button(product: Product, line: RunLine | None = None, no: OfferAnswer | None = None) -> dict[str, str]:
    return {
        "uid": str(product.uid),
        "code": product.code,
        "name": product.name,
        "price": f"{line.price:,.2f}" if line is not None else "",
        "warning": _("%(who)s does not sell it") % {"who": no.host or no.tenant} if no is not None else "",
    }
