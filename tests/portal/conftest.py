"""What tests of the portal begin with: a firm of the world, and browsers of its people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from core.choices import Role
from core.models import User
from tests.factories import TenantWorld, World


@pytest.fixture
def firm(world: World) -> TenantWorld:
    """The first tenant of the world."""
    return world.tenants[0]


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """A browser in which somebody has logged in."""

    def open_for(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return open_for


@pytest.fixture
def owner(firm: TenantWorld, browser_of: Callable[[User], Client]) -> Client:
    """The browser of the first tenant's owner."""
    return browser_of(firm.users[Role.TENANT_OWNER])
