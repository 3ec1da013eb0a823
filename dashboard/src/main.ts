import { showDialog } from "./parts/dialog.js";
import { element } from "./parts/element.js";
import { howToSend } from "./parts/how-to-send.js";
import { followTheme, themeSwitch } from "./parts/theme.js";
import { tokenForm } from "./parts/token-form.js";
import type { View } from "./parts/view.js";
import { RecordingsPage } from "./recordings/recordings-page.js";
import { learnAccess } from "./server/access.js";
import { at, below } from "./server/addresses.js";
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
const enterToken = element("button", { class: "button", type: "button" }, "Token");
const buttons = element("span", {}, send, themeSwitch());
const head = element(
  "header",
  { class: "head" },
  element("a", { class: "wordmark", href: at(".") }, "nalive"),
  place,
  summary,
  element("a", { class: "head-link", href: at("recordings") }, "Recordings"),
  buttons,
);
document.body.append(head);

let view: View | undefined;

/** Shows the view that the address names. */
function show(): void {
  view?.close();
  view?.element.remove();
  summary.textContent = "";
  view = viewOf(location.pathname) ?? new Wall(summary);
  place.textContent = view.place === "" ? "" : `/ ${view.place}`;
  document.title = view.place === "" ? "nalive" : `${view.place} · nalive`;
  document.body.append(view.element);
  view.start();
  void learnAccess().then((isAll) => {
    if (isAll) enterToken.remove();
    else buttons.prepend(enterToken);
  });
}

/** The focused element is gone: screen readers and keys continue at the start of the new view. */
function showOther(): void {
  show();
  if (!view) return;
  view.element.tabIndex = -1;
  view.element.focus({ preventScroll: true });
}

/** The view at this path; undefined for paths that are no page of the dashboard. */
function viewOf(pathname: string): View | undefined {
  const path = below(pathname);
  if (path === "") return new Wall(summary);
  if (path === "recordings") return new RecordingsPage();
  const name = path === undefined ? undefined : /^streams\/([\w.-]+)\/?$/.exec(path)?.[1];
  return name === undefined ? undefined : new StreamPage(name, () => go(at(".")));
}

/** Shows the view at an address, without loading the page again. @returns false if there is none */
function go(href: string): boolean {
  const { pathname } = new URL(href, location.href);
  const path = below(pathname);
  if (path === undefined || !/^(recordings|streams\/[\w.-]+)?$/.test(path)) return false;
  history.pushState(null, "", href);
  showOther();
  scrollTo(0, 0);
  return true;
}

/** Follows links within the dashboard. */
function follow(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (go(link.href)) event.preventDefault();
}

send.addEventListener("click", () => showDialog("Send a stream", howToSend("Send a stream")));
enterToken.addEventListener("click", () =>
  showDialog(
    "Token",
    element("h2", {}, "Enter a token"),
    element("p", { class: "panel-note" }, "The publishing token allows recording and publishing."),
    tokenForm("Use it"),
  )
    .querySelector("input")
    ?.focus(),
);
addEventListener("popstate", showOther);
document.addEventListener("click", follow);
show();
