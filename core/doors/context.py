"""What every door knows of a request: who acts, and what each template needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from core.actors import Actor


def actor_of(request: HttpRequest) -> Actor:
    """The actor that core.middleware gave the request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def livepark(request: HttpRequest) -> dict[str, Any]:
    """The actor, and where a language switch comes back to: the present page, if it can be asked for again."""
    return {
        "actor": getattr(request, "actor", None),
        "this_page": request.get_full_path() if request.method in ("GET", "HEAD") else request.path,
    }
