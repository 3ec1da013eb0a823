import { BitstreamError } from "../../core/errors.js";
import { RbspReader, removeEmulationPrevention } from "./rbsp-reader.js";
import type { SequenceParameterSet } from "./sequence-parameter-set.js";
import type { HrdParameters } from "./vui-parameters.js";

/** A message of supplemental enhancement information (annex D). Types not parsed here are "raw". */
export type SeiMessage = PicTimingSei | UserDataUnregisteredSei | RecoveryPointSei | RawSei;

interface SeiPayload {
  /** payloadType (D.1). */
  readonly payloadType: number;
  /** The payload without emulation prevention bytes. May be a view of the NAL unit. */
  readonly payload: Uint8Array;
}

/** A message that was not parsed: another type, malformed, or picture timing without its SPS. */
export interface RawSei extends SeiPayload {
  readonly kind: "raw";
}

/** Picture timing (D.2.3), payloadType 1. */
export interface PicTimingSei extends SeiPayload {
  readonly kind: "picTiming";
  /** Clock ticks since the buffering period began; present with HRD parameters, as the next one. */
  readonly cpbRemovalDelay?: number;
  readonly dpbOutputDelay?: number;
  /**
   * Table D-1: 0 frame, 1 and 2 a field, 3 to 6 both fields, 7 and 8 frame doubling and tripling.
   */
  readonly picStruct?: number;
  /** The clock timestamps present, at most 3. */
  readonly clockTimestamps: readonly ClockTimestamp[];
}

/**
 * When a frame or field was captured (D.2.3). Absent parts of the time are those of the message
 * before.
 */
export interface ClockTimestamp {
  readonly ctType: number;
  readonly nuitFieldBasedFlag: boolean;
  readonly countingType: number;
  readonly discontinuityFlag: boolean;
  readonly cntDroppedFlag: boolean;
  readonly nFrames: number;
  readonly seconds?: number;
  readonly minutes?: number;
  readonly hours?: number;
  readonly timeOffset: number;
}

/** Unregistered user data (D.2.7), payloadType 5. */
export interface UserDataUnregisteredSei extends SeiPayload {
  readonly kind: "userDataUnregistered";
  /** uuid_iso_iec_11578, 16 bytes. */
  readonly uuid: Uint8Array;
  /** What follows the UUID. */
  readonly data: Uint8Array;
}

/** Recovery point (D.2.8), payloadType 6. */
export interface RecoveryPointSei extends SeiPayload {
  readonly kind: "recoveryPoint";
  /** Pictures are right once frame_num has grown by this since the access unit of the message. */
  readonly recoveryFrameCnt: number;
  readonly exactMatchFlag: boolean;
  /** True if the stream was spliced here, so that later pictures may show errors. */
  readonly brokenLinkFlag: boolean;
  readonly changingSliceGroupIdc: number;
}

/** Further messages of a NAL unit are skipped. No encoder sends this many. */
const maxMessages = 128;

/**
 * Parses an SEI NAL unit (7.3.2.3). A malformed message comes out raw; a truncated one ends the
 * list.
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 * @param sps the active SPS, without which picture timing cannot be read
 * @throws BitstreamError if not even the first message is whole
 */
export function parseSei(nal: Uint8Array, sps?: SequenceParameterSet): SeiMessage[] {
  const rbsp = removeEmulationPrevention(nal);
  let end = rbsp.length;
  while (end > 0 && rbsp[end - 1] === 0) end--;
  if (rbsp[end - 1] === 0x80) end--;

  const messages: SeiMessage[] = [];
  let at = 0;
  const readSum = (): number => {
    let sum = 0;
    while (rbsp[at] === 0xff) {
      sum += 255;
      at++;
    }
    return sum + (rbsp[at++] ?? 0);
  };
  while (at < end && messages.length < maxMessages) {
    const start = at;
    const payloadType = readSum();
    const payloadSize = readSum();
    if (at + payloadSize > rbsp.length) {
      if (messages.length > 0) break;
      const left = Math.max(0, rbsp.length - at);
      throw new BitstreamError(`payloadSize was ${payloadSize}, but ${left} bytes were left`, {
        element: "sei_payload",
        clause: "7.4.2.3.1",
        bitOffset: start * 8,
      });
    }
    messages.push(parseMessage(payloadType, rbsp.subarray(at, at + payloadSize), sps));
    at += payloadSize;
  }
  if (messages.length === 0) {
    throw new BitstreamError("the NAL unit held no message, expected at least one", {
      element: "sei_message",
      clause: "7.4.2.3",
      bitOffset: 0,
    });
  }
  return messages;
}

/** Bytes after the last message: trailing bits, and emulation prevention that was not counted. */
const mostAfterMessages = 4;

/**
 * How many bytes an SEI NAL unit has at most beyond its end, as the sizes of its messages say: a
 * start code stands in one of them. 0 if it ends as a NAL unit should, and only a size is wrong.
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 */
export function missingSeiBytes(nal: Uint8Array): number {
  if (nal[nal.length - 1] === 0x80) return 0;
  const rbsp = removeEmulationPrevention(nal);
  let at = 0;
  while (at < rbsp.length) {
    let size = 0;
    while (rbsp[at] === 0xff) at++; // payloadType
    at++;
    for (; rbsp[at] === 0xff; at++) size += 255;
    size += rbsp[at] ?? 0;
    at += 1 + size;
  }
  return at > rbsp.length ? at - rbsp.length + mostAfterMessages : 0;
}

function parseMessage(
  payloadType: number,
  payload: Uint8Array,
  sps: SequenceParameterSet | undefined,
): SeiMessage {
  const raw: RawSei = { kind: "raw", payloadType, payload };
  try {
    if (payloadType === 1 && sps) return { ...raw, kind: "picTiming", ...readPicTiming(payload, sps) };
    if (payloadType === 5 && payload.length >= 16) {
      return {
        ...raw,
        kind: "userDataUnregistered",
        uuid: payload.subarray(0, 16),
        data: payload.subarray(16),
      };
    }
    if (payloadType === 6) return { ...raw, kind: "recoveryPoint", ...readRecoveryPoint(payload) };
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
  }
  return raw;
}

function readRecoveryPoint(payload: Uint8Array) {
  const reader = new RbspReader(payload, 0, false);
  return {
    recoveryFrameCnt: reader.ue("recovery_frame_cnt", "D.2.8", 0, 65_535),
    exactMatchFlag: reader.flag("exact_match_flag", "D.2.8"),
    brokenLinkFlag: reader.flag("broken_link_flag", "D.2.8"),
    changingSliceGroupIdc: reader.u(2, "changing_slice_group_idc", "D.2.8"),
  };
}

/** NumClockTS by pic_struct (table D-1). */
const numClockTs = [1, 1, 1, 2, 2, 3, 3, 2, 3] as const;

function readPicTiming(payload: Uint8Array, sps: SequenceParameterSet) {
  const reader = new RbspReader(payload, 0, false);
  const { vui } = sps;
  const hrd = vui?.nalHrdParameters ?? vui?.vclHrdParameters;
  const delays = hrd && {
    cpbRemovalDelay: reader.u(hrd.cpbRemovalDelayLengthMinus1 + 1, "cpb_removal_delay", "D.2.3"),
    dpbOutputDelay: reader.u(hrd.dpbOutputDelayLengthMinus1 + 1, "dpb_output_delay", "D.2.3"),
  };
  if (!vui?.picStructPresentFlag) return { ...delays, clockTimestamps: [] };
  const picStruct = reader.u(4, "pic_struct", "D.2.3", 0, 8);
  const clockTimestamps: ClockTimestamp[] = [];
  for (let index = 0; index < numClockTs[picStruct]!; index++) {
    if (reader.flag("clock_timestamp_flag", "D.2.3")) clockTimestamps.push(readClockTimestamp(reader, hrd));
  }
  return { ...delays, picStruct, clockTimestamps };
}

function readClockTimestamp(reader: RbspReader, hrd: HrdParameters | undefined): ClockTimestamp {
  const u = (bits: number, element: string, max?: number) => reader.u(bits, element, "D.2.3", 0, max);
  const flag = (element: string) => reader.flag(element, "D.2.3");

  const ctType = u(2, "ct_type");
  const nuitFieldBasedFlag = flag("nuit_field_based_flag");
  const countingType = u(5, "counting_type");
  const fullTimestampFlag = flag("full_timestamp_flag");
  const discontinuityFlag = flag("discontinuity_flag");
  const cntDroppedFlag = flag("cnt_dropped_flag");
  const nFrames = u(8, "n_frames");
  const time: { seconds?: number; minutes?: number; hours?: number } = {};
  if (fullTimestampFlag || flag("seconds_flag")) {
    time.seconds = u(6, "seconds_value", 59);
    if (fullTimestampFlag || flag("minutes_flag")) {
      time.minutes = u(6, "minutes_value", 59);
      if (fullTimestampFlag || flag("hours_flag")) time.hours = u(5, "hours_value", 23);
    }
  }
  // 24 without HRD parameters (E.2.2).
  const offsetLength = hrd?.timeOffsetLength ?? 24;
  const offset = u(offsetLength, "time_offset");
  const negative = offsetLength > 0 && offset >= 2 ** (offsetLength - 1);
  return {
    ctType,
    nuitFieldBasedFlag,
    countingType,
    discontinuityFlag,
    cntDroppedFlag,
    nFrames,
    ...time,
    timeOffset: negative ? offset - 2 ** offsetLength : offset,
  };
}
