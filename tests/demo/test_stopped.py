"""A demo that is stopped anywhere, as by Ctrl-C or a power cut, is told whole by the next run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction

from tests.demo.tables import Tables

UNTIL = "2025-05-06T04:00:00Z"


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches the real one."""


class Budget:
    """Cuts the power after so many statements that write."""

    def __init__(self, statements: int) -> None:
        self.left = statements

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self.left -= 1
            if self.left < 0:
                raise PowerCut
        return execute(sql, params, many, context)


def told() -> dict[str, list[str]]:
    return {label: rows for label, rows in Tables().rows.items() if rows}


def demo() -> None:
    call_command("demo", "--tiny", until=UNTIL, verbosity=0)


@pytest.mark.django_db
def test_a_demo_that_is_stopped_again_and_again_is_the_same(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    with transaction.atomic():
        cache.clear()
        demo()
        whole = told()
        transaction.set_rollback(True)
    cuts = 0
    cache.clear()
    while True:
        try:
            with connection.execute_wrapper(Budget(20 + 40 * cuts)):
                demo()
        except PowerCut:
            cuts += 1
        else:
            break
    assert cuts > 10
    again = told()
    assert [label for label in whole if whole[label] != again.get(label)] == []
