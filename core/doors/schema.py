"""The OpenAPI document: how callers prove who they are, and the errors that every operation may answer with."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from core.doors.problems import CONTENT_TYPE

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same request gets the same answer, and the effect happens once.",
)


class Generator(SchemaGenerator):
    """Builds the document once for each language: it takes a second, and anybody may ask for it."""

    _built: ClassVar[dict[str, dict[str, Any]]] = {}

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        language = get_language() or ""
        if not public or language not in dict(settings.LANGUAGES):
            found: dict[str, Any] = super().get_schema(request, public)
            return found
        if language not in self._built:
            self._built[language] = super().get_schema(request, public)
        return self._built[language]


class RowProblem(serializers.Serializer[Any]):
    """What is wrong with one field, of one row where there are rows."""

    row = serializers.IntegerField(required=False)
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """An error (RFC 9457); `code` is for programs, `detail` for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    request_id = serializers.CharField(allow_blank=True)
    field = serializers.CharField(required=False)
    errors = RowProblem(many=True, required=False)  # type: ignore[assignment]


REFUSALS = {
    400: _("The input is not valid"),
    401: _("The caller is not known"),
    403: _("You may not do this"),
    404: _("There is no such object"),
    406: _("Only JSON can be given"),
    429: _("Too many requests"),
    503: _("The system is busy, please try again"),
}
WRITE_REFUSALS = {
    409: _("This contradicts what is already stored"),
    413: _("This is too large"),
    415: _("This content type cannot be read"),
    422: _("This cannot be processed"),
}


class Schema(AutoSchema):
    """Adds to every operation what the base classes give it: refusals, and the idempotency key of writes."""

    def get_override_parameters(self) -> list[Any]:
        return [IDEMPOTENCY] if self.method == "POST" else []

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        refusals = REFUSALS | (WRITE_REFUSALS if self.method == "POST" else {})
        for status, description in refusals.items():
            response = OpenApiResponse(Problem, str(description))
            bodies[str(status)] = self._get_response_for_code(
                response, str(status), [CONTENT_TYPE], direction
            )
        return bodies


class ToolKeyScheme(OpenApiAuthenticationExtension):
    target_class = "core.doors.credentials.ToolKeyAuthentication"
    name = "toolKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "lpk_…"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "core.doors.credentials.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
