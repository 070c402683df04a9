// The wall of a province, city or town: its parks.
(() => {
  "use strict";

  const { at, chart, count, element, figure, fill, fit, hours, ink, money, named, part, plot, put, rem, replace, start, when, words } = window.Wall;

  const told = (cell, name, shown) => (cell.withheld ? words.withheld : shown(cell[name]));

  const share = (rooms) => {
    const bar = element("i", undefined, "share");
    for (const state of ["live", "next", "repair", "off"]) {
      if (!rooms[state]) continue;
      const piece = element("u", undefined, state);
      piece.style.flexGrow = rooms[state];
      bar.append(piece);
    }
    return bar;
  };

  const FEW = 4;
  const drawParks = (parks) => {
    at("parks").classList.toggle("few", parks.length <= FEW);
    replace("parks", parks.map((park) => {
      const row = element("li", undefined, park.rank ? "" : "unranked");
      const name = element("div", undefined, "name");
      name.append(element("strong", named(park, "name")), element("small", named(park, "town")));
      const rooms = element("div", undefined, "rooms-now");
      const live = element("span");
      live.append(element("b", count(park.rooms.live)), ` / ${count(park.rooms.all)}`);
      rooms.append(live, share(park.rooms), element("small", fill(words.states, count(park.rooms.next), count(park.rooms.off))));
      const sum = (text, small) => {
        const cell = element("div", undefined, "figure");
        cell.append(element("b", text), element("small", small));
        return cell;
      };
      row.append(
        element("b", park.rank || "–", "rank"),
        name,
        rooms,
        sum(count(park.hosts_live), words.hosts),
        sum(park.audience === null ? "—" : count(park.audience), words.watching),
        sum(park.orders === null ? "—" : count(park.orders), words.orders),
        sum(park.gmv_paid === null ? "—" : money(park.gmv_paid, false), park.withheld ? words[park.withheld] : words.gmv_paid),
      );
      return row;
    }), words.no_parks);
    // A name that three large lines do not hold is set smaller. Letters stand out of their line by a little in any case.
    for (const name of at("parks").querySelectorAll(".name strong")) name.classList.toggle("long", name.scrollHeight > 1.15 * name.clientHeight);
    fit(at("parks"));
  };

  // Towns where they lie, as large as they have rooms; those without a place stand in a row below.
  const drawMap = (towns) => {
    const box = at("map").getBoundingClientRect();
    const placed = towns.filter((town) => town.latitude !== null);
    const squeeze = Math.cos(((placed.length ? placed[0].latitude : 0) * Math.PI) / 180);
    const spot = (town) => [town.longitude * squeeze, town.latitude];
    const xs = placed.map((town) => spot(town)[0]);
    const ys = placed.map((town) => spot(town)[1]);
    const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    // Half a degree at least, in the proportions of the box, with room for the names around it.
    const [beside, above] = [Math.max(0.2, 1 - (27 * rem()) / box.width), Math.max(0.3, 1 - (7 * rem()) / box.height)];
    const span = Math.max(0.5, (east - west) / beside, ((north - south) * box.width) / box.height / above);
    const [width, height] = [span, (span * box.height) / box.width];
    const [middle, level] = [(west + east) / 2, (south + north) / 2];
    // Names stand on the side where there is room: those of the western half to the left.
    const western = new Set([...placed].sort((one, other) => one.longitude - other.longitude).slice(0, Math.floor(placed.length / 2)));
    const unplaced = towns.filter((town) => town.latitude === null);
    const points = [
      ...placed.map((town) => ({ town, value: spot(town) })),
      ...unplaced.map((town, index) => ({ town, value: [(placed.length ? middle : 0) + width * ((index + 1) / (unplaced.length + 1) - 0.5), (placed.length ? level : 0) - height * 0.4] })),
    ];
    const [x, y] = placed.length ? [middle, level] : [0, 0];
    // Of towns near by on one side the southern name stands below the northern one; an offset in pixels for each.
    const lower = new Map();
    for (const left of [true, false]) {
      let free = -Infinity;
      for (const town of placed.filter((one) => western.has(one) === left).sort((one, other) => other.latitude - one.latitude)) {
        const own = ((y + height / 2 - town.latitude) / height) * box.height;
        lower.set(town, Math.max(0, free - own));
        free = own + lower.get(town) + 3.4 * rem();
      }
    }
    const size = (town) => rem() * (1.6 + Math.min(4.4, Math.sqrt(town.rooms) * 0.32));
    chart("map", {
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: { show: true, type: "value", min: x - width / 2, max: x + width / 2, splitNumber: 8, axisLabel: { show: false }, axisLine: { show: false }, axisTick: { show: false }, splitLine: { lineStyle: { color: "#0f2438" } } },
      yAxis: { show: true, type: "value", min: y - height / 2, max: y + height / 2, splitNumber: 5, axisLabel: { show: false }, axisLine: { show: false }, axisTick: { show: false }, splitLine: { lineStyle: { color: "#0f2438" } } },
      series: [{
        type: "scatter",
        data: points.map(({ town, value }) => ({
          value,
          symbolSize: size(town),
          itemStyle: { color: town.live ? "rgba(255,93,98,.28)" : "rgba(111,158,232,.2)", borderColor: town.live ? ink.live : ink.before, borderWidth: 0.14 * rem() },
          label: { position: western.has(town) ? "left" : "right", align: western.has(town) ? "right" : "left", offset: [0, lower.get(town) || 0], formatter: `{name|${named(town, "name")}}\n{live|${fill(words.town, count(town.live), count(town.rooms))}}` },
        })),
        label: { show: true, position: "right", distance: 0.5 * rem(), rich: { name: { color: "#eaf4ff", fontSize: 1.3 * rem(), fontWeight: 600, lineHeight: 1.7 * rem() }, live: { color: ink.dim, fontSize: 1.05 * rem() } } },
      }],
    });
  };

  const drawCampaigns = (campaigns) => {
    replace("campaigns", campaigns.map((campaign) => {
      const row = element("li");
      const until = element("span", "", "until");
      until.dataset.until = campaign.next_at;
      until.dataset.next = campaign.next;
      row.append(element("strong", named(campaign, "name")), element("b", words[`phase_${campaign.phase}`], campaign.phase), until);
      return row;
    }), words.no_campaign);
    fit(at("campaigns"));
  };

  const drawTicker = (events) => {
    replace("ticker", events.map((event) => {
      const item = element("span", undefined, event.what);
      item.append(element("time", when(event.at)), element("b", [named(event, "park"), named(event, "room")].filter(Boolean).join(" · ")), element("i", words[event.what]));
      return item;
    }), words.quiet);
  };

  start((snapshot) => {
    const { figures, yesterday, rooms, hosts, summed } = snapshot;
    figure("gmv_paid", told(figures, "gmv_paid", (text) => money(text)));
    put("gmv_before", figures.withheld ? words[figures.withheld] : `${words.yesterday_all} ${told(yesterday, "gmv_paid", (text) => money(text))}`);
    put("summed", fill(words.summed, count(summed.tenants), count(summed.of)));
    put("counted", fill(words.parks_counted, count(summed.parks), count(summed.of_parks)));
    figure("orders", told(figures, "orders", count));
    put("orders_before", figures.withheld ? words[figures.withheld] : `${words.yesterday_all} ${told(yesterday, "orders", count)}`);
    figure("live_rooms", count(rooms.live));
    put("all_rooms", ` / ${count(rooms.all)}`);
    part("states", rooms, (states) => replace("room_states", ["next", "repair", "off"].map((state) => {
      const chip = element("span", `${words[state]} `, state);
      chip.append(element("b", count(states[state])));
      return chip;
    }), ""));
    figure("hosts_live", count(hosts.live));
    put("hosts_next", fill(words.hosts_next, count(hosts.next), count(hosts.off)));
    figure("audience", told(snapshot.audience, "audience", count));
    put("audience_note", words[snapshot.audience.withheld] || words.concurrent);
    put("dirty", snapshot.dirty ? fill(words.dirty, count(snapshot.dirty)) : "");
    part("parks", snapshot.parks, drawParks);
    plot("towns", snapshot.towns, drawMap);
    plot("trend", snapshot.trend, (trend) => hours("trend", trend));
    part("campaigns", snapshot.campaigns, drawCampaigns);
    // With the minute, for midnight makes yesterday of what was today.
    part("ticker", [snapshot.at.slice(0, 16), snapshot.ticker], ([, events]) => drawTicker(events));
  });
})();
