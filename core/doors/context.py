"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def livepark(request: HttpRequest) -> dict[str, Any]:
    """The actor, and where a language switch comes back to: the present page, if it can be asked for again."""
    return {
        "actor": getattr(request, "actor", None),
        "this_page": request.get_full_path() if request.method in ("GET", "HEAD") else request.path,
    }
