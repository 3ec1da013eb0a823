// Every picture of a file, as planes in the stream's own format; nothing is dropped however slow this loop is.
import { createHash } from "node:crypto";
import { open } from "nalive";

const hash = createHash("md5");
let count = 0;
for await (const frame of open(process.argv[2], { format: "native", delivery: "every" })) {
  hash.update(frame.data);
  count++;
}
console.log(count, hash.digest("hex"));
