import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The members of a union of string literals, as they stand in the source. */
function unionMembers(source: string, type: string): string[] {
  const union = new RegExp(`^export type ${type} =\\s([^;]*?);$`, "ms").exec(withoutComments(source));
  if (!union) throw new Error(`there is no type ${type}`);
  return [...union[1]!.matchAll(/"([^"]+)"/g)].map(([, member]) => member!);
}

const withoutComments = (source: string) => source.replace(/\/\*.*?\*\//gs, "");

/** Third-level headings below a second-level one, and what stands under each. */
function sections(markdown: string, heading: string): Map<string, string> {
  const part = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return new Map(
    part
      .split(/^### /m)
      .slice(1)
      .map((section) => {
        const end = section.indexOf("\n");
        return [section.slice(0, end), section.slice(end).trim()];
      }),
  );
}

const page = read("docs/errors.md");

const kinds = [
  { heading: "Errors", type: "ErrorCode", file: "src/core/errors.ts" },
  { heading: "Issues", type: "IssueCode", file: "src/core/issues.ts" },
];

test.each(kinds)(
  "docs/errors.md has the codes of $type under $heading, in their order",
  ({ heading, type, file }) => {
    const codes = unionMembers(read(file), type);

    expect(codes.length).toBeGreaterThan(10);
    expect([...sections(page, heading).keys()]).toEqual(codes);
  },
);

test.each(kinds)(
  "of each of the $heading there is a message as printed, and what to make of it",
  ({ heading }) => {
    for (const [code, text] of sections(page, heading)) {
      expect(text, code).toMatch(/^> \S.*\n(> .*\n)*\n\S/);
    }
  },
);

test.each(kinds)("each code of $type is used somewhere", ({ type, file }) => {
  const paths = readdirSync(new URL("../../src", import.meta.url), { recursive: true, encoding: "utf8" });
  const code = paths
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => withoutComments(read(`src/${path}`)))
    .join("\n");

  // Once in the union itself.
  const unused = unionMembers(read(file), type).filter((member) => code.split(`"${member}"`).length <= 2);
  expect(unused).toEqual([]);
});

test("links within the page lead to a heading", () => {
  const anchors = [...page.matchAll(/^##+ (.*)$/gm)].map(
    ([, title]) => `#${title!.toLowerCase().replaceAll(" ", "-")}`,
  );
  const links = [...page.matchAll(/\]\((#[^)]*)\)/g)].map(([, link]) => link!);

  expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
});
