"""Portal pages that show figures: a tenant's day and its live sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from analytics.audience import audience_of
from analytics.beside import may_see_payouts
from analytics.figures import FigureRow, tenant_figures
from analytics.firmsums import MEASURES
from analytics.metrics import REGISTRY, Metric, Unit, compute_all
from analytics.models import DaySales, SessionFigures
from analytics.result import may_see_result
from analytics.selectors.reports import report_given_up
from analytics.shares.shown import shares_by_part
from analytics.silence import ending_of, last_heard, long_on_air, silent_ids
from analytics.trust.standing import trust_of
from analytics.views.trust import session_rights
from core.clock import DAY, local, now, today
from core.doors.portal import ScopedDetailPage, ScopedListPage, TenantPage
from core.models import Unresolved
from core.scoping import may, visible_to
from livestreams.choices import SESSION_OPEN, SESSION_RUNNING, SessionState
from livestreams.filters import SessionFilter
from livestreams.models import AdSpend, Booking, HostShift, LiveSession, WaitlistEntry
from livestreams.readings import COUNTERS
from livestreams.selectors import frames_now, frames_worst, next_in_room
from livestreams.spending import spend_by_hour
from supplychain.attribution.waiting import waiting_lines
from supplychain.choices import AgreementState, ReorderState, SampleState, StatementState
from supplychain.explained import stretches
from supplychain.models import (
    Agreement,
    Attribution,
    ExplainEvent,
    ImportBatch,
    OfferAnswer,
    Reorder,
    SalesEvent,
    SampleRequest,
    Statement,
    StockMove,
)
from supplychain.shelfday import shelf_day
from supplychain.showcase import outcomes

TODAY_METRICS = ("gmv_paid", "net_sales", "orders", "units_paid", "refund_rate_amount", "aov_order")
SESSION_METRICS = ("gmv_paid", "net_sales", "orders", "units_paid", "refund_rate_amount", "aov_order")
CHART_DAYS = 14
CHART_POINTS = 240


@dataclass(frozen=True)
class Tile:
    """One figure of today beside yesterday's."""

    metric: Metric
    today: Any
    yesterday: Any

    @property
    def unit(self) -> str:
        return self.metric.unit.value


class Today(TenantPage):
    """The tenant's day: figures with how complete they are, what comes next, what waits for an answer."""

    template_name = "portal/today.html"
    section = "today"
    needs = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = {"can_" + name: may(self.actor, "add", model, self.node.pk) for name, model in ADDS.items()}
        sees_figures = may(self.actor, "view", DaySales, self.node.pk)
        at, live = now(), self.own(LiveSession.objects.filter(state=SessionState.LIVE))
        waiting = silent_ids(live, at)
        unended = last_heard(waiting, at)
        return super().get_context_data(
            **(self._figures() if sees_figures else {}),
            live=live.exclude(pk__in=waiting).select_related("room", "host").order_by("started_at"),
            long=set(long_on_air(live, at).values_list("pk", flat=True)),
            unended=unended,
            unended_more=len(waiting) - len(unended),
            sees_bookings=may(self.actor, "view", Booking, self.node.pk),
            sees_live=may(self.actor, "view", LiveSession, self.node.pk),
            # Of the people of a firm only its keeper writes moves of stock.
            shelf_day=shelf_day(self.actor, self.tenant)
            if may(self.actor, "add", StockMove, self.node.pk)
            else None,
            bookings=self._next_bookings(),
            offers=self._offers(),
            can_cancel=may(self.actor, "change", Booking, self.node.pk),
            unresolved=self._unresolved(),
            unplaced=self._unplaced(),
            answered=self._answered(),
            unsigned=self._unsigned(),
            unapproved=self._unapproved(),
            samples_asked=self._samples_asked(),
            proposed=self._proposed(),
            sees_result=may_see_result(self.actor, self.node.pk),
            **mine,
            **kwargs,
        )

    def _figures(self) -> dict[str, Any]:
        until = today()
        since = until - (CHART_DAYS - 1) * DAY
        rows = {
            row.period: row
            for row in tenant_figures(actor=self.actor, tenant=self.tenant, since=since, until=until)
        }
        days = [since + number * DAY for number in range(CHART_DAYS)]
        this, before = rows.get(until), rows.get(until - DAY)
        return {
            "tiles": [
                Tile(REGISTRY[code], _value(this, code), _value(before, code)) for code in TODAY_METRICS
            ],
            "as_of": this.as_of if this else now(),
            "dirty": sum(row.dirty for row in rows.values()),
            "any_sales": bool(rows),
            "days": {
                "days": [f"{day:%m-%d}" for day in days],
                "series": [
                    {
                        "name": str(REGISTRY["gmv_paid"].label),
                        "data": [str(_value(rows.get(day), "gmv_paid") or 0) for day in days],
                    }
                ],
            },
        }

    def _next_bookings(self) -> Any:
        bookings = Booking.objects.ahead(now()).numbered().select_related("room", "host")
        return self.own(bookings).order_by("starts_at")[:4]

    def _offers(self) -> Any:
        """What became free and is held for those who waited, until they confirm it."""
        offers = WaitlistEntry.objects.current(now()).filter(booking__isnull=False)
        return self.own(offers.select_related("booking__room")).order_by("booking__hold_expires_at")

    def _unresolved(self) -> int:
        return self.own(Unresolved.objects.filter(resolved_at__isnull=True), lookup="node_id").count()

    def _answered(self) -> dict[str, int]:
        """How many said yes and no to this firm's goods in the last week, as far as it still counts."""
        latest = OfferAnswer.objects.current().filter(at__gte=now() - 7 * DAY)
        said = self.own(latest, lookup="offer__tenant_id")
        found = dict(said.order_by().values_list("sells").annotate(n=Count("pk")))
        return {"yes": found.get(True, 0), "no": found.get(False, 0)} if found else {}

    def _proposed(self) -> dict[str, Any]:
        """Re-orders that wait for this firm's answer: how many, and the pieces of all and the style that wants most."""
        waiting = self.own(Reorder.objects.filter(state=ReorderState.PROPOSED), lookup="launch__tenant_id")
        sums = waiting.aggregate(n=Count("pk"), pieces=Sum("quantity"))
        first = waiting.select_related("launch__product").order_by("-gain", "pk").first()
        return {**sums, "first": first.launch.product} if first is not None else {}

    def _unsigned(self) -> int:
        """How many agreements wait for this firm's signature."""
        proposed = Agreement.objects.filter(state=AgreementState.PROPOSED).exclude(proposed_by=self.node)
        of_firm = Q(seller=self.tenant) | Q(partner=self.node)
        return visible_to(proposed.filter(of_firm), self.actor, "change").count()

    def _unapproved(self) -> int:
        """How many statements wait for this firm's approval: of its own books where the other party is not here."""
        other = Q(agreement__partner=self.node) | Q(agreement__partner=None, agreement__seller=self.tenant)
        drafts = Statement.objects.filter(other, state=StatementState.DRAFT)
        return visible_to(drafts, self.actor, "change").count()

    def _samples_asked(self) -> int:
        """How many requests for samples of this firm's goods wait for its answer."""
        asked = SampleRequest.objects.filter(offer__tenant=self.tenant, state=SampleState.ASKED)
        return visible_to(asked, self.actor, "change").count()

    def _unplaced(self) -> int:
        sees_lines = may(self.actor, "view", Attribution, self.node.pk)
        return waiting_lines(self.tenant).count() if sees_lines else 0


ADDS = {"book": Booking, "go_live": LiveSession, "import": ImportBatch}


def _value(row: FigureRow | None, code: str) -> Any:
    """A day without a line has sold nothing; a ratio of nothing stays unknown."""
    if row is not None:
        return row.values[code]
    return None if REGISTRY[code].unit is Unit.SHARE or code == "aov_order" else 0


class Sessions(ScopedListPage):
    """The tenant's live sessions, the latest first, each with its figures."""

    template_name = "portal/sessions.html"
    section = "sessions"
    needs = ("view", LiveSession)
    model = LiveSession
    filterset_class = SessionFilter

    def base_queryset(self) -> Any:
        return LiveSession.objects.select_related("room", "host").order_by("-started_at", "-id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            can_go_live=may(self.actor, "add", LiveSession, self.node.pk), **kwargs
        )
        figures = visible_to(SessionFigures.objects.filter(session__in=context["rows"]), self.actor).in_bulk()
        context["rows"] = [(session, figures.get(session.pk)) for session in context["rows"]]
        return context


class SessionDetail(ScopedDetailPage):
    """One session: what it sold, who stood before the camera, how the audience went."""

    template_name = "portal/session.html"
    section = "sessions"
    needs = ("view", LiveSession)
    model = LiveSession

    def base_queryset(self) -> Any:
        return LiveSession.objects.select_related("room", "host", "booking", "park")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.get_object()
        shifts = (
            visible_to(HostShift.objects.filter(session=session), self.actor)
            .select_related("host")
            .order_by("starts_at")
        )
        return super().get_context_data(
            session=session,
            tiles=self._figures(session),
            shifts=shifts,
            shares=shares_by_part(self.actor, session),
            audience=self._audience(session),
            **self._frames(session),
            **self._told(session),
            can_import=may(self.actor, "add", ImportBatch, self.node.pk),
            sees_result=may_see_result(self.actor, self.node.pk),
            sees_payouts=may_see_payouts(self.actor, self.node.pk),
            sees_orders=may(self.actor, "view", SalesEvent, self.node.pk),
            trust=trust_of(self.actor, session),
            no_report=report_given_up(self.actor, session),
            **session_rights(self.actor, self.node.pk),
            next_in_room=next_in_room(session),
            unended=ending_of(session),
            may_hand_over=may(self.actor, "add", HostShift, self.node.pk)
            and session.state in SESSION_RUNNING,
            may_end=may(self.actor, "change", LiveSession, self.node.pk) and session.state in SESSION_OPEN,
            **kwargs,
        )

    def _told(self, session: LiveSession) -> dict[str, Any]:
        """What was planned and explained, and what was spent on traffic, as it was told."""
        events = visible_to(ExplainEvent.objects.filter(session=session), self.actor)
        spend = spend_by_hour(visible_to(AdSpend.objects.filter(session=session), self.actor))
        return {
            "explained": stretches(
                events.select_related("product", "sku").order_by("at", "pk"), session.ended_at
            ),
            "outcomes": outcomes(self.actor, session.booking, session) if session.booking else [],
            "spend": spend,
            "spend_total": sum(spend.values()) if spend else None,
            "may_tell_spend": may(self.actor, "add", AdSpend, self.node.pk)
            and session.started_at is not None,
        }

    def _figures(self, session: LiveSession) -> list[Tile]:
        """The session's figures by metric code; none before its first line is counted."""
        rows = visible_to(SessionFigures.objects.filter(session=session), self.actor)
        row: dict[str, Any] | None = rows.values(*MEASURES).first()
        values = compute_all(row) if row is not None else {}
        return [Tile(REGISTRY[code], values[code], None) for code in SESSION_METRICS if code in values]

    def _frames(self, session: LiveSession) -> dict[str, Any]:
        """What the encoder's program said of frames that it lost: now, and in the worst minute."""
        if session.booking is None or session.started_at is None:
            return {}
        until = session.ended_at or now()
        return {
            "frames": frames_now(self.actor, session.booking) if session.state in SESSION_OPEN else None,
            "worst": frames_worst(self.actor, session.booking, session.started_at, until),
        }

    def _audience(self, session: LiveSession) -> dict[str, Any]:
        """Concurrent viewers over local time, one line per source, at most CHART_POINTS each; a gap stays a gap."""
        found = audience_of(self.actor, session)
        series = []
        for source, track in found.tracks.items():
            points = [one for one in track if one.concurrent is not None]
            chosen = points[:: max(1, len(points) // CHART_POINTS)]
            if chosen:
                series.append(
                    {
                        "name": source,
                        "data": [[f"{local(one.at):%Y-%m-%dT%H:%M:%S}", one.concurrent] for one in chosen],
                    }
                )
        counters = {name: getattr(found, name) for name in COUNTERS}
        return {"series": series, "peak": found.peak, "mean": found.acu, **counters}
