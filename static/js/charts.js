// Charts of the portal: a div names its kind in data-chart, and the JSON beside it carries the id of that kind.
(() => {
  "use strict";
  const colours = ["#0d5c63", "#d19a2b", "#7a5ea8", "#d93a2f"];

  const kinds = {
    // {series: [{name, data: [[local time, viewers], ...]}]}
    audience: (data, label) => ({
      color: colours,
      grid: { left: 8, right: 12, top: data.series.length > 1 ? 32 : 16, bottom: 8, containLabel: true },
      legend: { show: data.series.length > 1, top: 0 },
      tooltip: { trigger: "axis", confine: true },
      xAxis: { type: "time" },
      yAxis: { type: "value", minInterval: 1 },
      series: data.series.map((line) => ({
        name: data.series.length > 1 ? line.name : label,
        type: "line",
        showSymbol: line.data.length < 3,
        areaStyle: data.series.length > 1 ? undefined : { opacity: 0.12 },
        data: line.data,
      })),
    }),
    // {days: [...], series: [{name, data: [...]}]}
    days: (data) => ({
      color: colours,
      grid: { left: 8, right: 12, top: 16, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis", confine: true },
      xAxis: { type: "category", data: data.days },
      yAxis: { type: "value", splitNumber: 3 },
      series: data.series.map((line) => ({ name: line.name, type: "bar", barMaxWidth: 28, data: line.data })),
    }),
  };

  // A div that is filled while the page is still being laid out has no width yet.
  window.addEventListener("load", () => {
    for (const place of document.querySelectorAll("[data-chart]")) {
      const kind = place.dataset.chart;
      const data = JSON.parse(document.getElementById(kind).textContent);
      const chart = echarts.init(place, null, {
        locale: document.documentElement.lang.startsWith("zh") ? "ZH" : "EN",
        renderer: "svg",
      });
      chart.setOption({ animation: false, ...kinds[kind](data, place.dataset.label) });
      new ResizeObserver(() => chart.resize()).observe(place);
    }
  });
})();
