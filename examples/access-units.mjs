// What a file's access units are, without decoding. Runs in browsers, too:
// `accessUnits(response.body)`.
import { createReadStream } from "node:fs";
import { accessUnits } from "nalive/h264";

const file = createReadStream(process.argv[2] ?? "clip.h264");
for await (const { sequence, picture, data } of accessUnits(file)) {
  console.log(sequence, picture.type, picture.pictureOrderCount, data.length);
}
