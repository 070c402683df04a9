from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Figures and indicators")

    def ready(self) -> None:
        from analytics import (
            audience,  # noqa: F401  tells of a session's audience
            forothers,  # noqa: F401  reads what is settled
            services,  # noqa: F401  registers the handlers of jobs
            silence,  # noqa: F401  says when a session ended that nobody ended
        )
        from analytics.demo import logins  # noqa: F401  ends the demo's log-ins when a real park opens
        from analytics.trust import label  # noqa: F401  registers the verdict beside a session
