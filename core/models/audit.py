"""Who did what: append-only, written in the transaction of the effect, chained by the sealer."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.clock import local
from core.models.base import Scope

# The action that hangs a node under another one.
NODE_MOVE = "node.move"


def _since_it_came(nodes: Any) -> Q:
    """Entries on nodes that have not moved since: what a firm did at its old park the new one does not read."""
    moves = AuditEntry.objects.filter(
        object_type="core.ScopeNode", object_id=OuterRef("node_id"), verb=NODE_MOVE, pk__gt=OuterRef("pk")
    )
    return Q(~Exists(moves), node__in=nodes)


class AuditEntry(models.Model):
    """One effect. A batch is one entry that names its counts."""

    at = models.DateTimeField(_("at"))
    actor = models.CharField(_("actor"), max_length=150)
    actor_id = models.BigIntegerField(null=True)
    node = models.ForeignKey(
        "core.ScopeNode", models.PROTECT, null=True, related_name="+", verbose_name=_("node")
    )
    verb = models.CharField(_("action"), max_length=64)
    object_type = models.CharField(_("object type"), max_length=64)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField(_("object"), max_length=200, blank=True)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)

    scope = Scope(nodes=("node_id",), park=_since_it_came, about="object_type")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [models.Index(fields=["object_type", "object_id"], name="core_audit_object")]

    def __str__(self) -> str:
        return f"{local(self.at):%Y-%m-%d %H:%M} {self.actor} {self.verb} {self.object_label}"


class AuditSeal(models.Model):
    """A link of the chain: the hash of the previous seal and of every entry up to `last_entry_id` since."""

    first_entry_id = models.BigIntegerField()
    last_entry_id = models.BigIntegerField()
    entries = models.PositiveIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    scope = Scope(system="the chain is checked by the operator of the installation")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        constraints = [models.UniqueConstraint(fields=["previous_hash"], name="core_seal_one_successor")]
