"""The worlds of a file: built once, and rolled back with everything that was done to them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from tests.contracts.matrix import Matrix
from tests.contracts.rows import writing
from tests.contracts.worlds import filled_world, shared_reference


@pytest.fixture(scope="module")
def matrix(file_transaction: None) -> Iterator[Matrix]:
    logging.disable(logging.CRITICAL)  # thousands of refusals are expected here
    # Every route is asked with a key that has expired: more often in a minute than a stranger may.
    as_often_as_needed = override_settings(
        LIVEPARK_CALLS_PER_MINUTE=dict.fromkeys(settings.LIVEPARK_CALLS_PER_MINUTE, 10**6)
    )
    with as_often_as_needed:
        alpha, beta = filled_world("alpha"), filled_world("beta")
        shared_reference()
        yield Matrix(alpha, beta)
    logging.disable(logging.NOTSET)


@pytest.fixture
def worlds_stay(matrix: Matrix) -> Iterator[None]:
    """Whatever a test tries, both worlds are afterwards as they were."""
    with writing() as written:
        yield
    assert {world.name: matrix.changed(world, written) for world in (matrix.alpha, matrix.beta)} == {
        "alpha": [],
        "beta": [],
    }
