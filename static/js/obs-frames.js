// Frames that OBS lost, as OBS itself tells on this computer; whether it is asked, and how, stays in this browser.
(() => {
  "use strict";
  const KEPT = "livepark-obs";
  const EVERY = 5000;
  const TELL_EVERY = 10000;
  const WRONG_PASSWORD = [4008, 4009];
  const token = decodeURIComponent(location.hash.slice(1)).split("&")[0];
  const form = document.getElementById("obs");
  const said = document.getElementById("obs-said");
  const source = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  let line = null;
  let told = 0;
  let over = false;

  function kept() {
    return { on: false, port: 4455, password: "", ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  }

  function show() {
    const { on, port, password } = kept();
    form.elements.on.checked = on;
    form.elements.port.value = port;
    form.elements.password.value = password;
  }

  // Nobody waits for ever: whose connection ends answers no call that is under way, and says nothing of it.
  function soon(promise) {
    let timer = 0;
    const silence = new Promise((_, no) => {
      timer = setTimeout(no, EVERY, new Error("silence"));
    });
    return Promise.race([promise, silence]).finally(() => clearTimeout(timer));
  }

  function hangUp() {
    line?.obs.disconnect();
    line = null;
  }

  function dial() {
    const { port, password } = kept();
    const obs = new OBSWebSocket();
    const dialled = { obs, gone: false };
    obs.on("ConnectionClosed", () => {
      dialled.gone = true;
    });
    dialled.identified = obs.connect(`ws://127.0.0.1:${port}`, password || undefined, { eventSubscriptions: 0 });
    return dialled;
  }

  // Of the stream what the network dropped, since it began; of OBS what the computer was too slow for, since it began.
  async function read({ obs, identified }) {
    await soon(identified);
    const [stream, all] = [await soon(obs.call("GetStreamStatus")), await soon(obs.call("GetStats"))];
    if (!stream.outputActive) return null;
    return {
      sent: stream.outputTotalFrames,
      dropped: stream.outputSkippedFrames,
      encoded: all.outputTotalFrames,
      skipped: all.outputSkippedFrames,
      rendered: all.renderTotalFrames,
      missed: all.renderSkippedFrames,
      sent_bytes: stream.outputBytes,
      reconnecting: stream.outputReconnecting,
      congestion: Math.min(1, Math.max(0, stream.outputCongestion)).toFixed(3),
    };
  }

  // What there is to say once Livepark knows, or why it does not.
  async function tell(frames) {
    const well = said.dataset[frames.reconnecting ? "reconnecting" : "asked"];
    if (Date.now() - told < TELL_EVERY - EVERY / 2) return well;
    const post = { method: "POST", headers: { "X-Screen-Token": token }, body: new URLSearchParams({ source, ...frames }) };
    try {
      const answer = await soon(fetch(document.body.dataset.encoder, post));
      over = answer.status === 401;
      if (!answer.ok) return (await soon(answer.json())).detail ?? said.dataset.network;
    } catch {
      return said.dataset.network;
    }
    told = Date.now();
    return well;
  }

  // Whoever hung up meanwhile, and perhaps dialled anew, has the word.
  async function ask() {
    if (!line || line.gone) line = dial();
    const mine = line;
    const [text, heard] = await read(mine).then(
      async (frames) => [frames ? await tell(frames) : said.dataset.idle, true],
      (error) => [said.dataset[WRONG_PASSWORD.includes(error.code) ? "password" : "silent"], false],
    );
    if (line !== mine) return;
    said.textContent = text;
    if (!heard) hangUp();
  }

  async function follow() {
    if (over) return hangUp();
    if (kept().on) await ask();
    setTimeout(follow, EVERY);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", async () => {
    const { on, port, password } = form.elements;
    if (!form.reportValidity()) return;
    localStorage.setItem(KEPT, JSON.stringify({ on: on.checked, port: Number(port.value), password: password.value }));
    said.textContent = "";
    hangUp();
    if (on.checked) await ask();
  });
  show();
  follow();
})();
