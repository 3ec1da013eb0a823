import { BitstreamError, withoutStacks } from "../../core/errors.js";
import type { IssueCode, IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import type { Clock } from "../../core/time.js";
import type { AccessUnit } from "../access-unit.js";
import {
  beginsAccessUnit,
  hasSliceHeader,
  isDamaged,
  isIgnored,
  isSlice,
  NalUnitType,
} from "../syntax/nal-unit.js";
import { withoutTail } from "../syntax/nal-unit-tail.js";
import type { ParameterSets } from "../syntax/parameter-sets.js";
import { missingSeiBytes, parseSei } from "../syntax/sei.js";
import {
  MissingParameterSetError,
  parseSliceHeader,
  parseSliceIdentity,
  type SliceHeader,
} from "../syntax/slice-header.js";
import { AccessUnitBuilder } from "./access-unit-builder.js";
import type { AccessUnitMemory } from "./access-unit-memory.js";
import { ActiveSets } from "./active-sets.js";
import type { NalUnitSink, ReceivedNalUnit } from "./annex-b-parser.js";
import { CodedSlices } from "./coded-slices.js";
import { PictureCheck, type PictureCheckOptions } from "./picture-check.js";
import {
  type GivenOut,
  isUnfinished,
  nothingInHand,
  type PictureInHand,
  type PictureListener,
  type UnfinishedPicture,
} from "./picture-in-hand.js";
import { PictureTracker } from "./picture-tracker.js";

/** Bounds of an `AccessUnitAssembler`, and which pictures it reads. */
export interface AccessUnitAssemblerOptions extends PictureCheckOptions {
  /**
   * Further NAL units of an access unit are dropped and counted. Default 16384: twice the slices of
   * a 1080p picture with one per macroblock; FFmpeg counts slices in 16 bits.
   */
  readonly maxNalUnits?: number;
  /** NAL units beyond this size of an access unit are dropped and counted. Default 32 MiB. */
  readonly maxAccessUnitBytes?: number;
  /**
   * @internal Where access units are gathered, which also says how long they last. By default each
   * has its own memory, which lasts.
   */
  readonly memory?: AccessUnitMemory;
}

/**
 * Gathers NAL units into access units (7.4.1.2.3, 7.4.1.2.4).
 *
 * Gives out an access unit when the next one begins, or when {@link endPicture} says that it is
 * complete. If more of it comes after that, gives out the whole again with `corrects` set.
 */
export class AccessUnitAssembler implements NalUnitSink {
  readonly #sink: Sink<AccessUnit>;
  readonly #clock: Clock;
  readonly #issues: IssueReporter;
  readonly #maxNalUnits: number;
  readonly #maxBytes: number;
  readonly #memory: AccessUnitMemory | undefined;
  readonly #active = new ActiveSets();
  /** The parameter sets received so far. */
  readonly parameterSets: ParameterSets = this.#active.sets;
  readonly #tracker = new PictureTracker();
  /** Decides which pictures are read. */
  readonly check: PictureCheck;

  #picture: PictureInHand = nothingInHand;
  /** The NAL units of the picture in hand, or those that precede the next picture. */
  #unit: AccessUnitBuilder;
  /** Offset in the stream of the end of an SEI NAL unit in which a start code stands. */
  #seiEnd = 0;
  #epoch = 0;
  #sequence = 0;
  /** `#sequence` when the epoch began. */
  #epochStart = 0;
  /** The next access unit follows a loss, or is the first of its connection. */
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
    this.check = new PictureCheck(clock, this.parameterSets, issues, options);
    this.#unit = new AccessUnitBuilder(this.#memory);
  }

  /** Reports the picture in hand to `listener`, in place of any other. */
  setListener(listener: PictureListener): void {
    this.#listener = listener;
  }

  /**
   * True where bytes may be lost or come twice, as on UDP. Elsewhere a NAL unit that cannot be read
   * says nothing about others. Default false.
   */
  isLossy = false;

  begin(prefix: ReceivedNalUnit): void {
    const picture = this.#picture;
    if (picture.kind === "nothing" || isIgnored(prefix.type)) return;
    if (isDamaged(prefix) || this.#isOfSei(prefix)) return;
    if (beginsAccessUnit(prefix.type)) this.#startNext(prefix);
    // A slice that begins like an earlier one may be a repetition.
    else if (isSlice(prefix.type) && hasSliceHeader(prefix.type) && !this.#mayRepeat(prefix)) {
      const slice = this.#attempt(parseSliceIdentity, prefix);
      if (slice && picture.slices.endBefore(slice)) this.#startNext(prefix);
    }
  }

  push(nal: ReceivedNalUnit): void {
    if (nal.continued && this.#unit.endsWithNalUnitAt(nal.position)) this.#growLast(nal);
    else this.#handle(nal);
    if (isDamaged(nal)) return;
    if (nal.type === NalUnitType.endOfSequence || nal.type === NalUnitType.endOfStream) this.#finish();
  }

  /**
   * Guesses that the picture in hand is complete.
   * @returns true if that gave out an access unit
   */
  endPicture(by: "transport" | "silence"): boolean {
    const picture = this.#picture;
    if (!isUnfinished(picture) || !this.check.mayEnd(this.#unit, picture.slices, by)) return false;
    this.#giveOut(picture, by, false);
    return true;
  }

  /**
   * The sender's connection has ended: gives out the picture in hand and begins an epoch. Parameter
   * sets stay.
   */
  endOfInput(): void {
    const picture = this.#picture;
    // Only reading the slices shows whether the connection ended in the middle of a picture.
    if (isUnfinished(picture))
      this.#giveOut(picture, "end-of-input", this.check.findsDamage(this.#unit, picture.slices, "all"));
    if (this.#sequence > this.#epochStart) this.#epoch++;
    this.#epochStart = this.#sequence;
    this.#startNew();
    this.#tracker.reset();
    this.check.endOfInput();
    this.#active.endSequence();
    this.#seiEnd = 0;
    this.#discontinuity = true;
  }

  close(reason?: Error): void {
    this.endOfInput();
    this.#sink.close(reason);
  }

  /** More of the last NAL unit came. Bytes that follow the last slice of a picture are none. */
  #growLast(nal: ReceivedNalUnit): void {
    const before = this.#unit.byteLength;
    this.#unit.replaceLast(nal);
    if (this.#picture.kind === "given-out") this.check.cutGrownTail(this.#unit);
    if (this.#unit.byteLength !== before) this.#reopen();
  }

  #handle(nal: ReceivedNalUnit): void {
    const { type } = nal;
    if (this.#isOfSei(nal)) return;
    if (isDamaged(nal)) this.#refuse(nal, "malformed-nal-unit", "forbidden_zero_bit was 1 (7.4.1)");
    else if (isIgnored(type)) return;
    else if (isSlice(type)) this.#handleSlice(nal);
    else if (beginsAccessUnit(type)) {
      if (this.#picture.kind !== "nothing") this.#startNext(nal);
      this.#handleNonVcl(nal);
    }
    // What may follow the slices is not worth a correction: decoders of one view and layer ignore
    // it.
    else if (this.#picture.kind !== "given-out") this.#add(nal);
  }

  /** True for what follows a start code in an SEI message, up to its end. */
  #isOfSei(nal: ReceivedNalUnit): boolean {
    if (nal.position >= this.#seiEnd) return false;
    // One that is whole by itself shows that the message was cut short before it.
    if (nal.position + nal.data.length > this.#seiEnd || this.check.isWhole(nal)) this.#seiEnd = 0;
    return this.#seiEnd > 0;
  }

  #handleNonVcl(received: ReceivedNalUnit): void {
    const nal = withoutTail(received, (id) => this.parameterSets.sps(id));
    try {
      if (nal.type === NalUnitType.sequenceParameterSet || nal.type === NalUnitType.pictureParameterSet) {
        if (!withoutStacks(() => this.#active.put(nal))) return;
      } else if (nal.type === NalUnitType.supplementalEnhancementInformation) {
        this.#seiEnd = this.isLossy ? 0 : nal.position + nal.data.length + missingSeiBytes(nal.data);
        for (const message of withoutStacks(() => parseSei(nal.data))) {
          if (message.kind === "recoveryPoint") this.#unit.recoveryFrameCount = message.recoveryFrameCnt;
        }
      }
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      const sei = nal.type === NalUnitType.supplementalEnhancementInformation;
      this.#issues.report(sei ? "malformed-sei" : "malformed-parameter-set", error.message);
      // A decoder must not see a set that is refused here: the earlier one stays in force.
      return;
    }
    this.#add(nal);
  }

  #handleSlice(nal: ReceivedNalUnit): void {
    const picture = this.#picture;
    const isNone = picture.kind === "nothing";
    if (!hasSliceHeader(nal.type)) {
      if (isNone) return;
      this.#reopen();
      this.#add(nal);
      return;
    }
    // A header that has not come whole is no damage.
    const count = !nal.guessed;
    // The first slice needs its whole header; later slices only need what identifies their picture.
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

  #startPicture(nal: ReceivedNalUnit, slice: SliceHeader): void {
    const first = this.#activate(nal, slice);
    // The NAL units before the slice go, too: they would leave no room for the next picture.
    if (!this.#add(nal)) {
      this.#startNew();
      return;
    }
    const picture = this.#tracker.track(first, this.isLossy);
    // It would refer to itself. Elsewhere the encoder counts like that.
    if (picture.isRepeated && this.isLossy)
      this.#lose("repeated-slice", "a picture came that is the reference picture before once more");
    this.#become({ kind: "coming", slices: new CodedSlices(first, picture) });
  }

  /** @returns the header, read with the SPS in place now */
  #activate(nal: ReceivedNalUnit, slice: SliceHeader): SliceHeader {
    const sets = slice.idrPicFlag ? this.#active.takeUp() : [];
    if (sets.length > 0) this.#unit.addFirst(sets);
    const first = (sets.length > 0 && this.#attempt(parseSliceHeader, nal)) || slice;
    if (!this.#active.activate(first))
      this.#lose("changed-without-idr", "the SPS changed at a picture that is no IDR picture (7.4.1.2.1)");
    return first;
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

  /** More of the picture in hand came. If it was given out, that was too early. */
  #reopen(): void {
    const picture = this.#picture;
    if (picture.kind !== "given-out") return;
    this.check.noteWrongEnd();
    this.#issues.report("wrong-picture-end", "more of a picture came after its end had been guessed");
    this.#become({ ...picture, kind: "correcting" });
  }

  #finish(): void {
    const picture = this.#picture;
    if (picture.kind === "nothing") return;
    if (isUnfinished(picture))
      this.#giveOut(picture, "next", this.check.findsDamage(this.#unit, picture.slices));
    this.#startNew();
  }

  #startNext(first: ReceivedNalUnit): void {
    this.#listener.boundary({ end: this.#unit.end, start: first.position });
    this.#finish();
  }

  #startNew(): void {
    this.#unit = new AccessUnitBuilder(this.#memory, this.#unit);
    this.check.next();
    this.#become(nothingInHand);
  }

  #become(picture: PictureInHand): void {
    this.#picture = picture;
    this.#listener.pictureInHand(picture);
  }

  /** True if an earlier slice begins like this one, on a transport that may repeat datagrams. */
  #mayRepeat(nal: ReceivedNalUnit): boolean {
    return this.isLossy && this.#picture.kind !== "nothing" && this.#unit.hasSliceLike(nal);
  }

  #giveOut(picture: UnfinishedPicture, endedBy: AccessUnit["endedBy"], broken: boolean): void {
    const { slices } = picture;
    const given = picture.kind === "correcting" ? picture.given : this.#number();
    const unit = this.#unit.build(slices, {
      epoch: this.#epoch,
      sequence: given.sequence,
      parameterSets: this.#active.joined,
      completeAt: this.#clock.now(),
      endedBy,
      corrects: picture.kind === "correcting",
      broken,
      discontinuity: given.discontinuity,
    });
    this.#become({ kind: "given-out", slices, given });
    this.#sink.push(unit);
    if (this.check.cutAfterwards(this.#unit, slices))
      this.#giveOut({ kind: "correcting", slices, given }, endedBy, false);
  }

  /** Numbers the next access unit. */
  #number(): GivenOut {
    this.check.noteGivenOut();
    const discontinuity = this.#discontinuity;
    this.#discontinuity = false;
    return { sequence: this.#sequence++, discontinuity };
  }

  /**
   * A NAL unit cannot be read. Where nothing is lost on the way it may be none of the stream's, and
   * frame_num and the macroblocks show whether anything is missing.
   */
  #refuse(nal: ReceivedNalUnit, code: IssueCode, detail: string): void {
    this.#issues.report(code, detail);
    if (this.isLossy || this.#active.allowsGaps) this.#discontinuity = true;
    else if (isSlice(nal.type)) this.check.suspect();
  }

  #lose(code: IssueCode, detail: string): void {
    this.#issues.report(code, detail);
    this.#discontinuity = true;
  }

  /** @param count report a failure, and mark the next access unit as following a loss */
  #attempt<T>(
    parse: (nal: ReceivedNalUnit, sets: ParameterSets) => T,
    nal: ReceivedNalUnit,
    count = false,
  ): T | undefined {
    try {
      return withoutStacks(parse, nal, this.parameterSets);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      if (count) {
        if (error instanceof MissingParameterSetError) this.#lose("missing-parameter-set", error.message);
        else this.#refuse(nal, "malformed-slice-header", error.message);
      }
      return undefined;
    }
  }
}
