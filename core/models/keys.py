"""Credentials of tools and screens."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.base import PublicIdMixin, Scope, StampedMixin
from core.models.scope import ScopeNode
from core.models.users import User


class SecretMixin(PublicIdMixin, StampedMixin):
    """A secret that opens something until it expires or is revoked; it is shown once, when it is made.

    Only its prefix and SHA-256 are kept: 256 random bits need no slow hash.
    """

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("created by")
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class ToolKey(SecretMixin):
    """A key of a live-stream tool, shop connector or importer, bound to one park or tenant.

    `scopes` name what it may do ("orders:write"); `rooms` are public codes of rooms it is limited to.
    """

    node = models.ForeignKey(ScopeNode, models.PROTECT, related_name="tool_keys", verbose_name=_("node"))
    scopes = models.JSONField(_("scopes"), default=list)
    rooms = models.JSONField(_("rooms"), default=list, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    scope = Scope(nodes=("node_id",))

    class Meta:
        verbose_name = _("tool key")
        verbose_name_plural = _("tool keys")
