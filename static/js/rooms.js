// The day of the rooms on a desk: drag over what is free to book it. A phone shows the bars of the page instead.
(() => {
  "use strict";
  const place = document.getElementById("rooms-calendar");
  if (!place || !window.matchMedia("(width >= 992px)").matches) return;
  const day = JSON.parse(document.getElementById("rooms-day").textContent);
  const pad = (number) => String(number).padStart(2, "0");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

  EventCalendar.create(place, {
    view: "resourceTimelineDay",
    date: day.day,
    locale: document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en-GB",
    headerToolbar: { start: "", center: "", end: "" },
    height: "auto",
    slotDuration: "00:30:00",
    slotLabelInterval: "02:00:00",
    slotWidth: 21,
    slotHeight: 34,
    nowIndicator: day.day === new Date().toLocaleDateString("sv"),
    resources: day.resources,
    events: day.events.map((event) => ({
      ...event,
      resourceIds: [event.resourceId],
      backgroundColor: colour(event.own ? "--lp-brand" : "--lp-taken"),
      editable: false,
      extendedProps: { own: event.own },
    })),
    selectable: true,
    unselectAuto: true,
    eventClick: ({ event }) => {
      if (event.extendedProps.own) window.location.assign(`${day.show}${event.extendedProps.own}/`);
    },
    select: ({ start, end, resource }) => {
      const query = new URLSearchParams({
        room: resource.id,
        day: day.day,
        start: `${pad(start.getHours())}:${pad(start.getMinutes())}`,
        minutes: Math.max(30, (end - start) / 60000),
      });
      window.location.assign(`${day.book}?${query}`);
    },
  });
})();
