import { describe, expect, it } from "vitest";
import { completeConfig, parseConfig } from "./read-config.js";

const fault = (text: string) => {
  try {
    parseConfig(text, "nalive.yaml");
  } catch (error) {
    expect(error).toMatchObject({ code: "NALIVE_INVALID_CONFIG" });
    return (error as Error).message.split("\n");
  }
  return [];
};

describe("a configuration", () => {
  it("may be empty: everything has a default, and the server is for this machine alone", () => {
    const config = completeConfig(parseConfig("", "nalive.yaml"));
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 8264,
      sources: {},
      publish: { takeover: false },
    });
    expect(Object.values(config.bounds).every((bound) => bound > 0)).toBe(true);
  });

  it("is laid over the defaults field by field", () => {
    const text =
      "sources:\n  cam: tcp://10.0.0.2:5000\npublish:\n  takeover: true\nbounds:\n  maxViewers: 3\n";
    const config = completeConfig(parseConfig(text, "nalive.yaml"));
    expect(config.sources).toEqual({ cam: "tcp://10.0.0.2:5000" });
    expect(config.publish).toMatchObject({ takeover: true, waitMs: 10_000 });
    expect(config.bounds).toMatchObject({ maxViewers: 3, maxStreams: 256 });
  });

  it("is refused with line and field of each fault", () => {
    const text = "port: 8264\nbounds:\n  maxViewers: many\nhosst: x\nsources:\n  ../cam: tcp://a:1\n";
    const faults = fault(text);
    expect(faults.find((line) => line.includes("maxViewers"))).toMatch(
      /^nalive\.yaml:3: bounds\.maxViewers: .*number.* \(it is "many"\)$/,
    );
    expect(faults).toContainEqual("nalive.yaml:4: hosst: there is no such field");
    expect(faults.find((line) => line.includes("../cam"))).toMatch(
      /^nalive\.yaml:6: sources\.\.\.\/cam: expected a name/,
    );
    expect(faults).toHaveLength(3);
  });

  it("is refused with the line where it is no YAML", () => {
    expect(fault("port: 1\nhost: [\n")[0]).toMatch(/^nalive\.yaml:\d: /);
  });

  it("never shows a token, also not a wrong one", () => {
    const [line] = fault("publish:\n  token: geheim\n");
    expect(line).toMatch(/^nalive\.yaml:2: publish\.token: expected 8 to 200 characters/);
    expect(line).not.toContain("geheim");
    for (const text of ["publish: geheim\n", "view: [geheim]\n", "publish:\n  token: *geheim\n"]) {
      const faults = fault(text);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/^nalive\.yaml:[12]: /);
      expect(faults[0]).not.toContain("geheim");
    }
  });
});
