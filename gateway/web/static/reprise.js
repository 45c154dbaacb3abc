// A text kept when its session ended comes back into its form; the person reads it again and sends it.
"use strict";
(() => {
  const notice = document.querySelector("[data-reprise]");
  if (!notice) return;
  const TYPED = new Set(["text", "search", "date", "email", "number", "tel", "url", "checkbox", "radio", "textarea", "select-one", "select-multiple"]);

  function put(field, values) {
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (field.type === "select-multiple") for (const option of field.options) option.selected = values.includes(option.value);
    else field.value = values.shift() ?? field.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function fill(kept) {
    const form = [...document.forms].find((one) => one.method === "post" && new URL(one.action, location.href).pathname === kept.action);
    if (!form) return null;
    const values = new Map();
    for (const [name, value] of kept.fields) values.set(name, [...(values.get(name) ?? []), value]);
    let first = null;
    for (const field of form.elements) {
      if (!field.name || !TYPED.has(field.type) || !values.has(field.name)) continue;
      put(field, values.get(field.name));
      first = first ?? field;
    }
    if (!first) return null;
    const mark = document.createElement("input");
    Object.assign(mark, { type: "hidden", name: "reprise", value: notice.dataset.reprise });
    form.append(mark);
    for (let box = form.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    return first;
  }

  fetch(`/reprises/${notice.dataset.reprise}`, { headers: { Accept: "application/json" }, credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((kept) => {
      const first = kept ? fill(kept) : null;
      if (!kept) notice.hidden = true;
      if (!first) return;
      notice.querySelector("span").textContent = "Votre envoi n’avait pas abouti ; votre texte est revenu dans le formulaire : relisez-le, puis envoyez.";
      first.focus();
      first.scrollIntoView({ block: "center" });
    })
    .catch(() => undefined);
})();
