import { element } from "./element.js";

type Theme = "dark" | "light";
const key = "nalive-theme";

/** Dark or light: as chosen here before, or else as the system says. */
function current(): Theme {
  const chosen = localStorage.getItem(key);
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/** Puts the theme into the page, and follows the system while nothing was chosen. */
export function followTheme(): void {
  const apply = () => {
    document.documentElement.dataset.theme = current();
    dispatchEvent(new Event("themechange"));
  };
  apply();
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", apply);
  addEventListener("storage", apply);
}

/** The switch between the two. */
export function themeSwitch(): HTMLElement {
  const button = element("button", { class: "quiet", "aria-label": "Light colours" });
  const show = () => {
    button.ariaPressed = String(current() === "light");
    button.textContent = current() === "light" ? "☾" : "☀";
    button.title = current() === "light" ? "Dark" : "Light";
  };
  button.addEventListener("click", () => {
    localStorage.setItem(key, current() === "light" ? "dark" : "light");
    followChosen();
    show();
  });
  addEventListener("themechange", show);
  show();
  return button;
}

function followChosen(): void {
  document.documentElement.dataset.theme = current();
  dispatchEvent(new Event("themechange"));
}
