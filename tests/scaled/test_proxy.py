"""The proxy of deploy/nginx.conf, in a real nginx: what it lets through, in which words, and what it keeps back."""

from __future__ import annotations

import http.client
import json
import re
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from core.doors.problems import CONTENT_TYPE, problem_body
from core.errors import DomainError
from tests import servers

MIB = 2**20
IMPORTS = "/portal/ming/imports/"


class Echo(BaseHTTPRequestHandler):
    """Tells which headers came, as a page would see them."""

    def do_GET(self) -> None:
        body = "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing: the test reads the answer."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the proxy has its files, and writes its logs."""
    return tmp_path_factory.mktemp("proxy")


@pytest.fixture(scope="module")
def proxy(logs: Path) -> Iterator[servers.Proxy]:
    """The proxy in front of a program that tells what it is asked; nobody listens for hooks."""
    (logs / "static").mkdir()
    (logs / "static" / "page.js").write_text("1" * 5000)
    (logs / "static" / "page.js.gz").write_text("packed")
    told = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    with ExitStack() as stack:
        stack.enter_context(told)
        threading.Thread(target=told.serve_forever, daemon=True).start()
        stack.callback(told.shutdown)
        port = told.server_address[1]
        try:
            tls = servers.tls_proxy(logs, logs / "static", pages=port, events=port, hooks=servers.free_port())
            yield stack.enter_context(tls)
        except servers.NotInstalled as missing:
            pytest.skip(str(missing))


def trusting(proxy: servers.Proxy) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=proxy.certificate)


def asked(
    proxy: servers.Proxy, path: str, plain: bool = False, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, str]:
    """The answer to a request without a body, and its text."""
    connect = (
        http.client.HTTPConnection(urlsplit(proxy.plain).netloc, timeout=10)
        if plain
        else http.client.HTTPSConnection(urlsplit(proxy.url).netloc, timeout=10, context=trusting(proxy))
    )
    with closing(connect):
        connect.request(
            method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connect.getresponse()
        return answer, answer.read().decode("utf-8")


@pytest.mark.parametrize("path", ["/", "/events/wall/alpha/"])
def test_what_a_caller_says_of_the_way_here_counts_for_nothing(proxy: servers.Proxy, path: str) -> None:
    forged = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http"}
    _answer, told = asked(proxy, path, **forged)
    assert re.findall(r"(?im)^x-forwarded-(\w+): (.*)$", told) == [("For", "127.0.0.1"), ("Proto", "https")]
    # The port belongs to the origin that a browser names in its forms, and to every address that pages tell.
    assert f"Host: {urlsplit(proxy.url).netloc}" in told


def test_without_tls_there_is_nothing_but_the_way_to_it(proxy: servers.Proxy) -> None:
    answer, _text = asked(proxy, "/door/room-1/?lang=en", plain=True)
    assert (answer.status, answer.headers["Location"]) == (301, "https://127.0.0.1/door/room-1/?lang=en")


def test_what_is_kept_for_long_comes_packed_and_nothing_else_lies_open(proxy: servers.Proxy) -> None:
    answer, text = asked(proxy, "/static/page.js", Accept_Encoding="gzip")
    assert (answer.headers["Content-Encoding"], text) == ("gzip", "packed")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in ("/static/../tls.key", "/static../tls.key", "/static/%2e%2e/tls.key", "/media/x", "/static/"):
        answer, text = asked(proxy, path)
        assert "PRIVATE KEY" not in text
        assert answer.status in (400, 403, 404) or "X-Forwarded" in text, path


@pytest.mark.parametrize(("path", "length"), [(IMPORTS, 600 * MIB), ("/login/", 17 * MIB)])
def test_what_is_too_large_is_told_with_the_limits(proxy: servers.Proxy, path: str, length: int) -> None:
    with sending(proxy, length, path) as line:
        head, _blank, body = line.recv(65536).decode("utf-8").partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 413 ")
    for text in body.partition('lang="en"')[::2]:
        assert "512 MiB" in text
        assert "8 MiB" in text
    assert settings.LIVEPARK_BYTES_PER_UPLOAD == 512 * MIB
    assert settings.LIVEPARK_BYTES_PER_BATCH == 8 * MIB


def test_a_tool_hears_in_the_words_of_the_api_that_its_batch_is_too_large(proxy: servers.Proxy) -> None:
    with sending(proxy, 17 * MIB, "/api/v1/orders/bulk") as line:
        head, _blank, body = line.recv(65536).decode("utf-8").partition("\r\n\r\n")
    assert f"Content-Type: {CONTENT_TYPE}" in head
    assert_problem(body, 413, "too_large")


def assert_problem(body: str, status: int, code: str) -> None:
    told = json.loads(body)
    assert (told["status"], told["code"]) == (status, code)
    assert told.keys() == problem_body(DomainError()).keys()


def test_who_asks_a_site_that_is_away_reads_what_to_do(tmp_path: Path) -> None:
    """First nobody answers in time, then nobody is there; the page asks again only where nothing may be done twice."""
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = silent.getsockname()[1]
        try:
            tls = servers.tls_proxy(tmp_path, tmp_path, patience="1s", pages=port, events=port, hooks=port)
            proxy = stack.enter_context(tls)
        except servers.NotInstalled as missing:
            pytest.skip(str(missing))
        for status, code, asks_again in ((504, "site_slow", False), (502, "site_away", True)):
            answer, page = asked(proxy, "/portal/ming/")
            assert answer.status == status
            for text in ('<p lang="zh">系统', '<p lang="en">'):
                assert text in page
            assert ('http-equiv="refresh"' in page) == asks_again
            assert "//" not in page, "nothing of it comes from elsewhere"
            _answer, page = asked(proxy, "/portal/ming/approve", method="POST")
            assert "http-equiv" not in page
            answer, told = asked(proxy, "/api/v1/me")
            assert (answer.status, answer.headers["Content-Type"]) == (status, CONTENT_TYPE)
            assert answer.headers["Retry-After"] == "5"
            assert_problem(told, status, code)
            silent.close()


def test_who_sends_what_the_proxy_has_no_room_for_reads_why(tmp_path: Path) -> None:
    """It takes in a file whole before a page begins, and on a full disk said 500 without a word."""
    bodies = tmp_path / "a"  # as in servers.PROXY
    bodies.mkdir()
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(servers.small_disk(bodies, 1))
            port = servers.free_port()
            proxy = stack.enter_context(
                servers.tls_proxy(tmp_path, tmp_path, pages=port, events=port, hooks=port)
            )
        except servers.NotInstalled as missing:
            pytest.skip(str(missing))
        disk.fill()
        for path in (IMPORTS, "/api/v1/orders/bulk"):
            with sending(proxy, MIB, path) as line:
                line.sendall(b"x" * (MIB - 1))
                head, _blank, body = line.makefile("rb").read().decode("utf-8").partition("\r\n\r\n")
            assert head.startswith("HTTP/1.1 503 ")
            if path == IMPORTS:
                assert '<p lang="zh">服务器目前收不下' in body
                assert '<p lang="en">The server cannot take in' in body
            else:
                assert_problem(body, 503, "disk_full")


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        (IMPORTS, settings.LIVEPARK_BYTES_PER_UPLOAD),
        ("/portal/ming/reports/", settings.LIVEPARK_BYTES_PER_UPLOAD),
        ("/api/v1/orders/bulk", settings.LIVEPARK_BYTES_PER_BATCH),
    ],
)
def test_what_is_a_little_too_large_the_site_refuses_in_its_own_words(
    proxy: servers.Proxy, path: str, limit: int
) -> None:
    with sending(proxy, limit + MIB, path) as line:
        assert select.select([line], [], [], 0.3) == ([], [], [])


def test_one_address_has_few_files_on_the_disk_at_a_time(proxy: servers.Proxy) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(sending(proxy, MIB, IMPORTS)) for _number in range(11)]
        refused = [line for line in lines if select.select([line], [], [], 0.3)[0]]
        (told,) = [line.recv(65536).decode("utf-8") for line in refused]
        assert told.startswith("HTTP/1.1 429 ")
        assert '<p lang="zh">您的网络正在同时上传十个文件' in told
        assert '<p lang="en">Ten files are being uploaded' in told
        with sending(proxy, 4) as line:
            line.sendall(b"yes")
            assert select.select([line], [], [], 10)[0], "everything else goes on"


def test_no_log_has_the_secret_of_a_node(proxy: servers.Proxy, logs: Path) -> None:
    with sending(proxy, 17 * MIB, "/api/v1/stream-hooks/srs/publish/lsn_secret") as line:
        assert line.recv(13) == b"HTTP/1.1 413 "
    asked(proxy, "/api/v1/stream-hooks/srs/publish/lsn_secret")  # nobody listens: 502
    told = {path.name: path.read_text() for path in logs.glob("*.log")}
    assert "(address kept back)" in told["livepark.log"]
    assert not [name for name, text in told.items() if "lsn_secret" in text]


def test_a_browser_has_one_connection_for_all_its_walls(proxy: servers.Proxy) -> None:
    """By HTTP/1.1 each open stream holds one of six."""
    context, where = trusting(proxy), urlsplit(proxy.url)
    context.set_alpn_protocols(["h2", "http/1.1"])
    assert where.port
    with context.wrap_socket(
        socket.create_connection(("127.0.0.1", where.port), timeout=10), server_hostname="127.0.0.1"
    ) as line:
        assert line.selected_alpn_protocol() == "h2"


def sending(proxy: servers.Proxy, length: int, path: str = "/login/") -> ssl.SSLSocket:
    """A connection on which somebody begins to send that many bytes."""
    where = urlsplit(proxy.url)
    assert where.port
    line = trusting(proxy).wrap_socket(
        socket.create_connection(("127.0.0.1", where.port), timeout=10), server_hostname="127.0.0.1"
    )
    line.sendall(
        f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {length}\r\n\r\nx".encode()
    )
    return line


def test_who_sends_slowly_holds_no_process(tmp_path: Path) -> None:
    """Each page that waits for the rest of a form holds a connection to the database; forty took the site away."""
    with ExitStack() as stack:
        pages = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = pages.getsockname()[1]
        try:
            proxy = stack.enter_context(
                servers.tls_proxy(tmp_path, tmp_path, pages=port, events=port, hooks=port)
            )
        except servers.NotInstalled as missing:
            pytest.skip(str(missing))
        line = stack.enter_context(sending(proxy, 4))
        assert select.select([pages], [], [], 0.5) == ([], [], [])
        line.sendall(b"yes")
        asker, _address = pages.accept()
        with asker:
            asker.settimeout(10)
            assert asker.recv(65536).endswith(b"\r\n\r\nxyes")
