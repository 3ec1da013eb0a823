import { expect, it } from "vitest";
import { isAllowableOrigin } from "./allowable-origin.js";

it("an allowed origin is one that a browser can send", () => {
  for (const text of [
    "*",
    "null",
    "file://",
    "https://a.example",
    "http://[::1]:3000",
    "capacitor://localhost",
  ])
    expect(isAllowableOrigin(text), text).toBe(true);
  for (const text of [
    "https://*.example.org",
    "http://*",
    "*.example.org",
    "https://a.example:*",
    "https://a.example:443",
    "http://a.example:80",
    "https://A.example",
    "https://b\u00fccher.example",
    "https://a.example/",
    "https://me@a.example",
    "app://*",
    "a.example",
    "",
  ])
    expect(isAllowableOrigin(text), text).toBe(false);
});
