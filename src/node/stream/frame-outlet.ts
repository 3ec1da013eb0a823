import type { Sink } from "../../core/sink.js";
import { type Clock, microseconds } from "../../core/time.js";
import { PresentationTime } from "../../live/presentation-time.js";
import type { OutputPicture } from "../decode/output-picture.js";
import type { SlotTicket, SlotWriter } from "./frame-slots.js";
import type { FrameDescription } from "./shared-frame.js";

/** A frame on its way to the thread that uses it. */
export interface SentFrame {
  readonly ticket: SlotTicket;
  readonly memory: SharedArrayBuffer;
  readonly size: number;
  readonly description: FrameDescription;
}

/** Writes pictures straight into shared memory and sends them off. */
export class FrameOutlet implements Sink<OutputPicture> {
  readonly #slots: SlotWriter;
  readonly #clock: Clock;
  readonly #send: (frame: SentFrame) => void;
  readonly #onClose: (reason?: Error) => void;
  readonly #time: PresentationTime;
  #pictures = 0;

  constructor(
    isLive: boolean,
    slots: SlotWriter,
    clock: Clock,
    send: (frame: SentFrame) => void,
    onClose: (reason?: Error) => void,
  ) {
    this.#slots = slots;
    this.#clock = clock;
    this.#send = send;
    this.#onClose = onClose;
    this.#time = new PresentationTime(isLive);
  }

  /** Pictures that came from the decoder. */
  get pictures(): number {
    return this.#pictures;
  }

  push(picture: OutputPicture): void {
    this.#pictures++;
    const timestamp = this.#time.next(picture.unit);
    const { unit, lastUnit, codedSize, layout, sampleAspectRatio, color } = picture;
    const place = this.#slots.acquire(layout.size);
    if (!place) return;
    picture.writeTo(new Uint8Array(place.memory));
    const decodedAt = this.#clock.now();
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
        randomAccess: unit.randomAccess === "idr" || unit.randomAccess === "recovery-point",
        codedSize,
        firstByteAt: unit.firstByteAt,
        lastByteAt: lastUnit.lastByteAt,
        completeAt: lastUnit.completeAt,
        decodedAt,
      },
    };
    this.#send({
      ticket: this.#slots.publish(place.slot),
      memory: place.memory,
      size: layout.size,
      description,
    });
  }

  close(reason?: Error): void {
    this.#onClose(reason);
  }
}
