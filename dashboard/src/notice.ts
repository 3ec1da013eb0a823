import { element } from "./element.js";
import type { Answer } from "./poll.js";
import { setToken } from "./token.js";

/** What is said instead of pictures when the server does not answer, or wants a token. */
export function notice(answer: Exclude<Answer<unknown>, { type: "here" }>): HTMLElement {
  if (answer.type === "unreachable") {
    return box(
      "The server does not answer",
      "It is asked again every second; nothing needs to be done here.",
    );
  }
  if (answer.status === 401) return askForToken();
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
  return box("This server asks for a token", "The one for viewing, as its operator has set it.", form);
}
