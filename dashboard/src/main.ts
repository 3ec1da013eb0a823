import { element } from "./element.js";
import { followTheme, themeSwitch } from "./theme.js";
import { takeTokenFromAddress } from "./token.js";
import type { View } from "./view.js";
import { Wall } from "./wall.js";

takeTokenFromAddress();
followTheme();

const place = element("div", { class: "place" });
const summary = element("span", { class: "summary" });
const head = element(
  "header",
  { class: "head" },
  element("a", { class: "wordmark", href: "/" }, "nalive"),
  place,
  summary,
  themeSwitch(),
);
document.body.append(head);

let view: View | undefined;

/** Shows what the address says. */
function show(): void {
  view?.close();
  view?.element.remove();
  summary.textContent = "";
  view = new Wall(summary);
  document.title = view.title;
  document.body.append(view.element);
  view.start();
}

addEventListener("popstate", show);
show();
