"""The API of the sales ledger: read lines, send batches."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request

from core import policy, strict
from core.choices import NodeKind
from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet, encode, one_of, query_value
from core.doors.fields import is_public_name
from core.doors.paging import LongList
from core.errors import InvalidInput, NotFound
from core.idempotency import Answer
from core.scoping import get_visible
from livestreams.models import LiveSession
from supplychain import placed
from supplychain.api.serializers import (
    BatchAnswer,
    BatchAnswerSerializer,
    FieldReason,
    OrderLineInput,
    OrderLineSerializer,
    RowResult,
    SkuInput,
    SkuSerializer,
)
from supplychain.exceeding import mark
from supplychain.facts import ParsedBatch, parse_batch
from supplychain.filters import SalesEventFilter, SkuFilter
from supplychain.models import SalesEvent, Sku
from supplychain.services import BatchResult, SkuLine, sales_record, sku_create
from supplychain.services.sales import DEFAULT_SOURCE, SOURCE_LENGTH
from tenants.models import Tenant

READ_GOODS = ("goods:read", "goods:write")


class OrderLines(LongList):
    """The latest hour first; within an hour what came last."""

    ordering = ("-slot", "-id")


class OrderViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Order lines of the tenants that the caller works for, or that share them with the caller's park."""

    model = SalesEvent
    serializer_class = OrderLineSerializer
    filterset_class = SalesEventFilter
    pagination_class = OrderLines
    permissions = {"list": Needs("view", ("orders:read",)), "bulk": Needs("add", ("orders:write",))}

    def base_queryset(self) -> QuerySet[SalesEvent]:
        sessions = LiveSession.objects.filter(pk=OuterRef("session_now")).values("uid")
        lines = (
            SalesEvent.objects.current().of_any_hour().with_session().annotate(session_uid=Subquery(sessions))
        )
        return lines.select_related("seller", "owner")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        mark(page or ())
        placed.tell(page or ())
        return page

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "tenant", str, description="Code of the seller, where the caller works for several."
            ),
            OpenApiParameter(
                "source",
                str,
                description="Where the orders come from, part of their identity; api by default.",
            ),
            OpenApiParameter("atomic", bool, description="One refused row takes all others with it."),
        ],
        request={
            "application/json": OrderLineInput(many=True),
            "application/x-ndjson": OpenApiTypes.STR,
            "text/csv": OpenApiTypes.STR,
        },
        responses={200: BatchAnswerSerializer, 207: BatchAnswerSerializer},
    )
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def bulk(self, request: Request) -> HttpResponse:
        """Send up to 5,000 order lines.

        200 when every row is in the ledger (stored now, or known with the same content), 207 when some are
        refused: `results` says which and why, by index. Rows may be sent again at any time.
        """
        seller = self._seller()
        source = query_value(request, "source", partial(strict.code, max_len=SOURCE_LENGTH), DEFAULT_SOURCE)
        atomic = query_value(request, "atomic", one_of(("true", "false")), "false") == "true"

        def record() -> Answer:
            parsed = parse_batch(
                self.body,
                request.META.get("CONTENT_TYPE", ""),
                max_bytes=settings.LIVEPARK_BYTES_PER_BATCH,
            )
            if atomic and parsed.problems:
                message = ngettext(
                    "%(count)d row is not valid, so nothing is stored.",
                    "%(count)d rows are not valid, so nothing is stored.",
                    parsed.bad_rows,
                )
                raise InvalidInput(message % {"count": parsed.bad_rows}, code="rows", rows=parsed.problems)
            result = sales_record(
                actor=self.actor, seller=seller, source=source, facts=parsed.facts, atomic=atomic
            )
            return answer_of(seller, source, parsed, result)

        return self.answer(record)

    def _seller(self) -> Tenant:
        """The tenant that the address names, else the only one the caller may send for."""
        code = self.request.query_params.get("tenant", "")
        if code:
            if not is_public_name(code, "code"):
                raise NotFound
            return get_visible(Tenant, self.actor, code=code)
        nodes = {
            grant.node_id
            for grant in self.actor.grants
            if grant.node_kind == NodeKind.TENANT
            and (held := policy.permission(SalesEvent._meta.label, grant.role)) is not None
            and policy.ADD in held.verbs
        }
        if len(nodes) != 1:
            raise InvalidInput(_("Name the tenant: ?tenant=CODE."), code="tenant_required", field="tenant")
        return Tenant.objects.get(pk=nodes.pop())


def answer_of(seller: Tenant, source: str, parsed: ParsedBatch, result: BatchResult) -> Answer:
    """The verdicts of parser and ledger on each row of a batch, in the order of the rows."""
    rows = {line.index: RowResult(line.index, line.status) for line in result.lines}
    for line in result.refused:
        rows[line.index].errors = [FieldReason(line.field, line.code, line.message)]
    for problem in parsed.problems:
        index = problem.row - 1
        row = rows.setdefault(index, RowResult(index, "rejected"))
        row.errors = [*row.errors, FieldReason(problem.field, problem.code, str(problem.message))]
    counts = {"rows": parsed.rows, **result.counts}
    counts["rejected"] += parsed.bad_rows
    complete = counts["conflict"] == counts["rejected"] == 0
    body = BatchAnswer(seller.code, source, counts, [rows[index] for index in range(parsed.rows)])
    return Answer(200 if complete else 207, encode(body).decode())


class SkuViewSet(ReadOnlyScopedViewSet):
    """SKUs of the tenants whose goods the caller may look at."""

    model = Sku
    serializer_class = SkuSerializer
    filterset_class = SkuFilter
    permissions = {
        "list": Needs("view", READ_GOODS),
        "retrieve": Needs("view", READ_GOODS),
        "create": Needs("add", ("goods:write",)),
    }
    inputs = {"create": SkuInput}

    def base_queryset(self) -> QuerySet[Sku]:
        return Sku.objects.select_related("tenant", "product").order_by("code", "pk")

    @extend_schema(request=SkuInput, responses={201: SkuSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Add a SKU, and its product where there is none of that code.

        Order lines that waited for the code find it at once.
        """
        return self.answer(self._made, 201)

    def _made(self) -> Sku:
        values = self.read()
        own = {
            name: values.pop(name)
            for name in ("code", "specification", "presale_limit", "takes_stock")
            if name in values
        }
        tenant, product = values.pop("tenant"), values.pop("product", own["code"])
        return sku_create(actor=self.actor, tenant=tenant, sku=SkuLine(**own), product=product, **values)
