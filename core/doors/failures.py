"""Django's own error handlers: under /api/ they answer in the shape of the API, elsewhere with the page."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from core.doors.problems import CONTENT_TYPE, as_domain_error, problem_body, problem_headers
from core.errors import DomainError, NotFound, Refused


class Broken(DomainError):
    """A fault of ours; the log has it under the request id."""

    status = 500
    code = "internal"


def _answer(request: HttpRequest, error: DomainError, page: Callable[[], HttpResponse]) -> HttpResponse:
    if not request.path.startswith("/api/"):
        return page()
    return HttpResponse(
        json.dumps(problem_body(error), ensure_ascii=False),
        status=error.status,
        headers=problem_headers(error),
        content_type=CONTENT_TYPE,
    )


def _bare_page(error: DomainError, told: DomainError | None) -> HttpResponse:
    """A page that asks nothing of request and database; `told` is what it says, None for words of its own."""
    text = render_to_string("500.html", {"known": told})
    return HttpResponse(text, status=error.status, headers=problem_headers(error))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = DomainError(_("The request cannot be read."), code="bad_request")
    return _answer(request, error, lambda: _bare_page(error, error))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, Refused(), lambda: defaults.permission_denied(request, exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = NotFound(_("There is no such address."))
    return _answer(request, error, lambda: defaults.page_not_found(request, exception))


def server_error(request: HttpRequest, *_arguments: Any) -> HttpResponse:
    """A database or a disk that is away is no fault of ours, wherever it was noticed: 503, and when to come back."""
    return what_broke(request, sys.exc_info()[1])


def what_broke(request: HttpRequest, fault: BaseException | None) -> HttpResponse:
    """What callers may know of an exception, as a page or in the shape of the API."""
    known = as_domain_error(fault)
    error = known or Broken(_("Something broke on our side. It has been logged under the request id."))
    return _answer(request, error, lambda: _bare_page(error, known))
