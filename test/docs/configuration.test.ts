import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { completeConfig } from "../../src/node/serve/config/read-config.js";

const page = readFileSync(new URL("../../docs/deployment.md", import.meta.url), "utf8");
const { bounds, ...defaults } = completeConfig({});

/** `16 MiB` and `30 000` as numbers. */
function numberIn(text: string): number {
  const [, digits, unit] = /^([\d ]+?)( MiB)?$/.exec(text.trim())!;
  return Number(digits!.replaceAll(" ", "")) * (unit ? 1024 * 1024 : 1);
}

test("docs/deployment.md shows every field of the configuration with its default", () => {
  const [, yaml] = /```yaml\n(.*?)```/s.exec(page)!;
  const shown = parse(yaml!) as Record<string, unknown>;

  // What has no default is shown as an example.
  expect(shown).toEqual({
    ...defaults,
    sources: { door: expect.any(String) },
    publish: { ...defaults.publish, token: expect.any(String) },
    view: { token: expect.any(String) },
    tls: "self-signed",
    bounds: {},
  });
});

test("docs/deployment.md lists every bound with its default", () => {
  const rows = page.split("\n").filter((line) => /^\| `(max|\w+Ms)/.test(line));
  const shown = rows.flatMap((row) => {
    const [, names, values] = row.split("|");
    const numbers = values!.split(",").map(numberIn);
    return [...names!.matchAll(/`(\w+)`/g)].map(([, name], index) => [name!, numbers[index]!] as const);
  });

  expect(Object.fromEntries(shown)).toEqual(bounds);
});
