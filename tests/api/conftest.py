"""Callers of the API: tools with a key, people with a log-in, anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from core.clock import DAY, HOUR, day_start, local, today
from core.models import User
from tests.factories import World

API = "/api/v1/"
Reply = Any


@dataclass
class Caller:
    """Somebody who calls the API; `post` sends JSON unless it is given bytes."""

    secret: str = ""
    user: User | None = None
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        if self.user is not None:
            self.client.force_login(self.user)

    def get(self, path: str, **query: Any) -> Reply:
        return self.client.get(API + path, query, headers=self.headers)

    def post(
        self, path: str, body: Any = None, content_type: str = "application/json", **headers: str
    ) -> Reply:
        data = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        return self.client.generic(
            "POST", API + path, data, content_type=content_type, headers={**self.headers, **headers}
        )


@pytest.fixture
def tool(world: World) -> Caller:
    """The tool of the first tenant, with every scope."""
    return Caller(world.tenants[0].secret)


@pytest.fixture
def at() -> Callable[..., str]:
    """An hour of the day after tomorrow, as text."""
    return lambda hour, day=2: local(day_start(today() + day * DAY) + hour * HOUR).isoformat()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
