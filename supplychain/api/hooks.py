"""The address that shops call. Each platform signs by its own rule and waits for its own answer, so this is no REST."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from core.errors import NotFound
from supplychain.services import shop_call, shop_greeting
from supplychain.shophooks import Call, Untrusted
from supplychain.shophooks.incoming import MOST_BYTES


@method_decorator(csrf_exempt, name="dispatch")
class ShopDoor(View):
    """One connection. Who is not its shop hears 401, whatever was wrong, also that there is none."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        call = _call(request, b"")
        try:
            return _plain(200, shop_greeting(hook_uid=uid, call=call))
        except (NotFound, Untrusted):
            return _plain(401, "refused")

    def post(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        try:
            body = request.read(MOST_BYTES + 1)
        except UnreadablePostError:
            return _plain(400, "the body broke off")
        if len(body) > MOST_BYTES:
            return _plain(413, "too large")
        try:
            status, text, content_type = shop_call(hook_uid=uid, call=_call(request, body))
        except (NotFound, Untrusted):
            return _plain(401, "refused")
        return HttpResponse(text, status=status, content_type=content_type)


def _call(request: HttpRequest, body: bytes) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(body=body, headers=headers, query=request.GET.dict())


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")
