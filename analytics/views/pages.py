"""What the analytics pages have in common: log-in, a declared permission, the year a reader looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View

from core.actors import Actor
from core.choices import NodeKind
from core.doors.context import actor_of
from core.doors.portal import log_in_first
from core.models import ScopeNode
from core.scoping import require


class AnalyticsPage(TemplateResponseMixin, ContextMixin, View):
    """A page for everybody who holds `needs`, a (verb, model), anywhere. Strangers are refused."""

    needs: ClassVar[tuple[str, type[Model]]]

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return log_in_first(request)
        require(self.actor, *self.needs)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def own_provinces(self) -> set[int]:
        """Ids of the provinces in which the reader has a role, at whatever level."""
        above = {int(part) for grant in self.actor.grants for part in grant.node_path.strip("/").split("/")}
        return set(
            ScopeNode.objects.filter(pk__in=above, kind=NodeKind.PROVINCE).values_list("pk", flat=True)
        )

    def year_of(self, years: Sequence[int]) -> int | None:
        """The year in the address when there is such a one, else the last."""
        given = self.request.GET.get("year", "")
        for year in years:
            if given == str(year):
                return year
        return max(years, default=None)


def in_language(zh: str, en: str) -> str:
    """The English text for a reader of English, where there is one; else the Chinese."""
    return en if en and (get_language() or "").startswith("en") else zh
