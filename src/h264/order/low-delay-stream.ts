import { equalBytes } from "../../core/bytes.js";
import { BitstreamError } from "../../core/errors.js";
import { lend, type Passing, type PassingBytes } from "../../core/passing.js";
import type { Sink } from "../../core/sink.js";
import { type AccessUnit, isPossibleStart, type SequenceFormat } from "../access-unit.js";
import { joinAnnexB, splitAnnexB, startCodeBytes } from "../annex-b.js";
import { NalUnitType } from "../syntax/nal-unit.js";
import { RbspReader } from "../syntax/rbsp-reader.js";
import { lowDelaySps } from "./low-delay-sps.js";
import { ReorderEvidence } from "./reorder-evidence.js";

interface RepairedSps {
  readonly of: Uint8Array;
  readonly depth: number | undefined;
  readonly sps: Uint8Array | undefined;
}

/**
 * Passes access units on with SPSs that let decoders give out each picture at once, where that is
 * right, and that state no smaller reorder depth than the pictures have (`lowDelaySps`). What the
 * pictures prove takes effect where a decoder can start, so that a parameter set changes only where
 * a decoder can follow.
 */
export class LowDelayStream implements Sink<Passing<AccessUnit>> {
  readonly #sink: Sink<Passing<AccessUnit>>;
  readonly #room: number;
  readonly #evidence = new ReorderEvidence();
  #epoch: number | undefined;
  /** `ReorderEvidence.depth` at the latest possible start. */
  #depth: number | undefined;
  /** The latest parameter sets, and what they were repaired to. */
  #repairedSets: { of: PassingBytes; depth: number | undefined; sets: Uint8Array | undefined } | undefined;
  /** The latest SPS of each id, and what it was repaired to, if at all. */
  readonly #repairedSps = new Map<number, RepairedSps>();
  /** The latest format, and what it was repaired to. */
  #repairedFormat: { of: SequenceFormat; format: SequenceFormat } | undefined;

  /**
   * @param roomBeforeData bytes to leave free before new `AccessUnit.data`, as `AccessUnitMemory`
   *   does
   */
  constructor(sink: Sink<Passing<AccessUnit>>, roomBeforeData = 0) {
    this.#sink = sink;
    this.#room = roomBeforeData;
  }

  push(unit: Passing<AccessUnit>): void {
    if (unit.epoch !== this.#epoch) {
      this.#epoch = unit.epoch;
      this.#evidence.reset();
    }
    this.#evidence.add(unit);
    if (isPossibleStart(unit) && !unit.corrects) this.#depth = this.#evidence.depth;
    this.#sink.push(this.#repaired(unit));
  }

  close(reason?: Error): void {
    this.#sink.close(reason);
  }

  /** The same object if nothing changes, because a copy costs more than the rest of this class. */
  #repaired(unit: Passing<AccessUnit>): Passing<AccessUnit> {
    const parameterSets = this.#repairSets(unit);
    const format = this.#repairFormat(unit.format);
    const own = this.#repairOwn(unit);
    if (parameterSets === unit.parameterSets && format === unit.format && !own) return unit;
    // Written out, because spreading this many properties costs more than the rest of this class.
    return {
      epoch: unit.epoch,
      sequence: unit.sequence,
      data: own?.data ?? unit.data,
      nalUnits: own?.nalUnits ?? unit.nalUnits,
      parameterSets,
      picture: unit.picture,
      format,
      randomAccess: unit.randomAccess,
      recoveryFrameCount: unit.recoveryFrameCount,
      firstByteAt: unit.firstByteAt,
      lastByteAt: unit.lastByteAt,
      completeAt: unit.completeAt,
      position: unit.position,
      endedBy: unit.endedBy,
      corrects: unit.corrects,
      broken: unit.broken,
      discontinuity: unit.discontinuity,
    };
  }

  /** A viewer waits for a picture's turn by the depth that its format states. */
  #repairFormat(format: SequenceFormat): SequenceFormat {
    const { reorderDepth: stated } = format;
    const depth = this.#depth ?? 0;
    if (stated === undefined || stated >= depth) return format;
    const known = this.#repairedFormat;
    if (known?.of === format && known.format.reorderDepth === depth) return known.format;
    const repaired = { ...format, reorderDepth: depth };
    this.#repairedFormat = { of: format, format: repaired };
    return repaired;
  }

  /** Where no decoder starts, nobody reads the parameter sets, so they stay. */
  #repairSets(unit: Passing<AccessUnit>): PassingBytes {
    const { parameterSets } = unit;
    if (!isPossibleStart(unit)) return parameterSets;
    const known = this.#repairedSets;
    if (known?.of === parameterSets && known.depth === this.#depth) return known.sets ?? parameterSets;
    const nals = this.#repairAll(splitAnnexB(lend(parameterSets)));
    const sets = nals && joinAnnexB(nals);
    this.#repairedSets = { of: parameterSets, depth: this.#depth, sets };
    return sets ?? parameterSets;
  }

  /** Repairs the parameter sets within the access unit; undefined if nothing changes. */
  #repairOwn({ data, nalUnits }: Passing<AccessUnit>): Pick<AccessUnit, "data" | "nalUnits"> | undefined {
    if (!nalUnits.some(({ type }) => type === NalUnitType.sequenceParameterSet)) return undefined;
    const nals = this.#repairAll(
      nalUnits.map(({ offset, length }) => data.subarray(offset, offset + length)),
    );
    return nals && join(nals, this.#room);
  }

  /** @returns undefined if nothing changes */
  #repairAll(nals: readonly PassingBytes[]): PassingBytes[] | undefined {
    const repaired = nals.map((nal) => this.#repair(nal));
    return repaired.some((nal, index) => nal !== nals[index]) ? repaired : undefined;
  }

  /** Senders repeat their parameter sets, so the latest one is not read again. */
  #repair(nal: PassingBytes): PassingBytes {
    const isSps = (nal[0]! & 0x1f) === NalUnitType.sequenceParameterSet;
    if (!isSps) return nal;
    const id = sequenceParameterSetId(nal);
    const known = this.#repairedSps.get(id);
    const isKnown = known !== undefined && known.depth === this.#depth && equalBytes(known.of, nal);
    if (isKnown) return known.sps ?? nal;
    const of = nal.slice();
    const repaired = lowDelaySps(of, this.#depth);
    const sps = repaired === of ? undefined : repaired;
    this.#repairedSps.set(id, { of, depth: this.#depth, sps });
    return sps ?? nal;
  }
}

/** seq_parameter_set_id (7.4.2.1.1); 0 if it cannot be read. */
function sequenceParameterSetId(nal: PassingBytes): number {
  try {
    const reader = new RbspReader(lend(nal));
    reader.skip(24, "profile_idc", "7.4.2.1.1");
    return reader.ue("seq_parameter_set_id", "7.4.2.1.1", 0, 31);
  } catch (error) {
    if (error instanceof BitstreamError) return 0;
    throw error;
  }
}

/** Joins NAL units as an access unit has them, with `room` bytes left free before them. */
function join(nals: readonly PassingBytes[], room: number): Pick<AccessUnit, "data" | "nalUnits"> {
  let end = 0;
  const nalUnits = nals.map((nal) => {
    const offset = end + startCodeBytes;
    end = offset + nal.length;
    return { type: nal[0]! & 0x1f, refIdc: (nal[0]! >> 5) & 3, offset, length: nal.length };
  });
  return { data: joinAnnexB(nals, room), nalUnits };
}
