import { readFileSync } from "node:fs";
import { type BaseStream, corpus, encodedStreams, streamsOf } from "./base-streams.js";
import { type FuzzInput, makeInput } from "./input.js";
import { fuzzCodedSide } from "./targets/coded-side.js";
import { fuzzWireMessages } from "./targets/wire-messages.js";
import { fuzzWithDecoder } from "./targets/with-decoder.js";
import { fuzzServer, stopServer } from "./targets/with-server.js";

/**
 * What an input is sent through, which throws when a promise is broken. What it returns goes into
 * the report.
 */
const targets = {
  coded: (input: FuzzInput) => ({ microsecondsPerByte: fuzzCodedSide(input) }),
  decoder: async (input: FuzzInput) => ({ frames: (await fuzzWithDecoder(input)).frames }),
  process: async (input: FuzzInput) => ({ frames: (await fuzzWithDecoder(input, "process")).frames }),
  wire: (input: FuzzInput) => void fuzzWireMessages(input),
  server: async (input: FuzzInput) => ({ frames: await fuzzServer(input) }),
} as const;

/** What a target is. */
export type Target = keyof typeof targets;

/** What the process is to do. */
export type Job =
  | {
      readonly kind: "inputs";
      readonly target: Target;
      readonly seed: number;
      readonly folder: string | undefined;
      readonly from: number;
      readonly count: number;
    }
  | {
      readonly kind: "file";
      readonly target: Target;
      readonly file: string;
      readonly framing: FuzzInput["framing"];
      readonly arrival: number;
    };

/** What it says of it. */
export type Report =
  | {
      readonly kind: "begin";
      readonly number: number;
      readonly name: string;
      readonly framing: FuzzInput["framing"];
      readonly arrival: number;
    }
  | { readonly kind: "broken"; readonly number: number; readonly why: string }
  | {
      readonly kind: "end";
      readonly number: number;
      readonly bytes: number;
      readonly milliseconds: number;
      readonly rss: number;
      readonly microsecondsPerByte?: number;
      readonly frames?: number;
    }
  | { readonly kind: "batch"; readonly liveBytes: number; readonly rss: number };

async function run(job: Job): Promise<void> {
  if (job.kind === "file") {
    const bytes = new Uint8Array(readFileSync(job.file));
    await fuzz(job.target, 0, { name: job.file, bytes, framing: job.framing, arrival: job.arrival });
    return;
  }
  const bases: BaseStream[] = [
    ...encodedStreams(),
    ...corpus(),
    ...(job.folder ? streamsOf(job.folder) : []),
  ];
  for (let number = job.from; number < job.from + job.count; number++) {
    await fuzz(job.target, number, makeInput(bases, job.seed, number));
  }
}

async function fuzz(target: Target, number: number, input: FuzzInput): Promise<void> {
  const { name, framing, arrival, bytes } = input;
  await tell({ kind: "begin", number, name, framing, arrival });
  const started = performance.now();
  let cost = {};
  try {
    cost = (await targets[target](input)) ?? {};
  } catch (error) {
    await tell({ kind: "broken", number, why: (error as Error).stack ?? String(error) });
  }
  const milliseconds = performance.now() - started;
  await tell({
    kind: "end",
    number,
    bytes: bytes.length,
    milliseconds,
    rss: process.memoryUsage.rss(),
    ...cost,
  });
}

/** Resolves when the parent has it: after a crash the parent must know the last report. */
function tell(report: Report): Promise<void> {
  return new Promise((resolve) => process.send!(report, () => resolve()));
}

process.on("uncaughtException", async (error) => {
  await tell({ kind: "broken", number: -1, why: error.stack ?? String(error) });
  process.exit(1);
});
// The parent is gone, or has enough.
process.on("disconnect", () => process.exit());
await run(JSON.parse(process.argv[2]!) as Job);
await stopServer();
globalThis.gc?.();
globalThis.gc?.();
const { heapUsed, external, arrayBuffers } = process.memoryUsage();
await tell({ kind: "batch", liveBytes: heapUsed + external + arrayBuffers, rss: process.memoryUsage.rss() });
process.disconnect();
