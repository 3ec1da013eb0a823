import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import type { PictureTap as Tap } from "../../dist/node/serve/images/picture-tap.js";
import { PictureTap } from "../../dist/node/serve/images/picture-tap.js";

/** Exit codes of the started threads. A terminated thread has 1. */
const codes: number[] = [];
const watch = (worker: Worker) => void worker.once("exit", (code) => codes.push(code));
process.on("worker", watch);
afterEach(() => void process.off("worker", watch));

it("asks its thread to end, at any moment: terminating it while it loads FFmpeg would crash the process", async () => {
  const stream = { name: "cam", watch: () => () => undefined };
  for (const ms of [0, 20, 50, 80, 120]) {
    const tap: Tap = new PictureTap(stream as unknown as ConstructorParameters<typeof PictureTap>[0]);
    tap.follow(() => undefined);
    await sleep(ms);
    await tap.close();
  }
  expect(codes).toEqual([0, 0, 0, 0, 0]);
});
