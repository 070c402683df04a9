// What every wall has: the words, the numbers, the clock, and the stream of snapshots. A wall gives `start` a function
// that draws one. The last figures stay on the screen with their age while the server is away.
window.Wall = (() => {
  "use strict";

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read("words");
  const english = document.documentElement.lang.startsWith("en");
  const locale = english ? "en" : "zh-CN";
  const zone = "Asia/Shanghai";
  const at = (id) => document.getElementById(id);
  const named = (row, name) => (english && row[`${name}_en`]) || row[`${name}_zh`] || row[name] || "";
  const fill = (text, n, of) => text.replace("{n}", n).replace("{of}", of);
  const numbers = new Intl.NumberFormat(locale);
  const count = (number) => numbers.format(number);
  const format = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
  const clockTime = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const clockDay = format({ year: "numeric", month: "long", day: "numeric", weekday: "long" });
  const hour = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const weekday = format({ weekday: "short" });
  const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: zone });

  // The server's clock: that of a screen may be wrong, or stand still while it sleeps.
  let ahead = 0;
  const now = () => new Date(Date.now() + ahead);
  const today = (instant) => dayOf.format(instant) === dayOf.format(now());
  // The hour alone where it is today, with the day of the week where it is not.
  const when = (text) => {
    const instant = new Date(text);
    return today(instant) ? hour.format(instant) : `${weekday.format(instant)} ${hour.format(instant)}`;
  };

  // Money arrives as exact text and is only grouped, never computed with.
  const money = (text, cents = true) => {
    const [, sign, whole, rest] = text.match(/^(-?)(\d+)\.(\d+)$/);
    return `${sign}¥${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${cents ? `.${rest}` : ""}`;
  };
  // Axes and audiences have room for few digits.
  const short = (number) => {
    const [unit, name] = english ? (number < 1e6 ? [1e3, "k"] : [1e6, "M"]) : number < 1e8 ? [1e4, "万"] : [1e8, "亿"];
    return number < unit ? count(number) : `${count(Math.round((number / unit) * 10) / 10)}${name}`;
  };

  const element = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const put = (id, text) => {
    const node = at(id);
    if (node.textContent !== text) node.textContent = text;
  };
  // A large figure; a longer one is set smaller, never cut.
  const figure = (id, text) => {
    const node = at(id);
    if (node.textContent === text && node.dataset.width === String(innerWidth)) return;
    node.textContent = text;
    node.dataset.width = innerWidth;
    const line = node.closest("p");
    line.style.fontSize = "";
    if (line.scrollWidth > line.clientWidth) {
      line.style.fontSize = `${(parseFloat(getComputedStyle(line).fontSize) * line.clientWidth) / line.scrollWidth}px`;
    }
  };
  const replace = (id, nodes, emptyText) => {
    at(id).replaceChildren(...(nodes.length ? nodes : [element("p", emptyText, "empty")]));
  };
  // Shows whole rows only: what does not fit is left out, the least important first.
  const fit = (box) => {
    while (box.lastElementChild && box.scrollHeight > box.clientHeight + 1) box.lastElementChild.remove();
  };

  // A part of the page is drawn again only when what it shows has changed, and a chart not more often than it is read.
  const CHART_EVERY = 5000;
  const drawn = new Map();
  const part = (name, value, draw, every = 0) => {
    const text = JSON.stringify(value);
    // The server's clock may be set back; the time between two drawings is the screen's own.
    const before = drawn.get(name), at = performance.now();
    if (before && (before.text === text || at - before.at < every)) return;
    drawn.set(name, { text, at });
    draw(value);
  };
  const plot = (name, value, draw) => part(name, value, draw, CHART_EVERY);

  // One chart for each box for as long as the page lives.
  const charts = new Map();
  const face = getComputedStyle(document.body).fontFamily;
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  const chart = (id, option) => {
    if (!window.echarts) return;
    if (!charts.has(id)) charts.set(id, window.echarts.init(at(id)));
    charts.get(id).setOption({ animation: false, textStyle: { fontFamily: face }, ...option });
  };
  const ink = { dim: "#8ba3bf", line: "#17304a", accent: "#2ee6c5", before: "#6f9ee8", week: "#b58cf0", next: "#ffc247", live: "#ff5d62" };
  const axis = () => ({ axisLabel: { color: ink.dim, fontSize: rem() }, axisLine: { lineStyle: { color: ink.line } }, axisTick: { show: false } });
  const legend = () => ({ right: 0, top: 0, itemWidth: 1.4 * rem(), itemHeight: 0.5 * rem(), itemGap: 1.4 * rem(), textStyle: { color: ink.dim, fontSize: rem() } });
  const grid = () => ({ left: 0.2 * rem(), right: 0.6 * rem(), top: 2.2 * rem(), bottom: 0.5 * rem(), containLabel: true });
  const amounts = () => ({ type: "value", ...axis(), axisLabel: { color: ink.dim, fontSize: rem(), formatter: short, showMinLabel: true, hideOverlap: true }, splitNumber: 2, splitLine: { lineStyle: { color: ink.line } } });

  // The day by hour beside yesterday and the same day of last week.
  const hours = (id, trend) => {
    const line = (name, colour) => ({ name: words[name], type: "line", symbol: "none", data: trend[name], lineStyle: { color: colour, width: 0.12 * rem(), type: "dashed" }, itemStyle: { color: colour } });
    chart(id, {
      grid: grid(),
      legend: legend(),
      xAxis: { type: "category", data: trend.today.map((_, index) => index), ...axis() },
      yAxis: amounts(),
      series: [line("week", ink.week), line("yesterday", ink.before), { name: words.today, type: "bar", barCategoryGap: "35%", data: trend.today, itemStyle: { color: ink.accent, borderRadius: [3, 3, 0, 0] } }],
    });
  };

  const pad = (number) => String(number).padStart(2, "0");
  const left = (text) => {
    const seconds = Math.max(0, Math.floor((new Date(text) - now()) / 1000));
    const days = Math.floor(seconds / 86400);
    const rest = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(pad).join(":");
    return days ? `${fill(words.days, days)} ${rest}` : rest;
  };
  const age = (seconds) => {
    if (seconds < 100) return fill(words.seconds, count(seconds));
    return seconds < 6000 ? fill(words.minutes, count(Math.floor(seconds / 60))) : fill(words.hours, count(Math.floor(seconds / 3600)));
  };

  let draw = () => {};
  let snapshot = null;
  let arrived = 0;
  let lost = null;

  const show = (next) => {
    if (!next) return;
    snapshot = next;
    arrived = performance.now();
    ahead = new Date(next.at) - Date.now();
    lost = null;
    draw(next);
    tick();
  };

  const tick = () => {
    if (document.body.dataset.state === "dark") return;
    put("clock", clockTime.format(now()));
    put("date", clockDay.format(now()));
    if (!snapshot) return;
    const silence = Math.floor((performance.now() - arrived) / 1000);
    const state = lost === null && silence < STALE ? "on" : silence < LOST ? "late" : "lost";
    if (document.body.dataset.state !== state) document.body.dataset.state = state;
    put("age", state === "on" ? fill(words.age, age(silence)) : fill(words.away, age(silence)));
    for (const node of document.querySelectorAll("[data-age]")) {
      const since = snapshot.as_of[node.dataset.age];
      const text = since ? fill(words.old, age(Math.max(0, Math.floor((now() - new Date(since)) / 1000)))) : words.old_none;
      if (node.textContent !== text) node.textContent = text;
    }
    for (const node of document.querySelectorAll("[data-until]")) {
      const text = fill(words[`until_${node.dataset.next}`], left(node.dataset.until));
      if (node.textContent !== text) node.textContent = text;
    }
  };

  // Seconds without a snapshot after which the figures are called late, the stream is opened anew, and they are lost.
  const STALE = 5;
  const DEAD = 20;
  const LOST = 60;
  const FIRST_WAIT = 1000;
  const LONGEST_WAIT = 30000;
  let source = null;
  let opened = 0;
  let wait = FIRST_WAIT;
  let again = null;

  const key = new URLSearchParams(location.search).get("key");
  const stream = `/events/wall/${document.body.dataset.address}/${key ? `?key=${encodeURIComponent(key)}` : ""}`;

  const close = () => {
    if (source) source.close();
    source = null;
  };
  const listen = () => {
    close();
    clearTimeout(again);
    again = null;
    opened = performance.now();
    source = new EventSource(stream);
    source.addEventListener("snapshot", (event) => {
      wait = FIRST_WAIT;
      show(JSON.parse(event.data));
    });
    source.addEventListener("error", retry);
    source.addEventListener("closed", dark);
  };
  // Waits twice as long each time, and never as long as another screen: a hall full of them must not come back at once.
  const retry = () => {
    close();
    lost = lost || performance.now();
    tick();
    if (again !== null) return;
    again = setTimeout(async () => {
      again = null;
      if (await refused()) dark();
      else listen();
    }, wait * (0.5 + Math.random()));
    wait = Math.min(2 * wait, LONGEST_WAIT);
  };
  // What the page says of this screen: 200 if it may look, 404 if it may not or has to log in, 0 where nobody says anything.
  const told = async () => {
    try {
      const answer = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
      return answer.type === "opaqueredirect" ? 404 : answer.status;
    } catch {
      return 0;
    }
  };
  const refused = async () => [403, 404].includes(await told());
  const dark = () => {
    close();
    clearTimeout(again);
    snapshot = null;
    drawn.clear();
    document.body.dataset.state = "dark";
    document.body.replaceChildren(element("p", words.dark, "dark"));
    // Loaded again while the server is away, the browser's own page would stand here for good.
    setInterval(async () => {
      if ((await told()) === 200) location.reload();
    }, 60000);
  };
  // A connection may die without a word, and a screen may sleep: both show as silence.
  const watch = () => {
    if (!source && again === null) return;
    const silent = performance.now() - Math.max(arrived, opened);
    if (source && silent > DEAD * 1000) retry();
  };
  const wake = () => {
    if (document.body.dataset.state === "dark" || document.visibilityState === "hidden") return;
    if (performance.now() - arrived > STALE * 1000) {
      wait = FIRST_WAIT;
      listen();
    }
  };

  const start = (drawing) => {
    draw = drawing;
    let resized = null;
    window.addEventListener("resize", () => {
      clearTimeout(resized);
      resized = setTimeout(() => {
        drawn.clear();
        for (const each of charts.values()) each.resize();
        if (snapshot) draw(snapshot);
      }, 200);
    });
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("online", wake);
    show(read("snapshot"));
    listen();
    setInterval(() => { tick(); watch(); }, 1000);
    // Fonts and layout have settled by now: lists take the room they have.
    document.fonts.ready.then(() => { drawn.clear(); if (snapshot) draw(snapshot); });
  };

  return { amounts, at, axis, chart, count, element, figure, fill, fit, grid, hour, hours, ink, legend, money, named, now, part, plot, put, rem, replace, short, start, when, words };
})();
