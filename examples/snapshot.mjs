// Saves the first picture of a source as PNG: node snapshot.mjs SOURCE FILE
import { open, savePng } from "nalive";

for await (const frame of open(process.argv[2] ?? "test:", { format: "rgb24" })) {
  await savePng(frame, process.argv[3] ?? "snapshot.png");
  break; // leaving the loop closes the stream
}
