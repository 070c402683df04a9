"""What every template knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def livepark(request: HttpRequest) -> dict[str, Any]:
    return {"actor": getattr(request, "actor", None)}
