"""Screens inside an encoder's program: the overlay and the dock of one booking, without a log-in.

Their pages are the same for everybody and hold nothing. The token stands behind the # of their address, which browsers
keep to themselves: no log and no referrer has it. The page's script shows it in a header, which no other site can make
a browser do.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from analytics.obs import dock_state, overlay_state, products_of, session_of
from core.doors.formfields import LineField
from core.errors import DomainError, NotFound
from core.scoping import get_visible
from livestreams.choices import ScreenKind
from livestreams.frames import COUNTERS, Frames
from livestreams.services import encoder_sample_record, screen_of, session_end
from supplychain.choices import ExplainKind
from supplychain.models import Product
from supplychain.services import explain_record
from supplychain.showcase import run_of

HEADER = "X-Screen-Token"
LONGEST = 200
MOST_COUNTED = 10**15
# OBS answers on the machine it runs on, at a port that people choose.
OBS_ANSWERS = ["ws://127.0.0.1:*"]


@require_safe
def page(request: HttpRequest, kind: str) -> HttpResponse:
    """The page of a screen, in the language that its address asks for."""
    with translation.override(_language(request)):
        answer = render(request, f"obs/{kind}.html")
    if kind == ScreenKind.DOCK:
        answer._csp_update = {"connect-src": OBS_ANSWERS}  # type: ignore[attr-defined]
    return answer


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language()


@method_decorator(csrf_exempt, name="dispatch")
class ScreenDoor(View):
    """One address of a screen. A token that opens nothing is told nothing but that."""

    http_method_names = ["get", "head"]
    kind: ClassVar[ScreenKind] = ScreenKind.DOCK

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(_language(request)):
            opened = screen_of(request.headers.get(HEADER, "")[:LONGEST], self.kind)
            if opened is None:
                return self.refusal(_("This screen is shut: its booking is over, or somebody shut it."), 401)
            self.token, self.actor = opened
            try:
                return super().dispatch(request, *args, **kwargs)
            except DomainError as error:
                return self.refusal(str(error.detail), error.status)

    def refusal(self, detail: str, status: int) -> JsonResponse:
        return JsonResponse({"detail": detail}, status=status)

    def dock(self) -> JsonResponse:
        return JsonResponse(dock_state(self.token, self.actor))


class OverlayNow(ScreenDoor):
    """What the overlay shows at this moment."""

    kind = ScreenKind.OVERLAY

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(overlay_state(self.token, self.actor))


class DockNow(ScreenDoor):
    """What the dock shows at this moment."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.dock()


class DockProducts(ScreenDoor):
    """Goods that may be explained, by the words of `search`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = products_of(self.token.booking, self.actor, request.GET.get("search", "").replace("\0", ""))
        return JsonResponse({"results": found})


class DockWrite(ScreenDoor):
    """A button of the dock: one call of a service, and what the dock shows then."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        session = session_of(self.token.booking)
        if session is None:
            raise NotFound(_("The session has not begun."))
        self.carry_out(session)
        return self.dock()

    def carry_out(self, session: Any) -> None:
        raise NotImplementedError


class DockExplain(DockWrite):
    """A product is explained from now on; without one, none is."""

    def carry_out(self, session: Any) -> None:
        uid = self.request.POST.get("product", "")
        product = self._product(uid) if uid else None
        kind = ExplainKind.START if product is not None else ExplainKind.END
        explain_record(actor=self.actor, session=session, kind=kind, product=product, source="dock")

    def _product(self, uid: str) -> Product:
        """A product of a button: of the run of show, whosever it is, or one that the person may see."""
        try:
            planned = run_of(self.actor, self.token.booking_id).filter(product__uid=uid).first()
        except (ValueError, ValidationError) as error:
            raise NotFound from error
        return planned.product if planned is not None else get_visible(Product, self.actor, uid=uid)


class EncoderForm(forms.Form):
    """What the dock read from OBS."""

    source = LineField(max_length=32)
    sent, dropped, encoded, skipped, rendered, missed, sent_bytes = (
        forms.IntegerField(min_value=0, max_value=MOST_COUNTED) for _number in range(7)
    )
    congestion = forms.DecimalField(min_value=0, max_value=1)
    reconnecting = forms.BooleanField(required=False)


class DockEncoder(ScreenDoor):
    """What OBS says of its own work: frames that it lost never reach a media node."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = EncoderForm(request.POST)
        if not form.is_valid():
            field, problems = next(iter(form.errors.items()))
            return self.refusal(f"{field}: {problems[0]}", 400)
        told = form.cleaned_data
        encoder_sample_record(
            actor=self.actor,
            booking=self.token.booking,
            source=told["source"],
            frames=Frames(**{name: told[name] for name in COUNTERS}),
            sent_bytes=told["sent_bytes"],
            congestion=told["congestion"].quantize(Decimal("0.001")),
            reconnecting=told["reconnecting"],
        )
        return HttpResponse(status=204)


class DockEnd(DockWrite):
    """The session ends now. Its booking is over then, and so are its screens."""

    def carry_out(self, session: Any) -> None:
        session_end(actor=self.actor, session=session)
