import { Worker } from "node:worker_threads";
import type { Passing } from "../../../core/passing.js";
import { RestartRule } from "../../restart-rule.js";
import { ServeError } from "../serve-error.js";
import type { SealedUnit } from "../streams/sealed-unit.js";
import type { ServedStream } from "../streams/served-stream.js";
import { messageOf } from "../web-socket-frame.js";
import type { ImageFormat, PictureCommand, PictureEvent } from "./picture-messages.js";

/** Decoding goes on for this long after the last request, ms: snapshots often come in a row. */
const lingerMs = 5000;
/** A snapshot times out after this long, ms. */
const snapshotTimeoutMs = 3000;

/**
 * Images of one stream. One worker thread decodes for all clients of the stream, and only while at
 * least one of them asks.
 */
export class PictureTap {
  readonly #stream: ServedStream;
  readonly #takers = new Set<(jpeg: Uint8Array) => void>();
  readonly #waiting = new Map<number, (image: Uint8Array) => void>();
  #running: { readonly worker: Worker; readonly endWatching: () => void } | undefined;
  #linger: NodeJS.Timeout | undefined;
  readonly #restartRule = new RestartRule();
  #nextId = 0;

  constructor(stream: ServedStream) {
    this.#stream = stream;
  }

  /** True while a thread decodes. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * The newest whole picture.
   * @throws ServeError `NALIVE_NO_PICTURE_YET` when there is none, or none arrives within 3 s
   */
  async snapshot(format: ImageFormat): Promise<Uint8Array> {
    if (!this.#stream.edge) throw this.#noPictureYet();
    this.#command({ type: "one", id: this.#nextId, format });
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(this.#noPictureYet());
        this.#stopSoon();
      }, snapshotTimeoutMs);
      this.#waiting.set(id, (image) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(image);
        this.#stopSoon();
      });
    });
  }

  /**
   * Calls `take` with every picture as JPEG, starting with the newest.
   * @returns a function that ends this
   */
  follow(take: (jpeg: Uint8Array) => void): () => void {
    this.#takers.add(take);
    this.#command({ type: "every", isWanted: true });
    return () => {
      if (!this.#takers.delete(take) || this.#takers.size > 0) return;
      if (this.#running) this.#command({ type: "every", isWanted: false });
      this.#stopSoon();
    };
  }

  /** Ends the thread; resolves once it has exited. */
  async close(): Promise<void> {
    clearTimeout(this.#linger);
    const running = this.#running;
    this.#running = undefined;
    running?.endWatching();
    if (!running) return;
    // Not `terminate`: interrupting a thread inside FFmpeg's binding crashes the whole process.
    const exited = new Promise((resolve) => running.worker.once("exit", resolve));
    running.worker.postMessage({ type: "end" } satisfies PictureCommand);
    await exited;
  }

  #noPictureYet(): ServeError {
    return new ServeError(
      "NALIVE_NO_PICTURE_YET",
      `No complete picture of ${this.#stream.name} has arrived yet`,
    );
  }

  #command(command: PictureCommand): void {
    clearTimeout(this.#linger);
    const { worker } = (this.#running ??= this.#start());
    worker.postMessage(command);
  }

  #start(): { worker: Worker; endWatching: () => void } {
    const worker = new Worker(new URL("./picture-worker.js", import.meta.url), { execArgv: [] });
    worker.on("message", (event: PictureEvent) => {
      if (event.type === "one") this.#waiting.get(event.id)?.(event.image);
      else for (const take of this.#takers) take(event.image);
    });
    worker.on("error", () => this.#died());
    const endWatching = this.#stream.watch({
      push: (item: Passing<SealedUnit>) => {
        // Transfers a copy: transferring a view would take its whole buffer, which others may use.
        const message = messageOf(item.frame).slice();
        worker.postMessage({ type: "unit", message } satisfies PictureCommand, [message.buffer]);
      },
      tell: ({ type }) => {
        if (type === "gone") worker.postMessage({ type: "flush" } satisfies PictureCommand);
      },
      close: () => void this.close(),
    });
    return { worker, endWatching };
  }

  /**
   * Restarts the worker for followers, whose pictures resume at the last random access point.
   * Pending snapshots time out.
   */
  #died(): void {
    void this.close();
    const startAgain = () => {
      if (this.#takers.size > 0 && !this.#running) this.#command({ type: "every", isWanted: true });
    };
    setTimeout(startAgain, this.#restartRule.died()).unref();
  }

  #stopSoon(): void {
    if (this.#takers.size > 0 || this.#waiting.size > 0) return;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => void this.close(), lingerMs);
    this.#linger.unref();
  }
}
