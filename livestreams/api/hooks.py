"""The hooks of media nodes: a node asks on behalf of its encoders and hears yes or no in the words of its program.

A node proves itself by its secret: in the header X-Stream-Hook-Secret or, where its program cannot send headers, as the
last part of the address. Every refusal reads the same; its reason is kept for the people whom it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from core.sqlite3.turns import urgent
from core.strict import StrictError, load_json
from livestreams.choices import MediaServer
from livestreams.mediaservers import mediamtx, nginx_rtmp, srs
from livestreams.models import MediaNode
from livestreams.publishing import Claim, Malformed
from livestreams.services import (
    Answer,
    broadcast_target,
    node_by_secret,
    publish_ask,
    publish_done,
    publish_refuse,
)

HEADER = "X-Stream-Hook-Secret"
MOST = 64 * 1024
REFUSED = 403


@method_decorator(csrf_exempt, name="dispatch")
class Hook(View):
    """One address of one program. Only a node that runs this program is heard."""

    http_method_names = ["post"]
    program: ClassVar[MediaServer]

    def post(self, request: HttpRequest, secret: str = "", **where: str) -> HttpResponse:
        node = node_by_secret(request.headers.get(HEADER) or secret)
        if node is None or node.kind != self.program:
            return self.refusal()
        with urgent():  # an encoder waits for the answer
            return self.hear(node, **where)

    def hear(self, node: MediaNode, **where: str) -> HttpResponse:
        raise NotImplementedError

    def refusal(self) -> HttpResponse:
        return HttpResponse("refused\n", status=REFUSED, content_type="text/plain")

    def consent(self) -> HttpResponse:
        return HttpResponse(status=204)

    def ask(self, node: MediaNode, call: str, claim: Callable[[], Claim], address: Any = "") -> Answer:
        """Let services decide on a claim; `address` is whose it is where there is none to be read."""
        try:
            return publish_ask(node=node, call=call, claim=claim())
        except Malformed as malformed:
            return publish_refuse(node=node, call=call, malformed=malformed, address=str(address))

    def body(self) -> Mapping[str, Any]:
        """The JSON object that was sent; nothing for everything else."""
        try:
            body = load_json(self.request.body, max_bytes=MOST)
        except StrictError:
            return {}
        return body if isinstance(body, dict) else {}


class NginxRtmp(Hook):
    """nginx-rtmp names the call by the address: what an encoder adds to the form cannot change it."""

    program = MediaServer.NGINX_RTMP

    def hear(self, node: MediaNode, **where: str) -> HttpResponse:
        fields, call = dict(self.request.POST.lists()), where["call"]
        if call == "target":
            return self.tell_target(node, "".join(fields.get("name", ())[:1]))
        if call == "publish_done":
            publish_done(node=node, client=nginx_rtmp.client_of(fields))
            return self.consent()
        if call not in ("publish", "update") or nginx_rtmp.is_player(fields):
            return self.consent()
        address = "".join(fields.get("addr", ())[:1])
        answer = self.ask(node, call, lambda: nginx_rtmp.claim_of(fields), address)
        if not answer.let_in:
            return self.refusal()
        # The stream goes on under the name that is told here.
        return (
            HttpResponse(status=302, headers={"Location": answer.name})
            if call == "publish"
            else self.consent()
        )

    def tell_target(self, node: MediaNode, name: str) -> HttpResponse:
        """Where to hand a picture on to: the platform's server and its stream key, a line each; nothing for nowhere."""
        if not name.isprintable():
            return self.refusal()
        target = broadcast_target(node=node, name=name)
        if target is None:
            return self.consent()
        return HttpResponse(f"{target.server}\n{target.key}\n", content_type="text/plain")


class Srs(Hook):
    """SRS names the call in the body, and takes only `{"code": 0}` for a yes."""

    program = MediaServer.SRS

    def hear(self, node: MediaNode, **where: str) -> HttpResponse:
        body = self.body()
        action = body.get("action")
        if action == "on_publish":
            answer = self.ask(node, "publish", lambda: srs.claim_of(body), body.get("ip", ""))
            return self.consent() if answer.let_in else self.refusal()
        if action == "on_unpublish":
            publish_done(node=node, client=srs.client_of(body))
        return self.consent() if isinstance(action, str) else self.refusal()

    def refusal(self) -> HttpResponse:
        return JsonResponse({"code": REFUSED, "msg": "refused"})

    def consent(self) -> HttpResponse:
        return JsonResponse({"code": 0})


class MediaMtxAuth(Hook):
    """MediaMTX asks before anybody publishes or reads. Only its own machine may read: a stream's name is no secret."""

    program = MediaServer.MEDIAMTX

    def hear(self, node: MediaNode, **where: str) -> HttpResponse:
        body = self.body()
        if body.get("action") in ("read", "playback"):
            return self.consent() if body.get("ip") in mediamtx.ITSELF else self.refusal()
        if body.get("action") != "publish":
            return self.refusal()
        if not mediamtx.has_credentials(body):
            # Some encoders show what they have only when they are told to.
            return HttpResponse(status=401)
        answer = self.ask(node, "publish", lambda: mediamtx.claim_of(body), body.get("ip", ""))
        return self.consent() if answer.let_in else self.refusal()


class MediaMtxEvents(Hook):
    """What the commands of MediaMTX post: a stream is there, or is there no longer."""

    program = MediaServer.MEDIAMTX

    def hear(self, node: MediaNode, **where: str) -> HttpResponse:
        if self.request.POST.get("event") in mediamtx.GONE:
            publish_done(node=node, client=self.request.POST.get("source_id", ""))
        return self.consent()
