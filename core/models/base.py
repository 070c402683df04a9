"""What every model declares, and the columns that many share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import uuid6
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.clock import today

ParkOf = str | Callable[[Any], models.Q]
"""A lookup that gives a park, or which rows are of a park among these nodes."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """How rows of a model hang on the scope tree. Exactly one way is declared; the rest stays empty.

    nodes      lookups that give a ScopeNode id (tenant_id and park_id are node ids); a row belongs to each of them
    seen_from  further lookups that give a ScopeNode id: whoever stands there views the row, and no more
    park       of which park a tenant's row is, wherever the tenant is now: whoever works above the tenant reaches
               the row by this alone, and its own people by nodes
    park_views lookup that gives a further park: whoever works above it views the row, and no more
    told       lookup that gives a ScopeNode id: whoever stands there or anywhere below views the row, and no more
    user       lookup that gives the User whose own row it is; may stand beside nodes
    reference  reason why everybody with any role may read it
    system     reason why nobody but the system and superusers may read it
    many       a lookup in nodes crosses to many rows (a company's tenants), so rows are found by a subquery
    shared     lookup from a node to the flag by which its tenant shows these rows to the park (Reach.SHARED)
    about      column with the label of the model that a row tells of: below its own node a role reads as far as it
               reads rows of that model there
    private    columns for those only who hold `view_private` on the row's node; the audit never keeps their values
    """

    nodes: tuple[str, ...] = ()
    seen_from: tuple[str, ...] = ()
    park: ParkOf = ""
    park_views: str = ""
    told: str = ""
    user: str = ""
    reference: str = ""
    system: str = ""
    many: bool = False
    shared: str = ""
    about: str = ""
    private: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ways = [bool(self.nodes or self.user), bool(self.reference), bool(self.system)]
        if sum(ways) != 1:
            raise ValueError("declare exactly one of nodes/user, reference, system")


def new_uid() -> str:
    """A public identifier: UUIDv7 as text, sortable by time, unguessable."""
    return str(uuid6.uuid7())


class PublicIdMixin(models.Model):
    """`uid` is what API and addresses show; the integer key never leaves the house."""

    uid = models.UUIDField(_("public id"), default=uuid6.uuid7, unique=True, editable=False)

    class Meta:
        abstract = True


class StampedMixin(models.Model):
    """When a row was made and last changed."""

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True


class ClosableMixin(models.Model):
    """Records are closed, not deleted."""

    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        abstract = True

    def is_closed_by(self, day: date) -> bool:
        """Whether it is closed on that day; a day to come does not close it yet."""
        return self.closed_on is not None and self.closed_on <= day

    @property
    def is_closed(self) -> bool:
        """Whether it is closed today."""
        return self.is_closed_by(today())


class NamedMixin(models.Model):
    """Reference data has a Chinese and an English name."""

    name_zh = models.CharField(_("Chinese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """The name in the language of the reader."""
        from django.utils.translation import get_language

        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name_zh

    def __str__(self) -> str:
        return self.name
