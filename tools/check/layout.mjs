// The rules of the layout: no folder outgrows a reader, and no folder's children import each other
// in a circle.
import { dirname, posix } from "node:path";

/** Source files in one folder, without tests. A larger folder holds more than one idea. */
export const mostFiles = 16;

/**
 * `from "./x.js"`, `import("./x.js")` and their like, in JSDoc too; a query such as `?worker` is
 * left out.
 */
const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"'?]+)/g;

/**
 * @typedef {object} SourceFile
 * @property {string} path from the project's folder, with slashes
 * @property {string} code
 */

/**
 * @param {readonly SourceFile[]} files all source files without tests
 * @returns {string[]} a sentence for each rule that is broken
 */
export function layoutProblems(files) {
  const imports = importsBetween(files);
  return [...foldersOf(files)].flatMap((folder) => {
    const count = files.filter(({ path }) => dirname(path) === folder).length;
    const circle = circleIn(importsBetweenChildren(folder, imports));
    return [
      ...(count > mostFiles
        ? [`${folder} holds ${count} files, expected at most ${mostFiles}: split it by what its files do`]
        : []),
      ...(circle ? [`${folder}: ${circle.join(" → ")} is a circle: move what both need below both`] : []),
    ];
  });
}

/**
 * Imports as pairs of paths. What is imported from outside `files`, such as built code, is left
 * out.
 *
 * @param {readonly SourceFile[]} files
 * @returns {[from: string, to: string][]}
 */
function importsBetween(files) {
  const known = new Set(files.map(({ path }) => path));
  return files.flatMap(({ path, code }) =>
    [...code.matchAll(importPattern)].flatMap(([, target = ""]) => {
      const named = posix.join(posix.dirname(path), target);
      const found = [named, named.replace(/\.js$/, ".ts")].find((candidate) => known.has(candidate));
      return found === undefined ? [] : [/** @type {[string, string]} */ ([path, found])];
    }),
  );
}

/**
 * Every folder that holds a source file at any depth.
 *
 * @param {readonly SourceFile[]} files
 */
function foldersOf(files) {
  /** @type {Set<string>} */
  const folders = new Set();
  for (const { path } of files) {
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) folders.add(folder);
  }
  return folders;
}

/**
 * Which child imports which. A child is a file in the folder, or a folder in it with everything
 * below.
 *
 * @param {string} folder
 * @param {readonly [from: string, to: string][]} imports
 * @returns {Map<string, Set<string>>}
 */
function importsBetweenChildren(folder, imports) {
  const inside = `${folder}/`;
  /** @param {string} path */
  const childOf = (path) => path.slice(inside.length).split("/", 1)[0] ?? "";
  /** @type {Map<string, Set<string>>} */
  const graph = new Map();
  for (const [from, to] of imports) {
    if (!from.startsWith(inside) || !to.startsWith(inside)) continue;
    const [child, target] = [childOf(from), childOf(to)];
    if (child !== target) graph.set(child, (graph.get(child) ?? new Set()).add(target));
  }
  return graph;
}

/**
 * @param {Map<string, Set<string>>} graph
 * @returns {string[] | undefined} a path that ends where it begins
 */
function circleIn(graph) {
  /** @type {Set<string>} Nodes from which no circle can be reached. */
  const finished = new Set();
  /**
   * @param {string} node
   * @param {string[]} path that led here
   * @returns {string[] | undefined}
   */
  const visit = (node, path) => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (finished.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle) return circle;
    }
    finished.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return undefined;
}
