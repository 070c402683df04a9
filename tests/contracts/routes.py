"""Every route of the site, found by walking Django's resolver."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.admin import site
from django.urls import URLPattern, URLResolver, get_resolver

from core.doors.api import UNSAFE

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Route:
    """An address of the site; `pattern` as it stands in the resolver."""

    pattern: str
    name: str
    callback: Any

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(found[0] or found[1] for found in PARAMETER.findall(self.pattern))

    @property
    def door(self) -> str:
        """api, admin, portal, or pages for the rest."""
        first = self.pattern.split("/")[0]
        return first if first in ("api", "admin", "portal") else "pages"

    @property
    def key(self) -> str:
        """How tables of this folder name the route."""
        return self.name.removesuffix(":") or self.pattern or "landing"

    @cached_property
    def admin_model(self) -> str:
        """app_label.model_name of an admin page that belongs to a model; empty for others."""
        label = ".".join(self.pattern.split("/")[1:3])
        registered = {model._meta.label_lower for model in site._registry}
        return label if self.door == "admin" and label in registered else ""

    @property
    def group(self) -> str:
        """What is tested together: the pages of a model, or a section of API or portal."""
        if self.door not in ("api", "portal"):
            return self.admin_model or self.door
        section = re.sub(r"[$^]", "", self.pattern).split("/")[2:3]
        return ".".join([self.door, *section]).rstrip(".")

    @property
    def writes(self) -> set[str]:
        """The methods by which a route of the API writes."""
        actions = getattr(self.callback, "actions", None) or {}
        return {method.upper() for method in actions} & set(UNSAFE)

    def serves(self, method: str) -> bool:
        """Whether a view answers the method with more than that it has none; of functions nothing is known."""
        view = getattr(self.callback, "view_class", None) or getattr(self.callback, "cls", None)
        actions = getattr(self.callback, "actions", None)
        return method.lower() in actions if actions else view is None or hasattr(view, method.lower())

    def path(self, values: Mapping[str, str]) -> str:
        """The address with these values in it."""
        bare = self.pattern.replace("^", "").replace("$", "")
        return "/" + PARAMETER.sub(lambda found: str(values[found[1] or found[2]]), bare)


def walk(patterns: Any = None, prefix: str = "", namespace: str = "") -> Iterator[Route]:
    """All routes, included ones with their prefixes."""
    for item in get_resolver().url_patterns if patterns is None else patterns:
        pattern = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            inner = f"{namespace}{item.namespace}:" if item.namespace else namespace
            yield from walk(item.url_patterns, pattern, inner)
        elif isinstance(item, URLPattern):
            yield Route(pattern, f"{namespace}{item.name or ''}", item.callback)
