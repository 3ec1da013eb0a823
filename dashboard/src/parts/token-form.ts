import { setToken } from "../server/token.js";
import { element } from "./element.js";

/** Asks for a token, and loads the page again with it. */
export function tokenForm(action: string): HTMLFormElement {
  const input = element("input", {
    type: "password",
    name: "token",
    autocomplete: "current-password",
    "aria-label": "Token",
    required: true,
  });
  const form = element("form", { class: "token" }, input, element("button", { class: "button" }, action));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setToken(input.value);
    location.reload();
  });
  return form;
}
