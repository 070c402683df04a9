// Charts of the admin's first page. A chart is drawn once its box has a size, and again whenever that changes.
(() => {
  "use strict";

  const dark = () => document.documentElement.classList.contains("dark");

  const salesOption = (data) => {
    const quiet = dark() ? "#9ca3af" : "#6b7280";
    const lines = dark() ? "#374151" : "#e5e7eb";
    const series = (name, values, color) => ({
      name, type: "line", data: values.map(Number), showSymbol: false, color,
      areaStyle: { opacity: 0.08 }, lineStyle: { width: 2 },
    });
    return {
      animation: false,
      grid: { left: 8, right: 28, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, right: 0, textStyle: { color: quiet } },
      tooltip: {
        trigger: "axis",
        valueFormatter: (value) => `¥${value.toLocaleString(undefined, { minimumFractionDigits: 2 })}`,
      },
      xAxis: { type: "category", data: data.days, boundaryGap: false, axisLabel: { color: quiet }, axisLine: { lineStyle: { color: lines } } },
      yAxis: { type: "value", axisLabel: { color: quiet }, splitLine: { lineStyle: { color: lines } } },
      series: [series(data.labels[0], data.paid, "#2563eb"), series(data.labels[1], data.net, "#16a34a")],
    };
  };

  const draw = (box) => {
    const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    const chart = echarts.init(box, null, { locale: document.documentElement.lang.startsWith("zh") ? "ZH" : "EN" });
    const render = () => chart.setOption(salesOption(data));
    render();
    new ResizeObserver(() => chart.resize()).observe(box);
    new MutationObserver(render).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  };

  window.addEventListener("load", () => document.querySelectorAll("[data-chart]").forEach(draw));
})();
