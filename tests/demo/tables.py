"""What the tables say, without what a database chooses by itself: keys, random ids, the time of writing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Container, Hashable
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models

from livestreams.models import LiveSession
from supplychain.models import SalesEvent

APPS = ("core", "parks", "tenants", "livestreams", "supplychain", "analytics")
# The trail of the runs themselves, which differ by how often somebody ran, and messages, which quote random ids.
TRAIL = {"core.AuditEntry", "core.BucketMark", "core.WebhookDelivery"}
# Written with the clock of the moment, salted, or made of surrogate keys.
OF_THE_MOMENT = {
    "password",
    "secret_hash",
    "sealed_secret",
    "prefix",
    "path",
    "stored_file",
    "date_joined",
    "made_at",
    "signed_at",
    "counted_at",
    "approved_at",
    "decided_at",
    "lines_hash",
    "received_at",
    "sent_at",
    "read_at",
    "last_heard_at",
    "supplychain.OfferAnswer.at",
    "inputs",
    "params",
    "party",
    # Demand, of which each minute of a day without sales says a little.
    "low",
    "expected",
    "high",
}
# Of a sales fact, or of a request for samples and how many of them were back.
KEY_OF_A_ROW = re.compile(r"\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(:\d+)?")
# Which of several publications a value comes from, of which the newest counts, and which lines were there by then.
VINTAGE = ("published_on", "seq")
PROOF = {"counted_at", "lines", "lines_hash", "lineage"}

# Verdicts by session: a site that is told its days in pieces judges a session more often.
VERDICT, OF_SESSION = "analytics.TrustVerdict", ("session",)


class Tables:
    """The content of every row of the site, foreign keys told by the content of the row they name."""

    def __init__(self) -> None:
        self._models = {model: self._fields(model) for model in apps.get_models() if _is_asked(model)}

    @cached_property
    def rows(self) -> dict[str, list[str]]:
        told: dict[type[models.Model], dict[Any, Hashable]] = {}
        return {
            model._meta.label: sorted(
                repr(row) for key, row in self._content(model, told).items() if key in in_force
            )
            for model in self._models
            for in_force in [self._in_force(model)]
        }

    def _in_force(self, model: type[models.Model]) -> Container[Any]:
        """The keys of the rows that count: of the vintages of a value the newest one."""
        identity = _identity(model)
        rows = model._base_manager.order_by(*_newest_last(model))
        return set({tuple(named or [key]): key for key, *named in rows.values_list("pk", *identity)}.values())

    def _fields(self, model: type[models.Model]) -> list[models.Field[Any, Any]]:
        left_out = OF_THE_MOMENT | (PROOF.union(VINTAGE, {"version"}) if _identity(model) else set())
        return [
            field
            for field in model._meta.concrete_fields
            if not {field.name, f"{model._meta.label}.{field.name}"} & left_out
            and (field.is_relation or not field.primary_key)
            and not getattr(field, "auto_now", False)
            and not getattr(field, "auto_now_add", False)
        ]

    def _content(
        self, model: type[models.Model], told: dict[type[models.Model], dict[Any, Hashable]]
    ) -> dict[Any, Hashable]:
        """Row by key. A row that names another carries its content as a number: equal rows, equal numbers."""
        if model in told:
            return told[model]
        told[model] = {}
        fields = self._models.get(model) or self._fields(model)
        columns = ["pk", *(field.attname for field in fields)]
        rows = model._base_manager.order_by("pk").values_list(*columns)
        for key, *values in rows:
            told[model][key] = tuple(
                self._value(field, value, told) for field, value in zip(fields, values, strict=True)
            )
        return told[model]

    def _value(self, field: models.Field[Any, Any], value: Any, told: Any) -> Hashable:
        if value is not None and field.is_relation and field.related_model is not None:
            return hash(self._content(field.related_model, told).get(value))  # type: ignore[arg-type]
        if field.name == "session_key":
            return hash(self._content(LiveSession, told).get(value))
        if field.name == "event_id":
            return hash(self._content(SalesEvent, told).get(value))
        if isinstance(value, uuid.UUID) and value.version != 5:
            return "random"
        if field.name == "source_key" and KEY_OF_A_ROW.fullmatch(value):
            return "the key of a row"
        return repr(value) if isinstance(value, dict | list) else value


def _is_asked(model: type[models.Model]) -> bool:
    return model._meta.app_label in APPS and model._meta.label not in TRAIL


def _newest_last(model: type[models.Model]) -> tuple[str, ...]:
    if model._meta.label == VERDICT:
        return ("version",)
    return VINTAGE if _identity(model) else ("pk",)


def _identity(model: type[models.Model]) -> list[str]:
    """What says that two rows are vintages of one value; nothing for other models."""
    if model._meta.label == VERDICT:
        return list(OF_SESSION)
    for rule in model._meta.constraints:
        if isinstance(rule, models.UniqueConstraint) and set(VINTAGE) <= set(rule.fields):
            return [name for name in rule.fields if name not in VINTAGE]
    return []
