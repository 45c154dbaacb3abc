// The keyboard: along the rows, open, tick, take, finish, go up, search, help. Never while somebody types.
"use strict";
(() => {
  const TYPING = "input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable], dialog[open]";

  function rows() {
    return [...document.querySelectorAll("main tr.link")].filter((row) => row.offsetParent !== null);
  }

  function selected() {
    return document.querySelector('main tr.link[aria-selected="true"]');
  }

  function choose(step) {
    const all = rows();
    if (!all.length) return;
    const here = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
    const next = Math.min(Math.max(here + step, 0), all.length - 1);
    for (const row of all) row.removeAttribute("aria-selected");
    all[next].setAttribute("aria-selected", "true");
    const link = all[next].querySelector(".title-cell a");
    if (link) link.focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  }

  // On an item: its button. On a row of a queue: the same act on that row, at the version that is shown.
  // Nothing here acts on what somebody else holds: a row says what taking it means, if it may be taken.
  function act(onRow, ...actions) {
    for (const action of actions) {
      const button = document.querySelector(`[data-action="${action}"]`);
      if (button) { button.click(); return; }
    }
    const row = selected();
    const form = document.getElementById("geste");
    const verb = row ? onRow(row) : null;
    if (!verb || !row.dataset.id || !form) return;
    form.action = `/elements/${row.dataset.id}/actions/${verb}`;
    form.elements.version.value = row.dataset.version;
    form.submit();
  }

  function tick() {
    const row = selected();
    const box = row ? row.querySelector('input[name="elements"]') : null;
    if (!box) return;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function help() {
    const sheet = document.getElementById("aide");
    if (sheet && !sheet.open) sheet.showModal();
  }

  const verbs = {
    j: () => choose(1),
    k: () => choose(-1),
    x: tick,
    a: () => act((row) => row.dataset.prend, "prendre", "reprendre"),
    e: () => act(() => "terminer", "terminer"),
    n: () => { const note = document.querySelector('#notes textarea'); if (note) { note.closest("details").open = true; note.focus(); } },
    r: () => { const letter = document.querySelector('a[href$="/lettre"], a[href*="/lettre?"]'); if (letter) letter.click(); },
    u: () => { const up = document.querySelector("a[data-up]"); if (up) up.click(); },
    "/": () => { const box = document.getElementById("recherche"); if (box) { box.focus(); box.select(); } },
    "?": help,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    const verb = verbs[event.key];
    if (verb) { event.preventDefault(); verb(); }
  });

  // A menu that is open closes by Escape, or when the focus goes elsewhere by a click.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
})();
