import { element } from "./element.js";

type Theme = "dark" | "light";
const key = "nalive-theme";

/** Dark or light: as chosen here before, or else as the system says. */
function current(): Theme {
  const chosen = localStorage.getItem(key);
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/** Puts the theme into the page; `themechange` says so to what draws by itself. */
function apply(): void {
  document.documentElement.dataset.theme = current();
  dispatchEvent(new Event("themechange"));
}

/** Dark or light from here on, also when another tab or the system changes it. */
export function followTheme(): void {
  apply();
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", apply);
  addEventListener("storage", apply);
}

/** The switch between the two. */
export function themeSwitch(): HTMLElement {
  const button = element("button", { class: "quiet", type: "button", "aria-label": "Light colours" });
  const show = () => {
    const isLight = current() === "light";
    button.ariaPressed = String(isLight);
    button.textContent = isLight ? "☾" : "☀";
    button.title = isLight ? "Dark" : "Light";
  };
  button.addEventListener("click", () => {
    localStorage.setItem(key, current() === "light" ? "dark" : "light");
    apply();
  });
  addEventListener("themechange", show);
  show();
  return button;
}
