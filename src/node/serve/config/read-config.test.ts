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
      /^nalive\.yaml:3: bounds\.maxViewers: Expected a number, got "many"$/,
    );
    expect(faults).toContainEqual(
      expect.stringMatching(/^nalive\.yaml:4: hosst: No such field, expected host, port, /),
    );
    expect(faults.find((line) => line.includes("../cam"))).toMatch(
      /^nalive\.yaml:6: sources\.\.\.\/cam: Expected a name/,
    );
    expect(faults).toHaveLength(3);
  });

  it("is refused with the line where it is no YAML", () => {
    expect(fault("port: 1\nhost: [\n")[0]).toMatch(/^nalive\.yaml:\d: /);
  });

  it("names the faults in the order of the file, also those of a field's neighbours", () => {
    const faults = fault("prot: 1\nbounds:\n  maxViewer: 1\nport: x\n");
    expect(faults.map((line) => line.split(":")[1])).toEqual(["1", "3", "4"]);
    expect(faults[1]).toMatch(/^nalive\.yaml:3: bounds\.maxViewer: No such field, expected maxStreams, /);
    expect(faults[1]).toMatch(/\. Did you mean maxViewers\?$/);
  });

  it.each([
    ["a key twice", "port: 1\nhost: a\nport: 2\n", "3: port: This field stands here a second time"],
    [
      "a value that ends in a colon",
      "sources:\n  cam: test:\n",
      "2: Put a value with a colon before a space",
    ],
    ["a section left empty", "bounds:\nport: 1\n", "1: bounds: Empty; give it a value, or leave it out"],
    ["a token left empty", "view:\n  token:\n", "2: view.token: Empty; give it a value"],
    [
      "an address of no kind",
      "sources:\n  a: 'test:'\n  b: foo://x\n",
      '3: sources.b: "foo:" is not a kind of source',
    ],
    [
      "a file that comes all at once",
      "sources:\n  a: clip.mp4\n",
      "2: sources.a: The source clip.mp4 is not live",
    ],
    [
      "a name that no stream can have",
      'recording:\n  always: [cam, "a b"]\n',
      "2: recording.always.1: Expected the name of a stream",
    ],
    [
      "an origin with a path",
      "allowedOrigins: [https://a.org/]\n",
      "1: allowedOrigins.0: Expected an origin",
    ],
    [
      "a host with a port",
      "allowedHosts: ['a.org:80']\n",
      "1: allowedHosts.0: Expected a host name without a port",
    ],
    ["half a certificate", "tls:\n  cert: a.pem\n", "2: tls: Expected self-signed, or cert and key"],
    ["more than a timer can wait", "bounds:\n  httpIdleMs: 99999999999\n", "2: bounds.httpIdleMs: "],
  ])("is refused for %s, in words for people", (_what, text, expected) => {
    const faults = fault(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]!.slice(0, `nalive.yaml:${expected}`.length)).toBe(`nalive.yaml:${expected}`);
  });

  it("never shows the password of a source, also not of a wrong one", () => {
    const [line] = fault("sources:\n  door: foo://admin:geheim@door/x\n");
    expect(line).toMatch(/^nalive\.yaml:2: sources\.door: /);
    expect(line).not.toContain("geheim");
  });

  it("may name all origins, hosts and streams, and origins that are no web pages", () => {
    const text =
      'allowedOrigins: ["*", "null", "capacitor://localhost", "http://10.0.0.2:3000"]\nallowedHosts: ["*", cam]\n';
    expect(fault(`${text}recording:\n  always: ["*"]\n`)).toEqual([]);
  });

  it("never shows a token, also not a wrong one", () => {
    const [line] = fault("publish:\n  token: geheim\n");
    expect(line).toMatch(/^nalive\.yaml:2: publish\.token: Expected 8 to 200 characters/);
    expect(line).not.toContain("geheim");
    for (const text of ["publish: geheim\n", "view: [geheim]\n", "publish:\n  token: *geheim\n"]) {
      const faults = fault(text);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/^nalive\.yaml:[12]: /);
      expect(faults[0]).not.toContain("geheim");
    }
  });
});
