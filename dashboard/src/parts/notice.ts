import type { Answer } from "../server/poll.js";
import { setToken, token } from "../server/token.js";
import { element } from "./element.js";

type NoAnswer = Exclude<Answer<unknown>, { type: "here" }>;

/**
 * Says in `place` that the server does not answer, or wants a token. The server is asked every second: what is said already stays, with
 * what was typed into it.
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
    return box(
      "The server does not answer",
      "It is asked again every second; nothing needs to be done here.",
    );
  }
  if (answer.status === 401) return askForToken();
  if (answer.status === 404) {
    return box("No such stream", "Its picture appears here as soon as somebody publishes it.");
  }
  return box("The server said no", answer.reason);
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
  const input = element("input", {
    type: "password",
    name: "token",
    autocomplete: "current-password",
    "aria-label": "Token",
    required: true,
  });
  const form = element("form", { class: "token" }, input, element("button", { class: "button" }, "Watch"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setToken(input.value);
    location.reload();
  });
  const title = token() === undefined ? "This server asks for a token" : "The token is wrong";
  return box(title, "It is the one for viewing, as the server's operator has set it.", form);
}
