"use strict";

// Every scan is a piece: it fills a row, and the same code once more counts up in its row. The number may be typed as well.
(() => {
  const form = document.getElementById("scan");
  const list = document.getElementById("rows");
  const count = document.getElementById("id_rows-TOTAL_FORMS");
  if (!form || !list) return;
  const field = document.getElementById("code");
  const of = (row, name) => row.querySelector(`input[name$="-${name}"]`);

  function more() {
    const text = document.getElementById("row").innerHTML.replaceAll("__prefix__", count.value);
    list.insertAdjacentHTML("beforeend", text);
    count.value = Number(count.value) + 1;
    return list.lastElementChild;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = field.value.trim();
    field.value = "";
    field.focus();
    if (!code) return;
    const rows = [...list.children];
    const row =
      rows.find((each) => of(each, "code").value === code) ?? rows.find((each) => !of(each, "code").value) ?? more();
    const pieces = of(row, "quantity");
    of(row, "code").value = code;
    pieces.value = (Number(pieces.value) || 0) + 1;
    row.scrollIntoView({ block: "nearest" });
  });

  document.getElementById("more").addEventListener("click", () => of(more(), "code").focus());
})();
