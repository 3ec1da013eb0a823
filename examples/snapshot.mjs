// The first picture of a source as a PNG.
import { open, savePng } from "nalive";

for await (const frame of open(process.argv[2] ?? "test:", { format: "rgb24" })) {
  await savePng(frame, process.argv[3] ?? "snapshot.png");
  break;
}
