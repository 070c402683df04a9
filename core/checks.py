"""System checks: what must hold before the site starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

from core import policy, scoping


@checks.register()
def check_scopes(**_kwargs: Any) -> list[checks.CheckMessage]:
    """core.E001: a model without a scope declaration. core.E002: the policy table names an unknown model.

    core.E003: the policy reaches what a tenant shares of a model that does not say by which flag it does.
    """
    from django.apps import apps

    labels = {model._meta.label for model in apps.get_models()}
    return [
        *(
            checks.Error(f"{label} declares no scope.", hint="Give it `scope = Scope(...)`.", id="core.E001")
            for label in scoping.undeclared_models()
        ),
        *(
            checks.Error(f"core.policy names {label}, which does not exist.", id="core.E002")
            for label in sorted(set(policy.TABLE) - labels)
        ),
        *(
            checks.Error(f"core.policy shares {label}, whose scope declares no flag.", id="core.E003")
            for label in sorted(set(policy.TABLE) & labels)
            if policy.Reach.SHARED in {held.reach for held in policy.TABLE[label].values()}
            and not getattr(scoping.scope_of(apps.get_model(label)), "shared", "")
        ),
    ]


@checks.register(checks.Tags.database)
def check_durability(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[checks.CheckMessage]:
    """core.W021: PostgreSQL acknowledges commits it may lose."""
    messages: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting(%s)", [setting])
                if cursor.fetchone()[0] == "off":
                    messages.append(checks.Warning(f"PostgreSQL runs with {setting} = off.", id="core.W021"))
    return messages
