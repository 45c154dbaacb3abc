// What is folded: a menu opens inside the window; what is printed is unfolded, then folded back.
"use strict";
(() => {
  const EDGE = 12;
  const MENU = "details.menu";
  let opened = [];

  function place(menu) {
    const panel = menu.querySelector(":scope > :not(summary)");
    if (!panel) return;
    panel.style.left = "";
    panel.style.right = "";
    if (!menu.open || getComputedStyle(panel).position !== "absolute") return;
    const box = panel.getBoundingClientRect();
    const over = Math.max(box.right + EDGE - document.documentElement.clientWidth, 0);
    const shift = over > 0 ? -over : Math.max(EDGE - box.left, 0);
    if (shift === 0) return;
    panel.style.left = `${panel.offsetLeft + shift}px`;
    panel.style.right = "auto";
  }

  document.addEventListener("toggle", (event) => {
    if (event.target instanceof Element && event.target.matches(MENU)) place(event.target);
  }, true);
  window.addEventListener("resize", () => { for (const menu of document.querySelectorAll(`${MENU}[open]`)) place(menu); });

  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open], .menu)")];
    for (const folded of opened) folded.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const folded of opened) folded.open = false;
    opened = [];
  });
})();
