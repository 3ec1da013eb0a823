import { element } from "./element.js";

/** A button that copies a text and confirms it. */
function copyButton(text: () => string, label: string, name = label): HTMLButtonElement {
  const button = element("button", { class: "button", type: "button", "aria-label": name }, label);
  button.addEventListener("click", async () => {
    button.textContent = (await copy(text())) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

/** Copies a text. Pages on plain http have no clipboard API; `execCommand` works there. */
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

function breakable(word: string): (string | HTMLElement)[] {
  return word.split(/(?<=\w\/)/).flatMap((part, index) => (index === 0 ? [part] : [element("wbr"), part]));
}

/** A command or address with its button. Lines break between words, or after a slash. */
export function copyable(label: string, text: string): HTMLElement {
  const lines = text.split("\n").map((line) => {
    const words = line.split(/(?<= )/).map((word) => element("span", {}, ...breakable(word)));
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
