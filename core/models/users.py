"""People and the roles they hold."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.choices import Role
from core.models.base import Scope, StampedMixin
from core.models.scope import ScopeNode


class User(AbstractUser):
    """A person who logs in. What they may see and do follows from their memberships alone."""

    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)

    scope = Scope(user="id")

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.display_name or self.username


class Membership(StampedMixin):
    """A role of a user on a node of the scope tree, until it is ended."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=32, choices=Role)
    node = models.ForeignKey(ScopeNode, models.PROTECT, related_name="memberships", verbose_name=_("node"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    scope = Scope(nodes=("node_id",), user="user_id")

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "node"],
                condition=models.Q(ended_at__isnull=True),
                name="core_membership_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.node}"
