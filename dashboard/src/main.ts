import { element } from "./parts/element.js";
import { sendDialog } from "./parts/how-to-send.js";
import { followTheme, themeSwitch } from "./parts/theme.js";
import type { View } from "./parts/view.js";
import { takeTokenFromAddress } from "./server/token.js";
import { StreamPage } from "./stream/stream-page.js";
import { Wall } from "./wall/wall.js";

takeTokenFromAddress();
followTheme();

const place = element("div", { class: "place" });
const summary = element("span", { class: "summary" });
const send = element(
  "button",
  { class: "quiet", type: "button", "aria-label": "Send a stream", title: "Send a stream" },
  "+",
);
const head = element(
  "header",
  { class: "head" },
  element("a", { class: "wordmark", href: "/" }, "nalive"),
  place,
  summary,
  element("span", {}, send, themeSwitch()),
);
document.body.append(head);

let view: View | undefined;

/** Shows the view that the address names. */
function show(): void {
  view?.close();
  view?.element.remove();
  summary.textContent = "";
  const name = streamInAddress();
  view = name === undefined ? new Wall(summary) : new StreamPage(name);
  place.textContent = name === undefined ? "" : `/ ${name}`;
  document.title = view.title;
  document.body.append(view.element);
  view.start();
}

/** The focused element is gone: screen readers and keys continue at the start of the new view. */
function showOther(): void {
  show();
  if (!view) return;
  view.element.tabIndex = -1;
  view.element.focus({ preventScroll: true });
}

/** `/streams/NAME`. */
function streamInAddress(): string | undefined {
  return /^\/streams\/([\w.-]+)\/?$/.exec(location.pathname)?.[1];
}

/** Follows links within the dashboard without loading the page again. */
function follow(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (link.pathname !== "/" && !/^\/streams\/[\w.-]+$/.test(link.pathname)) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  showOther();
  scrollTo(0, 0);
}

send.addEventListener("click", () => {
  const dialog = sendDialog();
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
});
addEventListener("popstate", showOther);
document.addEventListener("click", follow);
show();
