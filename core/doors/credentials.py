"""How API callers prove who they are, what they may do and how much of it: DRF's default classes.

They stand apart from the viewsets, because DRF loads them while its own view classes are still loading.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError
from rest_framework import authentication, exceptions, parsers, permissions, throttling
from rest_framework.request import Request

from core.actors import NOBODY, Actor, key_actor, user_actor
from core.clock import HOUR, now
from core.locking import writer_is_free
from core.models import ToolKey, User
from core.services import tool_key_by_secret
from core.strict import load_json

WINDOW = 60  # seconds


class ToolKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer lpk_...`: a tool acts for its park or tenant."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[Any, ToolKey] | None:
        words = request.headers.get("Authorization", "").split()
        if not words or words[0] != self.keyword:
            return None
        key = tool_key_by_secret(words[1]) if len(words) == 2 else None
        if key is None:
            if not Rate.allows("anonymous", address_of(request)):
                raise exceptions.Throttled(WINDOW)
            raise exceptions.AuthenticationFailed(_("The key is unknown, revoked or expired."))
        noted = key.last_used_at is not None and now() - key.last_used_at <= HOUR / 60
        if not noted and writer_is_free():  # who only reads does not wait for an import
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
    return user_actor(request.user) if isinstance(request.user, User) else NOBODY


def address_of(request: Request | HttpRequest) -> str:
    """The caller's network address, as the last trusted proxy saw it; headers of others count for nothing.

    The limits of calls and of log-ins go by it.
    """
    proxies = settings.LIVEPARK_TRUSTED_PROXIES
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if proxies and len(forwarded) >= proxies:
        with suppress(ValueError):  # a proxy that writes something else than an address
            return str(ip_address(forwarded[-proxies]))
    return str(request.META.get("REMOTE_ADDR", ""))


class DeclaredPermission(permissions.BasePermission):
    """Grants what the view declared for the action, refuses the rest."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method == "OPTIONS":
            return True  # answered with 405: the schema describes the API
        needs = view.needs()
        if needs is None or view.actor is NOBODY:
            return False
        return bool(needs.granted_to(view.actor, view.model))


class Rate:
    """How often somebody may come within a minute, counted in the cache; in this process while that is away."""

    local: ClassVar[LocMemCache] = LocMemCache("livepark-rates", {"OPTIONS": {"MAX_ENTRIES": 100_000}})
    away_until: ClassVar[float] = 0.0

    @classmethod
    def allows(cls, kind: str, who: str) -> bool:
        """Count one call of `who` and say whether it is within the limit of its kind."""
        limit = int(settings.LIVEPARK_CALLS_PER_MINUTE[kind])
        key = f"rate:{kind}:{who}:{int(time.time() // WINDOW)}"
        if time.monotonic() >= cls.away_until:
            try:
                return cls._count(cache, key) <= limit
            except (RedisError, OSError):
                cls.away_until = time.monotonic() + 5  # not every request waits for a silent cache
        return cls._count(cls.local, key) <= limit

    @staticmethod
    def _count(counters: Any, key: str) -> int:
        if counters.add(key, 1, timeout=2 * WINDOW):
            return 1
        try:
            return int(counters.incr(key))
        except ValueError:  # it was dropped between the two calls
            return 1


class CredentialThrottle(throttling.BaseThrottle):
    """A limit per credential; callers without one share a limit per address."""

    def allow_request(self, request: Request, view: Any) -> bool:
        actor = getattr(view, "actor", NOBODY)
        if actor is NOBODY:
            return Rate.allows("anonymous", address_of(request))
        return Rate.allows("credential", actor.credential)

    def wait(self) -> float:
        return WINDOW - time.time() % WINDOW


class StrictJSONParser(parsers.JSONParser):
    """JSON through the strict edge: UTF-8, no NUL, no surrogates, no duplicate keys, bounded depth and size."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.LIVEPARK_BYTES_PER_BATCH
        return load_json(stream.read(limit + 1), max_bytes=limit)
