"""The park in which most stories of this folder are told, and two of its firms."""

from __future__ import annotations

import pytest

from tests.factories import TenantWorld, World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world("alpha")


@pytest.fixture
def mine(world: World) -> TenantWorld:
    """Who acts."""
    return world.tenants[0]


@pytest.fixture
def theirs(world: World) -> TenantWorld:
    """The other firm of the park."""
    return world.tenants[1]
