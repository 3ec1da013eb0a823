import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "nalive-consumer-"));
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** A project with the package installed as npm would, and the types of its platforms beside it. */
beforeAll(() => {
  const packages = join(project, "node_modules");
  mkdirSync(join(packages, "@types"), { recursive: true });
  const npm = ["pack", "--ignore-scripts", "--json", "--pack-destination", project];
  const packed = execFileSync("npm", npm, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  execFileSync("tar", ["-xzf", JSON.parse(packed)[0].filename], { cwd: project });
  cpSync(join(project, "package"), join(packages, "nalive"), { recursive: true });
  for (const name of ["@types/node", "@types/react", "undici-types", "csstype"])
    cpSync(join(root, "node_modules", name), join(packages, name), { recursive: true });
  cpSync(join(root, "test/types/consumers"), project, { recursive: true });
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
});

/** Compiles a file of the project as strictly as TypeScript can. */
function compile(file: string, options: ts.CompilerOptions) {
  const program = ts.createProgram([join(project, file)], {
    target: ts.ScriptTarget.ES2022,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    typeRoots: [join(project, "node_modules/@types")],
    ...options,
  });
  const errors = ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  return { errors, files: program.getSourceFiles().map(({ fileName }) => fileName) };
}

const nodenext = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
const es2022 = "lib.es2022.d.ts";
const page = { lib: [es2022, "lib.dom.d.ts", "lib.dom.iterable.d.ts"], types: [] };
const react = { ...page, jsx: ts.JsxEmit.ReactJSX };

describe.each([
  ["nodenext", nodenext],
  ["bundler", bundler],
])("with moduleResolution %s", (_name, resolution) => {
  it.each([
    ["a program on Node", "program.ts", { lib: [es2022], types: ["node"] }],
    ["a page", "page.ts", page],
    ["a React 19 app", "app.tsx", react],
    ["a program for any platform", "bitstream.ts", { lib: [es2022], types: [] }],
  ])("%s compiles, and so does every declaration that it loads", (_what, file, options) => {
    const { errors, files } = compile(file, { ...resolution, ...options });
    expect(errors).toEqual([]);
    // No package but the platform's types: a consumer need not have what nalive is made of.
    const foreign = files.filter(
      (path) => !/node_modules\/(nalive|@types\/|undici-types|csstype|typescript\/lib)\b/.test(path),
    );
    expect(foreign).toEqual([join(project, file)]);
  });
});
