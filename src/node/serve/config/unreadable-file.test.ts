import { describe, expect, it } from "vitest";
import { readConfigFile } from "./read-config.js";

describe("a file that cannot be read", () => {
  it.each([
    ["missing.yaml", "Cannot read missing.yaml: there is no such file. Check the path"],
    ["src", "Cannot read src: it is a folder. Name a file in it"],
  ])("%s: the message says why, once, and what to do", (path, message) => {
    expect(() => readConfigFile(path)).toThrow(
      expect.objectContaining({ code: "NALIVE_NO_SUCH_FILE", message }),
    );
  });
});
