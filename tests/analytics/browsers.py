"""Browsers of a firm's people."""

from __future__ import annotations

from django.test import Client

from core.choices import Role
from tests.factories import TenantWorld


def browser_of(mine: TenantWorld, role: Role = Role.TENANT_OWNER) -> Client:
    browser = Client()
    browser.force_login(mine.users[role], backend="django.contrib.auth.backends.ModelBackend")
    browser.cookies["django_language"] = "en"
    return browser
