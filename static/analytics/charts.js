// Charts of the analytics pages: a box names its chart in data-chart, the JSON with that id holds its data.
(() => {
  "use strict";
  const BRAND = "#0d5c63";
  const SECOND = "#d19a2b";
  const PALE = "#cfdad9";
  const NO_SCORE = "#f1f3f3";
  const HIGHLIGHTS = ["#0d5c63", "#d19a2b", "#7a5ea8", "#d93a2f", "#3b7dd8", "#5b8c2a", "#8a5a00"];
  const SMALLEST = 9;
  const grid = { left: 8, right: 16, top: 36, bottom: 8, containLabel: true };

  // {year, classes: [{colour, low, high}], tiles: [{name, letters, x, y, url, scores: {year: [score, rank]}}], words}
  const map = (data, box) => {
    const classOf = (score) => {
      const at = data.classes.findIndex((one) => score <= one.high);
      return at < 0 ? data.classes.length - 1 : at;
    };
    // The size at which the longest word of a name fits into its tile; Latin letters are narrower than high.
    const letterSize = (name, side) => {
      const words = name.split(" ").map((word) => [...word].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 1 : 0.64), 0));
      return Math.min(13, (side - 7) / Math.max(...words));
    };
    const chart = echarts.init(box, null, { renderer: "svg" });
    let year = data.year;

    const tile = (province, side, short) => {
      const [score, rank] = province.scores[year] ?? [null, null];
      const at = score === null ? -1 : classOf(score);
      return {
        value: [province.x, province.y, score ?? 0],
        name: province.name,
        shown: short ? province.letters : province.name,
        rank,
        url: province.url,
        itemStyle: { color: at < 0 ? NO_SCORE : data.classes[at].colour },
        label: { color: at < 0 ? "#7d8c90" : at > 2 ? "#fff" : "#16262b", fontSize: letterSize(short ? province.letters : province.name, side) },
      };
    };

    const draw = () => {
      const side = box.clientWidth / 8;
      const roomy = side > 56; // for a score below the name
      const short = !roomy && data.tiles.some((province) => letterSize(province.name, side) < SMALLEST);
      chart.setOption({
        animation: false,
        tooltip: {
          renderMode: "richText",
          formatter: ({ data: at }) => {
            const score = at.rank === null ? data.words.none : `${at.value[2].toFixed(3)} · ${data.words.rank} ${at.rank}`;
            return `${at.name} ${year}\n${score}`;
          },
        },
        grid: { left: 0, right: 0, top: 0, bottom: 0 },
        xAxis: { type: "category", data: [...Array(8).keys()], show: false },
        yAxis: { type: "category", data: [...Array(8).keys()], show: false, inverse: true },
        series: {
          type: "heatmap",
          data: data.tiles.map((province) => tile(province, side, short)),
          itemStyle: { borderColor: "#fff", borderWidth: 3, borderRadius: 8 },
          emphasis: { itemStyle: { borderColor: SECOND } },
          label: {
            show: true,
            formatter: ({ data: at }) => (at.rank === null || !roomy ? at.shown : `${at.shown}\n${at.value[2].toFixed(3)}`),
            overflow: "break",
            width: side - 4,
          },
        },
      });
    };

    draw();
    chart.on("click", ({ data: at }) => window.location.assign(`${at.url}?year=${year}`));
    document.getElementById("year").addEventListener("input", (event) => {
      year = Number(event.target.value);
      document.getElementById("map-year").value = year;
      draw();
    });
    new ResizeObserver(() => {
      chart.resize();
      draw();
    }).observe(box);
  };

  // {years, names: [own, mean], own: [...], mean: [...]}
  const line = (data) => ({
    color: [BRAND, SECOND],
    grid,
    legend: { top: 0, left: 8 },
    tooltip: { trigger: "axis", confine: true, valueFormatter: (value) => value.toFixed(3) },
    xAxis: { type: "category", data: data.years, boundaryGap: false },
    yAxis: { type: "value", splitNumber: 4 },
    series: [
      { name: data.names[0], type: "line", data: data.own, lineStyle: { width: 3 }, symbolSize: 7 },
      { name: data.names[1], type: "line", data: data.mean, lineStyle: { type: "dashed" }, showSymbol: false },
    ],
  });

  // {names, parts}: the largest contribution on top
  const bars = (data, box) => ({
    color: [BRAND],
    grid: { ...grid, top: 8, right: 56 },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, confine: true, valueFormatter: (value) => value.toFixed(4) },
    xAxis: { type: "value", splitNumber: 3 },
    yAxis: {
      type: "category",
      data: data.names,
      axisTick: { show: false },
      axisLabel: { width: Math.min(200, box.clientWidth * 0.42), overflow: "break", interval: 0, lineHeight: 14 },
    },
    series: [
      {
        type: "bar",
        data: data.parts,
        barMaxWidth: 16,
        itemStyle: { borderRadius: [0, 4, 4, 0] },
        label: { show: true, position: "right", formatter: ({ value }) => value.toFixed(3) },
      },
    ],
  });

  // {years, suffix, lines: [{name, shown, values}]}: those that stand out are coloured and named, the others are pale
  const series = (data) => {
    const shown = data.lines.filter((one) => one.shown);
    return {
      grid: { ...grid, top: 48 },
      legend: { top: 0, left: 8, right: 8, type: "scroll", data: shown.map((one) => one.name) },
      tooltip: { trigger: "item", confine: true, formatter: ({ seriesName, name, value }) => `${seriesName} ${name}: ${value.toLocaleString()}${data.suffix}` },
      xAxis: { type: "category", data: data.years, boundaryGap: false },
      yAxis: { type: "value", splitNumber: 4, scale: true, axisLabel: { formatter: (value) => `${value.toLocaleString()}${data.suffix}` } },
      series: [...data.lines].sort((one, other) => one.shown - other.shown).map((one) => {
        const colour = one.shown ? HIGHLIGHTS[shown.indexOf(one) % HIGHLIGHTS.length] : PALE;
        return {
          name: one.name,
          type: "line",
          data: one.values,
          color: colour,
          showSymbol: data.years.length < 3,
          symbolSize: 6,
          lineStyle: { width: one.shown ? 2.5 : 1 },
          emphasis: { focus: "series", lineStyle: { width: 3 } },
          z: one.shown ? 3 : 2,
        };
      }),
    };
  };

  const options = { line, bars, series };

  // A box that is filled while the page is still being laid out has no width yet.
  window.addEventListener("load", () => {
    for (const box of document.querySelectorAll("[data-chart]")) {
      const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
      if (box.dataset.chart === "map") {
        map(data, box);
        continue;
      }
      const chart = echarts.init(box, null, {
        locale: document.documentElement.lang.startsWith("zh") ? "ZH" : "EN",
        renderer: "svg",
      });
      const draw = () => chart.setOption({ animation: false, ...options[box.dataset.chart](data, box) });
      draw();
      new ResizeObserver(() => {
        chart.resize();
        draw();
      }).observe(box);
    }
  });
})();
