"""References that were stored and could not be placed: what they are, what to do, and the answer."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from core.choices import UnresolvedKind
from core.clock import today
from core.days import open_on
from core.doors.portal import ScopedForm, ScopedListPage, ServiceFormPage
from core.errors import NotFound
from core.models import Unresolved
from core.scoping import may
from supplychain.attribution.waiting import waiting_lines
from supplychain.choices import AttributionRule
from supplychain.forms import MakeSkuForm, SessionAnswerForm, SkuAnswerForm
from supplychain.models import Attribution, Product, SalesEvent, Sku, SkuResolution
from supplychain.services import SkuLine, attribution_set, sku_create, sku_resolve

SHOWN_FACTS = 20
OFFERED_SKUS = OFFERED_PRODUCTS = 200


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

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sees_lines = may(self.actor, "view", Attribution, self.node.pk)
        unplaced = waiting_lines(self.tenant).count() if sees_lines else 0
        return super().get_context_data(sees_lines=sees_lines, unplaced=unplaced, **kwargs)


class AnswerReference(ServiceFormPage):
    """One reference: the order lines that carry it, and what it means."""

    template_name = "portal/unresolved_one.html"
    section = "unresolved"
    needs: ClassVar[tuple[str, type[Model]]] = ("view", Unresolved)

    @property
    def reference(self) -> Unresolved:
        if not hasattr(self, "_reference"):
            self._reference: Unresolved = self.named(
                Unresolved.objects.filter(resolved_at__isnull=True).exclude(kind=UnresolvedKind.REPORT),
                lookup="node_id",
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
        skus = self.own(Sku.objects.filter(open_on(today()))).order_by("code")[:OFFERED_SKUS]
        context = super().get_context_data(
            reference=self.reference,
            facts=self.facts().order_by("-slot", "-id")[:SHOWN_FACTS],
            lines=self.facts().count(),
            skus=skus if self.reference.kind == UnresolvedKind.SKU else [],
            can_answer=answerable and may(self.actor, "add", model, self.node.pk),
            **kwargs,
        )
        return context | self._making(context)

    def _making(self, context: dict[str, Any]) -> dict[str, Any]:
        """The form that makes a SKU of the code, where the lines are the tenant's own goods."""
        of_sku = self.reference.kind == UnresolvedKind.SKU and may(self.actor, "add", Sku, self.node.pk)
        first = self.facts().filter(owner=self.tenant).order_by("-slot", "-id").first() if of_sku else None
        if first is None:
            return {}
        name = {"name_zh": first.title or self.reference.reference}
        products = self.own(Product.objects.filter(open_on(today()))).order_by("code")
        return {
            "make_form": context.get("make_form")
            or MakeSkuForm(actor=self.actor, tenant=self.tenant, initial=name),
            "products": products[:OFFERED_PRODUCTS],
        }

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


class MakeSku(AnswerReference):
    """The code of a reference becomes a SKU of the tenant, and the lines that carry it find it at once."""

    needs = ("add", Sku)

    def facts(self) -> QuerySet[SalesEvent]:
        if self.reference.kind != UnresolvedKind.SKU:
            raise NotFound
        return super().facts()

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        self.facts()
        return MakeSkuForm(data, actor=self.actor, tenant=self.tenant)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        answer = SkuAnswerForm(actor=self.actor, tenant=self.tenant)
        return super().get_context_data(**{**kwargs, "make_form": kwargs["form"], "form": answer})

    def carry_out(self, form: Any) -> HttpResponse:
        code, product = self.reference.reference, form.cleaned_data["product"]
        sku = sku_create(
            actor=self.actor,
            tenant=self.tenant,
            sku=SkuLine(code=code, specification=form.cleaned_data["specification"]),
            product=product.code if product else code,
            **({} if product else form.product_values),
        )
        placed = SkuResolution.objects.filter(sku=sku).count()
        done = ngettext(
            "%(code)s is among your goods: %(n)d order line has found it.",
            "%(code)s is among your goods: %(n)d order lines have found it.",
            placed,
        )
        messages.success(self.request, done % {"code": code, "n": placed})
        return redirect(self.url("portal-unresolved"))
