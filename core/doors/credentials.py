"""How API callers prove who they are, what they may do and how much of it: DRF's default classes.

They stand apart from the viewsets, because DRF loads them while its own view classes are still loading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions, pagination, parsers, permissions, throttling
from rest_framework.request import Request

from core.actors import NOBODY, Actor, key_actor, user_actor
from core.clock import HOUR, now
from core.models import ToolKey
from core.scoping import may
from core.services import tool_key_by_secret
from core.strict import load_json


class ToolKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer lpk_...`: a tool acts for its park or tenant."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[Any, ToolKey] | None:
        words = request.headers.get("Authorization", "").split()
        if not words or words[0] != self.keyword:
            return None
        key = tool_key_by_secret(words[1]) if len(words) == 2 else None
        if key is None:
            raise exceptions.AuthenticationFailed(_("The key is unknown, revoked or expired."))
        if key.last_used_at is None or now() - key.last_used_at > HOUR / 60:
            ToolKey.objects.filter(pk=key.pk).update(last_used_at=now())
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class SessionAuthentication(authentication.SessionAuthentication):
    """The portal's own pages use the API with the log-in cookie and the CSRF token."""


def actor_of(request: Request) -> Actor:
    """The actor of an API request: of its key, else of its user."""
    if isinstance(request.auth, ToolKey):
        return key_actor(request.auth)
    return user_actor(request.user) if request.user is not None else NOBODY


class DeclaredPermission(permissions.BasePermission):
    """Grants what the view declared for the action, refuses the rest."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method == "OPTIONS":
            return True
        needs = view.needs()
        if needs is None:
            return False
        actor = view.actor
        if actor is NOBODY:
            return False
        if actor.key_id is not None and needs.key_scope not in actor.key_scopes:
            return False
        return may(actor, needs.verb, needs.model or view.model)


class Pagination(pagination.PageNumberPagination):
    """Pages of 50, at most 500."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


class CredentialThrottle(throttling.SimpleRateThrottle):
    """A limit per credential; callers without one share a limit per address. Falls back to none when the cache is away."""

    scope = "credential"

    def get_cache_key(self, request: Request, view: Any) -> str:
        actor = view.actor if hasattr(view, "actor") else NOBODY
        ident = actor.credential if actor is not NOBODY else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}

    def allow_request(self, request: Request, view: Any) -> bool:
        try:
            return bool(super().allow_request(request, view))
        except (ConnectionError, TimeoutError, OSError):
            return True


class StrictJSONParser(parsers.JSONParser):
    """JSON through the strict edge: UTF-8, no NUL, no surrogates, no duplicate keys, bounded depth and size."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return load_json(
            stream.read(settings.LIVEPARK_BYTES_PER_BATCH + 1), max_bytes=settings.LIVEPARK_BYTES_PER_BATCH
        )
