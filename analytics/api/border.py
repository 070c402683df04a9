"""Sales across the border in the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.compared import PERIODS, ComparedSerializer, changes, periods_asked
from analytics.border import border_of
from analytics.channels import period_before
from analytics.metrics import as_text
from analytics.models import DaySales
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import MoneyField, is_public_name
from core.errors import InvalidInput, NotFound
from core.scoping import get_visible
from parks.models import Park
from supplychain.choices import CustomsMode
from tenants.models import Tenant


class BorderModeSerializer(ComparedSerializer):
    """A customs mode beside what it was."""

    customs_mode = serializers.ChoiceField(choices=CustomsMode.choices)


class BorderDestinationSerializer(ComparedSerializer):
    """A destination as the lines name it; empty where they name none."""

    destination = serializers.CharField(allow_blank=True)


class BorderSerializer(serializers.Serializer[Any]):
    """Paid across the border. Modes and destinations each add up to `paid`, and their shares to 100."""

    of = serializers.CharField()
    period = serializers.CharField()
    compared_with = serializers.CharField()
    paid = MoneyField()
    paid_before = MoneyField()
    growth = serializers.CharField(allow_null=True)
    modes = BorderModeSerializer(many=True)
    destinations = BorderDestinationSerializer(many=True)


class BorderViewSet(ScopedViewSet):
    """What is sold across the border."""

    model = DaySales
    serializer_class = BorderSerializer
    permissions = {"retrieve": Needs("view", ("figures:read",))}

    @extend_schema(
        operation_id="border_retrieve",
        parameters=[
            OpenApiParameter("tenant", str, description="Code of a firm; or"),
            OpenApiParameter(
                "park", str, description="code of a park: the firms that sat in it on each day."
            ),
            *PERIODS,
        ],
        responses=BorderSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """By customs mode and by destination, beside an earlier period."""
        of = self._subject(request)
        period, against = periods_asked(request)
        border = border_of(self.actor, of, period, against)
        total = border.modes.total
        body = {
            "of": of.code,
            "period": period.name,
            "compared_with": period_before(period, against).name,
            "paid": total.now,
            "paid_before": total.before,
            "growth": as_text(total.growth),
            "modes": [{"customs_mode": row.name, **changes(row)} for row in border.modes.rows],
            "destinations": [{"destination": row.name, **changes(row)} for row in border.destinations.rows],
        }
        return Response(BorderSerializer(body).data)

    def _subject(self, request: Request) -> Tenant | Park:
        tenant, park = (request.query_params.get(name, "") for name in ("tenant", "park"))
        if bool(tenant) == bool(park):
            raise InvalidInput(_("Name a firm or a park."), code="required", field="tenant")
        if not is_public_name(tenant or park, "code"):
            raise NotFound
        if park:
            return get_visible(Park, self.actor, code=park)
        return get_visible(Tenant, self.actor, code=tenant)
