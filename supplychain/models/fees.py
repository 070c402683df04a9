"""What a park takes for the work of its warehouses."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import dbrules
from core.models import PublicIdMixin, Scope
from core.money import MoneyField
from supplychain.choices import FeeKind
from supplychain.models.stock import Warehouse


class WarehouseTariff(PublicIdMixin):
    """Prices of a warehouse from a day on, until the next ones begin. A price of 0 is not charged."""

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="tariffs", verbose_name=_("warehouse")
    )
    from_day = models.DateField(_("from"))
    per_parcel = MoneyField(
        _("per parcel (CNY)"), help_text=_("With its carriage; paid by who sold the order.")
    )
    per_piece = MoneyField(
        _("per piece packed (CNY)"), help_text=_("Paid by the owner of the goods, like what follows.")
    )
    per_return = MoneyField(_("per piece inspected (CNY)"))
    per_night = MoneyField(_("per piece and night (CNY)"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    scope = Scope(nodes=("warehouse__park_id",))
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("warehouse tariff")
        verbose_name_plural = _("warehouse tariffs")
        ordering = ["warehouse", "-from_day"]
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "from_day"], name="supplychain_tariff_once"),
            models.CheckConstraint(
                condition=Q(per_parcel__gte=0, per_piece__gte=0, per_return__gte=0, per_night__gte=0),
                name="supplychain_tariff_prices",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse} · {self.from_day:%Y-%m-%d}"

    def price(self, kind: str) -> Decimal:
        prices: dict[str, Decimal] = {
            FeeKind.PARCEL: self.per_parcel,
            FeeKind.PIECE: self.per_piece,
            FeeKind.RETURN: self.per_return,
            FeeKind.NIGHT: self.per_night,
        }
        return prices[kind]
