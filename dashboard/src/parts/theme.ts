import { element } from "./element.js";

type Theme = "dark" | "light";
const key = "nalive-theme";

/** The theme chosen on this page, or else the system's. */
function current(): Theme {
  const chosen = localStorage.getItem(key);
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/** Applies the theme. The event `themechange` reaches parts that draw by themselves. */
function apply(): void {
  document.documentElement.dataset.theme = current();
  dispatchEvent(new Event("themechange"));
}

/** Applies the theme now, and whenever another tab or the system changes it. */
export function followTheme(): void {
  apply();
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", apply);
  addEventListener("storage", apply);
}

/** The button that switches the theme. */
export function themeSwitch(): HTMLElement {
  const button = element("button", { class: "quiet", type: "button", "aria-label": "Light colours" });
  const show = () => {
    const isLight = current() === "light";
    button.ariaPressed = String(isLight);
    button.textContent = isLight ? "☾" : "☀";
    button.title = isLight ? "Switch to dark colours" : "Switch to light colours";
  };
  button.addEventListener("click", () => {
    localStorage.setItem(key, current() === "light" ? "dark" : "light");
    apply();
  });
  addEventListener("themechange", show);
  show();
  return button;
}
