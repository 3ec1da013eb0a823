// Holds prose to 100 columns, and names the files with the most phrases that a native reader
// stumbles over. `node tools/check/prose.mjs [FILE…]`: these files, or all of the repository.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { root } from "../setup/setup.mjs";

/**
 * A line of a file. Of a comment or a paragraph, `prose` is its text without markers; else it is
 * empty.
 *
 * @typedef {{ number: number, line: string }} Line
 * @typedef {Line & { prose: string }} ProseLine
 * @typedef {{ number: number, phrase: string }} Phrase
 */

const mostColumns = 100;
const offendersShown = 12;

/**
 * Each has a plain form: "reports", "appears", "per second", "its own thread", "again", "A viewer
 * that…".
 */
const phrases = [
  /\b(?:tells?|told|telling)\s+of\b/gi,
  /\b(?:comes?|came)\s+to\s+be\b/gi,
  /\bso\s+many\b/gi,
  /(?<!\bso\s+)\bthat\s+many\b/gi,
  /\bof\s+(?:its|their)\s+own\b/gi,
  /\bwhat\s+(?:is\s+there|there\s+is)\b/gi,
  /\bto\s+be\s+had\b/gi,
  /\b(?:is|are)\s+what\s+(?:it\s+is|they\s+are)\b/gi,
  /\banew\b/gi,
  /\bfor\s+ever\b/gi,
  /\bin\s+vain\b/gi,
  /\bfor\s+want\s+of\b/gi,
  /\bgone\s+on\s+with\b/gi,
  /\b(?:is|are|be|was|were)\s+said\b/gi,
  /\b(?:is|are|was|were)\s+told\s+so\b/gi,
  /\b(?:pictures?|frames?|times|once|twice|messages|bits|bytes)\s+a\s+second\b/gi,
  /\d\s*(?:ms|µs|MiB|bytes|times)\s+an?\s+(?:picture|byte|stream|turn|second)\b/gi,
  /\bwhoever\b/gi,
  /(?<=^|[.:;!?]\s+)Who\s+(?![^.?!]*\?)/g,
];

const files = process.argv.length > 2 ? process.argv.slice(2) : repositoryFiles();
let failures = 0;
/** @type {{ path: string, found: Phrase[] }[]} */
const offenders = [];

for (const path of files) {
  const blocks = proseOf(path, readFileSync(resolve(root, path), "utf8"));
  if (!blocks) continue;
  const tooLong = blocks.flat().filter(isTooLong);
  for (const { number, line } of tooLong)
    console.error(`${path}:${number}: ${[...line].length} columns, expected at most ${mostColumns}`);
  failures += tooLong.length;
  const found = blocks.flatMap(phrasesIn);
  if (found.length > 0) offenders.push({ path, found });
}

const total = offenders.reduce((sum, { found }) => sum + found.length, 0);
if (total > 0) console.log(`${total} phrases to put more plainly; most are in`);
offenders.sort((a, b) => b.found.length - a.found.length);
for (const { path, found } of offenders.slice(0, offendersShown)) {
  const some = found.slice(0, 3).map(({ number, phrase }) => `"${phrase}" in line ${number}`);
  console.log(`  ${path}: ${found.length}, such as ${some.join(", ")}`);
}
process.exitCode = failures > 0 ? 1 : 0;

function repositoryFiles() {
  return execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--deduplicate"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((path) => path !== "" && existsSync(resolve(root, path)));
}

/**
 * The prose of a file in blocks: a block is a paragraph or a comment.
 *
 * @param {string} path
 * @param {string} text
 * @returns {ProseLine[][] | undefined} undefined for a kind of file that has none
 */
function proseOf(path, text) {
  const lines = text.split("\n").map((line, index) => ({ number: index + 1, line }));
  if (path.endsWith(".md")) return markdownProse(lines);
  if (/\.(ts|mts|js|mjs|css)$/.test(path)) return comments(lines, /(?:^|\s)\/\/+(?:\s+(.*))?$/);
  if (/\.(yaml|yml|sh)$/.test(path)) return comments(lines, /(?:^|\s)#(?:\s+(.*))?$/);
  return undefined;
}

/**
 * Everything but tables and code blocks.
 *
 * @param {Line[]} lines
 */
function markdownProse(lines) {
  let isCode = false;
  const proseLines = lines.map(({ number, line }) => {
    const isFence = /^\s*(```|~~~)/.test(line);
    if (isFence) isCode = !isCode;
    const isProse = !isFence && !isCode && !/^\s*\|/.test(line);
    return { number, line, prose: isProse ? line.trim().replace(/^([-*+>]|\d+\.)\s+/, "") : "" };
  });
  return inBlocks(proseLines);
}

/**
 * Block comments, and what follows the marker of a line comment.
 *
 * @param {Line[]} lines
 * @param {RegExp} lineComment captures the text of a line comment
 */
function comments(lines, lineComment) {
  let isBlock = false;
  const proseLines = lines.map(({ number, line }) => {
    const opens = !isBlock && /^\s*(?:\S.*\s)?\/\*/.test(line) && lineComment.source.includes("\\/");
    if (!isBlock && !opens) return { number, line, prose: proseAfter(lineComment, line) };
    isBlock = !line.includes("*/", opens ? line.indexOf("/*") + 2 : 0);
    const inner = opens ? line.slice(line.indexOf("/*")) : line;
    return { number, line, prose: inner.replace(/^\s*(\/\*+|\*(?!\/))?|\*+\/.*$/g, "").trim() };
  });
  return inBlocks(proseLines);
}

/**
 * The text of a line comment. A marker within a string, after an odd quotation mark, begins none.
 *
 * @param {RegExp} lineComment captures the text of a line comment
 * @param {string} line
 */
function proseAfter(lineComment, line) {
  const comment = lineComment.exec(line);
  const before = line.slice(0, comment?.index);
  const isInString = ['"', "`"].some((mark) => before.split(mark).length % 2 === 0);
  return isInString ? "" : (comment?.[1]?.trim() ?? "");
}

/**
 * Lines that follow each other; those without prose part them.
 *
 * @param {ProseLine[]} lines
 */
function inBlocks(lines) {
  /** @type {ProseLine[][]} */
  const blocks = [[]];
  for (const line of lines) {
    if (line.prose === "") blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks.filter((block) => block.length > 0);
}

/**
 * What has no space to break at, such as a URL, may be longer; so may what a tool reads.
 *
 * @param {ProseLine} line
 */
function isTooLong({ line, prose }) {
  const isUnbreakable = !/\s/.test(prose) || /^!?\[[^\]]*\]\([^)\s]*\)\.?$/.test(prose);
  const isDirective = /^(biome-ignore|@ts-|v8 ignore|eslint-)/.test(prose);
  return [...line].length > mostColumns && !isUnbreakable && !isDirective;
}

/**
 * @param {ProseLine[]} block
 * @returns {Phrase[]}
 */
function phrasesIn(block) {
  const text = block.map(({ prose }) => prose.replace(/`[^`]*`/g, "``")).join("\n");
  return phrases.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ 0: phrase, index }) => {
      const line = text.slice(0, index).split("\n").length - 1;
      return { number: block[line]?.number ?? 0, phrase: phrase.replace(/\s+/g, " ").trim() };
    }),
  );
}
