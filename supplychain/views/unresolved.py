"""References that were stored and could not be placed: what they are, what to do, and the answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from core.choices import UnresolvedKind
from core.doors.portal import ScopedForm, ScopedListPage, ServiceFormPage
from core.models import Unresolved
from core.scoping import may
from supplychain.choices import AttributionRule
from supplychain.forms import SessionAnswerForm, SkuAnswerForm
from supplychain.models import Attribution, SalesEvent, Sku, SkuResolution
from supplychain.services import attribution_set, sku_resolve

SHOWN_FACTS = 20
OFFERED_SKUS = 200


def _without(answers: type[Attribution] | type[SkuResolution]) -> Any:
    """Facts that have no answer yet."""
    return ~Exists(answers._default_manager.filter(event_id=OuterRef("pk")))


class UnresolvedReferences(ScopedListPage):
    """What waits for an answer, by kind."""

    template_name = "portal/unresolved.html"
    section = "unresolved"
    needs = ("view", Unresolved)
    model = Unresolved
    tenant_lookup = "node_id"
    page_size = 50

    def base_queryset(self) -> Any:
        return Unresolved.objects.filter(resolved_at__isnull=True).order_by("kind", "reference")


class AnswerReference(ServiceFormPage):
    """One reference: the order lines that carry it, and what it means."""

    template_name = "portal/unresolved_one.html"
    section = "unresolved"
    needs = ("view", Unresolved)

    @property
    def reference(self) -> Unresolved:
        if not hasattr(self, "_reference"):
            self._reference: Unresolved = self.named(
                Unresolved.objects.filter(resolved_at__isnull=True), lookup="node_id"
            )
        return self._reference

    def facts(self) -> QuerySet[SalesEvent]:
        """The tenant's facts that carry the reference and have no answer yet."""
        rows = SalesEvent.objects.filter(seller=self.tenant)
        if self.reference.kind == UnresolvedKind.SESSION:
            rows = rows.filter(
                _without(Attribution), session_ref=self.reference.reference, session__isnull=True
            )
        elif self.reference.kind == UnresolvedKind.SKU:
            rows = rows.filter(_without(SkuResolution), sku_code=self.reference.reference, sku__isnull=True)
        elif self.reference.kind == UnresolvedKind.OWNER:
            rows = rows.filter(owner_ref=self.reference.reference)
        else:
            rows = rows.filter(external_id=self.reference.detail.get("external_id", self.reference.reference))
        return self.own(rows, lookup="seller_id")

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        by_session = self.reference.kind == UnresolvedKind.SESSION
        return (SessionAnswerForm if by_session else SkuAnswerForm)(
            data, actor=self.actor, tenant=self.tenant
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        model = Attribution if self.reference.kind == UnresolvedKind.SESSION else SkuResolution
        answerable = self.reference.kind in (UnresolvedKind.SESSION, UnresolvedKind.SKU)
        skus = self.own(Sku.objects.filter(closed_on__isnull=True)).order_by("code")[:OFFERED_SKUS]
        return super().get_context_data(
            reference=self.reference,
            facts=self.facts().order_by("-slot", "-id")[:SHOWN_FACTS],
            lines=self.facts().count(),
            skus=skus if self.reference.kind == UnresolvedKind.SKU else [],
            can_answer=answerable and may(self.actor, "add", model, self.node.pk),
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        ids, target = list(self.facts().values_list("pk", flat=True)), form.cleaned_data["target"]
        if self.reference.kind == UnresolvedKind.SESSION:
            rule = AttributionRule.MANUAL if target else AttributionRule.NO_SESSION
            count = attribution_set(
                actor=self.actor, seller=self.tenant, event_ids=ids, session=target, rule=rule
            )
        else:
            count = sku_resolve(actor=self.actor, seller=self.tenant, event_ids=ids, sku=target)
        done = ngettext("%(n)d order line has its answer.", "%(n)d order lines have their answer.", count)
        messages.success(self.request, done % {"n": count})
        return redirect(self.url("portal-unresolved"))
