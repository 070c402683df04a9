// The dock beside a booking's picture: what is explained, how long it goes on, what the encoder needs, and the end.
(() => {
  "use strict";
  const token = decodeURIComponent(location.hash.slice(1)).split("&")[0];
  const { dataset } = document.body;
  const EVERY = 2000;
  const GOODS_EVERY = 10000;
  const SURE = 5000;
  const $ = (id) => document.getElementById(id);
  let state = null;
  let ahead = 0;
  let sure = 0;
  let asked = 0;
  let listed = "";

  function say(text) {
    $("said").textContent = text;
    $("said").hidden = !text;
  }

  async function ask(address, options = {}) {
    const answer = await fetch(address, { ...options, headers: { "X-Screen-Token": token } });
    const told = await answer.json();
    if (!answer.ok) {
      if (answer.status === 401) document.querySelector("main").hidden = true;
      throw new Error(told.detail);
    }
    return told;
  }

  function span(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    const two = (number) => String(number).padStart(2, "0");
    return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  }

  function clock() {
    if (!state) return;
    const at = Date.now() + ahead;
    const begun = at >= Date.parse(state.starts_at);
    $("until").textContent = begun ? $("until").dataset.live : $("until").dataset.ahead;
    $("left").textContent = span(Date.parse(begun ? state.ends_at : state.starts_at) - at);
    if (sure && Date.now() - sure > SURE) calm();
  }

  function picture() {
    const alarm = $("alarm");
    const words = state.pictures.map((one) => {
      const kind = one.is_test ? alarm.dataset.test : one.is_spare ? alarm.dataset.spare : "";
      const rate = one.kbps === null ? "" : `${one.kbps} kbit/s`;
      return [one.quality === "weak" ? alarm.dataset.weak : "", rate, kind].filter(Boolean).join(" · ");
    });
    const { frames } = state;
    if (frames?.percent) {
      words.push([`${alarm.dataset.lost} ${frames.percent} %`, frames.cause].filter(Boolean).join(" · "));
    }
    const gone = state.state === "lost";
    alarm.textContent = gone ? alarm.dataset.none : words.join(" / ");
    const some = (what) => state.pictures.some(what);
    alarm.className = gone || frames?.alarm || some((one) => one.alarm) ? "bad" : some((one) => one.quality === "weak") ? "weak" : "good";
    alarm.hidden = !alarm.textContent;
  }

  function draw(told) {
    state = told;
    ahead = Date.parse(state.now) - Date.now();
    document.querySelector("main").hidden = false;
    say("");
    $("room").textContent = state.room;
    $("slot").textContent = state.slot;
    document.querySelector(".sales").hidden = !state.sales;
    $("amount").textContent = state.sales?.amount ?? "";
    $("orders").textContent = state.sales?.orders ?? "";
    $("before").hidden = state.is_live;
    $("end").hidden = !state.is_live;
    $("nothing").hidden = !state.product;
    $("encoder").hidden = !state.encoder?.key;
    $("server").textContent = state.encoder?.server ?? "";
    for (const each of document.querySelectorAll(".spare")) each.hidden = !state.encoder?.spare;
    picture();
    mark();
    clock();
  }

  function mark() {
    for (const button of $("products").querySelectorAll("button")) {
      const now = button.dataset.uid === state?.product?.uid;
      button.setAttribute("aria-pressed", String(now));
      button.disabled = !state?.is_live;
    }
  }

  async function products() {
    const turn = ++asked;
    const { results } = await ask(`${dataset.products}&search=${encodeURIComponent($("search").value)}`);
    const list = JSON.stringify(results);
    // A later question is on its way, or nothing has changed: nobody's button is taken from under the finger.
    if (turn !== asked || list === listed) return;
    listed = list;
    $("products").replaceChildren(
      ...results.map((one) => {
        const row = document.createElement("li");
        const button = document.createElement("button");
        const code = document.createElement("small");
        button.type = "button";
        button.dataset.uid = one.uid;
        code.textContent = [one.code, one.price && `¥${one.price}`].filter(Boolean).join(" · ");
        button.append(one.name, code);
        if (one.warning) {
          const warning = document.createElement("small");
          warning.className = "warning";
          warning.textContent = one.warning;
          button.append(warning);
        }
        row.append(button);
        return row;
      }),
    );
    $("no-products").hidden = results.length > 0;
    mark();
  }

  // What a button does; what is refused is said, and the dock goes on.
  async function press(act) {
    try {
      await act();
    } catch (error) {
      say(error instanceof TypeError ? dataset.noNetwork : error.message);
    }
  }

  const post = (address, values = {}) => ask(address, { method: "POST", body: new URLSearchParams(values) });
  const explain = async (uid) => draw(await post(dataset.explain, { product: uid }));

  $("products").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) press(() => explain(button.dataset.uid));
  });
  $("nothing").addEventListener("click", () => press(() => explain("")));
  $("search").addEventListener("input", () => press(products));

  const asks = $("end").textContent;
  function calm() {
    sure = 0;
    $("end").textContent = asks;
  }
  $("end").addEventListener("click", () => {
    if (!sure) {
      sure = Date.now();
      $("end").textContent = $("end").dataset.sure;
      return;
    }
    calm();
    press(async () => draw(await post(dataset.end)));
  });

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // The clipboard needs a secure address and leave; a selected field needs neither.
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    await copy(state.encoder[button.dataset.copies]);
    button.dataset.asks ||= button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = button.dataset.asks), 1500);
  });

  async function follow() {
    await press(async () => draw(await ask(dataset.now)));
    setTimeout(follow, EVERY);
  }

  // The run of show is planned, and offers are withdrawn, while the dock is open.
  async function followGoods() {
    await press(products);
    setTimeout(followGoods, GOODS_EVERY);
  }

  setInterval(clock, 500);
  follow();
  followGoods();
})();
