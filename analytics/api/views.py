"""The API of figures and indicators."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import figures
from analytics.api.compared import as_period
from analytics.api.reports import EventReportSerializer
from analytics.api.serializers import (
    FiguresSerializer,
    IndicatorSerializer,
    IndicatorValueSerializer,
    LineageSerializer,
    MetricsSerializer,
    SessionClaimInput,
    SessionClaimSerializer,
)
from analytics.channels.mix import CHANNEL_REGISTRY
from analytics.events import report_of
from analytics.filters import IndicatorValueFilter
from analytics.metrics import PARK_REGISTRY, REGISTRY, as_text
from analytics.models import DaySales, Indicator, IndicatorValue, SessionClaim
from analytics.result.metrics import RESULT_REGISTRY
from analytics.selectors.park_series import later_vintages, parks_behind, vintages_of
from analytics.services import session_claim
from core import strict
from core.choices import NodeKind
from core.clock import today
from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet, one_of, query_value
from core.doors.fields import is_public_name
from core.errors import InvalidInput, NotFound
from core.models import ScopeNode
from core.scoping import get_visible
from parks.models import Event, Park
from tenants.models import Tenant

READ = ("figures:read",)
LONGEST_BY_DAY, LONGEST = timedelta(days=400), timedelta(days=36_600)
SUBJECTS = ("tenant", "park", "place")


class FigureViewSet(ScopedViewSet):
    """Figures by metric code, of a tenant, a park or a place."""

    model = DaySales
    serializer_class = FiguresSerializer
    # Who may see whose figures is decided by the selectors: bureaus see sums only, and have no row of their own.
    permissions = {"retrieve": Needs("", READ), "metrics": Needs("", READ)}

    @extend_schema(
        operation_id="figures_retrieve",
        parameters=[
            OpenApiParameter("tenant", str, description="Code of a tenant; of a key's own without it."),
            OpenApiParameter("park", str, description="Code of a park: sums over its tenants."),
            OpenApiParameter(
                "place",
                str,
                description="Code of a place: sums over firms by whole months, single ones withheld.",
            ),
            OpenApiParameter("since", date, description="First day; 30 days ago without it."),
            OpenApiParameter("until", date, description="Last day; today without it."),
            OpenApiParameter(
                "by", str, enum=["day", "month", "total"], description="day without it; month of a place."
            ),
        ],
        responses=FiguresSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Figures of a range of business days, both ends included."""
        kind, code = self._subject(request)
        until = query_value(request, "until", strict.day, today())
        since = query_value(request, "since", strict.day, max(until - timedelta(days=30), date.min))
        usual = "day" if kind in (NodeKind.TENANT, NodeKind.PARK) else "month"
        by = query_value(request, "by", one_of(("day", "month", "total")), usual)
        if until - since > (LONGEST_BY_DAY if by == "day" else LONGEST):
            raise InvalidInput(_("The range is too long."), code="range", field="since")
        rows = self._rows(kind, code, {"actor": self.actor, "since": since, "until": until, "by": by})
        body = {"of": code, "kind": kind, "since": since, "until": until, "by": by}
        return Response(self.shown({**body, "rows": [row_of(row) for row in rows]}))

    @extend_schema(operation_id="figures_metrics", responses=MetricsSerializer)
    def metrics(self, request: Request) -> Response:
        """Every registered metric: what its code means and how it adds up. Those of parks are in indicators only."""
        results = [
            {
                "code": metric.code,
                "label": str(metric.label),
                "unit": metric.unit.value,
                "adds": metric.adds.value,
                "formula": str(metric.formula),
            }
            for metric in (REGISTRY | PARK_REGISTRY | RESULT_REGISTRY | CHANNEL_REGISTRY).values()
        ]
        return Response({"results": results})

    def _subject(self, request: Request) -> tuple[str, str]:
        """Whose figures are asked for, as (kind, code); a tenant's key may leave it out."""
        named = [(kind, request.query_params[kind]) for kind in SUBJECTS if request.query_params.get(kind)]
        own = self.actor.grants[:1] if self.actor.key_id else ()
        if not named and own:
            return own[0].node_kind, ScopeNode.objects.get(pk=own[0].node_id).code
        if len(named) != 1:
            raise InvalidInput(_("Name one tenant, park or place."), code="subject_required", field="tenant")
        if not is_public_name(named[0][1], "code"):
            raise NotFound
        return named[0]

    def _rows(self, kind: str, code: str, asked: dict[str, Any]) -> Any:
        if kind == NodeKind.TENANT:
            return figures.tenant_figures(tenant=get_visible(Tenant, self.actor, code=code), **asked)
        if kind == NodeKind.PARK:
            return figures.park_figures(parks=[get_visible(Park, self.actor, code=code)], **asked)
        return figures.bureau_figures(place=get_visible(ScopeNode, self.actor, code=code), **asked)


def row_of(row: figures.FigureRow) -> dict[str, Any]:
    """A row as the serializer shows it, values as exact text."""
    return asdict(row) | {"values": {code: as_text(value) for code, value in row.values.items()}}


class EventReportViewSet(ScopedViewSet):
    """The figures of a festival: of a park that organises it or is a venue of it, and of their tenants."""

    model = Event
    serializer_class = EventReportSerializer
    permissions = {"retrieve": Needs("view", READ)}

    def base_queryset(self) -> QuerySet[Event]:
        return Event.objects.select_related("park")

    @extend_schema(operation_id="events_report", responses=EventReportSerializer)
    def retrieve(self, request: Request, uid: str) -> Response:
        """Figures with their definitions, leaderboards, joint targets, and what stays after the event."""
        return Response(self.shown(report_of(self.get_object(), self.actor)))


class IndicatorViewSet(ReadOnlyScopedViewSet):
    """The series of the provinces: the study's twelve, its controls, official and park-born ones."""

    model = Indicator
    serializer_class = IndicatorSerializer
    lookup_field = "code"
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "lineage": Needs("view", READ),
    }

    def base_queryset(self) -> QuerySet[Indicator]:
        return Indicator.objects.order_by("order", "code")

    @extend_schema(
        parameters=[
            OpenApiParameter("place", str, required=True, description="Code of the province, city or town."),
            OpenApiParameter("period", str, required=True, description="2025-06, 2025-Q2 or 2025."),
            OpenApiParameter(
                "vintage", str, description="Such as 2025-07-15.1; the one in force without it."
            ),
        ],
        responses=LineageSerializer,
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def lineage(self, request: Request, code: str) -> Response:
        """Where one value comes from: its vintages, and the parks with their counted and hashed lines."""
        period = query_value(request, "period", as_period)
        place = query_value(request, "place", str)
        if period is None or place is None:
            field = "period" if period is None else "place"
            raise InvalidInput(_("Name the place and the period."), code="required", field=field)
        if not is_public_name(place, "code"):
            raise NotFound
        known = vintages_of(self.actor, self.get_object(), place, period)
        wanted = request.query_params.get("vintage", "")
        chosen = [value for value in known if wanted in ("", f"{value.published_on}.{value.seq}")]
        if not chosen:
            raise NotFound
        body = {"value": chosen[0], "vintages": known, "parks": parks_behind(self.actor, chosen[0])}
        return Response(LineageSerializer(body, context=self.get_serializer_context()).data)


class IndicatorValueViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Values of the series, of the latest vintage each; ?vintages=all shows them all."""

    model = IndicatorValue
    serializer_class = IndicatorValueSerializer
    filterset_class = IndicatorValueFilter
    permissions = {"list": Needs("view", READ)}

    @extend_schema(parameters=[OpenApiParameter("vintages", str, enum=["latest", "all"])])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Values by series, place and period."""
        return super().list(request, *args, **kwargs)

    def base_queryset(self) -> QuerySet[IndicatorValue]:
        values = IndicatorValue.objects.select_related("indicator", "place").order_by(
            "indicator__code", "place__code", "-period", "-published_on", "-seq"
        )
        vintages = query_value(self.request, "vintages", one_of(("latest", "all")), "latest")
        return values if vintages == "all" else values.filter(~Exists(later_vintages()))


class SessionClaimViewSet(ScopedViewSet):
    """Figures stated of live sessions. What can be said of them stands on the session (`trust`)."""

    model = SessionClaim
    serializer_class = SessionClaimSerializer
    permissions = {"create": Needs("add", ("sessions:write",))}
    inputs = {"create": SessionClaimInput}

    @extend_schema(request=SessionClaimInput, responses={201: SessionClaimSerializer})
    def create(self, request: Request) -> HttpResponse:
        """State the figures of a session; they replace those stated before, which are kept."""
        return self.answer(lambda: session_claim(actor=self.actor, **self.read()), 201)
