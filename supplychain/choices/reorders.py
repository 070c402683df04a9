"""What is made again, and by which steps."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class WorkStep(models.TextChoices):
    """A step of making a garment, in the order of the work."""

    FABRIC = "fabric", _("fabric")
    TRIMS = "trims", _("trims")
    PRINTING = "printing", _("printing")
    WASHING = "washing", _("washing")
    SEWING = "sewing", _("sewing")


class ReorderState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("re-order", "proposed")
    CONFIRMED = "confirmed", _("confirmed")
    PRODUCED = "produced", _("produced")
    RECEIVED = "received", _("received")
    DECLINED = "declined", _("declined")
    CANCELLED = "cancelled", _("cancelled")


# What is being made, or lies at the factory.
REORDER_COMING = (ReorderState.CONFIRMED, ReorderState.PRODUCED)
