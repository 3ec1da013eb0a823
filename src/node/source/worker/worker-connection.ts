import { Worker } from "node:worker_threads";
import {
  type ErrorCode,
  type NaliveError,
  TransportError,
  UnsupportedStreamError,
} from "../../../core/errors.js";
import type { Connection, ConnectionEvents } from "../connection.js";
import { messageOf } from "../sockets/socket-errors.js";
import { Order, Word, type WorkerMessage, wakeUp, wordCount } from "./worker-messages.js";

/**
 * A worker that has not ended this long after `close` is terminated, once it is loaded. Terminating
 * it while it loads FFmpeg's library would kill the process.
 */
const graceMs = 3000;

/**
 * Runs a worker thread that makes access units, as a connection.
 *
 * @param script its built file, which uses `WorkerOutlet`
 * @param settings for the worker, structured-clonable
 */
export function workerConnection(script: URL, settings: unknown, events: ConnectionEvents): Connection {
  const words = new Int32Array(new SharedArrayBuffer(4 * wordCount));
  const worker = new Worker(script, { workerData: { words, settings } });
  let result: { error: Error | undefined; over: boolean } | undefined;
  let timer: NodeJS.Timeout | undefined;

  const order = (value: number) => {
    Atomics.store(words, Word.order, value);
    ring();
    worker.postMessage(wakeUp);
  };
  const ring = () => {
    Atomics.add(words, Word.bell, 1);
    Atomics.notify(words, Word.bell);
  };
  const terminate = () => {
    if (Atomics.load(words, Word.loaded) === 1) void worker.terminate();
    else timer = setTimeout(terminate, graceMs);
  };
  worker.on("message", (message: WorkerMessage) => {
    switch (message.type) {
      case "connected":
        return events.connected(message.peer);
      case "data":
        Atomics.sub(words, Word.waiting, 1);
        ring();
        return events.data(message.data);
      case "closed": {
        const { error, over } = message;
        result = { error: error && errorOf(error.code, error.message), over };
        return undefined;
      }
    }
  });
  worker.on("error", (cause) => {
    const message = `The worker thread of the source failed: ${messageOf(cause)}`;
    result ??= { error: new TransportError("NALIVE_READ_FAILED", message, { cause }), over: true };
  });
  worker.on("exit", () => {
    clearTimeout(timer);
    events.closed(result?.error, result?.over ?? true);
  });
  return {
    pause: () => order(Order.pause),
    resume: () => order(Order.run),
    requestKeyFrame: () => void Atomics.add(words, Word.keyFrameRequests, 1),
    close() {
      if (timer) return;
      order(Order.stop);
      timer = setTimeout(terminate, graceMs);
    },
  };
}

function errorOf(code: ErrorCode, message: string): NaliveError {
  return code === "NALIVE_UNSUPPORTED_STREAM"
    ? new UnsupportedStreamError(message)
    : new TransportError(code, message);
}
