// Check-ins of a phone without a network: kept with the time of the first tap, told as soon as there is one. What is
// not told yet, and what the site refused, stays on the page until it is told or read.
// The bookings of today are remembered, so that the door can be shown without asking the site: of each only what the
// door takes, under whoever is logged in, and until that person logs out (livepark.js) or somebody else is seen here.
(() => {
  "use strict";
  const said = document.getElementById("check-in-said");
  // The page that is kept for a door names nobody: whoever was here last stands before it.
  const user = said.dataset.user || localStorage.getItem("livepark-user");
  const KEPT = `livepark-check-ins:${user}`;
  const KNOWN = `livepark-bookings:${user}`;
  const TOLD = `livepark-checked-in:${user}`;
  // What somebody before left on a shared phone goes, also where nobody checks in.
  if (said.dataset.user) {
    for (const key of Object.keys(localStorage)) {
      if (/^livepark-(bookings|checked-in)/.test(key) && ![KNOWN, TOLD].includes(key)) localStorage.removeItem(key);
    }
    localStorage.setItem("livepark-user", user);
  }
  if ("onlyClears" in said.dataset) return;
  const OF_THE_DOOR = ["uid", "room", "name", "state", "check_in_from", "starts_at", "ends_at"];
  const read = (key) => JSON.parse(localStorage.getItem(key) ?? "[]");
  const write = (key, value) => localStorage.setItem(key, JSON.stringify(value));
  const kept = (uid) => read(KEPT).find((one) => one.uid === uid);
  // A page that was kept for a door is older than the log-in: the cookie is what the site compares with.
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";

  function show() {
    const line = (kind, one, text) => {
      const element = document.getElementById(`check-in-${kind}`).content.cloneNode(true).firstElementChild;
      element.querySelector("[data-what]").textContent = one.what;
      element.querySelector("[data-text]")?.append(text);
      element.querySelector("button")?.addEventListener("click", () => settle(one.uid));
      said.append(element);
    };
    said.replaceChildren();
    for (const one of read(TOLD)) line("told", one);
    for (const one of read(KEPT)) {
      if (one.refused) line("refused", one, one.refused);
      else line("waiting", one);
    }
    // The browser would keep what lies below in its place and push the news out of the screen.
    if (said.childElementCount) said.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  function settle(uid) {
    write(KEPT, read(KEPT).filter((one) => one.uid !== uid));
    show();
  }

  // How far this phone's clock is ahead of the site's, in milliseconds, where that is more than a slow answer: whoever
  // stands at the door must not be refused because the phone tells the time wrongly.
  async function ahead() {
    const answer = await fetch("/door/", { method: "HEAD", cache: "no-store" });
    const off = Date.now() - Date.parse(answer.headers.get("Date"));
    return Math.abs(off) > 60_000 ? off : 0;
  }

  function tell({ uid, at }, off) {
    return fetch(`/api/v1/bookings/${uid}/check-in`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ at: new Date(Date.parse(at) - off).toISOString() }),
    });
  }

  // A log-in that ended and a site that is busy are waited for; every other answer is for good. A page that was left
  // open tells nothing once somebody else is logged in: the site would take it for theirs.
  async function tellAll() {
    if (localStorage.getItem("livepark-user") !== user) return;
    const waiting = read(KEPT).filter((each) => !each.refused);
    const off = waiting.length ? await ahead() : 0;
    for (const one of waiting) {
      const answer = await tell(one, off);
      if (answer.status >= 500 || [401, 403, 429].includes(answer.status)) return;
      const reply = await answer.json();
      const others = read(KEPT).filter((other) => other.uid !== one.uid);
      if (answer.ok) write(TOLD, [...read(TOLD).filter((other) => other.uid !== one.uid), one]);
      write(KEPT, answer.ok ? others : [...others, { ...one, refused: reply.detail }]);
      show();
    }
  }

  // Told twice, a check-in counts once, with the time of the first tap; one that was refused may be tried again.
  async function checkIn(uid, what) {
    if (!kept(uid) || kept(uid).refused) {
      write(KEPT, [...read(KEPT).filter((one) => one.uid !== uid), { uid, what, at: new Date().toISOString() }]);
    }
    show();
    await tellAll();
    return !kept(uid);
  }

  // What stands on the door; of a room that another park lends only the code is known here.
  async function nameOf(room) {
    const answer = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}`);
    if (!answer.ok) return room;
    const { name_zh, name_en } = await answer.json();
    return (document.documentElement.lang.startsWith("en") && name_en) || name_zh;
  }

  // The bookings of today and tomorrow, as the site shows them to whoever uses this phone.
  async function remember() {
    const day = (ahead) => new Date(Date.now() + ahead * 86400000).toLocaleDateString("sv", { timeZone: "Asia/Shanghai" });
    const answer = await fetch(`/api/v1/bookings?since=${day(0)}&until=${day(1)}`);
    if (!answer.ok) return;
    const { results } = await answer.json();
    const open = results.filter((one) => ["confirmed", "no_show"].includes(one.state));
    const rooms = [...new Set(open.map(({ room }) => room))];
    const names = new Map(await Promise.all(rooms.map(async (room) => [room, await nameOf(room)])));
    const known = open.map((one) => ({ ...one, name: names.get(one.room) }));
    write(KNOWN, known.map((one) => Object.fromEntries(OF_THE_DOOR.map((name) => [name, one[name]]))));
  }

  // The kept page: what is open in the room of the address, by what this phone remembers.
  function showKept(list) {
    const room = decodeURIComponent(location.pathname.split("/")[2] ?? "");
    const here = read(KNOWN).filter((one) => one.room === room);
    const name = here[0]?.name ?? room;
    document.getElementById("door-room").textContent = name;
    const open = here.filter(
      (one) => Date.parse(one.check_in_from) <= Date.now() && Date.now() < Date.parse(one.ends_at),
    );
    document.getElementById("door-none").hidden = open.length > 0;
    for (const one of open.filter(({ uid }) => !kept(uid))) {
      const form = document.getElementById("door-booking").content.cloneNode(true).firstElementChild;
      const time = `${one.starts_at.slice(11, 16)}–${one.ends_at.slice(11, 16)}`;
      form.querySelector("strong").textContent = time;
      form.dataset.checkIn = one.uid;
      form.dataset.what = `${name} ${time}`;
      list.append(form);
    }
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.checkIn) return;
    event.preventDefault();
    const told = await checkIn(form.dataset.checkIn, form.dataset.what).catch(() => false);
    if (told) return location.reload();
    // What was refused may be tried again, though the form takes one press (data-once).
    const button = form.querySelector("button");
    button.disabled = false;
    button.hidden = !kept(form.dataset.checkIn)?.refused;
  });
  const quietly = () => undefined; // without a network: the lines on the page say what waits
  // Good news are told on one page only.
  const again = () => tellAll().then(() => localStorage.removeItem(TOLD)).catch(quietly);
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", () => document.hidden || again());

  const list = document.getElementById("door-bookings");
  if (list) showKept(list);
  show();
  // Only a site over https, or this machine itself, may keep pages on a phone.
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/door-worker.js");
  again().then(remember).catch(quietly);
})();
