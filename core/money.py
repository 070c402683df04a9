"""Money is Decimal outside and integer inside: the database holds 1/10,000 CNY, so sums are exact everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.core import checks, exceptions
from django.db import models
from django.utils.translation import gettext_lazy as _

UNITS_PER_CNY = 10_000
PLACES = Decimal("0.0001")
CENT = Decimal("0.01")
LARGEST = Decimal(2**63 - 1) / UNITS_PER_CNY


def to_units(amount: Decimal) -> int:
    """Decimal CNY -> integer units. ValueError when it has more than 4 places or does not fit 64 bits."""
    if not amount.is_finite():
        raise ValueError("not a finite amount")
    units = amount * UNITS_PER_CNY
    found = int(units)
    if found != units:
        raise ValueError(f"{amount} has more than 4 decimal places")
    if not -(2**63) < found < 2**63:
        raise ValueError(f"{amount} is too large")
    return found


def from_units(units: int | None) -> Decimal | None:
    """Integer units -> Decimal CNY with 4 places; None stays None."""
    return None if units is None else (Decimal(units) / UNITS_PER_CNY).quantize(PLACES)


def to_cents(amount: Decimal) -> Decimal:
    """Round to the cent as people do on paper: half away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split integer units by integer weights so that the parts add up to the total (largest remainder).

    Ties go to the earlier part, so the same input always gives the same parts. All-zero weights share equally.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    if not weights:
        raise ValueError("nothing to allocate to")
    parts = list(weights) if sum(weights) else [1] * len(weights)
    whole = sum(parts)
    sign = -1 if total < 0 else 1
    shares = [divmod(abs(total) * weight, whole) for weight in parts]
    missing = abs(total) - sum(share for share, _rest in shares)
    by_remainder = sorted(range(len(parts)), key=lambda index: (-shares[index][1], index))
    raised = set(by_remainder[:missing])
    return [sign * (share + (index in raised)) for index, (share, _rest) in enumerate(shares)]


if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    _IntegerColumn = models.BigIntegerField[Decimal | int | Combinable, Decimal]
else:
    _IntegerColumn = models.BigIntegerField


class MoneyField(_IntegerColumn):
    """A CNY amount: Decimal with 4 places in Python, integer of 1/10,000 CNY in the database.

    Sums, minima and maxima come back as exact Decimals on every database. Products of two money columns
    would be wrong by 10,000 and are refused by the checks of the code that would need them: none does.
    """

    description = _("Amount of money in CNY")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        messages: list[checks.CheckMessage] = super().check(**kwargs)
        if isinstance(self.default, float):
            messages.append(
                checks.Error("MoneyField must not have a float default", obj=self, id="core.E010")
            )
        return messages

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        # SUM of bigint is numeric on PostgreSQL and arrives as Decimal.
        return from_units(int(value)) if value is not None else None

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        if isinstance(value, float):
            raise exceptions.ValidationError(
                _("Give an amount as text, not as a binary fraction."), code="float"
            )
        try:
            return Decimal(str(value))
        except ArithmeticError as error:
            raise exceptions.ValidationError(
                _("“%(value)s” is not an amount."), params={"value": value}
            ) from error

    def get_prep_value(self, value: Any) -> int | None:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return to_units(self.to_python(value) or Decimal(0))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        try:
            if value is not None:
                to_units(value)
        except ValueError as error:
            raise exceptions.ValidationError(str(error), code="amount") from error

    @property
    def validators(
        self,
    ) -> list[Any]:  # the integer range validators of the parent would compare units with CNY
        return list(self._validators)  # type: ignore[attr-defined]

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return super(models.BigIntegerField, self).formfield(
            **{
                "form_class": forms.DecimalField,
                "max_digits": 17,
                "decimal_places": 4,
                "min_value": None,
                "max_value": None,
                **kwargs,
            }
        )
