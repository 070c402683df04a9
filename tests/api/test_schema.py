"""The OpenAPI document: valid, without warnings, and true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def test_it_is_openapi_31_without_a_warning(tmp_path: Any) -> None:
    target = tmp_path / "schema.json"
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(target)
    )
    assert json.loads(target.read_text())["openapi"].startswith("3.1")


def test_it_is_served_with_the_pages_that_show_it(db: None) -> None:
    schema = Client().get("/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert schema.status_code == 200
    validate_schema(json.loads(schema.content))
    docs = Client().get("/api/docs")
    assert docs.status_code == 200
    assert b"http://" not in docs.content.replace(b"http://testserver", b"")
    assert b"https://" not in docs.content
    assert Client().get("/api/docs?script=").status_code == 200


def test_it_is_built_once_for_each_language(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(language: str) -> bytes:
        return bytes(Client().get("/api/schema", headers={"Accept-Language": language}).content)

    chinese, english = told("zh-hans"), told("en")
    assert chinese != english
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    assert (told("zh-hans"), told("en")) == (chinese, english)


def test_every_operation_names_its_refusals_and_shows_no_number_as_a_name(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            wanted = {"400", "401", "403", "404", "406", "429", "503"}
            wanted |= {"409", "413", "415", "422"} if method == "post" else set()
            assert wanted <= set(operation["responses"]), (path, method)
            assert set(operation["responses"]["404"]["content"]) == {"application/problem+json"}
    for name, schema in document["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            named_id = field == "id" or field.endswith("_id")
            assert not (named_id and shape.get("type") == "integer"), (name, field)


def test_every_part_of_the_api_stands_in_its_table(document: dict[str, Any]) -> None:
    page = (settings.BASE_DIR / "docs/api.md").read_text("utf-8")
    told = set(re.findall(r"[\w-]+", page[page.index("| operation |") : page.index("## Conventions")]))
    parts = {path.removeprefix("/api/v1/").split("/")[0] for path in document["paths"]}
    assert parts - told == set()


@pytest.mark.browser
def test_the_documentation_works_offline_and_within_the_content_policy(
    live_site: Any, open_page: Callable[..., Any]
) -> None:
    page = open_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{live_site.url}/api/docs")
    page.get_by_text("/api/v1/absences").first.wait_for()
    # So many operations are drawn only where one looks.
    for path in ("/api/v1/live-sessions", "/api/v1/orders/bulk"):
        for _screen in range(100):
            if page.get_by_text(path).count():
                break
            page.mouse.wheel(0, 800)
            page.wait_for_timeout(100)
        assert page.get_by_text(path).count(), path
