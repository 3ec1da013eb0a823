import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { root } from "../setup/setup.mjs";

const output = join(root, "out/fuzz/built");

/** The compiled counterpart of a file in `test/fuzz`, by its path there. */
export const compiled = (/** @type {string} */ path) => join(output, "test/fuzz", path);

/**
 * Compiles `test/fuzz` and what it uses, because Node 20 runs no TypeScript. Types are not checked
 * here. The compiled files run on the built package: the folders beside them are links, `src` to
 * `dist` too.
 */
export function compileTargets() {
  rmSync(output, { recursive: true, force: true });
  for (const folder of ["test/fuzz", "test/support"]) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (/(?<!\.test)\.ts$/.test(name)) compile(join(folder, name));
    }
  }
  for (const name of ["src", "dist"]) symlinkSync(join(root, "dist"), join(output, name), "junction");
  symlinkSync(join(root, "tools"), join(output, "tools"), "junction");
}

/** @param {string} path from the project's folder */
function compile(path) {
  const { outputText } = ts.transpileModule(readFileSync(join(root, path), "utf8"), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  const target = join(output, path.replace(/\.ts$/, ".js"));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, outputText);
}
