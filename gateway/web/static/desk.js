// Lists that live: what is ticked and where the focus is survive an update; a count says how many are ticked.
"use strict";
(() => {
  const kept = { ticked: new Set(), focus: null, action: null, selected: null, folded: false };

  const boxes = () => [...document.querySelectorAll('#liste input[name="elements"]')];
  const rowOf = (element) => (element instanceof Element ? element.closest("tr[data-id]") : null);

  function count() {
    const told = document.getElementById("coches");
    if (!told) return;
    const number = boxes().filter((box) => box.checked).length;
    const words = number === 0 ? "Cochez des éléments pour agir sur plusieurs." : number === 1 ? "1 élément coché" : `${number} éléments cochés`;
    if (told.textContent !== words) told.textContent = words;
    for (const box of boxes()) box.closest("tr").classList.toggle("ticked", box.checked);
  }

  document.addEventListener("change", (event) => {
    if (event.target instanceof Element && event.target.matches('#liste input[name="elements"]')) count();
  });

  // A list that is replaced gives back what the person had ticked, chosen and reached in it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (!(target instanceof Element) || !["liste", "files"].includes(target.id)) return;
    kept.ticked = new Set(boxes().filter((box) => box.checked).map((box) => rowOf(box).dataset.id));
    const selected = document.querySelector('#liste tr[aria-selected="true"]');
    kept.selected = selected ? selected.dataset.id : null;
    const row = rowOf(document.activeElement);
    const inside = row ? [...row.querySelectorAll("a, input")].indexOf(document.activeElement) : -1;
    kept.focus = row && inside >= 0 ? { id: row.dataset.id, inside } : null;
    const action = document.getElementById("action-lot");
    kept.action = action ? action.value : null;
    kept.folded = document.querySelector("#files details[open]") !== null;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!(event.detail.target instanceof Element) && !event.detail.elt) return;
    for (const box of boxes()) if (kept.ticked.has(rowOf(box).dataset.id)) box.checked = true;
    const find = (id) => (id === null ? null : document.querySelector(`#liste tr[data-id="${CSS.escape(id)}"]`));
    const selected = find(kept.selected);
    if (selected) selected.setAttribute("aria-selected", "true");
    const row = kept.focus ? find(kept.focus.id) : null;
    if (row) { const place = row.querySelectorAll("a, input")[kept.focus.inside]; if (place) place.focus({ preventScroll: true }); }
    const action = document.getElementById("action-lot");
    if (action && kept.action !== null) action.value = kept.action;
    const folded = document.querySelector("#files details");
    if (folded && kept.folded) folded.open = true;
    kept.focus = null;
    const filters = document.querySelector("[data-filtres]");
    if (filters) filters.value = new URLSearchParams(location.search).toString();
    count();
  });

  count();
})();
