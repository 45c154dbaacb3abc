// A field and its rectangle light up together; a page image gives its overlay the page's real size.
"use strict";
(() => {
  const POINTS = 72;

  function light(name, on) {
    for (const element of document.querySelectorAll(`[data-champ="${CSS.escape(name)}"]`)) {
      element.classList.toggle("lit", on);
    }
  }

  function fieldOf(event) {
    const element = event.target instanceof Element ? event.target.closest("[data-champ]") : null;
    return element ? element.dataset.champ : null;
  }

  for (const [start, end] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(start, (event) => { const name = fieldOf(event); if (name) light(name, true); });
    document.addEventListener(end, (event) => { const name = fieldOf(event); if (name) light(name, false); });
  }

  function rowOf(name) {
    const own = document.getElementById(name);
    return own && own.matches("tr") ? own : document.querySelector(`tr[data-champ="${CSS.escape(name)}"]`);
  }

  // A rectangle (click, Enter) leads to its line, ready to be corrected; a line shows its rectangle.
  document.addEventListener("click", (event) => {
    const element = event.target instanceof Element ? event.target.closest("[data-champ]") : null;
    if (!element) return;
    const inPage = element.closest("svg") !== null;
    if (!inPage && event.target.closest("a, button, input")) return;
    const name = element.dataset.champ;
    const other = inPage ? rowOf(name) : document.querySelector(`svg [data-champ="${CSS.escape(name)}"]`);
    if (!other) return;
    other.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (!inPage) return;
    event.preventDefault();
    (other.querySelector("a") ?? other).focus({ preventScroll: true });
  });

  document.addEventListener("focusin", (event) => {
    const line = event.target instanceof Element ? event.target.closest("tr[data-champ]") : null;
    const box = line ? document.querySelector(`svg [data-champ="${CSS.escape(line.dataset.champ)}"]`) : null;
    if (box) box.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // One stop of the Tab key a page: arrows go from rectangle to rectangle, in the order of reading.
  const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  for (const page of document.querySelectorAll("figure.page svg")) {
    const boxes = [...page.querySelectorAll("a[data-champ]")];
    boxes.forEach((box, place) => box.setAttribute("tabindex", place === 0 ? "0" : "-1"));
    page.addEventListener("keydown", (event) => {
      const here = boxes.indexOf(document.activeElement);
      const ends = { Home: 0, End: boxes.length - 1 };
      const next = event.key in STEPS ? here + STEPS[event.key] : ends[event.key];
      if (here < 0 || next === undefined || !boxes[next]) return;
      event.preventDefault();
      boxes[here].setAttribute("tabindex", "-1");
      boxes[next].setAttribute("tabindex", "0");
      boxes[next].focus({ preventScroll: true });
      boxes[next].scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }

  // The overlay is drawn in PDF points, from the bottom left: its size is the image's at its resolution.
  function fit(figure) {
    const image = figure.querySelector("img");
    const overlay = figure.querySelector("svg");
    const dpi = Number(figure.dataset.dpi);
    if (!image || !overlay || !image.naturalWidth || !dpi) return;
    const width = image.naturalWidth * POINTS / dpi;
    const height = image.naturalHeight * POINTS / dpi;
    overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    overlay.querySelector("g").setAttribute("transform", `matrix(1 0 0 -1 0 ${height})`);
  }

  function fail(figure) {
    figure.classList.add("failed");
    figure.querySelector("figcaption").textContent =
      "Cette page ne peut pas être affichée ; le document est conservé, téléchargez l’original.";
  }

  // An address that names a folded document unfolds it.
  function unfold() {
    const wanted = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    const folded = wanted ? wanted.closest("details") : null;
    if (folded && !folded.open) { folded.open = true; wanted.scrollIntoView(); }
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  for (const figure of document.querySelectorAll("figure.page")) {
    const image = figure.querySelector("img");
    if (!image) continue;
    if (image.complete && image.naturalWidth) fit(figure);
    image.addEventListener("load", () => fit(figure));
    image.addEventListener("error", () => fail(figure));
  }
})();
