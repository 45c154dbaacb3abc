// The keyboard: j and k along the rows, Enter to open, a to take, e to finish, u to go up, / to search, ? for help.
"use strict";
(() => {
  let chosen = -1;

  function rows() {
    return [...document.querySelectorAll("main tr.link")].filter((row) => row.offsetParent !== null);
  }

  function choose(step) {
    const all = rows();
    if (!all.length) return;
    chosen = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
    const next = Math.min(Math.max(chosen + step, 0), all.length - 1);
    for (const row of all) row.removeAttribute("aria-selected");
    all[next].setAttribute("aria-selected", "true");
    const link = all[next].querySelector(".title-cell a");
    if (link) link.focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  }

  function press(...actions) {
    for (const action of actions) {
      const button = document.querySelector(`button[data-action="${action}"]`);
      if (button) { button.click(); return; }
    }
  }

  const verbs = {
    j: () => choose(1),
    k: () => choose(-1),
    a: () => press("prendre", "reprendre"),
    e: () => press("terminer"),
    u: () => { const up = document.querySelector("a[data-up]"); if (up) up.click(); },
    "/": () => { const box = document.getElementById("recherche"); if (box) { box.focus(); box.select(); } },
    "?": () => { const help = document.getElementById("aide"); if (help && !help.open) help.showModal(); },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target instanceof Element && event.target.closest("input, select, textarea, dialog[open]")) return;
    const verb = verbs[event.key];
    if (verb) { event.preventDefault(); verb(); }
  });
})();
