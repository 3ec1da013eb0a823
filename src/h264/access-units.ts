import { NaliveError } from "../core/errors.js";
import { IssueCounter, type IssueReporter } from "../core/issues.js";
import { type Clock, microseconds } from "../core/time.js";
import type { AccessUnit, CodedAccessUnit } from "./access-unit.js";
import { AccessUnitAssembler } from "./access-units/access-unit-assembler.js";
import { AnnexBParser } from "./access-units/annex-b-parser.js";

/** What `accessUnits` reads: all bytes at once, or pieces of them, cut anywhere. */
export type AccessUnitInput = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Options of `accessUnits`. */
export interface AccessUnitsOptions {
  /** Hears about damage and oddities in the stream, such as an `IssueCounter`. Default: none. */
  readonly issues?: IssueReporter;
  /** A longer NAL unit is dropped and reported. Default 16 MiB. */
  readonly maxNalUnitBytes?: number;
  /** NAL units of one access unit beyond this are dropped and reported. Default 16384. */
  readonly maxNalUnits?: number;
  /** Bytes of one access unit beyond this are dropped and reported. Default 32 MiB. */
  readonly maxAccessUnitBytes?: number;
}

const pieceBytes = 64 * 1024;
const stillClock: Clock = { now: () => microseconds(0), startTimer: () => () => undefined };

/**
 * Cuts an H.264 byte stream (Annex B) into access units: one coded picture each, with all that
 * belongs to it.
 *
 * An access unit comes when its end is certain: when the next one begins, or the input ends. The
 * output does not depend on how the input was cut. Damage is reported to `issues` and never throws.
 *
 * @param bytes all bytes, or pieces of them; the input may reuse the memory of a piece when it is
 *   asked for the next one
 * @returns access units in decoding order, with bytes that the caller may keep
 * @throws NaliveError `NALIVE_INVALID_ARGUMENT` for pieces that are not bytes, and whatever the
 *   input throws
 */
export async function* accessUnits(
  bytes: AccessUnitInput,
  options: AccessUnitsOptions = {},
): AsyncGenerator<CodedAccessUnit, void, undefined> {
  const issues = options.issues ?? new IssueCounter();
  const found: CodedAccessUnit[] = [];
  const sink = {
    push: (unit: AccessUnit) => void found.push(withoutReception(unit)),
    close: () => undefined,
  };
  const assembler = new AccessUnitAssembler(sink, stillClock, issues, options);
  const parser = new AnnexBParser(assembler, issues, options);
  assembler.check.pictures = "none";

  for await (const data of bytes instanceof Uint8Array ? inPieces(bytes) : bytes) {
    if (!(data instanceof Uint8Array)) {
      throw new NaliveError(
        "NALIVE_INVALID_ARGUMENT",
        `Got a piece of type ${typeof data}, expected Uint8Array: read the stream without an encoding.`,
      );
    }
    // A copy, because the parser keeps views of its chunks. (`slice` of a Node Buffer is a view.)
    parser.push({ data: new Uint8Array(data), receivedAt: microseconds(0), framing: "none" });
    yield* found.splice(0);
  }
  parser.close();
  yield* found.splice(0);
}

/** So that only the access units of one piece wait to be asked for. */
function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** Leaves out what only a live receiver knows: connections, times and guesses. */
function withoutReception(unit: AccessUnit): CodedAccessUnit {
  const { epoch, firstByteAt, lastByteAt, completeAt, endedBy, corrects, leaveOut, ...coded } = unit;
  return coded;
}
