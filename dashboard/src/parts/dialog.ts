import { type Child, element } from "./element.js";

/** Shows a dialog with a button that closes it. It leaves the page once it is closed. */
export function showDialog(label: string, ...content: readonly Child[]): HTMLDialogElement {
  const close = element(
    "button",
    { class: "quiet dialog-close", type: "button", "aria-label": "Close" },
    "×",
  );
  const dialog = element("dialog", { class: "dialog", "aria-label": label }, close, ...content);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
