"""The scope tree: nation > province > city > town > park > tenant. Every right hangs on a node of it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.choices import NodeKind
from core.models.base import Scope


class ScopeNode(models.Model):
    """A place, park or tenant that a membership can stand on.

    Province, City, Town, Park and Tenant use their node's id as primary key, so that a tenant_id or park_id
    anywhere in the database is the id of a node. `path` holds the ids from the root, "/1/7/42/": one prefix
    test finds a subtree.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=NodeKind)
    code = models.CharField(_("code"), max_length=64, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    path = models.CharField(max_length=200, db_index=True, editable=False, default="")

    scope = Scope(nodes=("id",))

    class Meta:
        verbose_name = _("scope node")
        verbose_name_plural = _("scope nodes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="nation") | models.Q(parent__isnull=False),
                name="core_node_has_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name_zh

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the node with its path. Moving a node rewrites the paths below it: use `services.node_move`."""
        super().save(*args, **kwargs)
        path = self.path_below_parent()
        if self.path != path:
            self.path = path
            ScopeNode.objects.filter(pk=self.pk).update(path=path)

    def path_below_parent(self) -> str:
        """The path that follows from the parent's."""
        return f"{self.parent.path if self.parent else '/'}{self.pk}/"

    def ancestors(self) -> models.QuerySet[ScopeNode]:
        """The nodes from the root down to this one, itself included."""
        return ScopeNode.objects.filter(
            pk__in=[int(part) for part in self.path.strip("/").split("/")]
        ).order_by("path")
