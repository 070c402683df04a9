"""Gives each request its language and its actor, and answers domain errors that a page lets through."""

from __future__ import annotations

import codecs
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject
from django_structlog.middlewares import RequestMiddleware

from core.actors import NOBODY, Actor, user_actor
from core.doors.credentials import address_of
from core.doors.headers import name_api_version, relax_for_admin
from core.errors import DomainError

GetResponse = Callable[[HttpRequest], HttpResponse]
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _actor(request: HttpRequest) -> Actor:
    return user_actor(request.user) if request.user.is_authenticated else NOBODY


def _read_as_utf8(request: HttpRequest) -> None:
    """Addresses and forms are UTF-8, whatever a header calls it: Python knows encodings that are none of a text.

    BadRequest for a form in another one: its characters would be lost.
    """
    if request.encoding is None:
        return
    if codecs.lookup(request.encoding).name not in ("utf-8", "ascii") and request.content_type in FORMS:
        raise BadRequest("Forms must be UTF-8 encoded.")
    request.encoding = "utf-8"


def activate_language(request: HttpRequest) -> None:
    """Speak the language that somebody chose for pages, or that of the site."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    translation.activate(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)


class LanguageMiddleware(LocaleMiddleware):
    """Pages speak Chinese until somebody chooses otherwise; the API listens to Accept-Language.

    The computers of a park are often set up in English while the people in front of them are not.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith("/api/"):
            super().process_request(request)
            return
        activate_language(request)
        request.LANGUAGE_CODE = translation.get_language()


class LogMiddleware(RequestMiddleware):
    """Logs requests by their path: what stands behind it may be the key of a screen."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """The address by which callers are limited too: others are whatever a caller writes into a header."""
        structlog.contextvars.bind_contextvars(ip=address_of(request))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


class RequestContextMiddleware:
    """`request.actor` and UTF-8 for every door; scoped pages are never kept by shared caches; no page ends in a bare
    error.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _read_as_utf8(request)
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        relax_for_admin(request, response)
        name_api_version(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        return render(request, "error.html", {"error": exception}, status=exception.status)
