import type { FrameFormat } from "../../core/frame.js";
import type { Sink } from "../../core/sink.js";
import { type Clock, microseconds } from "../../core/time.js";
import { PresentationTime } from "../../live/presentation-time.js";
import type { DecodedPicture } from "../decode/ffmpeg-decoder.js";
import { PixelConverter } from "../decode/pixel-converter.js";
import { AVCOL_RANGE_JPEG, type AvFrame } from "../ffmpeg.js";
import type { SlotTicket, SlotWriter } from "./frame-slots.js";
import type { FrameDescription } from "./shared-frame.js";

/** A frame on its way to the thread that uses it. */
export interface SentFrame {
  readonly ticket: SlotTicket;
  readonly memory: SharedArrayBuffer;
  readonly size: number;
  readonly description: FrameDescription;
}

/** Converts decoded pictures straight into shared memory and sends them off. */
export class FrameOutlet implements Sink<DecodedPicture> {
  readonly #slots: SlotWriter;
  readonly #clock: Clock;
  readonly #send: (frame: SentFrame) => void;
  readonly #onClose: (reason?: Error) => void;
  readonly #converter: PixelConverter;
  readonly #time: PresentationTime;
  #pictures = 0;

  constructor(
    format: FrameFormat,
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
    this.#converter = new PixelConverter(format);
    this.#time = new PresentationTime(isLive);
  }

  /** Pictures that came from the decoder. */
  get pictures(): number {
    return this.#pictures;
  }

  push(picture: DecodedPicture): void {
    this.#pictures++;
    const timestamp = this.#time.next(picture.unit);
    const { avFrame, unit, lastUnit } = picture;
    const layout = this.#converter.layoutOf(avFrame);
    const place = this.#slots.acquire(layout.size);
    if (!place) return;
    this.#converter.convert(avFrame, new Uint8Array(place.memory));
    const decodedAt = this.#clock.now();
    const description: FrameDescription = {
      pixelFormat: layout.pixelFormat,
      width: layout.width,
      height: layout.height,
      stride: layout.planes[0]!.stride,
      planes: layout.planes.map(({ offset, stride, height }) => ({ offset, stride, height })),
      sampleAspectRatio: sampleAspectRatio(avFrame),
      timestamp,
      duration:
        unit.format.pictureRate === undefined
          ? undefined
          : microseconds(Math.round(1e6 / unit.format.pictureRate)),
      color: {
        matrixCoefficients: avFrame.colorSpace,
        colorPrimaries: avFrame.colorPrimaries,
        transferCharacteristics: avFrame.colorTrc,
        fullRange: avFrame.colorRange === AVCOL_RANGE_JPEG,
      },
      provenance: {
        sequence: unit.sequence,
        epoch: unit.epoch,
        pictureOrderCount: unit.picture.pictureOrderCount,
        pictureType: unit.picture.type,
        randomAccess: unit.randomAccess === "idr" || unit.randomAccess === "recovery-point",
        codedSize: unit === lastUnit ? unit.data.length : unit.data.length + lastUnit.data.length,
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
    this.#converter.close();
    this.#onClose(reason);
  }
}

function sampleAspectRatio(frame: AvFrame): { width: number; height: number } {
  const { num, den } = frame.sampleAspectRatio;
  return num > 0 && den > 0 ? { width: num, height: den } : { width: 1, height: 1 };
}
