// The overlay of a booking's picture: asks every two seconds, counts down in between, stays as it was without a network.
// The address carries the token behind its #, and may name what to show: #TOKEN&show=product,countdown,sales
(() => {
  "use strict";
  const [token, ...options] = decodeURIComponent(location.hash.slice(1)).split("&");
  const shown = new URLSearchParams(options.join("&")).get("show")?.split(",");
  const parts = [...document.querySelectorAll("[data-part]")];
  const EVERY = 2000;
  const LONGEST = 30000;
  let state = null;
  let ahead = 0;
  let pause = EVERY;

  const write = (id, text) => (document.getElementById(id).textContent = text);

  function left() {
    const seconds = Math.max(0, Math.floor((Date.parse(state.ends_at) - Date.now() - ahead) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    return `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  }

  function draw() {
    const has = { countdown: state?.is_live, sales: state?.is_live && state.sales, product: state?.product };
    for (const part of parts) {
      const name = part.dataset.part;
      part.hidden = !has[name] || (shown !== undefined && !shown.includes(name));
    }
    if (!state) return;
    write("left", left());
    write("amount", state.sales?.amount ?? "");
    write("orders", state.sales?.orders ?? "");
    write("name", state.product?.name ?? "");
    write("sku", state.product?.sku ?? "");
    write("price", state.product?.price ? `¥${state.product.price}` : "");
  }

  async function ask() {
    try {
      const answer = await fetch(document.body.dataset.now, { headers: { "X-Screen-Token": token } });
      if (answer.ok) {
        state = await answer.json();
        ahead = Date.parse(state.now) - Date.now();
        pause = EVERY;
      } else if (answer.status === 401) {
        state = null; // shut: nothing of the booking stays on the picture
        pause = LONGEST;
      } else {
        pause = Math.min(LONGEST, pause * 2);
      }
    } catch {
      pause = Math.min(LONGEST, pause * 2);
    }
    draw();
    setTimeout(ask, pause);
  }

  setInterval(draw, 500);
  ask();
})();
