import { NaliveError } from "../../../core/errors.js";
import type { Frame } from "../../../core/frame.js";

/** A frame without its bytes and methods: what travels between threads. */
export type FrameDescription = Omit<Frame, "data" | "clone" | "close" | typeof Symbol.dispose>;

/** A frame whose memory is given back on `close()`. */
export class SharedFrame implements Frame {
  readonly pixelFormat;
  readonly width;
  readonly height;
  readonly stride;
  readonly planes;
  readonly sampleAspectRatio;
  readonly timestamp;
  readonly duration;
  readonly color;
  readonly provenance;
  #data: Uint8Array | undefined;
  readonly #giveBack: (() => void) | undefined;

  /** @param giveBack called once, at the first `close()` */
  constructor(description: FrameDescription, data: Uint8Array, giveBack?: () => void) {
    this.pixelFormat = description.pixelFormat;
    this.width = description.width;
    this.height = description.height;
    this.stride = description.stride;
    this.planes = description.planes;
    this.sampleAspectRatio = description.sampleAspectRatio;
    this.timestamp = description.timestamp;
    this.duration = description.duration;
    this.color = description.color;
    this.provenance = description.provenance;
    this.#data = data;
    this.#giveBack = giveBack;
  }

  get data(): Uint8Array {
    if (this.#data) return this.#data;
    throw new NaliveError(
      "NALIVE_FRAME_CLOSED",
      "This frame was read after it was closed. A for-await loop closes a frame when it asks for the next one: " +
        "keep frame.clone() instead",
    );
  }

  clone(): Frame {
    return new SharedFrame(this, new Uint8Array(this.data));
  }

  close(): void {
    if (!this.#data) return;
    this.#data = undefined;
    this.#giveBack?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
