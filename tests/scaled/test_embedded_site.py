"""An embedded site is one process on one SQLite file: it may be killed, written to from all sides, and stopped."""

from __future__ import annotations

import os
import signal
import threading
import time
import urllib.request
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from tests import servers
from tests.scaled.conftest import wait_until
from tests.scaled.http import Shop, line
from tests.scaled.sites import (
    SELLERS,
    all_counted,
    copy_of,
    key_of,
    marks,
    screen_key_of,
    select_from,
    write_to,
)
from tests.servers import Site

BUSY = 503


class Persistent(threading.Thread):
    """A shop that sends batches, each again and again until it gets an answer that is not "come back"."""

    def __init__(self, shop: Shop, name: str, batches: int, lines: int) -> None:
        super().__init__(name=name, daemon=True)
        self.shop, self.batches, self.lines = shop, batches, lines

    def run(self) -> None:
        for number in range(self.batches):
            name = f"{self.name}-{number}"
            batch = [line(f"{name}-{index}", f"{index}.05") for index in range(self.lines)]
            while not self._answered(batch, name):
                time.sleep(0.1)

    def _answered(self, batch: list[dict[str, object]], name: str) -> bool:
        try:
            self.shop.send(batch, key=name)
        except OSError:
            return False
        return self.shop.statuses[-1] != BUSY


def shops(site: Site, number: int, *, prefix: str, **more: int) -> list[Persistent]:
    secret = key_of(site)
    return [
        Persistent(Shop(site.url, secret, SELLERS[index % len(SELLERS)]), f"{prefix}{index}", **more)
        for index in range(number)
    ]


def answers_of(writers: list[Persistent]) -> set[int]:
    return {status for writer in writers for status in writer.shop.statuses}


def hourly_file(target: Path, orders: int) -> Path:
    """A file of sales with an order in each of so many hours."""
    first = datetime(2020, 1, 1)  # noqa: DTZ001  (files hold times without a zone)
    rows = (f"H{index},1,{first + timedelta(hours=index)},1,10.00,S1\n" for index in range(orders))
    target.write_text("order_no,line_no,时间,数量,金额,SKU编码\n" + "".join(rows))
    return target


def test_eight_writers_and_a_second_process_beside_the_worker(live_site: Site) -> None:
    writers = shops(live_site, 8, prefix="w", batches=12, lines=40)
    select = select_from(live_site.env)
    for writer in writers:
        writer.start()
    live_site.manage("rollup")
    for writer in writers:
        writer.join(60)
    assert answers_of(writers) <= {200, BUSY}, "a busy database asks to come back, it does not fail"
    assert select("SELECT COUNT(*) FROM supplychain_salesevent WHERE order_no LIKE 'w_-%-%'") == [
        (8 * 12 * 40,)
    ]
    all_counted(select, seconds=20)
    assert "Traceback" not in live_site.server.output()


def test_a_site_that_is_killed_twice_ends_exact(live_site: Site, tmp_path: Path) -> None:
    env = copy_of(live_site, tmp_path)
    select = select_from(env)
    job = "SELECT state, attempt, done FROM core_job WHERE kind = 'sales-import'"
    file = hourly_file(tmp_path / "orders.csv", 10_000)
    stage_and_confirm = (
        "from core.actors import system_actor; from tenants.models import Tenant\n"
        "from supplychain.services import import_confirm, import_stage\n"
        f"chunks, tenant = [open('{file}', 'rb').read()], Tenant.objects.get(code='{SELLERS[0]}')\n"
        "batch = import_stage(actor=system_actor('test'), tenant=tenant, file_name='f.csv', chunks=chunks)\n"
        "import_confirm(actor=system_actor('test'), batch=batch)"
    )
    servers.manage(env, "shell", "-v", "0", "-c", stage_and_confirm)

    with servers.serve(env) as site:
        port = int(site.url.rpartition(":")[2])
        writers = shops(site, 4, prefix="k", batches=10, lines=10)
        for writer in writers:
            writer.start()
        wait_until(lambda: select(job)[0][0] == "running" and select(job)[0][2], seconds=30, every=0.005)
        site.server.kill()
    assert select(job)[0][:2] == ("running", 1), "killed in the middle of the import"
    assert not select("SELECT 1 FROM supplychain_salesevent WHERE order_no = 'H0'"), (
        "all of a file or nothing"
    )

    write_to(env, "UPDATE core_job SET heartbeat_at = '2020-01-01 00:00:00'")
    with servers.serve(env, port) as site:
        wait_until(
            lambda: select(job)[0][0] == "done" and 1_000 < marks(select) < 10_000, seconds=60, every=0.005
        )
        site.server.kill()
    assert 1_000 < marks(select) < 10_000, "killed in the middle of the count"

    with servers.serve(env, port):
        for writer in writers:
            writer.join(60)
        all_counted(select, seconds=60)
    assert answers_of(writers) <= {200, BUSY}
    assert select(job)[0][:2] == ("done", 2)
    assert select("SELECT COUNT(*) FROM supplychain_salesevent WHERE order_no LIKE 'H%'") == [(10_000,)]
    assert select("SELECT COUNT(*) FROM supplychain_salesevent WHERE order_no LIKE 'k_-%-%'") == [(400,)]


def simulations_of(url: str) -> list[int]:
    """The processes that let the demo's day go on at a site."""
    wanted = ["simulate", "--url", url]
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if path.read_text().split("\0")[2:5] == wanted:
                found.append(int(path.parent.name))
    return found


def test_the_simulation_ends_with_its_site_however_that_ends(live_site: Site, tmp_path: Path) -> None:
    with servers.serve(copy_of(live_site, tmp_path), None, "--simulate") as site:
        wait_until(lambda: simulations_of(site.url), seconds=30)
        site.server.process.kill()
        try:
            wait_until(lambda: not simulations_of(site.url), seconds=30)
        finally:
            for pid in simulations_of(site.url):
                os.kill(pid, signal.SIGKILL)


def test_ctrl_c_ends_a_site_with_open_screens_quietly(live_site: Site, tmp_path: Path) -> None:
    with servers.serve(copy_of(live_site, tmp_path)) as site:
        address = f"{site.url}/events/wall/tiny/?key={screen_key_of(site)}"
        screens = [urllib.request.urlopen(address, timeout=10) for _number in range(3)]
        assert all(screen.readline().startswith(b"retry") for screen in screens)
        asked = time.monotonic()
        site.server.process.send_signal(signal.SIGINT)
        assert site.server.process.wait(timeout=10) == 0
        assert time.monotonic() - asked < 5
        assert site.server.output().rstrip().endswith("Ctrl-C stops it."), "and says nothing"
