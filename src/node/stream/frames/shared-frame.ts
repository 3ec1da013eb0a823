import { DecodeError, NaliveError } from "../../../core/errors.js";
import type { Frame } from "../../../core/frame.js";

/** All of a frame but its bytes and its methods: what travels between threads. */
export type FrameDescription = Omit<Frame, "data" | "clone" | "close" | typeof Symbol.dispose>;

/** A frame in memory that is given back when it is closed. */
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
  readonly #written: ((beyond: number) => number | undefined) | undefined;

  /**
   * @param giveBack called once, at the first `close()`
   * @param written for a frame that may still be being written: see `SlotReader.written`
   */
  constructor(
    description: FrameDescription,
    data: Uint8Array,
    giveBack?: () => void,
    written?: (beyond: number) => number | undefined,
  ) {
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
    this.#written = written;
  }

  get data(): Uint8Array {
    if (this.#data) return this.#data;
    throw new NaliveError(
      "NALIVE_FRAME_CLOSED",
      "the frame's data was read after the frame was closed: in a for-await loop a frame is closed when the next one " +
        "is asked for; keep frame.clone() instead",
    );
  }

  /**
   * Of a frame that may still be being written: resolves with how many bytes of `data` are, from its beginning, once that is
   * more than `beyond`.
   * @throws DecodeError `NALIVE_DECODER_LOST` when the thread that wrote it is gone
   */
  async written(beyond: number): Promise<number> {
    for (;;) {
      const bytes = this.#written ? this.#written(beyond) : Number.POSITIVE_INFINITY;
      if (bytes === undefined)
        throw new DecodeError("NALIVE_DECODER_LOST", "the decoding thread ended in the middle of a frame");
      if (bytes > beyond) return Math.min(bytes, this.data.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
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

/** `SharedFrame.written` of any frame: others are whole. */
export function writtenOf(frame: Frame, beyond: number): Promise<number> {
  return frame instanceof SharedFrame ? frame.written(beyond) : Promise.resolve(frame.data.length);
}
