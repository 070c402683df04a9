"""Display links: the screens of a hall."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Scope, ScopeNode, SecretMixin


class DisplayLink(SecretMixin):
    """The right of a screen to one wall, without a log-in: that of a park, or of the parks of a place.

    It opens nothing else, whatever its maker may see.
    """

    node = models.ForeignKey(
        ScopeNode, models.PROTECT, related_name="display_links", verbose_name=_("park or place")
    )
    last_seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True)

    scope = Scope(nodes=("node_id",))

    class Meta:
        verbose_name = _("display link")
        verbose_name_plural = _("display links")
