import { type Clock, fromMilliseconds, type Microseconds, microseconds } from "../../../core/time.js";
import type { PictureSink, PreparedPicture } from "../../../live/decoding/pictures/picture-sink.js";
import { PresentationTime } from "../../../live/playout/presentation-time.js";
import type {
  KeptPicture,
  OutputPicture,
  PictureDescription,
  WritablePicture,
} from "../../decode/output-picture.js";
import type { SlotPlace, SlotTicket, SlotWriter } from "./frame-slots.js";
import type { FrameDescription } from "./shared-frame.js";

/**
 * A frame on its way to the thread that uses it; it may still be being written (`SlotReader.take`).
 */
export interface SentFrame {
  readonly ticket: SlotTicket;
  readonly memory: SharedArrayBuffer;
  readonly size: number;
  readonly description: FrameDescription;
}

/** Pictures that come sooner than this after another are not seen: a display shows 60 a second. */
const shortestView = fromMilliseconds(16);

/**
 * What becomes of a picture just decoded.
 * - `wanted`: it is converted
 * - `soon replaced`: a newer one is about to be decoded
 * - `held`: the program's thread is blocked, and has more frames to look at than it can
 */
export type Demand = "wanted" | "soon replaced" | "held";

/** What a `FrameOutlet` is made of. */
export interface FrameOutletOptions {
  /**
   * False for files: their pictures have a time of their own, and none is got ready before its
   * turn.
   */
  readonly isLive: boolean;
  readonly slots: SlotWriter;
  readonly clock: Clock;
  /** Asked about each picture. */
  readonly demand: () => Demand;
  readonly send: (frame: SentFrame) => void;
  readonly onClose: (reason?: Error) => void;
}

/** A picture that is not written unless it stays the newest. */
interface HeldPicture {
  readonly picture: KeptPicture;
  readonly timestamp: Microseconds;
}

/**
 * Writes decoded pictures straight into shared memory and sends them off; where they are decoded in
 * this process, to write is to convert.
 *
 * While decoding catches up, a newer picture replaces most of them before anybody could see them:
 * those are not converted. The newest is held until a newer one has come or `settle()` is called.
 * So it is while the program's thread is blocked.
 */
export class FrameOutlet implements PictureSink<OutputPicture> {
  readonly #options: FrameOutletOptions;
  readonly #slots: SlotWriter;
  readonly #clock: Clock;
  readonly #time: PresentationTime;
  #held: HeldPicture | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #pictures = 0;
  #unconverted = 0;

  constructor(options: FrameOutletOptions) {
    this.#options = options;
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#time = new PresentationTime(options.isLive);
  }

  /** Pictures that came from the decoder. */
  get pictures(): number {
    return this.#pictures;
  }

  /**
   * Pictures that were not converted, because a newer one was there before anybody could have seen
   * them.
   */
  get unconverted(): number {
    return this.#unconverted;
  }

  push(picture: OutputPicture): void {
    const timestamp = this.#takeNext(picture);
    if (this.#isWanted()) this.#write(picture, timestamp);
    else this.#held = { picture: picture.keep(), timestamp };
  }

  prepare(picture: OutputPicture): PreparedPicture | undefined {
    const place =
      this.#options.isLive &&
      this.#options.demand() === "wanted" &&
      this.#slots.acquireEarly(picture.layout.size);
    if (!place) return undefined;
    picture.writeTo(new Uint8Array(place.memory));
    const decodedAt = this.#clock.now();
    const discard = () => this.#slots.release(place.slot);
    const output = () => {
      if (this.#options.demand() !== "wanted") {
        discard();
        return false;
      }
      const timestamp = this.#takeNext(picture);
      this.#slots.makeWay();
      this.#slots.publish(this.#announce(picture, timestamp, place, decodedAt));
      this.#writtenAt = this.#clock.now();
      return true;
    };
    return { output, discard };
  }

  /** No newer picture comes for the time being, or the program's thread is there again. */
  settle(): void {
    if (this.#options.demand() !== "held") this.#writeHeld();
  }

  close(reason?: Error): void {
    this.#writeHeld();
    this.#options.onClose(reason);
  }

  /** The next picture in output order is here. @returns when it is due */
  #takeNext(picture: PictureDescription): Microseconds {
    this.#pictures++;
    this.#dropHeld();
    return this.#time.next(picture);
  }

  #writeHeld(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    this.#write(held.picture, held.timestamp);
    held.picture.free();
  }

  #isWanted(): boolean {
    const demand = this.#options.demand();
    if (demand !== "soon replaced") return demand === "wanted";
    return this.#clock.now() - this.#writtenAt >= shortestView;
  }

  #dropHeld(): void {
    if (!this.#held) return;
    this.#unconverted++;
    this.#held.picture.free();
    this.#held = undefined;
  }

  #write(picture: WritablePicture, timestamp: Microseconds): void {
    const place = this.#slots.acquire(picture.layout.size);
    if (!place) return;
    const ticket = this.#announce(picture, timestamp, place, this.#clock.now());
    picture.writeTo(new Uint8Array(place.memory));
    this.#slots.publish(ticket);
    this.#writtenAt = this.#clock.now();
  }

  #announce(
    picture: PictureDescription,
    timestamp: Microseconds,
    place: SlotPlace,
    decodedAt: Microseconds,
  ): SlotTicket {
    const { unit, lastUnit, codedSize, layout, sampleAspectRatio, color } = picture;
    const description: FrameDescription = {
      pixelFormat: layout.pixelFormat,
      width: layout.width,
      height: layout.height,
      stride: layout.planes[0]!.stride,
      planes: layout.planes.map(({ offset, stride, height }) => ({ offset, stride, height })),
      sampleAspectRatio,
      timestamp,
      duration:
        unit.format.pictureRate === undefined
          ? undefined
          : microseconds(Math.round(1e6 / unit.format.pictureRate)),
      color,
      provenance: {
        sequence: unit.sequence,
        epoch: unit.epoch,
        pictureOrderCount: unit.picture.pictureOrderCount,
        pictureType: unit.picture.type,
        randomAccess: unit.randomAccess !== undefined,
        codedSize,
        unfiltered: unit.leaveOut !== undefined || lastUnit.leaveOut !== undefined,
        firstByteAt: unit.firstByteAt,
        lastByteAt: lastUnit.lastByteAt,
        completeAt: lastUnit.completeAt,
        decodedAt,
      },
    };
    const ticket = this.#slots.announce(place.slot);
    this.#options.send({
      ticket,
      memory: place.memory,
      size: layout.size,
      description,
    });
    return ticket;
  }
}
