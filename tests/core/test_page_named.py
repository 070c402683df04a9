"""Where a button goes back to is what its form names: a page of this site, or nothing."""

from __future__ import annotations

import pytest
from django.shortcuts import redirect
from django.test import RequestFactory
from django.utils.encoding import iri_to_uri

from core.doors.context import page_named


@pytest.mark.parametrize("named", ["/", "/portal/a/?day=2026-01-01&x=%00", "/a b", "/连衣裙", "/a\r\nX: y"])
def test_a_page_of_this_site_is_gone_back_to(named: str) -> None:
    answer = redirect(page_named(RequestFactory().post("/button/", {"back": named})) or "/else/")
    assert answer.url == iri_to_uri(named)


@pytest.mark.parametrize(
    "named",
    [
        "",
        "null",
        "portal-today",
        "a:b",
        "23:59",
        "?x",
        "//example.com",
        "https://example.com/",
        "/" + "x" * 2048,
    ],
)
def test_nothing_else_is_gone_back_to(named: str) -> None:
    answer = redirect(page_named(RequestFactory().post("/button/", {"back": named})) or "/else/")
    assert answer.url == "/else/"
