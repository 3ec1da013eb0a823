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
 * A frame on its way to the program's thread. It may still be being written (`SlotReader.take`).
 */
export interface SentFrame {
  readonly ticket: SlotTicket;
  readonly memory: SharedArrayBuffer;
  readonly size: number;
  readonly description: FrameDescription;
}

/**
 * A display shows 60 pictures per second: one that follows another sooner than this is not seen.
 */
const shortestView = fromMilliseconds(16);

/**
 * What to do with a picture just decoded.
 * - `wanted`: convert it
 * - `soon replaced`: a newer one is about to be decoded
 * - `held`: the program's thread is blocked and has more frames than it can use
 */
export type Demand = "wanted" | "soon replaced" | "held";

/** What a `FrameOutlet` is made of. */
export interface FrameOutletOptions {
  /** False for files: the SPS times their pictures, and none is converted before its turn. */
  readonly isLive: boolean;
  readonly slots: SlotWriter;
  readonly clock: Clock;
  /** Called for each picture. */
  readonly demand: () => Demand;
  readonly send: (frame: SentFrame) => void;
  readonly onClose: (reason?: Error) => void;
}

/** A picture that is converted only if it stays the newest. */
interface HeldPicture {
  readonly picture: KeptPicture;
  readonly timestamp: Microseconds;
}

/**
 * Converts decoded pictures into shared memory and announces them to the program's thread.
 *
 * While decoding catches up, a newer picture replaces most pictures before anybody could see them,
 * and those are not converted. The outlet holds the newest one until a newer one comes or
 * `giveOutHeld()` is called. It does the same while the program's thread is blocked.
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

  /** Pictures that the decoder gave out. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Pictures not converted: a newer one was decoded before anybody could have seen them. */
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

  /**
   * Gives out the held picture: no newer one comes for now, or the program's thread reads again.
   */
  giveOutHeld(): void {
    if (this.#options.demand() !== "held") this.#writeHeld();
  }

  close(reason?: Error): void {
    this.#writeHeld();
    this.#options.onClose(reason);
  }

  /** Counts the next picture in output order. @returns when it is due */
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
