import { BitstreamError, withoutStacks } from "../../core/errors.js";
import type { IssueCode, IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import type { Clock } from "../../core/time.js";
import type { AccessUnit } from "../access-unit.js";
import { joinAnnexB } from "../annex-b.js";
import { beginsAccessUnit, hasSliceHeader, isSlice, NalUnitType } from "../syntax/nal-unit.js";
import { ParameterSets } from "../syntax/parameter-sets.js";
import { parseSei } from "../syntax/sei.js";
import {
  MissingParameterSetError,
  parseSliceHeader,
  parseSliceIdentity,
  type SliceHeader,
} from "../syntax/slice-header.js";
import { AccessUnitBuilder } from "./access-unit-builder.js";
import type { AccessUnitMemory } from "./access-unit-memory.js";
import type { NalUnitSink, ReceivedNalUnit } from "./annex-b-parser.js";
import { CodedSlices } from "./coded-slices.js";
import { type CheckedPictures, PictureCheck, type PictureCheckOptions } from "./picture-check.js";
import {
  type GivenOut,
  isUnfinished,
  nothingInHand,
  type PictureInHand,
  type PictureListener,
  type UnfinishedPicture,
} from "./picture-in-hand.js";
import { PictureTracker } from "./picture-tracker.js";

/** Bounds of an `AccessUnitAssembler`, and how closely it looks at pictures. */
export interface AccessUnitAssemblerOptions extends PictureCheckOptions {
  /** NAL units of one access unit beyond this are thrown away and counted. Default 16384: a slice a macroblock of 1080p is half of it, and FFmpeg counts slices in 16 bits. */
  readonly maxNalUnits?: number;
  /** Bytes of one access unit beyond this are thrown away and counted. Default 32 MiB. */
  readonly maxAccessUnitBytes?: number;
  /** @internal Where access units are gathered to stay; then they last as it says. Default: each has memory of its own, which lasts. */
  readonly memory?: AccessUnitMemory;
}

/**
 * Gathers NAL units to access units (7.4.1.2.3, 7.4.1.2.4).
 *
 * An access unit is given out when the next one begins, or when {@link endPicture} says that it is complete.
 * Should more of an access unit come after that, the whole is given out again with `corrects` true.
 */
export class AccessUnitAssembler implements NalUnitSink {
  readonly #sink: Sink<AccessUnit>;
  readonly #clock: Clock;
  readonly #issues: IssueReporter;
  readonly #maxNalUnits: number;
  readonly #maxBytes: number;
  readonly #memory: AccessUnitMemory | undefined;
  readonly #sets = new ParameterSets();
  readonly #tracker = new PictureTracker();
  readonly #check: PictureCheck;

  #picture: PictureInHand = nothingInHand;
  /** The NAL units of its access unit; those that precede the next picture when there is none. */
  #unit: AccessUnitBuilder;
  #parameterSets: Uint8Array | undefined;
  #epoch = 0;
  #sequence = 0;
  /** `#sequence` when the epoch began. */
  #epochStart = 0;
  /** Something before the next access unit was lost, or nothing came before it. */
  #discontinuity = true;
  #listener: PictureListener = { pictureInHand() {}, boundary() {} };

  constructor(
    sink: Sink<AccessUnit>,
    clock: Clock,
    issues: IssueReporter,
    options: AccessUnitAssemblerOptions = {},
  ) {
    this.#sink = sink;
    this.#clock = clock;
    this.#issues = issues;
    this.#maxNalUnits = options.maxNalUnits ?? 16_384;
    this.#maxBytes = options.maxAccessUnitBytes ?? 32 * 1024 * 1024;
    this.#memory = options.memory;
    this.#check = new PictureCheck(clock, this.#sets, options);
    this.#unit = new AccessUnitBuilder(this.#memory);
  }

  /** Tells `listener` from now on, and nobody else. */
  tell(listener: PictureListener): void {
    this.#listener = listener;
  }

  /** The parameter sets received so far. */
  get parameterSets(): ParameterSets {
    return this.#sets;
  }

  /** Which pictures are read for missing bytes. Default `small`. */
  set checked(pictures: CheckedPictures) {
    this.#check.pictures = pictures;
  }

  begin(prefix: ReceivedNalUnit): void {
    const picture = this.#picture;
    if (picture.kind === "nothing" || isIgnored(prefix.type) || isDamaged(prefix)) return;
    if (beginsAccessUnit(prefix.type)) this.#startNext(prefix);
    // A slice that begins like one that is here may be that one again.
    else if (isSlice(prefix.type) && hasSliceHeader(prefix.type) && !this.#mayRepeat(prefix)) {
      const slice = this.#attempt(parseSliceIdentity, prefix);
      if (slice && picture.slices.endBefore(slice)) this.#startNext(prefix);
    }
  }

  push(nal: ReceivedNalUnit): void {
    if (nal.continued && this.#unit.endsWithNalUnitAt(nal.position)) {
      this.#reopen();
      this.#unit.replaceLast(nal);
    } else {
      this.#take(nal);
    }
    if (nal.type === NalUnitType.endOfSequence || nal.type === NalUnitType.endOfStream) this.#finish();
  }

  /**
   * Says that all that has come belongs to complete pictures.
   * @returns true when that gave out an access unit
   */
  endPicture(by: "transport" | "silence"): boolean {
    const picture = this.#picture;
    if (!isUnfinished(picture) || !this.#check.mayEnd(this.#unit, picture.slices, by)) return false;
    this.#giveOut(picture, by, false);
    return true;
  }

  /** The sender's connection is over: gives out what is here; what comes next is a new epoch. Parameter sets stay. */
  endOfInput(): void {
    const picture = this.#picture;
    // A connection that ends in the middle of a picture looks like any other end.
    if (isUnfinished(picture))
      this.#giveOut(picture, "end-of-input", this.#check.findsDamage(this.#unit, picture.slices, "all"));
    if (this.#sequence > this.#epochStart) this.#epoch++;
    this.#epochStart = this.#sequence;
    this.#startNew();
    this.#tracker.reset();
    this.#discontinuity = true;
  }

  close(reason?: Error): void {
    this.endOfInput();
    this.#sink.close(reason);
  }

  #take(nal: ReceivedNalUnit): void {
    const { type } = nal;
    if (isDamaged(nal)) this.#lose("malformed-nal-unit", "forbidden_zero_bit was 1 (7.4.1)");
    else if (isIgnored(type)) return;
    else if (isSlice(type)) this.#takeSlice(nal);
    else if (beginsAccessUnit(type)) {
      if (this.#picture.kind !== "nothing") this.#startNext(nal);
      this.#takeNonVcl(nal);
    }
    // What may follow the slices is not worth the picture again: a decoder of one view and layer has no use for it.
    else if (this.#picture.kind !== "given-out") this.#add(nal);
  }

  #takeNonVcl(nal: ReceivedNalUnit): void {
    try {
      if (nal.type === NalUnitType.sequenceParameterSet || nal.type === NalUnitType.pictureParameterSet) {
        // Sets that came before the access unit are what a decoder needs to start at it, so they count as known before it.
        if (withoutStacks(() => this.#sets.put(nal)) !== "same") this.#parameterSets = undefined;
      } else if (nal.type === NalUnitType.supplementalEnhancementInformation) {
        for (const message of withoutStacks(() => parseSei(nal.data))) {
          if (message.kind === "recoveryPoint") this.#unit.recoveryFrameCount = message.recoveryFrameCnt;
        }
      }
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      const sei = nal.type === NalUnitType.supplementalEnhancementInformation;
      this.#issues.report(sei ? "malformed-sei" : "malformed-parameter-set", error.message);
      // A decoder must not see a set that was refused here: the one held before stays in force.
      return;
    }
    this.#add(nal);
  }

  #takeSlice(nal: ReceivedNalUnit): void {
    const picture = this.#picture;
    const isNone = picture.kind === "nothing";
    if (!hasSliceHeader(nal.type)) {
      if (isNone) return;
      this.#reopen();
      this.#add(nal);
      return;
    }
    // A header that is not all there yet is no damage.
    const count = !nal.guessed;
    // Of the first slice of a picture all is needed, of the others to which picture they belong.
    const mayBeFirst = isNone || picture.kind === "given-out";
    const header = mayBeFirst ? this.#attempt(parseSliceHeader, nal, count && isNone) : undefined;
    const slice = header ?? (isNone ? undefined : this.#attempt(parseSliceIdentity, nal, count));
    if (!slice) return;
    if (this.#mayRepeat(nal) && this.#unit.hasSlice(nal)) {
      this.#issues.report("repeated-slice", "the same slice came twice");
    } else if (slice.redundantPicCnt > 0) {
      if (isUnfinished(picture)) this.#add(nal);
    } else if (isNone || picture.slices.endBefore(slice)) {
      if (!isNone) this.#startNext(nal);
      const first = header ?? this.#attempt(parseSliceHeader, nal, count);
      if (first) this.#startPicture(nal, first);
    } else {
      this.#reopen();
      picture.slices.add(slice);
      this.#add(nal);
    }
  }

  #startPicture(nal: ReceivedNalUnit, first: SliceHeader): void {
    // Without its first slice there is no picture, and what came before it would leave no room for the next one.
    if (!this.#add(nal)) this.#startNew();
    else this.#become({ kind: "coming", slices: new CodedSlices(first, this.#tracker.track(first)) });
  }

  #add(nal: ReceivedNalUnit): boolean {
    const unit = this.#unit;
    if (unit.nalUnitCount >= this.#maxNalUnits) {
      this.#lose("access-unit-too-large", `an access unit has more than ${this.#maxNalUnits} NAL units`);
      return false;
    }
    if (unit.byteLength + nal.data.length > this.#maxBytes) {
      this.#lose("access-unit-too-large", `an access unit is longer than ${this.#maxBytes} bytes`);
      return false;
    }
    unit.add(nal);
    return true;
  }

  /** More came of a picture: if it was given out as complete, that was too early. */
  #reopen(): void {
    const picture = this.#picture;
    if (picture.kind !== "given-out") return;
    this.#check.noteWrongEnd();
    this.#issues.report("wrong-picture-end", "more of a picture came after its end had been guessed");
    this.#become({ ...picture, kind: "correcting" });
  }

  #finish(): void {
    const picture = this.#picture;
    if (picture.kind === "nothing") return;
    if (isUnfinished(picture))
      this.#giveOut(picture, "next", this.#check.findsDamage(this.#unit, picture.slices));
    this.#startNew();
  }

  #startNext(first: ReceivedNalUnit): void {
    this.#listener.boundary({ end: this.#unit.end, start: first.position });
    this.#finish();
  }

  #startNew(): void {
    this.#unit = new AccessUnitBuilder(this.#memory, this.#unit);
    this.#check.next();
    this.#become(nothingInHand);
  }

  #become(picture: PictureInHand): void {
    this.#picture = picture;
    this.#listener.pictureInHand(picture);
  }

  /** True when a slice that begins like this one is here, on a transport that may double what it carries. */
  #mayRepeat(nal: ReceivedNalUnit): boolean {
    return this.#check.pictures === "all" && this.#picture.kind !== "nothing" && this.#unit.hasSliceLike(nal);
  }

  #giveOut(picture: UnfinishedPicture, endedBy: AccessUnit["endedBy"], broken: boolean): void {
    const { slices } = picture;
    const given = picture.kind === "correcting" ? picture.given : this.#number();
    const unit = this.#unit.build(slices, {
      epoch: this.#epoch,
      sequence: given.sequence,
      parameterSets: (this.#parameterSets ??= this.#allParameterSets()),
      completeAt: this.#clock.now(),
      endedBy,
      corrects: picture.kind === "correcting",
      broken,
      discontinuity: given.discontinuity,
    });
    this.#become({ kind: "given-out", slices, given });
    this.#sink.push(unit);
  }

  /** The next access unit gets its place in the stream. */
  #number(): GivenOut {
    this.#check.noteGivenOut();
    const discontinuity = this.#discontinuity;
    this.#discontinuity = false;
    return { sequence: this.#sequence++, discontinuity };
  }

  #allParameterSets(): Uint8Array {
    const { sps, pps } = this.#sets.allRaw();
    return joinAnnexB([...sps, ...pps]);
  }

  #lose(code: IssueCode, detail: string): void {
    this.#issues.report(code, detail);
    this.#discontinuity = true;
  }

  /** @param count report a failure and mark the loss; otherwise the NAL unit is only looked at */
  #attempt<T>(
    parse: (nal: ReceivedNalUnit, sets: ParameterSets) => T,
    nal: ReceivedNalUnit,
    count = false,
  ): T | undefined {
    try {
      return withoutStacks(parse, nal, this.#sets);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      if (count) {
        const missing = error instanceof MissingParameterSetError;
        this.#lose(missing ? "missing-parameter-set" : "malformed-slice-header", error.message);
      }
      return undefined;
    }
  }
}

/** forbidden_zero_bit is 1: nothing else in the NAL unit can be believed, its type least of all. */
function isDamaged(nal: ReceivedNalUnit): boolean {
  return ((nal.data[0] ?? 0) & 0x80) !== 0;
}

/**
 * Filler data and unspecified types say nothing of the picture. A prefix NAL unit stands before each slice of an SVC
 * base layer: inside a picture, where any other type of 14 to 18 would end it (7.4.1.2.3).
 */
function isIgnored(type: number): boolean {
  return (
    type === NalUnitType.fillerData ||
    type === NalUnitType.prefix ||
    type === NalUnitType.unspecified ||
    type > 21
  );
}
