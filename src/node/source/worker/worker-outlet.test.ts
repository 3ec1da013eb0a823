import { expect, it, vi } from "vitest";
import { Word, wordCount } from "./worker-messages.js";

/**
 * Words of 8 bits overflow at the 128th access unit, as words of 32 bits do after a month of RTP
 * packets.
 */
const words = new Int8Array(new SharedArrayBuffer(wordCount));

vi.mock("node:worker_threads", () => ({ parentPort: { postMessage() {} }, workerData: { words } }));

it("knows how many access units wait, however many were sent", async () => {
  const { WorkerOutlet } = await import("./worker-outlet.js");
  const outlet = new WorkerOutlet();
  for (let sent = 0; sent < 1000; sent++) {
    outlet.send(Uint8Array.of(1));
    expect(outlet.waiting).toBe(1);
    Atomics.sub(words, Word.waiting, 1);
    expect(outlet.waiting).toBe(0);
  }
});
