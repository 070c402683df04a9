"""The portal's navigation on every one of its pages: areas and pages on a desk, four tabs and "more" on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from core.actors import user_actor
from core.choices import Role
from core.doors.portal.tabs import AREAS, Tab
from core.models import User
from core.scoping import may
from tests.factories import TenantWorld

pytestmark = pytest.mark.django_db

Links = dict[str, str | None]
"""Addresses of a navigation in their order, each with its aria-current."""


@dataclass
class Navigations(HTMLParser):
    """The navigations of a page by their classes, and the lists of links in its main part."""

    text: str
    navs: dict[str, Links] = field(default_factory=dict)
    lists: list[list[str]] = field(default_factory=list)
    _nav: Links | None = None
    _in_item: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "nav":
            self._nav = self.navs.setdefault(given.get("class") or "", {})
        elif tag == "ul" and given.get("class") == "lp-card lp-rows":
            self.lists.append([])
        elif tag == "li":
            self._in_item = True
        elif tag == "a" and self._nav is not None:
            self._nav[given.get("href") or ""] = given.get("aria-current")
        elif tag == "a" and self._in_item and self.lists:
            self.lists[-1].append(given.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self._nav = None
        elif tag == "li":
            self._in_item = False


class Seen:
    """What somebody is to be offered: the policy, asked for each page."""

    def __init__(self, firm: TenantWorld, role: Role) -> None:
        self.code, node, actor = firm.tenant.code, firm.tenant.node, user_actor(firm.users[role])
        self.areas = [
            tabs
            for area in AREAS
            if (
                tabs := [
                    tab
                    for tab in area.tabs
                    if not tab.model or may(actor, tab.verb, apps.get_model(tab.model), node.pk)
                ]
            )
        ]

    def address(self, tab: Tab) -> str:
        return reverse(f"portal-{tab.section}", args=[self.code])

    def pages(self) -> Iterator[tuple[list[Tab], Tab]]:
        return ((tabs, tab) for tabs in self.areas for tab in tabs)

    def desk(self, current: list[Tab]) -> Links:
        word = "page" if len(current) == 1 else "true"
        return {self.address(tabs[0]): word if tabs is current else None for tabs in self.areas}

    def row(self, current: list[Tab], tab: Tab) -> Links:
        return {self.address(each): "page" if each is tab else None for each in current}

    def phone(self, tab: Tab | None) -> Links:
        links = {
            self.address(each): "page" if each is tab else None
            for _tabs, each in self.pages()
            if each.on_phone
        }
        word = "page" if tab is None else None if tab.on_phone else "true"
        return {**links, reverse("portal-more", args=[self.code]): word}


def test_every_page_says_where_it_stands(owner: Client, firm: TenantWorld) -> None:
    """On a desk its area is marked, and below stand all pages of the area with itself marked; on a phone its tab."""
    seen = Seen(firm, Role.TENANT_OWNER)
    assert [tabs for area in AREAS for tabs in area.tabs] == [tab for _tabs, tab in seen.pages()]
    for tabs, tab in seen.pages():
        navs = Navigations(owner.get(seen.address(tab)).text).navs
        assert navs.pop("desk-only") == seen.desk(tabs), tab.section
        assert navs.pop("phone-only") == seen.phone(tab), tab.section
        assert navs.get("desk-only pages", {}) == (seen.row(tabs, tab) if len(tabs) > 1 else {}), tab.section


@pytest.mark.parametrize("role", [Role.TENANT_OWNER, Role.HOST])
def test_more_lists_area_by_area_what_is_on_no_tab_of_a_phone(
    firm: TenantWorld, browser_of: Callable[[User], Client], role: Role
) -> None:
    seen = Seen(firm, role)
    page = browser_of(firm.users[role]).get(reverse("portal-more", args=[seen.code]))
    found = Navigations(page.text)
    areas = ([seen.address(tab) for tab in tabs if not tab.on_phone] for tabs in seen.areas)
    assert found.lists == [addresses for addresses in areas if addresses]
    assert found.navs["phone-only"] == seen.phone(None)
    assert set(found.navs["desk-only"].values()) == {None}
    assert "desk-only pages" not in found.navs
