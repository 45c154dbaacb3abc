// A password being typed can be looked at for a moment (ASVS 2.1.12); it is masked again when sent.
"use strict";
(() => {
  for (const field of document.querySelectorAll('input[type="password"]')) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "reveal", textContent: "Afficher", title: "Montrer ce qui est tapé" });
    button.setAttribute("aria-pressed", "false");
    // outside the label: its words must not become part of the field's name
    const held = field.closest("label") ?? field;
    const wrap = document.createElement("span");
    wrap.className = "masked";
    held.replaceWith(wrap);
    wrap.append(held, button);
    button.addEventListener("click", () => {
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.textContent = shown ? "Afficher" : "Masquer";
      button.setAttribute("aria-pressed", String(!shown));
      field.focus();
    });
    if (field.form) field.form.addEventListener("submit", () => { field.type = "password"; });
    if (field.autofocus) field.focus();
  }
})();
