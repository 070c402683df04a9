// Small behaviours shared by pages. Everything works as plain links and forms when this file is missing.
(() => {
  "use strict";

  // A button with data-copy puts the text of the named element on the clipboard.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    const text = (source.value ?? source.textContent).trim();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // The clipboard needs a secure address; in a plain http network the text is selected instead.
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.textContent = button.dataset.copied;
  });

  // How much the ticked boxes of a form stand for, each for its data-counts.
  function counted(form) {
    const ticked = [...form.elements].filter((each) => each.type === "checkbox" && each.checked);
    return ticked.reduce((sum, each) => sum + Number(each.dataset.counts ?? 0), 0).toLocaleString("en-US");
  }

  // A form with data-confirm asks before it is sent, or what the pressed button has of its own, which may be nothing; one
  // with data-once cannot be sent twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (question && !window.confirm(question.replace("{count}", () => counted(form)))) {
      event.preventDefault();
      return;
    }
    if ("once" in form.dataset) {
      setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)), 0);
    }
  });

  // A form with data-forgets leaves nothing of this person's bookings on the phone (checkin.js). A check-in that is not
  // told yet waits for its own person.
  document.addEventListener("submit", (event) => {
    if (!("forgets" in event.target.dataset)) return;
    for (const key of Object.keys(localStorage)) {
      if (/^livepark-(bookings|checked-in|user)/.test(key)) localStorage.removeItem(key);
    }
  });

  // A button with data-prints prints the page.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-prints]")) window.print();
  });

  // A box with data-ticks ticks all boxes of the form that it names, or none.
  document.addEventListener("change", (event) => {
    const named = event.target.dataset.ticks && document.getElementById(event.target.dataset.ticks);
    for (const box of named?.elements ?? []) if (box.type === "checkbox") box.checked = event.target.checked;
  });

  // A field with data-submits sends its form when it changes.
  document.addEventListener("change", (event) => {
    if ("submits" in event.target.dataset) event.target.form.requestSubmit();
  });

  // What is told of each choice in a list (data-told) stands below the field for the one that is chosen.
  for (const told of document.querySelectorAll("[data-told-of]")) {
    const field = document.getElementById(told.dataset.toldOf);
    const list = document.getElementById(told.dataset.from);
    const tell = () => {
      const chosen = list.querySelector(`[data-told="${CSS.escape(field.value)}"]`);
      told.textContent = chosen?.textContent ?? "";
      told.hidden = !chosen;
    };
    field.addEventListener("change", tell);
    tell();
  }

  // A button with data-more adds a row of the named template to a list and counts it in the named field.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-more]");
    if (!button) return;
    const count = document.getElementById(button.dataset.count);
    const row = document.getElementById(button.dataset.template).innerHTML.replaceAll("__prefix__", count.value);
    const list = document.getElementById(button.dataset.more);
    list.insertAdjacentHTML("beforeend", row);
    list.lastElementChild.querySelector("input").focus();
    count.value = Number(count.value) + 1;
  });

  // What is fetched may fail while the page stays as it is: that is said until something is answered again, in the words of
  // whoever refused it: a page of the site, or one of the proxy before it, which holds them in both languages.
  const unanswered = document.getElementById("no-answer");
  const silence = unanswered?.textContent;
  const language = document.documentElement.lang.slice(0, 2);
  const refusal = (answer) => {
    const page = new DOMParser().parseFromString(answer, "text/html");
    return (page.querySelector(`p[lang="${language}"], .lp-error p`) ?? page.querySelector(".lp-error h1"))?.textContent;
  };
  const failed = (event) => {
    if (!unanswered) return;
    unanswered.textContent = refusal(event.detail.xhr?.responseText ?? "") || silence;
    if (!unanswered.hidden) return;
    unanswered.hidden = false;
    unanswered.scrollIntoView({ block: "center" });
  };
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (unanswered && event.detail.successful) unanswered.hidden = true;
  });

  // What is fetched into #modal-body is shown.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "modal-body") bootstrap.Modal.getOrCreateInstance("#modal").show();
  });

  // A drop zone passes dropped files on to its file field.
  for (const zone of document.querySelectorAll(".lp-drop")) {
    const over = (on) => (event) => {
      event.preventDefault();
      zone.classList.toggle("over", on);
    };
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => {
      over(false)(event);
      zone.querySelector("input[type=file]").files = event.dataTransfer.files;
    });
  }
})();
