"use strict";

// A barcode reader types into whatever has the focus: the field has it from the beginning, and gets it back.
(() => {
  const field = document.getElementById("code");
  const take = () => {
    if (document.activeElement === document.body) field.focus();
  };
  if (!field) return;
  take();
  document.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) take();
  });
})();
