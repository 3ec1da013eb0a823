import { joinBytes } from "../../core/bytes.js";

/** The next operation of a source buffer. */
type Step =
  | { readonly kind: "append"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Media appended from here on begins at this time of the video element, s. */
  | { readonly kind: "offset"; readonly seconds: number }
  /** Nothing follows for now. */
  | { readonly kind: "end"; readonly of: MediaSource };

/** Most waiting bytes. A browser that takes none of them has stopped. */
const maxBytes = 32 * 1024 * 1024;
/** Least that is removed at a time, s. */
const leastRemoved = 5;
/** Precision of a browser's times, s: less than any picture lasts. */
const tolerance = 0.001;

/**
 * Appends to a source buffer, which takes one operation at a time; later ones wait here. When too
 * much waits or the browser refuses an operation, the queue reports that once and takes nothing
 * more.
 */
export class AppendQueue {
  readonly #buffer: SourceBuffer;
  readonly #onFull: (reason: string) => void;
  #steps: Step[] = [];
  #queuedBytes = 0;
  #isStopped = false;

  /** @param onAppended called when more can be played */
  constructor(buffer: SourceBuffer, onAppended: () => void, onFull: (reason: string) => void) {
    this.#buffer = buffer;
    this.#onFull = onFull;
    buffer.addEventListener("updateend", () => {
      onAppended();
      this.#run();
    });
    buffer.addEventListener("error", () => this.#stop("the browser could not read what it was given"));
  }

  append(bytes: Uint8Array): void {
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > maxBytes) this.#stop(`${this.#queuedBytes} bytes wait for the browser`);
    this.#steps.push({ kind: "append", bytes: bytes as Uint8Array<ArrayBuffer> });
    this.#run();
  }

  /** Media appended from here on begins at this time of the video element, s. */
  beginAt(seconds: number): void {
    this.#steps.push({ kind: "offset", seconds });
    this.#run();
  }

  /**
   * Nothing follows for now: the browser shows even the pictures that it holds back for their
   * order. Whatever is appended later opens the source again.
   */
  end(source: MediaSource): void {
    this.#steps.push({ kind: "end", of: source });
    this.#run();
  }

  /**
   * Removes what is before this time of the video element, s. A group of pictures must begin there:
   * a browser removes everything that depends on what it removes.
   */
  forgetBefore(seconds: number): void {
    const { buffered, updating } = this.#buffer;
    if (updating || buffered.length === 0 || buffered.start(0) > seconds - leastRemoved) return;
    this.#buffer.remove(0, seconds - tolerance);
  }

  #run(): void {
    while (!this.#isStopped && !this.#buffer.updating) {
      const step = this.#steps[0];
      if (!step) return;
      try {
        if (step.kind === "offset") {
          this.#buffer.timestampOffset = step.seconds;
          this.#steps.shift();
        } else if (step.kind === "end") {
          if (step.of.readyState === "open") step.of.endOfStream();
          this.#steps.shift();
        } else {
          this.#buffer.appendBuffer(this.#joined());
        }
      } catch (error) {
        this.#stop(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Joins everything that waits up to the next offset. */
  #joined(): Uint8Array<ArrayBuffer> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let step = this.#steps[0]; step?.kind === "append"; step = this.#steps[0]) {
      parts.push(step.bytes);
      this.#steps.shift();
    }
    const bytes = joinBytes(parts);
    this.#queuedBytes -= bytes.length;
    return bytes;
  }

  #stop(reason: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#steps = [];
    this.#onFull(reason);
  }
}
