"""Every app has the same rooms, and says at its entrance what else stands in it."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

APPS = ("core", "parks", "tenants", "livestreams", "supplychain", "analytics")
ROOMS = {
    *("models", "choices", "errors", "querysets", "selectors", "services", "guards", "filters", "forms"),
    *("admin", "views", "urls", "api", "doors", "tasks", "apps", "management", "migrations", "templatetags"),
}


@pytest.mark.parametrize("app", APPS)
def test_an_app_names_what_it_has_beside_the_common_rooms(app: str) -> None:
    entrance = importlib.import_module(app)
    own = {module.name for module in pkgutil.iter_modules(entrance.__path__)} - ROOMS
    _title, *lines = (entrance.__doc__ or "").splitlines()
    named = {word for line in lines for word in re.findall(r"\w+", line[25:])}
    assert named == own
