// Watches a source until Ctrl+C, for two seconds at most, then prints what it saw.
import { open } from "nalive";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(2000)]);

const stream = open(process.argv[2] ?? "test:", { signal });
try {
  for await (const frame of stream) console.log(frame.provenance.sequence);
} catch (error) {
  if (!signal.aborted) throw error;
}
await stream.close(); // the sockets and the thread are gone
const statistics = await stream.statistics();
console.log(`${statistics?.pictures ?? 0} pictures, ${statistics?.issues.length ?? 0} kinds of issues`);
