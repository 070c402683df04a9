"""One shape for every error of the API: application/problem+json with a code, a request id and, per row, the reason.

{"type": "about:blank", "title": "...", "status": 400, "code": "invalid", "detail": "...",
 "request_id": "...", "errors": [{"row": 3, "field": "amount", "code": "...", "message": "..."}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback
from structlog.contextvars import get_contextvars

from core.errors import Busy, DomainError, NoRoom, NotFound, Refused
from core.locking import is_full, is_unavailable

log = structlog.get_logger("livepark.api")
CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "2"


def problem_body(error: DomainError, errors: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A domain error as the object that callers get."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(error.title),
        "status": error.status,
        "code": error.code,
        "detail": str(error.detail),
        "request_id": str(get_contextvars().get("request_id", "")),
    }
    if rows := errors or [row.as_dict() for row in error.rows]:
        body["errors"] = rows
    if error.field:
        body["field"] = error.field
    return {**error.extra, **body}


def problem_headers(error: DomainError) -> dict[str, str]:
    """When to come back, for errors that pass by themselves: a full disk does not."""
    passes = error.status == Busy.status and not isinstance(error, NoRoom)
    return {"Retry-After": RETRY_AFTER} if passes else {}


def problem(
    error: DomainError, *, errors: list[dict[str, Any]] | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Render a domain error."""
    return Response(
        problem_body(error, errors),
        status=error.status,
        headers=problem_headers(error) | (headers or {}),
        content_type=CONTENT_TYPE,
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: every exception that has an answer gets the one shape; the rest stays a logged 500."""
    set_rollback()
    if isinstance(error, exceptions.ValidationError):
        refused = DomainError(_("Some fields are not valid."), code="invalid")
        return problem(refused, errors=list(_field_errors(error.detail)))
    if isinstance(error, exceptions.APIException):
        return problem(_from_api_exception(error), headers=_headers(error))
    known = as_domain_error(error)
    return problem(known) if known is not None else None


def as_domain_error(error: BaseException | None) -> DomainError | None:
    """What callers may know of an exception; None for one that is a fault of ours."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return Refused()
    if is_full(error):
        log.error("disk takes nothing", error=str(error))
        return NoRoom(
            _("The disk of this site takes nothing more. Nothing was stored; please tell who runs it.")
        )
    if isinstance(error, Exception) and is_unavailable(error):
        log.error("database away", error=str(error))
        return Busy(
            _("The database does not answer. Nothing was stored; please try again."), code="database_away"
        )
    return None


def _from_api_exception(error: exceptions.APIException) -> DomainError:
    translated = DomainError(error.detail if isinstance(error.detail, str) else str(error.detail))
    translated.status = error.status_code
    translated.code = error.default_code
    translated.title = str(error.default_detail)  # type: ignore[assignment]
    return translated


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]
    return headers


def _field_errors(detail: Any, field: str = "", row: int | None = None) -> Iterator[dict[str, Any]]:
    """Each reason with its field; in a list of objects also with the row, counted from 1."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            if isinstance(name, int):
                yield from _field_errors(inner, field, name + 1)
            else:
                yield from _field_errors(inner, f"{field}.{name}" if field else str(name), row)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, field, row)
    else:
        found = {"field": field, "code": getattr(detail, "code", "invalid"), "message": str(detail)}
        yield found if row is None else {"row": row, **found}
