"""What shops tell by webhook through deploy/nginx.conf: body and headers arrive as they were signed."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from pytest_django.live_server_helper import LiveServer

from core.webhooks.signing import secret_make
from supplychain.models import ShopHook
from tests import servers
from tests.factories import make_park, make_tenant
from tests.supplychain import shops

pytestmark = pytest.mark.django_db(transaction=True)
NEWS = {
    "tiktok": lambda hook: shops.tell_tiktok(
        hook, {"type": 1, "tts_notification_id": "7", "data": {"order_id": "1", "order_status": "DELIVERED"}}
    ),
    "douyin": lambda hook: shops.tell_douyin(
        hook, {"tag": "101", "msg_id": "7", "data": {"p_id": "1", "pay_time": 1, "note": "直播  间"}}
    ),
    "wechat": lambda hook: shops.tell_wechat(
        hook, {"CreateTime": 1, "Event": "channels_ec_order_pay", "order_info": {"order_id": 1}}
    ),
}


@pytest.fixture
def log(live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The access log of a proxy before the site, through which from now on all shops call."""
    port = urlsplit(live_server.url).port or 0
    try:
        with servers.tls_proxy(tmp_path, tmp_path, pages=port, events=port, hooks=port) as proxy:
            trusting = ssl.create_default_context(cafile=proxy.certificate)

            def post(hook: ShopHook, body: bytes, given: dict[str, str], query: str = "") -> HttpResponse:
                line = http.client.HTTPSConnection(urlsplit(proxy.url).netloc, timeout=60, context=trusting)
                with closing(line):
                    sent = {"Content-Type": "application/json", **given}
                    line.request("POST", shops.address(hook) + query, body, sent)
                    answer = line.getresponse()
                    return HttpResponse(answer.read(), status=answer.status)

            monkeypatch.setattr(shops, "post", post)
            yield tmp_path / "livepark.log"
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))


def test_shops_are_believed_and_others_are_not(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seller = make_tenant(make_park("alpha"), "alpha-0")
    hook, secret = shops.connect(seller)
    lines = {"event": "order.lines", "data": [shops.LINE]}
    assert shops.tell(hook, secret_make(), **lines).status_code == 401
    assert shops.tell(hook, secret, **lines).status_code == 204
    assert hook.messages.count() == 1
    told: Callable[[ShopHook], HttpResponse]
    for kind, told in NEWS.items():
        hook, _secret = shops.connect(seller, kind)
        with monkeypatch.context() as patch:
            patch.setattr(shops, "APP_SECRET", "of-somebody-else-" + shops.APP_SECRET)
            assert (kind, told(hook).status_code, hook.messages.count()) == (kind, 401, 0)
        assert (kind, told(hook).status_code, hook.messages.count()) == (kind, 200, 1)
    assert "/api/v1/hooks/in/" in log.read_text()
    assert "signature" not in log.read_text()
