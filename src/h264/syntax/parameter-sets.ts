import { equalBytes } from "../../core/bytes.js";
import { BitstreamError } from "../../core/errors.js";
import { type NalUnit, NalUnitType } from "./nal-unit.js";
import { type PictureParameterSet, parsePictureParameterSet } from "./picture-parameter-set.js";
import { RbspReader } from "./rbsp-reader.js";
import { decodesAlike } from "./same-sequence.js";
import { parseSequenceParameterSet, type SequenceParameterSet } from "./sequence-parameter-set.js";

/**
 * The largest parameter set to keep, in bytes. Real ones have less than 1 KiB; 1080p video in eight
 * slice groups needs 3 KiB.
 */
const maxParameterSetBytes = 4096;

/** The bytes of all sets. Real streams have less than 8 KiB. */
const maxBytesInAll = 65_536;

/** The bytes of an SPS and its PPSs that go with each access unit. */
const maxBytesInUse = 8192;

/** How a parameter set changed those held before it. `waiting`: not yet. */
export type ParameterSetChange = "new" | "same" | "changed" | "waiting";

interface HeldSps {
  readonly raw: Uint8Array;
  readonly sps: SequenceParameterSet;
}

interface HeldPps {
  readonly raw: Uint8Array;
  readonly seqParameterSetId: number;
  /** The SPS that `parsed` was read with; undefined if it had not come. */
  parsedWith: SequenceParameterSet | undefined;
  parsed: PictureParameterSet | BitstreamError;
  /** When it came or a slice referred to it; counts uses. */
  usedAt: number;
}

/** An SPS and PPSs that refer to it. */
export interface SetsInUse {
  /** NAL units (header byte first, no start code): the SPS, then PPSs by rising id. */
  readonly raw: readonly Uint8Array[];
  /** False when PPSs that were not used lately are left out: all together are too large. */
  readonly isComplete: boolean;
}

/**
 * The newest parameter set of each id: at most 32 SPS and 256 PPS (7.4.2) of 4 KiB each, 64 KiB in
 * all. A malformed set, or one without room, changes nothing. A PPS may come before its SPS, and is
 * read again when its SPS changes.
 */
export class ParameterSets {
  readonly #sps = new Map<number, HeldSps>();
  readonly #pps = new Map<number, HeldPps>();
  /** SPSs that take the place of others in `takeUp`. */
  readonly #waiting = new Map<number, HeldSps>();
  #bytes = 0;
  #uses = 0;
  /** How often the sets with this seq_parameter_set_id changed. */
  readonly #revisions = new Map<number, number>();

  /**
   * Copies an SPS or a PPS.
   *
   * @param active the active SPS, which only an IDR picture replaces (7.4.1.2.1). Another one of
   *   its id that decodes alike waits for `takeUp`
   * @returns "same" if the set of that id already holds exactly these bytes
   * @throws BitstreamError if it is malformed, or without room; the set held before stays
   * @throws RangeError for any other type of NAL unit
   */
  put(nal: NalUnit, active?: SequenceParameterSet): ParameterSetChange {
    if (nal.type === NalUnitType.sequenceParameterSet) return this.#putSps(nal.data, active);
    if (nal.type === NalUnitType.pictureParameterSet) return this.#putPps(nal.data);
    throw new RangeError(`nal_unit_type was ${nal.type}, expected 7 (SPS) or 8 (PPS)`);
  }

  /** Puts the SPSs in place that wait. @returns false when none does */
  takeUp(): boolean {
    const isAny = this.#waiting.size > 0;
    for (const [id, next] of this.#waiting) {
      this.#bytes -= this.#sps.get(id)?.raw.length ?? 0;
      this.#sps.set(id, next);
      this.#revise(id);
    }
    this.#waiting.clear();
    return isAny;
  }

  /** The SPS with that seq_parameter_set_id, if it has come. */
  sps(id: number): SequenceParameterSet | undefined {
    return this.#sps.get(id)?.sps;
  }

  /**
   * The PPS with that pic_parameter_set_id, if it has come, read with the newest SPS.
   *
   * @throws BitstreamError if the PPS cannot be read with the SPS that came after it
   */
  pps(id: number): PictureParameterSet | undefined {
    const held = this.#pps.get(id);
    if (!held) return undefined;
    held.usedAt = ++this.#uses;
    const sps = this.sps(held.seqParameterSetId);
    if (sps !== held.parsedWith) {
      held.parsedWith = sps;
      held.parsed = this.#parsePps(held.raw);
    }
    if (held.parsed instanceof BitstreamError) throw held.parsed;
    return held.parsed;
  }

  /**
   * The NAL units (header byte first, no start code) that a slice with that pic_parameter_set_id
   * needs, if both have come.
   */
  rawFor(ppsId: number): { readonly sps: Uint8Array; readonly pps: Uint8Array } | undefined {
    const pps = this.#pps.get(ppsId);
    const sps = pps && this.#sps.get(pps.seqParameterSetId);
    return sps && { sps: sps.raw, pps: pps.raw };
  }

  /** All NAL units held (header byte first, no start code): SPS, then PPS, by rising id. */
  allRaw(): { readonly sps: readonly Uint8Array[]; readonly pps: readonly Uint8Array[] } {
    return { sps: rawById(this.#sps), pps: rawById(this.#pps) };
  }

  /** Rises when the SPS with that id changes, or a PPS that refers to it. @internal */
  revisionOf(spsId: number): number {
    return this.#revisions.get(spsId) ?? 0;
  }

  /**
   * What a decoder needs for pictures with that SPS: at most 8 KiB, the PPSs used last.
   * @internal
   */
  inUseWith(spsId: number): SetsInUse {
    const sps = this.#sps.get(spsId);
    if (!sps) return { raw: [], isComplete: true };
    const all = [...this.#pps].filter(([, { seqParameterSetId }]) => seqParameterSetId === spsId);
    all.sort(([, a], [, b]) => b.usedAt - a.usedAt);
    let bytes = sps.raw.length;
    const fitting = all.filter(([, { raw }]) => (bytes += raw.length) <= maxBytesInUse);
    const pps = rawById(new Map(fitting));
    return { raw: [sps.raw, ...pps], isComplete: fitting.length === all.length };
  }

  /** Forgets all of them. */
  clear(): void {
    this.#sps.clear();
    this.#pps.clear();
    this.#waiting.clear();
    for (const spsId of this.#revisions.keys()) this.#revise(spsId);
    this.#bytes = 0;
  }

  #putSps(data: Uint8Array, active: SequenceParameterSet | undefined): ParameterSetChange {
    checkSize(data, "seq_parameter_set_rbsp", "7.4.2.1");
    const reader = new RbspReader(data);
    reader.skip(24, "profile_idc", "7.4.2.1.1");
    const id = reader.ue("seq_parameter_set_id", "7.4.2.1.1", 0, 31);
    const held = this.#sps.get(id);
    const waiting = this.#waiting.get(id);
    if (held && equalBytes(held.raw, data)) {
      this.#forgetWaiting(id);
      return "same";
    }
    if (waiting && equalBytes(waiting.raw, data)) return "waiting";
    const sps = parseSequenceParameterSet(data);
    const waits = held !== undefined && held.sps === active && decodesAlike(held.sps, sps);
    this.#makeRoom(data, waits ? waiting?.raw : held?.raw, "seq_parameter_set_rbsp", "7.4.2.1");
    if (waits) {
      this.#waiting.set(id, { raw: data.slice(), sps });
      return "waiting";
    }
    this.#forgetWaiting(id);
    this.#sps.set(id, { raw: data.slice(), sps });
    this.#revise(id);
    return held ? "changed" : "new";
  }

  #revise(spsId: number): void {
    this.#revisions.set(spsId, this.revisionOf(spsId) + 1);
  }

  #forgetWaiting(id: number): void {
    this.#bytes -= this.#waiting.get(id)?.raw.length ?? 0;
    this.#waiting.delete(id);
  }

  #putPps(data: Uint8Array): ParameterSetChange {
    checkSize(data, "pic_parameter_set_rbsp", "7.4.2.2");
    const id = new RbspReader(data).ue("pic_parameter_set_id", "7.4.2.2", 0, 255);
    const held = this.#pps.get(id);
    if (held && equalBytes(held.raw, data)) return "same";
    const pps = parsePictureParameterSet(data, (spsId) => this.sps(spsId));
    const { seqParameterSetId } = pps;
    this.#makeRoom(data, held?.raw, "pic_parameter_set_rbsp", "7.4.2.2");
    this.#pps.set(id, {
      raw: data.slice(),
      seqParameterSetId,
      parsedWith: this.sps(seqParameterSetId),
      parsed: pps,
      usedAt: ++this.#uses,
    });
    this.#revise(seqParameterSetId);
    if (held && held.seqParameterSetId !== seqParameterSetId) this.#revise(held.seqParameterSetId);
    return held ? "changed" : "new";
  }

  #makeRoom(data: Uint8Array, replaced: Uint8Array | undefined, element: string, clause: string): void {
    const bytes = this.#bytes + data.length - (replaced?.length ?? 0);
    if (bytes > maxBytesInAll) {
      const message = `the parameter sets of the stream had ${bytes} bytes, expected at most ${maxBytesInAll} in all`;
      throw new BitstreamError(message, { element, clause, bitOffset: 0 });
    }
    this.#bytes = bytes;
  }

  /** Keeps a fault like a result, so that each slice of a broken PPS does not read it again. */
  #parsePps(raw: Uint8Array): PictureParameterSet | BitstreamError {
    try {
      return parsePictureParameterSet(raw, (id) => this.sps(id));
    } catch (error) {
      if (error instanceof BitstreamError) return error;
      throw error;
    }
  }
}

function checkSize(data: Uint8Array, element: string, clause: string): void {
  if (data.length <= maxParameterSetBytes) return;
  const message = `the parameter set had ${data.length} bytes, expected at most ${maxParameterSetBytes}`;
  throw new BitstreamError(message, { element, clause, bitOffset: 0 });
}

function rawById(held: ReadonlyMap<number, { readonly raw: Uint8Array }>): Uint8Array[] {
  return [...held].sort(([a], [b]) => a - b).map(([, { raw }]) => raw);
}
