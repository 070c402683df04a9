"""What people and tools read when the database or the disk takes nothing: 503 and a reason, never a bare 500."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import InterfaceError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.translation import override

from core.doors.failures import server_error


def fill_the_disk() -> None:
    Path("/dev/full").write_text("x")


def lose_the_database() -> None:
    raise InterfaceError("connection already closed")


def break_something() -> None:
    raise ValueError("a fault of ours")


def answer(path: str, fault: object) -> HttpResponse:
    with override("en"):
        try:
            fault()  # type: ignore[operator]
        except (OSError, InterfaceError, ValueError):
            return server_error(RequestFactory().get(path))
    raise AssertionError("nothing broke")


@pytest.mark.parametrize(
    ("fault", "status", "said", "code"),
    [
        (fill_the_disk, 503, "The disk of this site takes nothing more.", "disk_full"),
        (lose_the_database, 503, "The database does not answer. Nothing was stored;", "database_away"),
        (break_something, 500, "look before you send it again", "internal"),
    ],
)
def test_what_broke_is_said(fault: object, status: int, said: str, code: str) -> None:
    page = answer("/portal/", fault)
    assert page.status_code == status
    assert f'<div class="code">{status}</div>' in page.content.decode()
    assert said in page.content.decode()
    told = answer("/api/v1/me", fault)
    assert (told.status_code, code in told.content.decode()) == (status, True)
    assert ("Retry-After" in page, "Retry-After" in told) == (code == "database_away",) * 2
