"""A site whose disk is full, database, uploads and log alike: it says so, keeps nothing by halves, and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.demo.logins import DEMO_PASSWORD
from tests import servers
from tests.scaled.conftest import wait_until
from tests.scaled.http import Person, Shop, line
from tests.scaled.sites import DATABASE, SELLERS, copy_of, key_of, marks, select_from
from tests.scaled.test_proxy import assert_problem

WHY = '\x1e["A disk of this site is full. Tell who runs it; once there is room, start this again.", null]'


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
        shop, person = (
            Shop(site.url, key_of(live_site), SELLERS[0]),
            Person(site.url, "tenant", DEMO_PASSWORD),
        )
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
        wait_until(ended, seconds=60)
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
