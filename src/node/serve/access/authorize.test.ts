import { expect, test } from "vitest";
import { type Action, tokenAuthorize } from "./authorize.js";

const actions: Action[] = ["publish", "view", "manage"];
const allowed = (tokens: { publish?: string; view?: string }, credential?: string) => {
  const authorize = tokenAuthorize({ publish: tokens.publish, view: tokens.view });
  return actions.filter((action) => authorize(action, "cam", credential));
};

test("without tokens everybody may do everything", () => {
  expect(allowed({})).toEqual(actions);
  expect(allowed({}, "whatever")).toEqual(actions);
});

test("with both tokens nobody may do anything without one of them", () => {
  const tokens = { publish: "publish-token", view: "view-token" };
  for (const credential of [undefined, "", "publish", "publish-token ", "VIEW-TOKEN"]) {
    expect(allowed(tokens, credential)).toEqual([]);
  }
  expect(allowed(tokens, "view-token")).toEqual(["view"]);
  expect(allowed(tokens, "publish-token")).toEqual(actions);
});

test("one token closes what it is for, and only that", () => {
  expect(allowed({ publish: "publish-token" })).toEqual(["view"]);
  expect(allowed({ view: "view-token" })).toEqual(["publish", "manage"]);
});
