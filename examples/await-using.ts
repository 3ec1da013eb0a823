// Looks at one picture of a source and lets go of everything, whatever happens in the block.
// `await using` needs TypeScript 5.2 (npx tsx await-using.ts) or Node 24.
import { open } from "nalive";

await using stream = open(process.argv[2] ?? "test:", { format: "gray8" });
using frame = await stream.read();
if (frame) {
  const sum = frame.data.reduce((total, sample) => total + sample, 0);
  console.log(`${frame.width}x${frame.height}, mean luma ${Math.round(sum / frame.data.length)}`);
}
