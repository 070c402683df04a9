"""Pages of the portal for webhooks: the firm's receivers, and what each of them was told."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from core.choices import WEBHOOK_EVENTS
from core.doors.portal import ScopedListPage, ServiceAction, ServiceFormPage
from core.forms import WebhookForm
from core.models import WebhookDelivery, WebhookEndpoint
from core.policy import ADD, CHANGE
from core.scoping import may
from core.webhooks import endpoints


class Webhooks(ScopedListPage, ServiceFormPage):
    """The firm's receivers, and a form for another one. Its secret is in the answer to the form."""

    template_name = "portal/webhooks.html"
    section = "webhooks"
    needs = ("view", WebhookEndpoint)
    model = WebhookEndpoint
    tenant_lookup = "node_id"
    form_class = WebhookForm
    page_size = 100

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            can_add=may(self.actor, ADD, WebhookEndpoint, self.node.pk), **kwargs
        )
        for endpoint in context["rows"]:
            endpoint.told = [label for event, label in WEBHOOK_EVENTS if event in endpoint.events]
        return context

    def carry_out(self, form: Any) -> HttpResponse:
        made, secret = endpoints.webhook_create(actor=self.actor, node=self.node, **form.cleaned_data)
        return self.render_to_response(self.get_context_data(form=self.get_form(), made=made, secret=secret))


class Webhook(ScopedListPage, ServiceFormPage):
    """A receiver: what it was told, and a form to change it."""

    template_name = "portal/webhook.html"
    section = "webhooks"
    needs = ("view", WebhookEndpoint)
    model = WebhookDelivery
    tenant_lookup = "endpoint__node_id"
    form_class = WebhookForm

    def base_queryset(self) -> QuerySet[WebhookDelivery]:
        return WebhookDelivery.objects.filter(endpoint=self.endpoint()).order_by("-pk")

    def endpoint(self, verb: str = "view") -> WebhookEndpoint:
        row: WebhookEndpoint = self.named(WebhookEndpoint.objects.all(), verb, "node_id")
        return row

    def get_initial(self) -> dict[str, Any]:
        endpoint = self.endpoint()
        return {name: getattr(endpoint, name) for name in ("name", "url", "events", "low_stock")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        endpoint = self.endpoint()
        return super().get_context_data(
            endpoint=endpoint, can_change=may(self.actor, CHANGE, WebhookEndpoint, self.node.pk), **kwargs
        )

    def carry_out(self, form: Any) -> HttpResponse:
        endpoint = self.endpoint(CHANGE)
        endpoints.webhook_update(actor=self.actor, endpoint=endpoint, **form.cleaned_data)
        messages.success(self.request, _("The receiver is changed."))
        return redirect(self.url("portal-webhook", uid=endpoint.uid))


class RenewWebhookSecret(Webhook):
    """Gives a receiver another secret, and shows it on the receiver's page this once."""

    needs = (CHANGE, WebhookEndpoint)
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _endpoint, secret = endpoints.webhook_renew_secret(actor=self.actor, endpoint=self.endpoint(CHANGE))
        return self.render_to_response(self.get_context_data(form=self.get_form(), secret=secret))


class WebhookAction(ServiceAction):
    """A button on the page of a receiver."""

    needs = (CHANGE, WebhookEndpoint)

    def endpoint(self) -> WebhookEndpoint:
        row: WebhookEndpoint = self.named(WebhookEndpoint.objects.all(), CHANGE, "node_id")
        return row

    def back_to(self) -> str:
        return self.url("portal-webhook", uid=self.kwargs["uid"])


class PauseWebhook(WebhookAction):
    """Tells a receiver nothing for a while."""

    done = _("The receiver is told nothing until you resume it.")

    def carry_out(self) -> None:
        endpoints.webhook_pause(actor=self.actor, endpoint=self.endpoint())


class ResumeWebhook(WebhookAction):
    """Tells a receiver again."""

    done = _("The receiver is told again.")

    def carry_out(self) -> None:
        endpoints.webhook_resume(actor=self.actor, endpoint=self.endpoint())


class TryWebhook(WebhookAction):
    """Sends a receiver a message that tells of nothing."""

    done = _("A message to try it is on its way. Look at the page again in a few seconds.")

    def carry_out(self) -> None:
        endpoints.webhook_try(actor=self.actor, endpoint=self.endpoint())


class SendAgain(ServiceAction):
    """Sends a message once more."""

    needs = (CHANGE, WebhookDelivery)
    done = _("The message is on its way again, with the same id.")

    def message(self) -> WebhookDelivery:
        row: WebhookDelivery = self.named(
            WebhookDelivery.objects.select_related("endpoint"), CHANGE, "endpoint__node_id"
        )
        return row

    def carry_out(self) -> None:
        endpoints.delivery_again(actor=self.actor, delivery=self.message())

    def back_to(self) -> str:
        return self.url("portal-webhook", uid=self.message().endpoint.uid)
