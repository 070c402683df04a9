// The day of the rooms: drag over what is free to book it, drag a booking to move it. On a phone the tenant's page shows
// bars instead.
(function draw() {
  "use strict";
  const calendarPlace = document.getElementById("rooms-calendar");
  if (!calendarPlace) return;
  const desk = window.matchMedia("(width >= 992px)");
  if (calendarPlace.dataset.desk !== undefined && !desk.matches) {
    desk.addEventListener("change", draw, { once: true });  // a tablet is turned, a window drawn wide
    return;
  }
  const day = JSON.parse(document.getElementById("rooms-day").textContent);
  const pad = (number) => String(number).padStart(2, "0");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

  const naive = (date) =>
    `${date.toLocaleDateString("sv")}T${pad(date.getHours())}:${pad(date.getMinutes())}:00`;

  const said = document.getElementById("rooms-said");
  const titles = new Map(day.resources.flatMap((each) => each.children ?? [each]).map((each) => [each.id, each.title]));
  // "Room 03 11-30 08:00–10:00", of what the API tells in the park's time.
  const placed = ({ room, starts_at, ends_at }) =>
    `${titles.get(room) ?? room} ${starts_at.slice(5, 10)} ${starts_at.slice(11, 16)}–${ends_at.slice(11, 16)}`;

  function say(text, refused) {
    said.textContent = text;
    for (const name of said.dataset.refused.split(" ")) said.classList.toggle(name, refused);
  }

  async function send(uid, wanted) {
    const token = document.querySelector("#rooms-token [name=csrfmiddlewaretoken]").value;
    const answer = await fetch(`${day.move}${uid}/move`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(wanted),
    });
    return { ok: answer.ok, reply: await answer.json() };
  }

  // What leaving a place costs is the server's to say, at the moment at which it is left: it is asked, and sent again.
  // Null where the answer is no.
  async function place(uid, wanted, may_give_up = "0.00") {
    const answer = await send(uid, { ...wanted, may_give_up });
    if (answer.reply.code !== "gives_up") return answer;
    return window.confirm(answer.reply.detail) ? place(uid, wanted, answer.reply.gives_up) : null;
  }

  const wish = (event) => ({ starts_at: naive(event.start), ends_at: naive(event.end), room: event.resourceIds[0] });

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = said.dataset.button;
    made.textContent = text;
    // A second click while the first is asked about would be a second move.
    made.addEventListener("click", async () => {
      const buttons = said.querySelectorAll("button");
      for (const each of buttons) each.disabled = true;
      await act();
      for (const each of buttons) each.disabled = false;
    });
    said.append(made);
  }

  // An answer, or the reason why there is none, in its shape.
  const answered = (uid, wanted) =>
    place(uid, wanted).catch((error) => ({ ok: false, lost: true, reply: { detail: error.message } }));

  // A hand slips: what was moved goes back by one click, as a move like any other, which may be refused by now.
  function offerBack(uid, before) {
    said.append(" ");
    button(day.words.undo, async () => {
      const answer = await answered(uid, wish(before));
      if (!answer) return;
      const { ok, reply, lost } = answer;
      say(ok ? `${day.words.undone} ${placed(reply)}` : reply.detail, !ok);
      if (ok) calendar.updateEvent(before);
      if (lost) offerBack(uid, before);
    });
  }

  // What is free instead, each one click away. It may lie on another day, which is shown then.
  function offer(uid, windows) {
    if (!windows?.length) return;
    said.append(` ${day.words.instead} `);
    for (const window of windows) {
      button(placed(window), async () => {
        const answer = await answered(uid, window);
        if (!answer) return;
        const { ok, reply } = answer;
        if (!ok) return say(reply.detail, true);
        const address = new URL(location.href);
        address.searchParams.set("day", reply.starts_at.slice(0, 10));
        location.assign(address);
      });
    }
  }

  // The API decides: what it refuses goes back to its place, with the reason and what is free below the calendar.
  async function move({ event, oldEvent, revert }) {
    say("", false);
    const uid = event.extendedProps.own;
    const answer = await answered(uid, wish(event));
    if (!answer) return revert();
    const { ok, reply } = answer;
    say(ok ? `${day.words.moved} ${placed(reply)}` : reply.detail, !ok);
    if (ok) return offerBack(uid, oldEvent);
    offer(uid, reply.alternatives);
    revert();
  }

  // The rooms stand in the park: its clock is meant, wherever the browser is.
  const inPark = (ahead = 0) =>
    new Date(Date.now() + ahead).toLocaleString("sv", { timeZone: "Asia/Shanghai" }).replace(" ", "T");
  const isToday = () => inPark().startsWith(day.day);
  const rooms = [...titles.keys()];
  const nowLine = () => ({
    id: "now",
    start: inPark(),
    end: inPark(120_000),
    resourceIds: rooms,
    display: "background",
    backgroundColor: "#d6336c",
    classNames: ["lp-now"],
  });

  // What is looked for stands on the screen, a narrow one too: the present hour, on other days the first event.
  function firstSeen() {
    const starts = day.events.filter((event) => !event.closed).map((event) => event.start);
    const first = isToday() ? inPark(-3_600_000) : starts.filter((start) => start.startsWith(day.day)).sort()[0];
    if (!first) return "06:00:00";
    return first.startsWith(day.day) ? first.slice(11) : "00:00:00";
  }

  const calendar = EventCalendar.create(calendarPlace, {
    view: "resourceTimelineDay",
    date: day.day,
    locale: document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en-GB",
    headerToolbar: { start: "", center: "", end: "" },
    height: "auto",
    slotDuration: "00:30:00",
    slotLabelInterval: "02:00:00",
    slotWidth: 21,
    slotHeight: 34,
    scrollTime: firstSeen(),
    resources: day.resources,
    events: day.events.map((event) => ({
      ...event,
      resourceIds: [event.resourceId],
      display: event.closed ? "background" : "auto",
      classNames: event.closed ? ["lp-closed"] : [],
      backgroundColor: colour(event.own ? "--lp-brand" : "--lp-taken"),
      startEditable: Boolean(event.ahead && day.may_move),
      durationEditable: Boolean(event.ahead && day.may_move),
      extendedProps: { own: event.own, url: event.url },
      url: undefined,
    })).concat(isToday() ? [nowLine()] : []),
    editable: true,
    eventDrop: move,
    eventResize: move,
    selectable: Boolean(day.book),
    unselectAuto: true,
    eventClick: ({ event }) => {
      if (event.extendedProps.url) window.location.assign(event.extendedProps.url);
      else if (event.extendedProps.own) window.location.assign(`${day.show}${event.extendedProps.own}/`);
    },
    select: day.book && (({ start, end, resource }) => {
      const query = new URLSearchParams({
        room: resource.id,
        day: day.day,
        start: `${pad(start.getHours())}:${pad(start.getMinutes())}`,
        minutes: Math.max(30, (end - start) / 60000),
      });
      window.location.assign(`${day.book}?${query}`);
    }),
  });
  // A desk shows the whole day, its evening too; narrower screens scroll through hours that a finger can hit.
  const names = calendarPlace.querySelector(".ec-sidebar");
  const fill = new ResizeObserver(() => {
    const whole = Math.floor((calendarPlace.clientWidth - names.offsetWidth - 4) / 48);
    calendar.setOption("slotWidth", whole < 16 ? 21 : Math.min(whole, 32));
  });
  for (const box of [calendarPlace, names]) fill.observe(box);

  if (!isToday()) return;
  const ticking = setInterval(() => {
    if (isToday()) return calendar.updateEvent(nowLine());
    clearInterval(ticking);
    calendar.removeEventById("now");
  }, 30_000);
})();
