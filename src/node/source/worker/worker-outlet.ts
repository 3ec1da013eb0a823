import { parentPort, workerData } from "node:worker_threads";
import type { ErrorCode } from "../../../core/errors.js";
import { Order, Word, type WorkerMessage, wakeUp } from "./worker-messages.js";

/**
 * The worker thread's side of `workerConnection`: sends access units no faster than the main thread
 * takes them.
 */
export class WorkerOutlet {
  readonly #words: Int32Array;

  /** Only in a worker thread. */
  constructor() {
    this.#words = (workerData as { words: Int32Array }).words;
    Atomics.store(this.#words, Word.loaded, 1);
  }

  /** The settings given to `workerConnection`. */
  get settings(): unknown {
    return (workerData as { settings: unknown }).settings;
  }

  /** True once the worker must end. */
  get stopped(): boolean {
    return Atomics.load(this.#words, Word.order) === Order.stop;
  }

  /** True while the main thread wants no more. */
  get paused(): boolean {
    return Atomics.load(this.#words, Word.order) === Order.pause;
  }

  /** Access units that were sent and that the main thread has not taken yet. */
  get waiting(): number {
    return Atomics.load(this.#words, Word.waiting);
  }

  /** True when a key frame was requested since the last call. */
  takeKeyFrameRequest(): boolean {
    return Atomics.exchange(this.#words, Word.keyFrameRequests, 0) > 0;
  }

  /** Calls `wake` from the event loop at each order, until {@link close}. */
  onOrder(wake: () => void): void {
    parentPort?.on("message", (message) => {
      if (message === wakeUp) wake();
    });
  }

  connected(peer: string): void {
    this.#post({ type: "connected", peer });
  }

  /** Sends a copy of the bytes. */
  send(bytes: Uint8Array): void {
    const data = new Uint8Array(bytes);
    Atomics.add(this.#words, Word.waiting, 1);
    this.#post({ type: "data", data }, [data.buffer]);
  }

  /**
   * Blocks this thread until fewer than `most` access units wait and the source is not paused.
   * @returns false: end now
   */
  waitForRoom(most: number): boolean {
    return this.#waitUntil(() => !this.paused && this.waiting < most, Number.POSITIVE_INFINITY);
  }

  /** Blocks this thread for that time. @returns false: end now */
  sleep(ms: number): boolean {
    return this.#waitUntil(() => false, performance.now() + ms);
  }

  /** Reports that nothing more comes. The thread must then run out of work. */
  close(error: { code: ErrorCode; message: string } | undefined, over: boolean): void {
    this.#post({ type: "closed", error, over });
    parentPort?.removeAllListeners("message");
    parentPort?.unref();
  }

  #waitUntil(ready: () => boolean, deadline: number): boolean {
    for (;;) {
      // Read the bell first: any change after that rings again, and the wait returns at once.
      const bell = Atomics.load(this.#words, Word.bell);
      if (this.stopped) return false;
      const left = deadline - performance.now();
      if (left <= 0 || ready()) return true;
      Atomics.wait(this.#words, Word.bell, bell, left);
    }
  }

  #post(message: WorkerMessage, transfer: ArrayBuffer[] = []): void {
    parentPort?.postMessage(message, transfer);
  }
}
