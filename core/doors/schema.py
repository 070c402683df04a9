"""How callers prove who they are, as the OpenAPI document tells it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


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
