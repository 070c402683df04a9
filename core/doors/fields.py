"""Fields of API input: each value passes the strict parsers, each relation the scope of the caller.

DRF's own fields are lenient (numbers become text, "yes" is true, full-width digits are digits). These are not,
and they give the same verdict whatever the database.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_slug
from django.db.models import Model, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import relations, serializers
from rest_framework.exceptions import ValidationError

from core import strict
from core.clock import local
from core.scoping import visible_to


def _parsed(parse: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    try:
        return parse(*arguments, **options)
    except strict.StrictError as error:
        raise ValidationError(error.message, code=error.code) from error


class StrictSerializer(serializers.Serializer[Any]):
    """An object whose fields are all named here: a field that is not is refused instead of overlooked."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            reason = serializers.ErrorDetail(gettext("There is no such field."), "unknown_field")
            raise ValidationError({strict.shown(name): [reason] for name in sorted(unknown)})
        return super().to_internal_value(data)


class Nothing(StrictSerializer):
    """The input of an action that takes none."""


class LineField(serializers.CharField):
    """A line of text without control characters."""

    def to_internal_value(self, data: Any) -> str:
        return _parsed(strict.text, data, self.max_length or 200)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        is_empty, value = self.validate_empty_values(data)
        if is_empty:
            return value
        value = self.to_internal_value(value)
        if value == "" and not self.allow_blank:
            self.fail("blank")
        return value


class CodeField(LineField):
    """A printable identifier; case is kept."""

    def to_internal_value(self, data: Any) -> str:
        return _parsed(strict.code, data, self.max_length or 64)


class SlugField(CodeField):
    """The code of a new object: letters, digits, hyphens and underscores of ASCII."""

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        try:
            validate_slug(value)
        except DjangoValidationError as error:
            raise ValidationError(error.messages, code="code") from error
        return value


class WordsField(serializers.ListField):
    """A short list of names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=LineField(max_length=50), max_length=30, **kwargs)


class PlatformIdField(LineField):
    """An id that a platform gave, refused where a spreadsheet has ruined it."""

    def to_internal_value(self, data: Any) -> str:
        return _parsed(strict.identifier, data, self.max_length or 64, trust=True)


class ChoiceField(serializers.ChoiceField):
    """One of the texts that are allowed, and nothing that merely prints like one."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", input=strict.shown(data))
        return data


class FlagField(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=strict.shown(data))
        return data


class CountField(serializers.IntegerField):
    """A whole number that is not negative."""

    def to_internal_value(self, data: Any) -> int:
        return _parsed(strict.quantity, data)


class SignedCountField(serializers.IntegerField):
    """A whole number, below zero as well."""

    def to_internal_value(self, data: Any) -> int:
        return _parsed(strict.quantity, data, signed=True)


class InstantField(serializers.DateTimeField):
    """An instant; without an offset it is wall-clock time in Asia/Shanghai, and shown as such."""

    def to_internal_value(self, value: Any) -> datetime:
        return _parsed(strict.instant, value)

    def to_representation(self, value: Any) -> str:
        return local(value).isoformat()


class MomentField(InstantField):
    """An instant, also as a Unix time in seconds or milliseconds."""

    def to_internal_value(self, value: Any) -> datetime:
        return _parsed(strict.moment, value)


class DayField(serializers.DateField):
    """A calendar day of Asia/Shanghai."""

    def to_internal_value(self, value: Any) -> date:
        return _parsed(strict.day, value)


class ClockField(serializers.CharField):
    """A wall-clock time in Asia/Shanghai, to the minute."""

    def to_internal_value(self, data: Any) -> Any:
        return _parsed(strict.clock_time, data)

    def to_representation(self, value: Any) -> str:
        return f"{value:%H:%M}"


class Base64Field(serializers.CharField):
    """Bytes that are taken in, as text in base64 (RFC 4648)."""

    default_error_messages = {"base64": _("This is not base64.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("base64")
        try:
            return base64.b64decode(data, validate=True)
        except ValueError:
            self.fail("base64")


class MoneyField(serializers.CharField):
    """CNY as a decimal text: at least two places, at most four."""

    def to_internal_value(self, data: Any) -> Any:
        return _parsed(strict.amount, data)

    def to_representation(self, value: Any) -> str:
        whole, _point, decimals = format(value, "f").partition(".")
        return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


class ScopedRelatedField(relations.SlugRelatedField):
    """A relation given by its public code or uid. Absent, foreign and malformed ones get the same answer."""

    default_error_messages = {"absent": _("There is no such object.")}

    def __init__(
        self, *, model: type[Model], slug_field: str = "code", verb: str = "view", **kwargs: Any
    ) -> None:
        self.model, self.verb = model, verb
        queryset = None if kwargs.get("read_only") else model._default_manager.all()
        super().__init__(slug_field=slug_field, queryset=queryset, **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        return visible_to(self.model._default_manager.all(), self.context["view"].actor, self.verb)

    def to_internal_value(self, data: Any) -> Any:
        if not is_public_name(data, self.slug_field):
            self.fail("absent")
        row = self.get_queryset().filter(**{str(self.slug_field): data}).first()
        if row is None:
            self.fail("absent")
        return row

    def to_representation(self, value: Any) -> str:
        return str(getattr(value, str(self.slug_field)))


def is_public_name(value: object, field: str) -> bool:
    """Whether a value could be a code, or the one spelling of a uid."""
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 64:
        return False
    if field != "uid":
        return value.isascii()
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
