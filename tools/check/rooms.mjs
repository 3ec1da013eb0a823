// Holds the layout: no folder grows into a warehouse, and within a folder no import runs in a circle.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { root } from "../setup/setup.mjs";

/** Source files in one folder, tests apart. A folder that outgrows this holds more than one idea. */
const mostFiles = 16;
const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"'?]+)/g;

const files = execFileSync(
  "git",
  ["ls-files", "-co", "--exclude-standard", "src", "dashboard", "tools", "test"],
  {
    cwd: root,
    encoding: "utf8",
  },
)
  .split("\n")
  .filter((path) => /\.(ts|mts|mjs)$/.test(path) && !path.includes(".test."));
const known = new Set(files);

/** @returns the files that a file imports */
function importsOf(file) {
  const code = readFileSync(join(root, file), "utf8");
  return [...code.matchAll(importPattern)]
    .map(([, target]) => posix.normalize(posix.join(posix.dirname(file), target)))
    .map((path) => [path, path.replace(/\.js$/, ".ts")].find((candidate) => known.has(candidate)))
    .filter((path) => path !== undefined);
}

const problems = [];
const filesPerFolder = new Map();
for (const file of files) {
  filesPerFolder.set(dirname(file), (filesPerFolder.get(dirname(file)) ?? 0) + 1);
}
for (const [folder, count] of filesPerFolder) {
  if (count > mostFiles)
    problems.push(`${folder} holds ${count} files, expected at most ${mostFiles}: split it`);
}

const edges = files.flatMap((file) => importsOf(file).map((target) => [file, target]));
const folders = new Set(files.flatMap((file) => ancestors(dirname(file))));
for (const folder of folders) {
  const cycle = cycleAmong(childrenOf(folder));
  if (cycle) problems.push(`${folder}: ${cycle.join(" → ")} is a circle: move what both need below both`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Each folder counts as one node here: what it holds is looked at on its own. */
function childrenOf(folder) {
  const graph = new Map();
  const childOf = (path) => path.slice(folder.length + 1).split("/")[0];
  for (const [from, to] of edges) {
    if (!from.startsWith(`${folder}/`) || !to.startsWith(`${folder}/`)) continue;
    const [child, target] = [childOf(from), childOf(to)];
    if (child === target) continue;
    graph.set(child, (graph.get(child) ?? new Set()).add(target));
  }
  return graph;
}

/** @returns a path that ends where it begins, undefined where there is none */
function cycleAmong(graph) {
  const finished = new Set();
  const visit = (node, path) => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (finished.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle) return cycle;
    }
    finished.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}

function ancestors(folder) {
  return folder === "." ? [] : [folder, ...ancestors(dirname(folder))];
}
