import { Worker } from "node:worker_threads";
import type { Passing } from "../../../core/passing.js";
import { RestartRule } from "../../restart-rule.js";
import { ServeError } from "../serve-error.js";
import type { SealedUnit } from "../streams/sealed-unit.js";
import type { ServedStream } from "../streams/served-stream.js";
import { messageOf } from "../web-socket-frame.js";
import type { ImageFormat, PictureCommand, PictureEvent } from "./picture-messages.js";

/** Decoding goes on for so long after the last one who asked, ms: snapshots often come in a row. */
const lingerMs = 5000;
/** A snapshot that takes longer will not come, ms. */
const patienceMs = 3000;

/**
 * Images of one stream. Decodes in a thread of its own, for all who ask together, and only while
 * somebody asks.
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
   * @throws ServeError `NALIVE_NO_PICTURE_YET` when there is none
   */
  async snapshot(format: ImageFormat): Promise<Uint8Array> {
    if (!this.#stream.edge) throw this.#nothing();
    this.#command({ type: "one", id: this.#nextId, format });
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(this.#nothing());
        this.#stopSoon();
      }, patienceMs);
      this.#waiting.set(id, (image) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(image);
        this.#stopSoon();
      });
    });
  }

  /** Gives every picture as JPEG, the newest first. @returns ends it */
  follow(take: (jpeg: Uint8Array) => void): () => void {
    this.#takers.add(take);
    this.#command({ type: "every", isWanted: true });
    return () => {
      if (!this.#takers.delete(take) || this.#takers.size > 0) return;
      if (this.#running) this.#command({ type: "every", isWanted: false });
      this.#stopSoon();
    };
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    clearTimeout(this.#linger);
    const running = this.#running;
    this.#running = undefined;
    running?.endWatching();
    if (!running) return;
    // Not `terminate`: a thread that is interrupted within FFmpeg's binding takes the process with
    // it.
    const isOver = new Promise((resolve) => running.worker.once("exit", resolve));
    running.worker.postMessage({ type: "end" } satisfies PictureCommand);
    await isOver;
  }

  #nothing(): ServeError {
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
        // A copy to give away: a view would take with it all of the buffer that it may share with
        // others.
        const message = messageOf(item.frame).slice();
        worker.postMessage({ type: "unit", message } satisfies PictureCommand, [message.buffer]);
      },
      tell: () => undefined,
      close: () => void this.close(),
    });
    return { worker, endWatching };
  }

  /**
   * Who follows sees pictures again, from the last random access point. Who waits for one loses
   * patience.
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
