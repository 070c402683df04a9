"""Generated calls of every operation that the schema names: never a fault of ours, never an undocumented answer."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from tests.conftest import ON_POSTGRES
from tests.factories import make_world

pytestmark = [pytest.mark.both_databases, pytest.mark.gate]
# They follow from the schema alone, the same on both databases: the second sees how each operation stores the first of
# them.
EXAMPLES = 5 if ON_POSTGRES else 15
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def connection_stays_open(db: None) -> Iterator[None]:
    """A served request closes its connection; here it is the one whose transaction holds the world."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("connection_stays_open")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_generated_calls(mode: GenerationMode) -> None:
    world = make_world("alpha")
    headers = {"Authorization": f"Bearer {world.tenants[0].secret}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema", application)
    calls, faults = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: Any) -> None:
            nonlocal calls
            calls += 1
            with transaction.atomic():
                case.call_and_validate(headers=headers, checks=CHECKS)
                transaction.set_rollback(True)

        try:
            call()
        except (Exception, BaseExceptionGroup) as fault:  # all operations are tried before the test fails
            faults.append(f"{operation.label}: {''.join(traceback.format_exception_only(fault))[:1500]}")
    print(f"{mode.value}: {calls} calls")
    assert not faults, "\n\n".join(faults)
    assert calls > 100
