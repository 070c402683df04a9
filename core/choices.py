"""States, roles and verbs of the kernel."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NodeKind(models.TextChoices):
    NATION = "nation", _("nation")
    PROVINCE = "province", _("province")
    CITY = "city", _("city")
    TOWN = "town", _("town")
    PARK = "park", _("park")
    TENANT = "tenant", _("tenant")


class Role(models.TextChoices):
    PROVINCE_ANALYST = "province_analyst", _("province analyst")
    CITY_ANALYST = "city_analyst", _("city analyst")
    TOWN_ANALYST = "town_analyst", _("town analyst")
    PARK_MANAGER = "park_manager", _("park manager")
    PARK_LEASING = "park_leasing", _("leasing officer")
    PARK_STUDIO = "park_studio", _("studio manager")
    PARK_WAREHOUSE = "park_warehouse", _("park warehouse keeper")
    PARK_FINANCE = "park_finance", _("park finance officer")
    PARK_VIEWER = "park_viewer", _("park viewer")
    TENANT_OWNER = "tenant_owner", _("tenant owner")
    TENANT_STAFF = "tenant_staff", _("tenant staff")
    TENANT_FINANCE = "tenant_finance", _("tenant finance officer")
    TENANT_WAREHOUSE = "tenant_warehouse", _("tenant warehouse keeper")
    HOST = "host", _("host")
    TOOL = "tool", _("tool with a key")


ANALYST_ROLES = (Role.PROVINCE_ANALYST, Role.CITY_ANALYST, Role.TOWN_ANALYST)
PARK_ROLES = (
    Role.PARK_MANAGER,
    Role.PARK_LEASING,
    Role.PARK_STUDIO,
    Role.PARK_WAREHOUSE,
    Role.PARK_FINANCE,
    Role.PARK_VIEWER,
)
TENANT_ROLES = (Role.TENANT_OWNER, Role.TENANT_STAFF, Role.TENANT_FINANCE, Role.TENANT_WAREHOUSE)

# Where a role may be given: the kind of node it stands on.
ROLE_NODE_KIND: dict[str, str] = {
    Role.PROVINCE_ANALYST: NodeKind.PROVINCE,
    Role.CITY_ANALYST: NodeKind.CITY,
    Role.TOWN_ANALYST: NodeKind.TOWN,
    **dict.fromkeys(PARK_ROLES, NodeKind.PARK),
    **dict.fromkeys(TENANT_ROLES, NodeKind.TENANT),
    Role.HOST: NodeKind.TENANT,
}


class JobState(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


JOB_OPEN = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSED)


class UnresolvedKind(models.TextChoices):
    SKU = "sku", _("unknown SKU")
    SESSION = "session", _("unknown session")
    OWNER = "owner", _("unknown owner")
    CONFLICT = "conflict", _("same key, other content")
    REPORT = "report", _("a report without its session")


class WebhookEvent(models.TextChoices):
    """What receivers of webhooks may be told."""

    BOOKING_OFFERED = "booking.offered", _("a room has become free for a firm that waits")
    SESSION_ENDED = "session.ended", _("a live session has ended")
    STOCK_LOW = "stock.low", _("the stock of an SKU runs low")
    STATEMENT_READY = "statement.ready", _("a statement is ready")
    REORDER_PROPOSED = "reorder.proposed", _("more of a style is proposed")
    OFFER_ANSWERED = "offer.answered", _("somebody said yes or no to goods of the pool")
    TRIED = "webhook.tried", _("somebody tried the receiver")


# What a receiver chooses from; a try comes whatever it has chosen.
WEBHOOK_EVENTS = [(event.value, event.label) for event in WebhookEvent if event != WebhookEvent.TRIED]


class WebhookState(models.TextChoices):
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    DISABLED = "disabled", _("switched off after failures")


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("still to be sent")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("given up")


class DeliveryFault(models.TextChoices):
    """Why a receiver did not take a message."""

    ADDRESS = "address", _("the address leads inside, or is none")
    NAME = "name", _("the name of the receiver leads nowhere")
    CONNECTION = "connection", _("no connection")
    CERTIFICATE = "certificate", _("the certificate of the receiver is not valid")
    SLOW = "slow", _("no answer in time")
    REDIRECT = "redirect", _("the receiver sends elsewhere, which is not followed")
    STATUS = "status", _("the receiver refused it")
    GONE = "gone", _("the receiver says that it is gone (410)")
    SECRET = "secret", _("the secret cannot be read: renew it")
