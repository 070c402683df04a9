"""Two firms of the world."""

from __future__ import annotations

import pytest

from tests.factories import TenantWorld, World


@pytest.fixture
def mine(world: World) -> TenantWorld:
    """Who acts."""
    return world.tenants[0]


@pytest.fixture
def theirs(world: World) -> TenantWorld:
    """The other firm of the park."""
    return world.tenants[1]
