// Draws the snapshot that came with the page, then every one the server sends. Keeps the last figures and tells
// their age while the server is away; the browser's EventSource comes back by itself.
(() => {
  "use strict";

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read("words");
  const english = document.documentElement.lang.startsWith("en");
  const locale = english ? "en" : "zh-CN";
  const zone = "Asia/Shanghai";
  const at = (id) => document.getElementById(id);
  const named = (row, name) => (english && row[`${name}_en`]) || row[`${name}_zh`] || row[name] || "";
  const fill = (text, n) => text.replace("{n}", n);
  const count = new Intl.NumberFormat(locale);
  const clock = new Intl.DateTimeFormat(locale, { timeZone: zone, dateStyle: "medium", timeStyle: "medium" });
  const hour = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

  const weekday = new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: "short" });
  const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: zone });

  // The hour alone where it is today, with the day of the week where it is not.
  const when = (text) => {
    const instant = new Date(text);
    const today = dayOf.format(instant) === dayOf.format(new Date());
    return today ? hour.format(instant) : `${weekday.format(instant)} ${hour.format(instant)}`;
  };

  // Money arrives as exact text and is only grouped, never computed with.
  const money = (text) => {
    const [, sign, whole, cents] = text.match(/^(-?)(\d+)\.(\d+)$/);
    return `${sign}¥${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
  };

  let snapshot = null;
  let arrived = 0;
  let connected = false;

  const element = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const replace = (id, nodes, emptyText) => {
    at(id).replaceChildren(...(nodes.length ? nodes : [element("p", emptyText, "empty")]));
  };

  const drawRooms = (rooms) => {
    const box = at("rooms");
    const dense = rooms.length > 40;
    box.classList.toggle("dense", dense);
    box.style.setProperty("--tile", rooms.length > 120 ? "2.2rem" : dense ? "3.3rem" : rooms.length > 18 ? "9rem" : snapshot.campaign && rooms.length > 12 ? "10rem" : "11.5rem");
    const tiles = rooms.map((room, index) => {
      const tile = element("div", undefined, `room ${room.state}`);
      tile.title = named(room, "name");
      tile.append(element("b", dense ? (tile.title.match(/\d+/) || [index + 1])[0] : tile.title));
      if (dense) {
        const text = { live: count.format(room.audience || 0), next: room.starts_at && when(room.starts_at).slice(-5), off: " " };
        tile.append(element("i", text[room.state]));
        return tile;
      }
      if (room.state === "live") {
        tile.append(element("span", named(room, "tenant")));
        tile.append(element("i", room.audience === null ? named(room, "host") : fill(words.viewers, count.format(room.audience))));
      } else if (room.state === "next") {
        tile.append(element("span", named(room, "tenant")), element("i", when(room.starts_at)));
      } else {
        tile.append(element("span", " "), element("i", words.off));
      }
      return tile;
    });
    replace("rooms", tiles, words.no_rooms);
  };

  const drawSessions = (sessions) => {
    const rows = sessions.slice(0, snapshot.campaign ? 5 : 7).map((session) => {
      const row = element("tr");
      const who = element("td", named(session, "host") || session.title);
      const facts = [session.platform, fill(words.minutes, count.format(session.minutes))];
      if (session.audience !== null) facts.push(fill(words.viewers, count.format(session.audience)));
      row.append(who);
      const cell = element("td");
      cell.append(element("small", facts.join(" · ")));
      row.append(cell, element("td", session.gmv_paid === null ? "—" : money(session.gmv_paid)));
      return row;
    });
    const empty = element("tr");
    empty.append(element("td", words.nobody, "empty"));
    at("sessions").replaceChildren(...(rows.length ? rows : [empty]));
  };

  const drawRanking = (ranking) => {
    replace("ranking", ranking.map((row) => {
      const item = element("li");
      item.append(element("b", row.rank), element("span", named(row, "name")), element("em", row.gmv_paid === null ? "" : money(row.gmv_paid)));
      return item;
    }), words.no_sales);
  };

  const drawTicker = (events) => {
    replace("ticker", events.map((event) => {
      const item = element("span", `${hour.format(new Date(event.at))} `);
      item.append(element("b", [named(event, "room"), named(event, "host") || event.title].filter(Boolean).join(" · ")));
      item.append(` ${words[event.what]}`);
      return item;
    }), words.quiet);
  };

  let chart = null;
  const drawTrend = (trend) => {
    if (!window.echarts) return;
    if (!chart) {
      chart = window.echarts.init(at("trend"));
      new ResizeObserver(() => chart.resize()).observe(at("trend"));
    }
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
    chart.setOption({
      animation: false,
      grid: { left: 4.6 * size, right: size, top: 2.4 * size, bottom: 2.2 * size },
      legend: { right: 0, top: 0, textStyle: { color: "#8fa9c4", fontSize: 1.1 * size } },
      xAxis: { type: "category", data: trend.today.map((_, index) => index), axisLabel: { color: "#8fa9c4", fontSize: size } },
      yAxis: { type: "value", axisLabel: { color: "#8fa9c4", fontSize: size }, splitLine: { lineStyle: { color: "#1b3a57" } } },
      series: [
        { name: words.yesterday, type: "line", smooth: true, symbol: "none", data: trend.yesterday, lineStyle: { color: "#4b6f92", type: "dashed" }, itemStyle: { color: "#4b6f92" } },
        { name: words.today, type: "bar", data: trend.today, itemStyle: { color: "#35d0ba", borderRadius: [3, 3, 0, 0] } },
      ],
    });
  };

  // The festival: its phase, and of each joint target what is reached; the countdown runs on with the clock.
  const drawCampaign = (campaign) => {
    at("campaign").hidden = !campaign;
    if (!campaign) return;
    at("campaign_name").textContent = named(campaign, "name");
    at("campaign_phase").textContent = words[`phase_${campaign.phase}`];
    at("campaign_phase").className = campaign.phase;
    const shown = (code, text) => (code === "orders" ? count.format(text) : money(text));
    at("campaign_progress").replaceChildren(...campaign.progress.map((each) => {
      const bar = element("div", undefined, "target");
      const track = element("i");
      track.style.width = `${Math.max(0, Math.min(100, Number(each.share) * 100))}%`;
      const text = fill(words.reached, shown(each.code, each.value)).replace("{of}", shown(each.code, each.target));
      bar.append(track, element("span", `${words[each.code]} ${text} · ${(Number(each.share) * 100).toFixed(1)}%`));
      return bar;
    }));
    const source = fill(words.campaign_summed, count.format(campaign.summed.tenants)).replace("{of}", count.format(campaign.summed.of));
    const late = campaign.dirty ? ` · ${fill(words.dirty, count.format(campaign.dirty))}` : "";
    at("campaign_source").textContent = campaign.progress.length ? source + late : "";
  };

  const pad = (number) => String(number).padStart(2, "0");
  const countDown = (campaign) => {
    if (!campaign) return;
    const seconds = Math.max(0, Math.floor((new Date(campaign.next_at) - new Date()) / 1000));
    const days = Math.floor(seconds / 86400);
    const rest = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(pad).join(":");
    const left = days ? `${fill(words.days, days)} ${rest}` : rest;
    at("campaign_next").textContent = fill(words[`until_${campaign.next}`], left);
  };

  const draw = () => {
    const { figures, yesterday, rooms } = snapshot;
    at("gmv_paid").textContent = money(figures.gmv_paid);
    at("gmv_paid_yesterday").textContent = `${words.yesterday} ${money(yesterday.gmv_paid)}`;
    at("net_sales").textContent = money(figures.net_sales);
    at("summed").textContent = fill(words.summed, count.format(snapshot.summed.tenants)).replace("{of}", count.format(snapshot.summed.of));
    at("orders").textContent = count.format(figures.orders);
    at("orders_yesterday").textContent = `${words.yesterday} ${count.format(yesterday.orders)}`;
    at("live_rooms").textContent = `${rooms.filter((room) => room.state === "live").length} / ${rooms.length}`;
    at("hosts_live").textContent = `${count.format(snapshot.hosts_live)} ${words.hosts}`;
    at("audience").textContent = count.format(snapshot.audience);
    at("dirty").textContent = snapshot.dirty ? fill(words.dirty, count.format(snapshot.dirty)) : "";
    drawRooms(rooms);
    drawSessions(snapshot.sessions);
    drawRanking(snapshot.ranking);
    drawTicker(snapshot.ticker);
    drawTrend(snapshot.trend);
    drawCampaign(snapshot.campaign);
  };

  const show = (next) => {
    if (!next) return;
    snapshot = next;
    arrived = performance.now();
    draw();
  };

  const tick = () => {
    at("clock").textContent = clock.format(new Date());
    const age = Math.floor((performance.now() - arrived) / 1000);
    at("age").textContent = fill(connected ? words.age : words.away, count.format(age));
    countDown(snapshot && snapshot.campaign);
    at("connection").className = `lamp ${connected ? "on" : "lost"}`;
  };

  const listen = () => {
    const key = new URLSearchParams(location.search).get("key");
    const source = new EventSource(`/events/wall/${document.body.dataset.park}/${key ? `?key=${encodeURIComponent(key)}` : ""}`);
    source.addEventListener("open", () => { connected = true; });
    source.addEventListener("snapshot", (event) => { connected = true; show(JSON.parse(event.data)); });
    source.addEventListener("error", () => {
      connected = false;
      // A refused stream is not tried again by the browser: look whether access came back, without a busy loop.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 10000);
    });
    source.addEventListener("closed", () => { source.close(); connected = false; setTimeout(() => location.reload(), 10000); });
  };

  show(read("snapshot"));
  listen();
  tick();
  setInterval(tick, 1000);
})();
