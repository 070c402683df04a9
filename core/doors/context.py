"""What every door knows of a request: who acts, and what each template needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from core.actors import Actor


def actor_of(request: HttpRequest) -> Actor:
    """The actor that core.middleware gave the request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def page_named(request: HttpRequest) -> str:
    """The page of this site that a button says it stands on (`back`), or nothing: no other site is ever named.

    Nor what is no path: a redirect would take it for the name of a view, after the button has done its work.
    """
    named = request.POST.get("back") or request.GET.get("back") or ""
    safe = url_has_allowed_host_and_scheme(
        named, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return named if safe and named.startswith("/") else ""


def livepark(request: HttpRequest) -> dict[str, Any]:
    """The actor, and where a language switch comes back to: the present page, if it can be asked for again."""
    return {
        "actor": getattr(request, "actor", None),
        "this_page": request.get_full_path() if request.method in ("GET", "HEAD") else request.path,
    }
