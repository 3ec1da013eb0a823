import { expect, it } from "vitest";
import { shownText } from "./shown-text.js";

it("shows no token, however the address that holds it is misspelt", () => {
  for (const address of [
    "/watch/cam?token=SECRET",
    "/watch/cam&token=SECRET",
    "/watch/cam;token=SECRET",
    "/watch/cam%3Ftoken%3DSECRET",
    "/watch/cam/token=SECRET",
    "/watch/cam&Token:SECRET",
    "/watch/cam&tok=SECRET&x=1",
    "cam&bearer%20SECRET",
    "#token=SECRET",
  ])
    expect(shownText(address), address).not.toContain("SECRET");
});

it("leaves other text as it is, up to a length", () => {
  expect(shownText("/streams/front-door/live.mp4")).toBe("/streams/front-door/live.mp4");
  expect(shownText("a".repeat(100))).toHaveLength(64);
  expect(shownText("/turnkey/stockholm", 8)).toBe("/turnkey");
});
