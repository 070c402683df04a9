"""The admin site of this installation in place of Django's."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class LiveparkAdminConfig(AdminConfig):
    default_site = "core.doors.admin.site.LiveparkAdminSite"
