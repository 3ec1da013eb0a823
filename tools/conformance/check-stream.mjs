// The checks of one stream: what its tier asks for, and that cuts change nothing.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { accessUnitsOf } from "../shared/access-units.mjs";
import { startingNalUnits } from "./nal-units.mjs";
import { decode, hashOfAccessUnits, randomCuts, singleBytes, wholeReads } from "./pipeline.mjs";
import { readAccessUnitStarts, readCore, readPictureSums, streamFile } from "./reference.mjs";
import { readSlices } from "./slices.mjs";

/**
 * @import { IssueCode, IssueCounter } from "../../dist/core/issues.js"
 * @import { FfmpegDecoderOptions } from "../../dist/node/decode/ffmpeg/ffmpeg-decoder.js"
 * @import { ChunkSizes, DecodedStream, ShownPicture } from "./pipeline.mjs"
 * @import { Row } from "./reference.mjs"
 * @import { SliceFigures } from "./slices.mjs"
 */

/**
 * What the checks of one stream found.
 *
 * @typedef {object} Report
 * @property {{ what: string, expected: string, came: string }[]} failures
 * @property {string[]} notes a sentence each
 * @property {boolean} [showsAll] live rules show every picture; undefined where that is not known
 * @property {[kind: string, figures: SliceFigures][]} [slices]
 */

/** @type {FfmpegDecoderOptions} */
const exact = { order: "exact", showDamaged: true };
/** @type {FfmpegDecoderOptions} */
const live = { order: "prompt", showDamaged: false };
const seeds = [1, 2, 3];
/** Resident bytes of the process; the largest sound stream needs 140 MiB. */
const maxMemory = 512 * 2 ** 20;

/**
 * Its sum is of pictures in another order (README of the streams); its list of picture sums is
 * right.
 */
const sumInAnotherOrder = "openh264/test_scalinglist_jm.264";

/**
 * Streams of which live rules do not show every picture: how many they show, and the issue that
 * says why.
 *
 * `late-picture`: picture order counts step by one per frame, and the SPS bounds no reordering.
 * `OutputOrder` assumes a step of two until the first picture between two others comes. By then
 * both are shown.
 *
 * `frame-num-gap`: frame_num skips values although the SPS allows no gaps, so reference pictures
 * are missing (`WholePictures`).
 *
 * @type {Map<string, { shown: number, issue: IssueCode }>}
 */
const heldBackLive = new Map([
  ["hibernia/CACQP3_Sony_D.jsv", { shown: 48, issue: "late-picture" }],
  ["fuzzing-corpus/MVCDS-6_old.264", { shown: 5, issue: "late-picture" }],
  ["fuzzing-corpus/MVCNV-3_old.264", { shown: 5, issue: "late-picture" }],
  ["fuzzing-corpus/MVCSPS-2_old.264", { shown: 5, issue: "late-picture" }],
  ["srs/avatar.h264", { shown: 83, issue: "frame-num-gap" }],
]);

/**
 * Sound streams from which others were made by leaving pictures out: those show pictures of the
 * sound one.
 */
const madeFrom = new Map([
  ["openh264/BA_MW_D_IDR_LOST.264", "openh264/BA_MW_D.264"],
  ["openh264/BA_MW_D_P_LOST.264", "openh264/BA_MW_D.264"],
]);

/**
 * Runs all checks that a stream's tier asks for.
 *
 * @param {string} directory
 * @param {Row} row
 */
export function checkStream(directory, row) {
  /** @type {Report} */
  const report = { failures: [], notes: [] };
  const data = readFileSync(streamFile(directory, row.path));
  if (row.tier.startsWith("T")) checkSound(directory, row, data, report);
  else checkUnsound(directory, row, data, report);
  checkCuts(directory, row, data, report);
  const memory = process.resourceUsage().maxRSS * 1024;
  expect(report, "memory", `at most ${megabytes(maxMemory)}`, megabytes(memory), memory <= maxMemory);
  return report;
}

/**
 * @param {string} directory
 * @param {Row} row
 * @param {Buffer} data
 * @param {Report} report
 */
function checkSound(directory, row, data, report) {
  const [algorithm = "", sum] = row.expected.split(":");
  const whole = createHash(algorithm);
  const { units, pictures } = decode(data, wholeReads, exact, whole);
  const sums = pictures.map(({ md5 }) => md5);
  const reference = readPictureSums(directory, row.path) ?? sums;
  expect(report, "pictures", row.frames, pictures.length);
  const different = reference.findIndex((md5, index) => md5 !== sums[index]);
  expect(report, `MD5 of picture ${different}`, reference[different], sums[different]);
  if (row.path !== sumInAnotherOrder) expect(report, algorithm, sum, whole.digest("hex"));
  checkAccessUnits(directory, row, data, units, report);
  checkLive(row, data, reference, report);
  checkSlices(data, report);
}

/**
 * Reading slices to their ends finds every whole slice whole.
 *
 * @param {Buffer} data
 * @param {Report} report
 */
function checkSlices(data, report) {
  report.slices = [...readSlices(accessUnitsOf([data]))];
  for (const [kind, { pictures, unread, falseAlarms }] of report.slices) {
    expect(report, `pictures whose slices are read (${kind})`, pictures, pictures - unread);
    expect(report, `pictures found to lack bytes (${kind})`, 0, falseAlarms);
  }
}

/**
 * @param {string} directory
 * @param {Row} row
 * @param {Buffer} data
 * @param {DecodedStream["units"]} units
 * @param {Report} report
 */
function checkAccessUnits(directory, row, data, units, report) {
  expect(report, "access units", row.accessUnits, units.length);
  const starts = readAccessUnitStarts(directory, row.path);
  if (!starts) return;
  // FFmpeg's parser begins an access unit only at NAL unit types 1, 2, 5 and 6 to 9. A prefix NAL
  // unit (14), a subset SPS (15) or filler data before them stays with the access unit before. So
  // the two are compared at the first NAL unit of these types in each. FFmpeg's offsets are those
  // of start codes, or 0 where something precedes the first.
  const candidates = startingNalUnits(data);
  /** @param {number} position */
  const firstFrom = (position) => candidates.find((candidate) => candidate >= position);
  const ours = units.map(({ position }) => firstFrom(position));
  const theirs = starts.map(firstFrom);
  const at = theirs.findIndex((position, index) => position !== ours[index]);
  expect(report, `start of access unit ${at}`, theirs[at], ours[at]);
}

/**
 * Live rules may hold pictures back, but never change, repeat or reorder one.
 *
 * @param {Row} row
 * @param {Buffer} data
 * @param {readonly string[]} reference MD5 of each picture
 * @param {Report} report
 */
function checkLive(row, data, reference, report) {
  const { pictures, issues } = decode(data, wholeReads, live);
  checkOrder("shown live", pictures, reference, report);
  const known = heldBackLive.get(row.path);
  report.showsAll = pictures.length === reference.length;
  expect(report, "pictures shown live", known?.shown ?? reference.length, pictures.length);
  if (known) expect(report, `issue ${known.issue}`, true, issues.count(known.issue) > 0);
  if (!report.showsAll) {
    report.notes.push(
      `shows ${pictures.length} of ${reference.length} live: ${describe(issues) || "no issue"}`,
    );
  }
}

/**
 * @param {string} what
 * @param {readonly ShownPicture[]} pictures
 * @param {readonly string[]} reference
 * @param {Report} report
 */
function checkOrder(what, pictures, reference, report) {
  let next = 0;
  for (const { md5, sequence } of pictures) {
    const found = reference.indexOf(md5, next);
    if (found < 0) {
      const known = reference.includes(md5) ? "a picture shown before or out of order" : "another picture";
      expect(
        report,
        what,
        `a picture of the reference after its picture ${next - 1}`,
        `${known} (access unit ${sequence})`,
      );
      return;
    }
    next = found + 1;
  }
}

/**
 * @param {string} directory
 * @param {Row} row
 * @param {Buffer} data
 * @param {Report} report
 */
function checkUnsound(directory, row, data, report) {
  decode(data, wholeReads, exact);
  const { units, pictures, issues } = decode(data, wholeReads, live);
  const reference = readPictureSums(directory, madeFrom.get(row.path) ?? row.path);
  const unsupported = units.find((unit) => unit.unsupported)?.unsupported;
  if (row.tier === "U") {
    expect(report, "an unsupported feature by name", true, unsupported !== undefined);
    if (reference) checkOrder("shown live", pictures, reference, report);
  }
  if (reference && row.tier === "R" && !unsupported) {
    const foreign = pictures.find(({ md5 }) => !reference.includes(md5));
    expect(report, "access unit of a picture that the reference lacks", undefined, foreign?.sequence);
  }
  const words = [unsupported, describe(issues), pictures.length === 0 ? "no picture" : ""].filter(Boolean);
  const isSound = pictures.length === reference?.length;
  expect(report, "a clear word", true, words.length > 0 || isSound);
  report.notes.push(
    `shows ${pictures.length} of ${row.accessUnits} access units live: ${words.join("; ") || "sound"}`,
  );
}

/**
 * However the bytes are cut, the same access units come out.
 *
 * @param {string} directory
 * @param {Row} row
 * @param {Buffer} data
 * @param {Report} report
 */
function checkCuts(directory, row, data, report) {
  const uncut = hashOfAccessUnits(data, wholeReads);
  for (const seed of seeds) {
    const cut = hashOfAccessUnits(data, randomCuts(seed));
    expect(report, `access units with cuts of seed ${seed}`, uncut, cut);
  }
  if (!readCore(directory).includes(row.path)) return;
  expect(report, "access units from single bytes", uncut, hashOfAccessUnits(data, singleBytes));
  /** @param {ChunkSizes} sizes */
  const sums = (sizes) =>
    decode(data, sizes, live)
      .pictures.map(({ md5 }) => md5)
      .join();
  expect(report, "pictures from single bytes equal", true, sums(singleBytes) === sums(wholeReads));
}

/**
 * Adds a failure unless what came is what was expected, or `holds`.
 *
 * @param {Report} report
 * @param {string} what
 * @param {unknown} expected
 * @param {unknown} came
 */
function expect(report, what, expected, came, holds = expected === came) {
  if (!holds) report.failures.push({ what, expected: String(expected), came: String(came) });
}

/** @param {IssueCounter} issues */
const describe = (issues) =>
  issues
    .list()
    .map(({ code, count }) => `${code} ${count}`)
    .join(", ");
/** @param {number} bytes */
const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
