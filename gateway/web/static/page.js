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

  document.addEventListener("click", (event) => {
    const element = event.target instanceof Element ? event.target.closest("[data-champ]") : null;
    if (!element || event.target.closest("a, button, input")) return;
    const inPage = element.closest("svg") !== null;
    const other = document.querySelector(
      `${inPage ? "tr" : "rect"}[data-champ="${CSS.escape(element.dataset.champ)}"]`);
    if (other) other.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

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
