"""Receivers of webhooks, and the messages for them: an outbox, written in the transaction of what it tells."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.choices import DeliveryFault, DeliveryState, WebhookEvent, WebhookState
from core.models.base import PublicIdMixin, Scope, StampedMixin
from core.models.scope import ScopeNode

LOW_STOCK = 5


class WebhookEndpoint(PublicIdMixin, StampedMixin):
    """An address of a firm or park that is told of what it chose, and the sealed secret that signs it.

    `failing_since` is the first failure after the last success, `fault` what was wrong last.
    """

    node = models.ForeignKey(ScopeNode, models.PROTECT, related_name="webhooks", verbose_name=_("node"))
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(
        _("address"),
        max_length=500,
        help_text=_("As the receiver shows it: https://erp.example.com/livepark"),
    )
    events = models.JSONField(_("told of"), default=list)
    low_stock = models.PositiveIntegerField(
        _("low stock from"),
        default=LOW_STOCK,
        help_text=_("So many pieces available, or fewer, are a low stock."),
    )
    sealed_secret = models.TextField(editable=False)
    state = models.CharField(
        _("state"), max_length=8, choices=WebhookState, default=WebhookState.ACTIVE, editable=False
    )
    fault = models.CharField(
        _("last failure"), max_length=16, choices=DeliveryFault, blank=True, editable=False
    )
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    last_delivered_at = models.DateTimeField(_("last delivered at"), null=True, blank=True, editable=False)

    scope = Scope(nodes=("node_id",), private=("sealed_secret",))

    class Meta:
        verbose_name = _("webhook receiver")
        verbose_name_plural = _("webhook receivers")
        constraints = [models.UniqueConstraint(fields=["node", "url"], name="core_webhook_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.node})"


class WebhookDelivery(PublicIdMixin, StampedMixin):
    """A message for a receiver. Its uid is the webhook-id, the same at each try; `key` names the fact, told once.

    `body` is what is sent, to the byte. While it is being sent, `next_try_at` lies ahead: whoever died over it leaves
    it to the next.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.PROTECT, related_name="deliveries", verbose_name=_("webhook receiver")
    )
    event = models.CharField(_("told of"), max_length=32, choices=WebhookEvent)
    key = models.CharField(max_length=100)
    body = models.TextField(_("what is sent"))
    state = models.CharField(_("state"), max_length=16, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    last_try_at = models.DateTimeField(_("last try"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    fault = models.CharField(_("last failure"), max_length=16, choices=DeliveryFault, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    scope = Scope(nodes=("endpoint__node_id",))

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "key"], name="core_webhook_told_once"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.WAITING, next_try_at__isnull=False)
                | ~Q(state=DeliveryState.WAITING) & Q(next_try_at__isnull=True),
                name="core_webhook_waits_until",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state=DeliveryState.WAITING), name="core_webhook_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()} · {self.endpoint.name}"
