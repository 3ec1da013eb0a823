import { element } from "./element.js";

/** A button that copies a text, and says that it has. */
function copyButton(text: () => string, label: string, name = label): HTMLButtonElement {
  const button = element("button", { class: "button", type: "button", "aria-label": name }, label);
  button.addEventListener("click", async () => {
    button.textContent = (await copy(text())) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

/** Pages that came over plain http have no clipboard; there the old way works. */
async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    const isDone = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    if (isDone) return true;
  }
  const area = element("textarea", { class: "for-readers", readonly: true });
  area.value = text;
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}

/** A command or address, with its button. It is broken between words, not within them. */
export function copyable(label: string, text: string): HTMLElement {
  const lines = text.split("\n").map((line) => {
    const words = line.split(/(?<= )/).map((word) => element("span", {}, word));
    return element("div", {}, ...words);
  });
  return element(
    "div",
    { class: "copyable" },
    element("span", { class: "copyable-label" }, label),
    copyButton(() => text, "Copy", `Copy: ${label}`),
    element("code", {}, ...lines),
  );
}
