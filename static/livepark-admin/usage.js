// When the rooms are live: utilisation by weekday and hour. Hours in which no room was open stay empty.
window.addEventListener("load", () => {
  "use strict";
  const box = document.getElementById("heat");
  if (!box) return;
  const { weekdays, cells, unit } = JSON.parse(document.getElementById("heat-data").textContent);
  const shown = cells.filter(([, , share]) => share !== null);
  const quiet = document.documentElement.classList.contains("dark") ? "#9ca3af" : "#6b7280";
  const most = Math.max(10, ...shown.map(([, , share]) => share));
  const chart = echarts.init(box);
  chart.setOption({
    animation: false,
    title: { text: unit, left: 8, top: 0, textStyle: { color: quiet, fontSize: 12, fontWeight: "normal" } },
    grid: { left: 8, right: 8, top: 28, bottom: 44, containLabel: true },
    tooltip: { formatter: ({ value: [hour, weekday, share] }) => `${weekdays[weekday]} ${hour}:00 · ${share} %` },
    xAxis: { type: "category", data: [...Array(24).keys()], axisLabel: { color: quiet }, splitArea: { show: true } },
    yAxis: { type: "category", data: weekdays, inverse: true, axisLabel: { color: quiet } },
    visualMap: {
      min: 0, max: most, calculable: false, orient: "horizontal",
      left: "center", bottom: 0, text: [`${most} %`, "0 %"], textStyle: { color: quiet }, inRange: { color: ["#eef6f6", "#0d5c63"] },
    },
    series: [{ type: "heatmap", data: shown }],
  });
  new ResizeObserver(() => chart.resize()).observe(box);
});
