import { element } from "./element.js";

/** Deletes a recording once the person has confirmed it; shown to those who may. */
export function eraseButton(file: string, erase: () => Promise<void>): HTMLElement {
  const button = element(
    "button",
    {
      class: "quiet",
      type: "button",
      "data-needs": "manage",
      "aria-label": `Delete ${file}`,
      title: "Delete",
    },
    "×",
  );
  button.addEventListener("click", () => {
    if (confirm(`Delete ${file}?`)) void erase();
  });
  return button;
}
