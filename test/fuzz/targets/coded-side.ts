import { createHash } from "node:crypto";
import { StreamSummarizer } from "../../../src/cli/probe/stream-summary.js";
import { IssueCounter } from "../../../src/core/issues.js";
import { microseconds } from "../../../src/core/time.js";
import type { AccessUnit } from "../../../src/h264/access-unit.js";
import { receiveAccessUnits } from "../../../src/h264/access-units/receive-access-units.js";
import type { ParameterSets } from "../../../src/h264/syntax/parameter-sets.js";
import { FakeClock } from "../../support/fake-clock.js";
import { nalUnit } from "../../support/h264/h264-syntax.js";
import { arrivals, type FuzzInput } from "../input.js";
import { splitNalUnits } from "../mutate-syntax.js";
import { parseEach } from "./parse-each.js";

/**
 * What an input may cost in processor time, per byte and per NAL unit, so that a cost that grows
 * faster than the input is found. At least ten times what is usual: 0.01 µs per byte of large
 * pictures, 1 to 20 µs per NAL unit.
 */
const mostMicrosecondsPerByte = 0.2;
const mostMicrosecondsPerNalUnit = 100;
/**
 * Skipped macroblocks take nearly no bits; of pictures up to level 5.2 they are read, to find
 * missing bytes.
 */
const mostMicrosecondsPerMacroblock = 0.25;
const mostMacroblocks = 36_864;
const startMicroseconds = 20_000;
/** Bytes up to which an input is sent in single bytes as well. */
const smallInput = 4096;
/**
 * What is given out may be larger than what came by start codes, and parameter sets that changed.
 */
const mostBytesPerByte = 2;
const mostBytesPerAccessUnit = 66_000;

/**
 * Sends an input through the coded side in every way, and throws when a promise is broken.
 *
 * @returns µs of processor time a byte
 */
export function fuzzCodedSide(input: FuzzInput): number {
  const whole = receive(input.bytes);
  const check = sequenceCheck();
  for (const unit of whole.units) {
    if (unit.corrects) throw new Error(`access unit ${unit.sequence} corrects where nothing was guessed`);
    check(unit);
  }
  const nals = splitNalUnits(input.bytes);
  checkCost(input.bytes, nals.length, whole);
  checkGrowth(input.bytes, whole.units);
  parseEach(nals.slice(0, 2000).map(nalUnit));

  if (input.bytes.length <= smallInput) {
    const single = receive(
      input.bytes,
      Array.from(input.bytes, (byte) => Uint8Array.of(byte)),
    );
    if (hashOf(single.units) !== hashOf(whole.units)) throw new Error("single bytes come out differently");
  }
  const cut = receive(
    input.bytes,
    [...arrivals(input)].map(({ data }) => data),
  );
  if (hashOf(cut.units) !== hashOf(whole.units))
    throw new Error("what comes out depends on how the input was cut");

  receiveLive(input);
  return whole.microseconds / Math.max(1, input.bytes.length);
}

function checkCost(
  bytes: Uint8Array,
  nalUnits: number,
  { units, microseconds }: ReturnType<typeof receive>,
): void {
  let macroblocks = 0;
  for (const { format } of units) {
    const count = (format.width * format.height) / 256;
    if (count <= mostMacroblocks) macroblocks += count;
  }
  const most =
    startMicroseconds +
    bytes.length * mostMicrosecondsPerByte +
    nalUnits * mostMicrosecondsPerNalUnit +
    macroblocks * mostMicrosecondsPerMacroblock;
  if (microseconds <= most) return;
  // Once is no evidence: code may have been compiled, or garbage collected.
  const least = Math.min(...Array.from({ length: 3 }, () => receive(bytes).microseconds));
  if (least > most) {
    throw new Error(
      `slow: ${least} µs for ${bytes.length} bytes in ${nalUnits} NAL units, expected ${most} at most`,
    );
  }
}

/** Time stands still, so nothing is guessed. */
function receive(bytes: Uint8Array, chunks: readonly Uint8Array[] = inReads(bytes)) {
  const units: AccessUnit[] = [];
  const started = process.cpuUsage();
  const issues = new IssueCounter();
  const summary = new StreamSummarizer();
  let sets: ParameterSets | undefined;
  const sink = {
    push(unit: AccessUnit) {
      units.push(unit);
      summary.add(unit, sets!);
    },
    close() {},
  };
  const { input, parameterSets } = receiveAccessUnits(sink, new FakeClock(), issues);
  sets = parameterSets;
  for (const data of chunks) input.push({ data, receivedAt: microseconds(0), framing: "none" });
  input.close();
  summary.summary(parameterSets, issues.list(), true);
  const { user, system } = process.cpuUsage(started);
  return { units, microseconds: user + system };
}

/** As it comes over a network: with framing and pauses, so that ends are guessed. */
function receiveLive(arrival: FuzzInput): void {
  const clock = new FakeClock();
  const issues = new IssueCounter();
  const { input } = receiveAccessUnits({ push: sequenceCheck(), close() {} }, clock, issues);
  for (const { data, pauseMs } of arrivals(arrival)) {
    clock.advance(pauseMs);
    input.push({ data, receivedAt: clock.now(), framing: arrival.framing });
    if (clock.timersRunning > 1) throw new Error(`${clock.timersRunning} timers ran at once`);
  }
  clock.advance(500);
  input.close();
  if (clock.timersRunning > 0) throw new Error("a timer runs after the end");
}

function inReads(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += 65_536)
    chunks.push(bytes.subarray(start, start + 65_536));
  return chunks;
}

/** Throws when an access unit is not what may follow the one before it. */
function sequenceCheck(): (unit: AccessUnit) => void {
  let next = 0;
  let position = 0;
  return (unit) => {
    const expected = unit.corrects ? next - 1 : next;
    if (unit.sequence !== expected) {
      throw new Error(`access unit ${unit.sequence} came where ${expected} was expected`);
    }
    if (unit.position < position)
      throw new Error(`access unit ${unit.sequence} begins before the one before it`);
    next = unit.sequence + 1;
    position = unit.position;
    checkAccessUnit(unit);
  };
}

function checkAccessUnit({ sequence, data, nalUnits, picture, format, parameterSets }: AccessUnit): void {
  const fail = (why: string): never => {
    throw new Error(`access unit ${sequence}: ${why}`);
  };
  let end = 0;
  for (const { type, refIdc, offset, length } of nalUnits) {
    if (offset !== end + 4 || length < 1 || offset + length > data.length)
      fail("a NAL unit lies outside the data");
    if (data[offset - 1] !== 1 || data[offset - 2] !== 0) fail("no start code before a NAL unit");
    if ((data[offset]! & 31) !== type || ((data[offset]! >> 5) & 3) !== refIdc)
      fail("a NAL unit header differs");
    end = offset + length;
  }
  if (end !== data.length) fail("bytes after the last NAL unit");
  if (nalUnits.length > 16_384 || data.length > 33 * 2 ** 20) fail("above its bound");
  if (parameterSets.length > 1024 * 1024) fail(`${parameterSets.length} bytes of parameter sets`);
  if (picture.sliceCount < 1) fail("no slice");
  if (!Number.isSafeInteger(picture.pictureOrderCount)) fail(`PicOrderCnt ${picture.pictureOrderCount}`);
  if (!(picture.frameNum >= 0 && picture.frameNum < format.maxFrameNum))
    fail(`frame_num ${picture.frameNum}`);
  if (!(format.width > 0 && format.height > 0)) fail(`${format.width}x${format.height}`);
  if (!(format.maxDpbFrames >= 1 && format.maxDpbFrames <= 16)) fail(`MaxDpbFrames ${format.maxDpbFrames}`);
}

function hashOf(units: readonly AccessUnit[]): string {
  const hash = createHash("md5");
  for (const { data, parameterSets, firstByteAt, lastByteAt, completeAt, ...rest } of units) {
    hash.update(JSON.stringify(rest)).update(data).update(parameterSets);
  }
  return hash.digest("hex");
}

/** All access units and their parameter sets together. */
function checkGrowth(bytes: Uint8Array, units: readonly AccessUnit[]): void {
  let given = 0;
  for (const set of new Set(units.map(({ parameterSets }) => parameterSets))) given += set.length;
  for (const { data } of units) given += data.length;
  const most = bytes.length * mostBytesPerByte + units.length * mostBytesPerAccessUnit;
  if (given > most) throw new Error(`growth: ${given} bytes given out for ${bytes.length}`);
}
