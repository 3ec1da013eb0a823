// What a folder of reference streams says about them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * One line of index.tsv.
 *
 * @typedef {object} Row
 * @property {string} path of the stream, below `streams/`
 * @property {string} tier T1, T2, T3: must decode to `expected`; U: FFmpeg cannot decode it; R:
 *   damaged or hostile
 * @property {number} frames pictures that come out
 * @property {number} accessUnits primary coded pictures
 * @property {string} expected `md5:…` or `sha1:…` over the whole output; empty when nothing is
 *   known
 */

/**
 * @param {string} directory
 * @returns {Row[]}
 */
export function readIndex(directory) {
  const [header = "", ...lines] = readFileSync(join(directory, "index.tsv"), "utf8").trimEnd().split("\n");
  const names = header.split("\t");
  return lines.map((line) => {
    const cells = line.split("\t");
    /** @param {string} name */
    const cell = (name) => cells[names.indexOf(name)] ?? "";
    return {
      path: cell("path"),
      tier: cell("tier"),
      frames: Number(cell("frames")),
      accessUnits: Number(cell("access_units")),
      expected: cell("expected"),
    };
  });
}

/**
 * Paths of the streams that together have all features.
 *
 * @param {string} directory
 */
export function readCore(directory) {
  const file = join(directory, "core.txt");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}

/**
 * @param {string} directory
 * @param {string} path
 */
export const streamFile = (directory, path) => join(directory, "streams", path);

/**
 * MD5 of each picture in output order, by h264bsd for streams that FFmpeg cannot decode. Undefined
 * when the folder has none.
 *
 * @param {string} directory
 * @param {string} path
 */
export function readPictureSums(directory, path) {
  /** @param {string} ending */
  const file = (ending) => readLines(join(directory, "framemd5", flat(path) + ending));
  const lines = file(".framemd5") ?? file(".h264bsd.framemd5");
  return lines?.map((line) => line.slice(line.lastIndexOf(",") + 1).trim());
}

/**
 * Byte offset at which each access unit starts. Undefined when the folder has none.
 *
 * @param {string} directory
 * @param {string} path
 */
export function readAccessUnitStarts(directory, path) {
  return readLines(join(directory, "access-units", `${flat(path)}.csv`))?.map((line) =>
    Number(line.split(",")[1]),
  );
}

/** @param {string} path */
const flat = (path) => path.replaceAll("/", "__");

/** @param {string} file */
function readLines(file) {
  if (!existsSync(file)) return undefined;
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("#"));
}
