// Check-ins of a phone without a network: kept with the time of the tap, told as soon as there is one.
// The bookings of today are remembered, so that the door can be shown without asking the site.
(() => {
  "use strict";
  const WAITING = "livepark-check-ins";
  const KNOWN = "livepark-bookings";
  const EARLY = 30 * 60000;
  const read = (key) => JSON.parse(localStorage.getItem(key) ?? "[]");
  const write = (key, value) => localStorage.setItem(key, JSON.stringify(value));
  const said = document.getElementById("check-in-said");
  const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"];

  const say = (text) => {
    if (said) said.textContent = text;
  };

  function tell({ uid, at }) {
    return fetch(`/api/v1/bookings/${uid}/check-in`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ at }),
    });
  }

  // What the site has answered for good is forgotten; a log-in that ended or a site that is down waits.
  async function tellAll() {
    for (const one of read(WAITING)) {
      const answer = await tell(one);
      const reply = await answer.json();
      if (answer.status >= 500 || answer.status === 401 || answer.status === 403) return;
      write(WAITING, read(WAITING).filter((other) => other.uid !== one.uid));
      say(answer.ok ? said?.dataset.told : reply.detail);
    }
  }

  async function checkIn(uid) {
    const others = read(WAITING).filter((one) => one.uid !== uid);
    write(WAITING, [...others, { uid, at: new Date().toISOString() }]);
    try {
      await tellAll();
      return read(WAITING).length === 0;
    } catch {
      say(said.dataset.kept);
      return false;
    }
  }

  // The bookings of today and tomorrow, as the site shows them to whoever uses this phone.
  async function remember() {
    const day = (ahead) => new Date(Date.now() + ahead * 86400000).toLocaleDateString("sv", { timeZone: "Asia/Shanghai" });
    const answer = await fetch(`/api/v1/bookings?since=${day(0)}&until=${day(1)}`);
    if (!answer.ok) return;
    const { results } = await answer.json();
    write(KNOWN, results.filter((one) => ["confirmed", "no_show"].includes(one.state)));
  }

  // The kept page: what is open in the room of the address, by what this phone remembers.
  function showKept(list) {
    const room = decodeURIComponent(location.pathname.split("/")[2] ?? "");
    document.getElementById("door-room").textContent = room;
    const open = read(KNOWN).filter(
      (one) => one.room === room && new Date(one.starts_at) - EARLY <= Date.now() && Date.now() < new Date(one.ends_at),
    );
    document.getElementById("door-none").hidden = open.length > 0;
    for (const one of open) {
      const form = document.getElementById("door-booking").content.cloneNode(true).firstElementChild;
      form.querySelector("strong").textContent = `${one.starts_at.slice(11, 16)}–${one.ends_at.slice(11, 16)}`;
      form.dataset.checkIn = one.uid;
      list.append(form);
    }
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.checkIn) return;
    event.preventDefault();
    if (await checkIn(form.dataset.checkIn)) location.reload();
    else form.querySelector("button").hidden = true;
  });
  window.addEventListener("online", () => tellAll().catch(() => say(said?.dataset.kept)));

  const list = document.getElementById("door-bookings");
  if (list) showKept(list);
  // Only a site over https, or this machine itself, may keep pages on a phone.
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/door-worker.js");
  const quietly = () => undefined; // without a network: the next page tries again
  tellAll().then(remember).catch(quietly);
})();
