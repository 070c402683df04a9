// The wall of one park.
(() => {
  "use strict";

  const { amounts, at, axis, chart, count, element, figure, fill, fit, grid, hour, hours, ink, legend, money, named, now, part, plot, put, rem, replace, short, start, when, words } = window.Wall;

  const shift = (id, then) => {
    replace(id, Object.entries(then).map(([name, { gmv_paid, change }]) => {
      const chip = element("span", `${words[`${name}_then`]} `);
      chip.title = money(gmv_paid);
      const text = change === null ? "—" : `${change.startsWith("-") ? "▼" : "▲"} ${Math.abs(change).toFixed(Math.abs(change) < 100 ? 1 : 0)}%`;
      chip.append(element("b", text, change === null ? "" : change.startsWith("-") ? "down" : "up"));
      return chip;
    }), "");
  };

  // A tile of a room: name, firm and figure in three lines or two; of many rooms a number (or how the name begins) and a
  // figure, or only that.
  const tile = (room, form) => {
    const box = element("div", undefined, `room ${room.state}`);
    const name = named(room, "name");
    const late = room.starts_at && new Date(room.starts_at) < now();
    const audience = room.audience === null || room.audience === undefined ? null : short(room.audience);
    const long = {
      live: audience === null ? named(room, "host") : fill(words.viewers, audience),
      next: room.starts_at && (late ? fill(words.due, when(room.starts_at)) : when(room.starts_at)),
      repair: words.repair,
      off: words.off,
    }[room.state];
    const brief = { live: audience || " ", next: room.starts_at && hour.format(new Date(room.starts_at)) }[room.state];
    const firm = element("span", named(room, "tenant") || " ");
    if (form === "full") box.append(element("b", name), firm, element("i", long));
    if (form === "pair") box.append(element("b", name), element("i", brief || long), firm);
    if (form === "dense" || form === "dots") box.append(element("b", (name.match(/\d+/) || [name.slice(0, 2)])[0]));
    if (form === "dense") box.append(element("i", brief || " "));
    return box;
  };
  // The largest tiles with which all rooms fit: their width in rem, and their form.
  const SIZES = [[15, "full"], [12.5, "full"], [10.5, "full"], [12.5, "pair"], [11.2, "pair"], [9.8, "pair"], [7.6, "dense", "big"], [6, "dense", "big"], [5, "dense", "big"], [4.4, "dense"], [3.4, "dense"], [3.6, "dots"], [3, "dots"], [2.5, "dots"], [2.1, "dots"]];
  // What was found to fit is where the next search begins, as long as there are as many rooms in as much room.
  let found = { size: 0, space: "" };
  const drawRooms = (rooms) => {
    const box = at("rooms");
    const space = [rooms.length, box.clientWidth, box.clientHeight].join();
    if (found.space !== space) found = { size: 0, space };
    for (; found.size < SIZES.length; found.size += 1) {
      const [width, form, size = ""] = SIZES[found.size];
      box.className = `${form} ${size}`.trim();
      box.style.setProperty("--tile", `${width}rem`);
      replace("rooms", rooms.map((room) => tile(room, form)), words.no_rooms);
      if (box.scrollHeight <= box.clientHeight + 1) break;
    }
  };

  const drawStates = (rooms) => {
    const of = (state) => rooms.filter((room) => room.state === state).length;
    figure("live_rooms", `${of("live")}`);
    put("all_rooms", ` / ${rooms.length}`);
    replace("room_states", ["next", "repair", "off"].map((state) => {
      const chip = element("span", `${words[state]} `, state);
      chip.append(element("b", count(of(state))));
      return chip;
    }), "");
  };

  const drawSessions = (sessions) => {
    const rows = sessions.map((session) => {
      const row = element("tr");
      const host = named(session, "host");
      row.append(
        host ? element("td", host) : element("td", session.title, "long"),
        element("td", session.platform, "dim"),
        element("td", fill(words.minutes, count(session.minutes)), "dim"),
        element("td", session.audience === null ? "—" : fill(words.viewers, short(session.audience))),
        element("td", session.gmv_paid === null ? "—" : money(session.gmv_paid), "sum"),
      );
      return row;
    });
    replace("sessions", rows, words.nobody);
    fit(at("sessions"));
  };

  const drawNext = (bookings) => {
    replace("next", bookings.map((each) => {
      const item = element("li");
      item.append(element("b", when(each.starts_at)), element("span", named(each, "host") || named(each, "tenant")), element("em", named(each, "room")));
      return item;
    }), words.nothing_next);
    fit(at("next"));
  };

  const drawRanking = (ranking) => {
    const best = Number((ranking.find((row) => row.gmv_paid !== null) || { gmv_paid: 1 }).gmv_paid) || 1;
    replace("ranking", ranking.map((row) => {
      const item = element("li");
      const bar = element("i");
      if (row.gmv_paid !== null) bar.style.width = `${Math.min(100, (100 * Number(row.gmv_paid)) / best)}%`;
      item.append(element("b", row.rank), element("span", named(row, "name")), element("em", row.gmv_paid === null ? words.rank_only : money(row.gmv_paid), row.gmv_paid === null ? "dim" : ""), bar);
      return item;
    }), words.no_sales);
    fit(at("ranking"));
  };

  const drawTicker = (events) => {
    replace("ticker", events.map((event) => {
      const item = element("span", undefined, event.what);
      item.append(element("time", when(event.at)), element("b", [named(event, "room"), named(event, "tenant")].filter(Boolean).join(" · ")), element("i", words[event.what]));
      return item;
    }), words.quiet);
  };

  const drawPace = (lines) => {
    const steps = lines.yesterday.length;
    const clockOf = (index) => `${String(Math.floor((index * 5) / 60)).padStart(2, "0")}:${String((index * 5) % 60).padStart(2, "0")}`;
    const line = (name, colour, more) => ({ name: words[name], type: "line", symbol: "none", data: lines[name], itemStyle: { color: colour }, lineStyle: { color: colour, width: 0.12 * rem(), type: "dashed" }, ...more });
    const last = lines.today.length - 1;
    chart("pace", {
      grid: { ...grid(), right: 2 * rem() },
      legend: legend(),
      xAxis: { type: "category", boundaryGap: false, data: Array.from({ length: steps }, (_, index) => clockOf(index + 1)), ...axis(), axisLabel: { color: ink.dim, fontSize: rem(), interval: (index) => index % 48 === 47 } },
      yAxis: amounts(),
      series: [
        line("week", ink.week),
        line("yesterday", ink.before),
        line("today", ink.accent, {
          lineStyle: { color: ink.accent, width: 0.24 * rem() },
          areaStyle: { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: [{ offset: 0, color: "rgba(46,230,197,.35)" }, { offset: 1, color: "rgba(46,230,197,0)" }] } },
          markPoint: { symbol: "circle", symbolSize: 0.7 * rem(), itemStyle: { color: "#fff" }, label: { show: false }, data: last >= 0 ? [{ coord: [last, lines.today[last]] }] : [] },
        }),
      ],
    });
  };

  // The festival: its phase, and of each joint target what is reached; the countdown runs on with the clock.
  const drawCampaign = (campaign) => {
    at("campaign").hidden = !campaign;
    if (!campaign) return;
    put("campaign_name", named(campaign, "name"));
    put("campaign_phase", words[`phase_${campaign.phase}`]);
    at("campaign_phase").className = campaign.phase;
    at("campaign_next").dataset.until = campaign.next_at;
    at("campaign_next").dataset.next = campaign.next;
    const shown = (code, text) => (code === "orders" ? count(text) : money(text, false));
    at("campaign_progress").replaceChildren(...campaign.progress.map((each) => {
      const bar = element("div", undefined, "target");
      const track = element("i");
      track.style.width = `${Math.max(0, Math.min(100, Number(each.share) * 100))}%`;
      bar.append(track, element("span", `${words[each.code]} ${fill(words.reached, shown(each.code, each.value), shown(each.code, each.target))} · ${(Number(each.share) * 100).toFixed(1)}%`));
      return bar;
    }));
    const late = campaign.dirty ? ` · ${fill(words.dirty, count(campaign.dirty))}` : "";
    put("campaign_source", campaign.progress.length ? fill(words.campaign_summed, count(campaign.summed.tenants), count(campaign.summed.of)) + late : "");
  };

  start((snapshot) => {
    const { figures, yesterday, hosts } = snapshot;
    // What a time means changes with the minute: a room that was next is late, today becomes yesterday.
    const minute = snapshot.at.slice(0, 16);
    const quiet = !snapshot.sessions.length;
    document.body.classList.toggle("quiet", quiet);
    part("campaign", snapshot.campaign, drawCampaign);
    figure("gmv_paid", money(figures.gmv_paid));
    part("then", snapshot.then, (then) => shift("then", then));
    figure("net_sales", money(figures.net_sales));
    put("net_before", `${words.yesterday_all} ${money(yesterday.net_sales)}`);
    put("summed", fill(words.summed, count(snapshot.summed.tenants), count(snapshot.summed.of)));
    figure("orders", count(figures.orders));
    put("orders_before", `${words.yesterday_all} ${count(yesterday.orders)}`);
    figure("hosts_live", count(hosts.live));
    put("hosts_next", fill(words.hosts_next, count(hosts.next), count(hosts.off)));
    figure("audience", snapshot.audience === null ? "—" : count(snapshot.audience));
    put("dirty", snapshot.dirty ? fill(words.dirty, count(snapshot.dirty)) : "");
    part("states", snapshot.rooms.map((room) => ({ state: room.state })), drawStates);
    part("rooms", [minute, snapshot.rooms], ([, rooms]) => drawRooms(rooms));
    part("sessions", snapshot.sessions, drawSessions);
    part("next", [minute, quiet, snapshot.next], ([, , bookings]) => drawNext(bookings));
    part("ranking", snapshot.ranking, drawRanking);
    part("ticker", [minute, snapshot.ticker], ([, events]) => drawTicker(events));
    plot("pace", snapshot.pace, drawPace);
    plot("trend", snapshot.trend, (trend) => hours("trend", trend));
  });
})();
