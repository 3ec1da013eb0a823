import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { startingNalUnits } from "./nal-units.mjs";
import {
  accessUnitsOf,
  decode,
  hashOfAccessUnits,
  randomCuts,
  singleBytes,
  wholeReads,
} from "./pipeline.mjs";
import { readAccessUnitStarts, readCore, readPictureSums, streamFile } from "./reference.mjs";
import { readSlices } from "./slices.mjs";

const exact = { order: "exact", showDamaged: true };
const live = { order: "prompt", showDamaged: false };
const seeds = [1, 2, 3];
/** Resident bytes of the process; the largest of sound streams needs 140 MiB. */
const maxMemory = 512 * 2 ** 20;

/** Its sum is over pictures in another order (README of the streams); the list of picture sums is right. */
const sumInAnotherOrder = "openh264/test_scalinglist_jm.264";

/**
 * Streams of which live rules do not show every picture, with how many they show and the issue that says why not.
 *
 * Late: frames count by one in picture order and the SPS bounds no reordering. The step is believed to be two until the
 * first picture between two others comes, and they were shown by then (`OutputOrder`).
 * Gap: frame_num skips values although the SPS allows none, so reference pictures are missing (`WholePictures`).
 */
const heldBackLive = new Map([
  ["hibernia/CACQP3_Sony_D.jsv", { shown: 48, issue: "late-picture" }],
  ["fuzzing-corpus/MVCDS-6_old.264", { shown: 5, issue: "late-picture" }],
  ["fuzzing-corpus/MVCNV-3_old.264", { shown: 5, issue: "late-picture" }],
  ["fuzzing-corpus/MVCSPS-2_old.264", { shown: 5, issue: "late-picture" }],
  ["srs/avatar.h264", { shown: 83, issue: "frame-num-gap" }],
]);

/** Streams made from a sound one by leaving pictures out: what is shown must be a picture of the sound one. */
const madeFrom = new Map([
  ["openh264/BA_MW_D_IDR_LOST.264", "openh264/BA_MW_D.264"],
  ["openh264/BA_MW_D_P_LOST.264", "openh264/BA_MW_D.264"],
]);

/**
 * Runs all checks that a stream's tier asks for.
 *
 * @param {import("./reference.mjs").Row} row
 * @returns what failed, and what a reader wants to know, a sentence each
 */
export function checkStream(directory, row) {
  const report = { failures: [], notes: [], shownAll: undefined };
  const data = readFileSync(streamFile(directory, row.path));
  if (row.tier.startsWith("T")) checkSound(directory, row, data, report);
  else checkUnsound(directory, row, data, report);
  checkCuts(directory, row, data, report);
  const memory = process.resourceUsage().maxRSS * 1024;
  expect(report, "memory", `at most ${megabytes(maxMemory)}`, megabytes(memory), memory <= maxMemory);
  return report;
}

function checkSound(directory, row, data, report) {
  const [algorithm, sum] = row.expected.split(":");
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

/** Slices coded with CABAC are read to their ends, and found to be whole. */
function checkSlices(data, report) {
  report.slices = readSlices(accessUnitsOf(data));
  for (const [kind, { pictures, unread, falseAlarms }] of Object.entries(report.slices)) {
    expect(report, `pictures whose slices are read (${kind})`, pictures, pictures - unread);
    expect(report, `pictures found to lack bytes (${kind})`, 0, falseAlarms);
  }
}

function checkAccessUnits(directory, row, data, units, report) {
  expect(report, "access units", row.accessUnits, units.length);
  const starts = readAccessUnitStarts(directory, row.path);
  if (!starts) return;
  // FFmpeg's parser begins an access unit only at NAL unit types 1, 2, 5 and 6 to 9: a prefix NAL unit (14), a subset
  // SPS (15) or filler data before them stays with the access unit before. So the two are compared at the first NAL
  // unit of these types in each. FFmpeg's offsets are those of start codes, or 0 with what precedes the first.
  const candidates = startingNalUnits(data);
  const firstFrom = (position) => candidates.find((candidate) => candidate >= position);
  const ours = units.map(({ position }) => firstFrom(position));
  const theirs = starts.map(firstFrom);
  const at = theirs.findIndex((position, index) => position !== ours[index]);
  expect(report, `start of access unit ${at}`, theirs[at], ours[at]);
}

/** Live rules may hold pictures back, but never change, repeat or reorder one. */
function checkLive(row, data, reference, report) {
  const { pictures, issues } = decode(data, wholeReads, live);
  checkOrder("shown live", pictures, reference, report);
  const known = heldBackLive.get(row.path);
  report.shownAll = pictures.length === reference.length;
  expect(report, "pictures shown live", known?.shown ?? reference.length, pictures.length);
  if (known) expect(report, `issue ${known.issue}`, true, issues.count(known.issue) > 0);
  if (!report.shownAll) {
    report.notes.push(
      `shows ${pictures.length} of ${reference.length} live: ${describe(issues) || "no issue"}`,
    );
  }
}

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
  const sound = reference && pictures.length === reference.length;
  expect(report, "a clear word", true, words.length > 0 || sound);
  report.notes.push(
    `shows ${pictures.length} of ${row.accessUnits} access units live: ${words.join("; ") || "sound"}`,
  );
}

function checkCuts(directory, row, data, report) {
  const uncut = hashOfAccessUnits(data, wholeReads);
  for (const seed of seeds) {
    expect(
      report,
      `access units with cuts of seed ${seed}`,
      uncut,
      hashOfAccessUnits(data, randomCuts(seed)),
    );
  }
  if (!readCore(directory).includes(row.path)) return;
  expect(report, "access units from single bytes", uncut, hashOfAccessUnits(data, singleBytes));
  const sums = (sizes) =>
    decode(data, sizes, live)
      .pictures.map(({ md5 }) => md5)
      .join();
  expect(report, "pictures from single bytes equal", true, sums(singleBytes) === sums(wholeReads));
}

function expect(report, what, expected, came, holds = expected === came) {
  if (!holds) report.failures.push({ what, expected: String(expected), came: String(came) });
}

const describe = (issues) =>
  issues
    .list()
    .map(({ code, count }) => `${code} ${count}`)
    .join(", ");
const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
