import { at } from "../server/addresses.js";
import type { Answer } from "../server/poll.js";
import { token } from "../server/token.js";
import { element } from "./element.js";
import { tokenForm } from "./token-form.js";

type NoAnswer = Exclude<Answer<unknown>, { type: "answered" }>;

/**
 * Shows in `place` why the page has no answer: no connection, a missing token, or an error. Each
 * second brings the same answer again; an unchanged notice stays, with whatever was typed into it.
 */
export function showNotice(place: HTMLElement, answer: NoAnswer): void {
  const said = answer.type === "refused" ? `${answer.status} ${answer.reason}` : answer.type;
  if (place.firstElementChild?.getAttribute("data-said") === said) return;
  const shown = notice(answer);
  shown.dataset.said = said;
  place.replaceChildren(shown);
  if (document.activeElement === document.body) shown.querySelector("input")?.focus();
}

function notice(answer: NoAnswer): HTMLElement {
  if (answer.type === "unreachable") {
    return box("The server does not answer", "This page tries again every second.");
  }
  if (answer.status === 401) return askForToken();
  if (answer.status === 404) {
    const recordings = element("a", { href: at("recordings") }, "Recordings of all streams");
    return box(
      "No such stream",
      "The picture appears here as soon as somebody publishes this stream.",
      recordings,
    );
  }
  return box("The server refused the request", answer.reason);
}

function box(title: string, text: string, ...more: readonly Node[]): HTMLElement {
  return element(
    "section",
    { class: "notice", role: "status" },
    element("h2", {}, title),
    element("p", {}, text),
    ...more,
  );
}

function askForToken(): HTMLElement {
  const title = token() === undefined ? "A viewing token is needed" : "The token is wrong";
  return box(title, "Ask the operator of this server for it.", tokenForm("Watch"));
}
