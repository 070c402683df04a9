"""What comes in by file: orders, platforms' settlements, reports on sessions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

# The source of imports that are platforms' reports on sessions; all others bring sales.
SESSION_REPORT = "session-report"


class PayoutKind(models.TextChoices):
    """What an amount of a platform's settlement is. All but the first add up to it."""

    SETTLED = "settled", _("settled")
    GOODS = "goods", _("paid for goods")
    FREIGHT = "freight", _("freight")
    SUBSIDY = "subsidy", _("subsidy of the platform")
    REFUND = "refund", _("given back")
    COMMISSION = "commission", _("commission and fees of the platform")
    OTHER = "other", _("other")
    VOID = "void", _("taken back")


class ImportState(models.TextChoices):
    STAGED = "staged", _("waiting for confirmation")
    IMPORTED = "imported", _("imported")
    REFUSED = "refused", _("refused")


# In which zone a file tells its times.
FILE_ZONES = (
    ("", _("Asia/Shanghai, unless the file says otherwise")),
    *(
        (zone, zone)
        for zone in (
            "Asia/Shanghai",
            "UTC",
            "Asia/Singapore",
            "Asia/Tokyo",
            "Europe/London",
            "America/Los_Angeles",
        )
    ),
)
