"""Gives each request its actor, and answers domain errors that a page lets through."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject

from core.actors import NOBODY, Actor, user_actor
from core.doors.headers import relax_for_admin
from core.errors import DomainError

GetResponse = Callable[[HttpRequest], HttpResponse]


def _actor(request: HttpRequest) -> Actor:
    return user_actor(request.user) if request.user.is_authenticated else NOBODY


class RequestContextMiddleware:
    """`request.actor` for every door; scoped pages are never kept by shared caches; no page ends in a bare error."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        relax_for_admin(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        return render(request, "error.html", {"error": exception}, status=exception.status)
