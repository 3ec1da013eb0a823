// Holds documents to what they point at: links and anchors between documents, paths of files in
// code spans, and documents that comments name. `node tools/check/links.mjs [FOLDER]`: another
// repository than this one.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { root } from "../setup/setup.mjs";

const folder = resolve(process.argv[2] ?? root);
const list = ["ls-files", "-co", "--exclude-standard", "--deduplicate"];
const files = execFileSync("git", list, { cwd: folder, encoding: "utf8" })
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(folder, path)));
/** @param {string} path */
const read = (path) => readFileSync(join(folder, path), "utf8");
/** @param {string} path */
const isDocument = (path) => path.endsWith(".md");
/** @param {string} path */
const isCode = (path) =>
  /\.(ts|mts|mjs|js|css|yaml|html|json)$/.test(path) && !path.endsWith("package-lock.json");

const anchors = new Map(files.filter(isDocument).map((path) => [path, anchorsOf(read(path))]));
const problems = files.flatMap((path) => {
  if (isDocument(path)) return [...deadLinks(path), ...deadPaths(path)];
  return isCode(path) ? deadNames(path) : [];
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/**
 * Links and pictures to files that are missing, or to a heading that no document has.
 * @param {string} path
 */
function deadLinks(path) {
  const links = [
    ...withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)/g),
    ...read(path).matchAll(/<(?:img|a)\b[^>]*\s(?:src|href)="([^"]+)"/g),
  ];
  return links
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .flatMap((link) => {
      const [target = "", anchor] = link.split("#");
      const file = target === "" ? path : posix.join(posix.dirname(path), target);
      if (!exists(file)) return [`${path}: ${link}: there is no such file`];
      if (anchor !== undefined && !anchors.get(file)?.has(anchor))
        return [`${path}: ${link}: no heading has this anchor`];
      return [];
    });
}

/**
 * Code spans that look like a file of the repository, by its path or its name alone.
 * @param {string} path
 */
function deadPaths(path) {
  const topFolders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
  return [...withoutCodeBlocks(read(path)).matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !/[A-Z]{4}/.test(name))
    .filter((name) => {
      const [top = ""] = name.split("/");
      if (name.includes("/")) return topFolders.has(top) && !exists(name);
      return /^[a-z0-9.-]+\.(ts|mts|mjs)$/.test(name) && !files.some((file) => posix.basename(file) === name);
    })
    .map((name) => `${path}: ${name}: there is no such file`);
}

/**
 * Documents that a comment or a message names.
 * @param {string} path
 */
function deadNames(path) {
  return [...read(path).matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
    .filter(([name]) => !exists(name))
    .map(([name]) => `${path}: ${name}: there is no such document`);
}

/**
 * True for files, and for folders that contain some.
 * @param {string} path
 */
function exists(path) {
  return files.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`));
}

/**
 * The anchors of a document's headings, as GitHub makes them.
 * @param {string} markdown
 */
function anchorsOf(markdown) {
  const seen = new Map();
  return new Set(
    [...withoutCodeBlocks(markdown).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = ""]) => {
      const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
      const anchor = text.replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    }),
  );
}

/** @param {string} markdown */
function withoutCode(markdown) {
  return withoutCodeBlocks(markdown).replace(/`[^`]*`/g, "");
}

/** @param {string} markdown */
function withoutCodeBlocks(markdown) {
  return markdown.replace(/^\s*```.*?^\s*```/gms, "");
}
