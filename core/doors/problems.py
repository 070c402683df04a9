"""One shape for every error of the API: application/problem+json with a code, a request id and, per row, the reason.

{"type": "about:blank", "title": "...", "status": 400, "code": "invalid", "detail": "...",
 "request_id": "...", "errors": [{"row": 3, "field": "amount", "code": "...", "message": "..."}]}
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback
from structlog.contextvars import get_contextvars

from core.errors import Busy, DomainError, NotFound, Refused
from core.strict import StrictError

log = structlog.get_logger("livepark.api")
CONTENT_TYPE = "application/problem+json"


def problem(
    error: DomainError, *, errors: list[dict[str, Any]] | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Render a domain error."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(error.title),
        "status": error.status,
        "code": error.code,
        "detail": str(error.detail),
        "request_id": str(get_contextvars().get("request_id", "")),
    }
    rows = errors if errors is not None else [row.as_dict() for row in error.rows]
    if rows:
        body["errors"] = rows
    if error.field:
        body["field"] = error.field
    body.update({key: value for key, value in error.extra.items() if key not in body})
    response = Response(body, status=error.status, headers=headers, content_type=CONTENT_TYPE)
    if error.status == status.HTTP_503_SERVICE_UNAVAILABLE:
        response["Retry-After"] = "2"
    return response


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: every exception that has an answer gets the one shape; the rest stays a logged 500."""
    set_rollback()
    if isinstance(error, DomainError):
        return problem(error)
    if isinstance(error, StrictError):
        return problem(DomainError(error.message, code=error.code))
    if isinstance(error, Http404):
        return problem(NotFound())
    if isinstance(error, PermissionDenied):
        return problem(Refused())
    if isinstance(error, OperationalError | InterfaceError):
        log.exception("database away")
        return problem(Busy(_("The database does not answer. Nothing was stored; please try again.")))
    if isinstance(error, exceptions.ValidationError):
        return problem(
            DomainError(_("Some fields are not valid."), code="invalid"),
            errors=list(_field_errors(error.detail)),
        )
    if isinstance(error, exceptions.APIException):
        return problem(_from_api_exception(error), headers=_headers(error))
    if isinstance(error, DatabaseError):
        log.exception("database refused")
    return None


def _from_api_exception(error: exceptions.APIException) -> DomainError:
    translated = DomainError(error.detail if isinstance(error.detail, str) else str(error.detail))
    translated.status = error.status_code
    translated.code = error.get_codes() if isinstance(error.get_codes(), str) else error.default_code
    translated.title = HTTPStatus(error.status_code).phrase
    return translated


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait) + 1)
    return headers


def _field_errors(detail: Any, field: str = "") -> Any:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _field_errors(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, field)
    else:
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "message": str(detail)}
