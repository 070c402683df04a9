"""Quality certificates in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    DayField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from supplychain import services
from supplychain.api.pool import READ_GOODS, WRITE_GOODS
from supplychain.choices import CertificateKind, CertificateState
from supplychain.filters import QualityCertificateFilter
from supplychain.models import Product, QualityCertificate, Sku


class QualityCertificateSerializer(serializers.ModelSerializer[QualityCertificate]):
    """A certificate of one `sku`, or of all SKUs of the product where there is none."""

    tenant = serializers.CharField(source="tenant.code")
    product = serializers.CharField(source="product.code")
    sku = serializers.CharField(source="sku.code", default=None, allow_null=True)
    kind = serializers.ChoiceField(choices=CertificateKind.choices)
    state = serializers.ChoiceField(choices=CertificateState.choices)
    decided_at = InstantField(allow_null=True)

    class Meta:
        model = QualityCertificate
        fields = [
            "uid",
            "tenant",
            "product",
            "sku",
            "kind",
            "number",
            "issuer",
            "valid_from",
            "valid_until",
            "state",
            "reason",
            "decided_at",
        ]


class QualityCertificateInput(StrictSerializer):
    product = ScopedRelatedField(model=Product, slug_field="uid", help_text=_("Uid."))
    sku = ScopedRelatedField(model=Sku, slug_field="uid", required=False, help_text=_("Uid."))
    kind = serializers.ChoiceField(choices=CertificateKind.choices)
    number = LineField(max_length=100)
    issuer = LineField(max_length=200)
    valid_from = DayField()
    valid_until = DayField(required=False)


class RefuseCertificateInput(StrictSerializer):
    reason = LineField(max_length=300)


class QualityCertificateViewSet(ReadOnlyScopedViewSet):
    """Certificates of goods and what the park says of them, the latest first."""

    model = QualityCertificate
    serializer_class = QualityCertificateSerializer
    filterset_class = QualityCertificateFilter
    permissions = {
        "list": Needs("view", READ_GOODS),
        "retrieve": Needs("view", READ_GOODS),
        "create": Needs("add", WRITE_GOODS),
        "accept": Needs("change"),
        "refuse": Needs("change"),
        "withdraw": Needs("change"),
    }
    inputs = {
        "create": QualityCertificateInput,
        "accept": Nothing,
        "refuse": RefuseCertificateInput,
        "withdraw": Nothing,
    }

    def base_queryset(self) -> QuerySet[QualityCertificate]:
        return QualityCertificate.objects.in_full().order_by("-pk")

    @extend_schema(request=QualityCertificateInput, responses={201: QualityCertificateSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Hand in a certificate. Its file, if there is one, is handed in in the portal."""
        return self.answer(lambda: services.certificate_add(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=QualityCertificateSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, uid: str) -> HttpResponse:
        """The park has checked it: its goods may be shown live."""
        return self._step(services.certificate_accept)

    @extend_schema(request=RefuseCertificateInput, responses=QualityCertificateSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, uid: str) -> HttpResponse:
        """The park does not accept it, or does so no longer."""
        return self._step(services.certificate_refuse)

    @extend_schema(request=Nothing, responses=QualityCertificateSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """The firm takes back what was not checked yet."""
        return self._step(services.certificate_withdraw)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, certificate=self.get_object(), **self.read()))
