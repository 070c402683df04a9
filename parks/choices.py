"""States and kinds of parks and their units."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Region(models.TextChoices):
    EAST = "east", _("east")
    CENTRAL = "central", _("central")
    WEST = "west", _("west")


class OperatingMode(models.TextChoices):
    SELF_RUN = "self_run", _("self-run")
    ENTRUSTED = "entrusted", _("entrusted to an operator")
    COOPERATIVE = "cooperative", _("run in cooperation")


class UnitUseKind(models.TextChoices):
    OFFICE = "office", _("office")
    LIVE_ROOM = "live_room", _("live room")
    PHOTO_BASE = "photo_base", _("photo base")
    FLAT = "flat", _("flat")
    WAREHOUSE = "warehouse", _("warehouse")
    SHOWROOM = "showroom", _("showroom")
    STALL = "stall", _("stall")
    CANTEEN = "canteen", _("canteen")
    GYM = "gym", _("gym")
    FIT_OUT = "fit_out", _("being converted")


# Under conversion a unit is not lettable, whatever it was before.
NOT_LETTABLE_USES = (UnitUseKind.FIT_OUT,)


class ServiceKind(models.TextChoices):
    TRAINING = "training", _("training")
    QUALITY_INSPECTION = "quality_inspection", _("quality inspection")
    FINANCE = "finance", _("finance")
    LOGISTICS = "logistics", _("logistics")
    MARKETING = "marketing", _("marketing")
    OPERATION = "operation", _("operation")


class ServicePricing(models.TextChoices):
    PER_USE = "per_use", _("per use")
    PER_MONTH = "per_month", _("per month")
    SHARE = "share", _("share of sales")
    FREE = "free", _("free of charge")


class EventKind(models.TextChoices):
    FESTIVAL = "festival", _("festival")
    CAMPAIGN = "campaign", _("campaign")
    ORDER_MEETING = "order_meeting", _("order meeting")


class EventPhase(models.TextChoices):
    """Where a day lies in an event; before and after all of them there is none."""

    WARM_UP = "warm_up", _("warm-up")
    MAIN = "main", _("main phase")
    AFTER = "after", _("after-sales phase")
