"""A site whose disk is full, database, uploads and log alike: it says so, keeps nothing by halves, and goes on."""

from __future__ import annotations

import http.cookiejar
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from analytics.demo.logins import DEMO_PASSWORD
from tests import servers
from tests.scaled.conftest import wait_until
from tests.scaled.http import Shop, line
from tests.scaled.sites import DATABASE, SELLERS, copy_of, key_of, marks, select_from
from tests.scaled.test_proxy import assert_problem

BOUNDARY = "of-a-form"
WHY = '\x1e["A disk of this site is full. Tell who runs it; once there is room, start this again.", null]'


class Person:
    """Somebody of a tenant who is logged in by a browser without scripts."""

    def __init__(self, url: str) -> None:
        self.url, self._jar = url, http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self.ask("/login/")
        _status, _page, home = self.ask("/login/", username="tenant", password=DEMO_PASSWORD)
        self.portal = home.removeprefix(url)

    def ask(self, path: str, body: bytes = b"", kind: str = "", **form: str) -> tuple[int, str, str]:
        """Look at a page, or send it a form: the status, the text, and where that stands."""
        if form:
            body = urlencode({"csrfmiddlewaretoken": self._token, **form}).encode()
        headers = {"Content-Type": kind} if kind else {}
        request = urllib.request.Request(self.url + path, body or None, headers)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(), answer.url
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode(), refusal.url

    def upload(self, page: str, text: str) -> tuple[int, str, str]:
        """Bring a file to a page of the portal."""
        part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
        body = f'{part}"csrfmiddlewaretoken"\r\n\r\n{self._token}\r\n'
        body += f'{part}"file"; filename="sales.csv"\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n'
        return self.ask(f"{self.portal}{page}/", body.encode(), f"multipart/form-data; boundary={BOUNDARY}")

    @property
    def _token(self) -> str:
        return next(str(cookie.value) for cookie in self._jar if cookie.name == "csrftoken")


def sales(rows: int) -> str:
    head = "order_no,line_no,时间,数量,金额,SKU编码\n"
    return head + "".join(f"H{row},1,2025-06-01 20:{row % 60:02d}:00,1,10.00,S1\n" for row in range(rows))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[servers.SmallDisk]:
    try:
        with servers.small_disk(tmp_path, 80) as disk:
            yield disk
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))


def test_a_site_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    live_site: servers.Site, disk: servers.SmallDisk
) -> None:
    env = copy_of(live_site, disk.folder)
    (disk.folder / "tmp").mkdir()
    select, small, large = select_from(env), sales(1_000), sales(30_000)

    def kept() -> set[Path]:
        return {path for path in disk.folder.rglob("*") if path.is_file() and DATABASE not in path.name}

    def ended() -> tuple[str, str] | None:
        """How the last import ended, and what it says."""
        jobs = "FROM core_job WHERE kind = 'sales-import' ORDER BY id DESC LIMIT 1"
        ((state, message),) = select(f"SELECT state, message {jobs}")
        return (state, message) if state in ("done", "failed") else None

    with servers.serve({**env, "TMPDIR": str(disk.folder / "tmp")}) as site:
        shop, person = Shop(site.url, key_of(live_site), SELLERS[0]), Person(site.url)
        status, _page, batch = person.upload("imports", large)
        assert status == 200
        batch = batch.removeprefix(site.url)

        # no room at all: whoever looks sees, whoever brings something reads why it was not taken
        disk.fill()
        before = kept()
        for page in ("imports", "reports"):
            for text in (small, large):  # kept in memory while it comes, and on the disk
                status, said, _address = person.upload(page, text)
                assert (status, "本站磁盘无法再写入。未保存任何内容" in said) == (503, True)
        told = shop.send([line("in-vain")])
        assert_problem(told.decode(), 503, "disk_full")
        for page in ("/", person.portal, f"{person.portal}imports/", batch):
            assert person.ask(page)[0] == 200
        assert kept() == before

        # there is room for it to begin, and none to end: the job says why it ended
        disk.make_room()
        disk.fill(leave=600_000)
        assert person.ask(f"{batch}confirm/", again="yes")[0] == 200
        wait_until(ended, seconds=20)
        assert ended() == ("failed", WHY)
        assert "本站磁盘已满" in person.ask(batch)[1]

        disk.make_room()
        assert json.loads(shop.send([line("in-time")]))["counts"]["stored"] == 1
        assert person.ask(f"{batch}confirm/", again="yes")[0] == 200
        wait_until(lambda: ended() not in (None, ("failed", WHY)), seconds=60)
        assert ended()[0] == "done", ended()
        wait_until(lambda: not marks(select), seconds=20)
        names = "order_no IN ('in-vain', 'in-time', 'H0', 'H29999')"
        stored = select(f"SELECT order_no FROM supplychain_salesevent WHERE {names} ORDER BY order_no")  # noqa: S608
        assert [name for (name,) in stored] == ["H0", "H29999", "in-time"]
