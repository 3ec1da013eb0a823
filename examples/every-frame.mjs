// Hashes every picture of a file in the stream's own format: node every-frame.mjs clip.h264
// However slow the loop is, nothing is dropped.
import { createHash } from "node:crypto";
import { open } from "nalive";

const hash = createHash("md5");
let count = 0;
for await (const frame of open(process.argv[2] ?? "clip.h264", { format: "native", delivery: "every" })) {
  hash.update(frame.data);
  count++;
}
console.log(count, hash.digest("hex"));
