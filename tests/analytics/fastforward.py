"""Days of snapshots, played into a real page of a wall as fast as it can draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# In place of the stream from the server, of which one snapshot a second would come.
STAND_IN = """
window.EventSource = class {
    constructor() { window.stream = this; this.heard = {}; }
    addEventListener(name, handler) { (this.heard[name] ||= []).push(handler); }
    close() {}
};
"""
# Plays so many snapshots of a busy day, each a second after the one before; returns the milliseconds of one.
PLAY = """async (times) => {
    window.first ||= JSON.parse(document.getElementById("snapshot").textContent);
    window.second ||= 0;
    const changed = (list, change) => (list || []).forEach(change);
    const began = performance.now();
    for (let turn = 0; turn < times; turn += 1) {
        const n = ++window.second, next = structuredClone(window.first);
        next.at = new Date(Date.parse(window.first.at) + 1000 * n).toISOString();
        if (next.figures.gmv_paid) Object.assign(next.figures, { gmv_paid: (n * 13.37).toFixed(2), orders: n });
        changed(Array.isArray(next.rooms) ? next.rooms : [], (room, at) => {
            room.state = (n + at) % 40 ? room.state : "off";
            if (room.state === "live") room.audience = (7 * n + at) % 999;
        });
        changed(next.parks, (park, at) => { park.rooms.live = (n + at) % 30; park.hosts_live = n % 20; });
        changed(next.towns, (town, at) => { town.live = (n + at) % 30; });
        changed(next.sessions, (session, at) => { session.minutes = n % 600; session.audience = (n + at) % 500; });
        changed(next.ranking, (row, at) => { if (row.gmv_paid) row.gmv_paid = ((n + at) * 3.1).toFixed(2); });
        changed(next.campaigns, (campaign) => { campaign.next_at = next.at; });
        if (next.pace) next.pace.today = next.pace.week.slice(0, 1 + (n % 288)).map((_, at) => at * n);
        next.trend.today[n % 24] = `${n}.00`;
        next.ticker = Array.from({ length: 12 }, (_, at) => ({
            at: next.at, what: (n + at) % 2 ? "started" : "ended", room_zh: `${(n + at) % 17}`, tenant_zh: `${n}`,
        }));
        for (const handler of window.stream.heard.snapshot) handler({ data: JSON.stringify(next) });
        if (turn % 50 === 0) await new Promise(requestAnimationFrame);
    }
    return (performance.now() - began) / times;
}"""


@dataclass(frozen=True)
class Held:
    """What a page holds after its garbage was collected."""

    bytes: int
    nodes: int
    listeners: int


def memory_of(page: Page) -> Held:
    session = page.context.new_cdp_session(page)
    for _round in range(2):
        session.send("HeapProfiler.collectGarbage")
    heap, counters = session.send("Runtime.getHeapUsage"), session.send("Memory.getDOMCounters")
    session.detach()
    return Held(heap["usedSize"], counters["nodes"], counters["jsEventListeners"])
