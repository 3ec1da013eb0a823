// What a file's access units are, without decoding. Runs in browsers, too:
// `accessUnits(response.body)`.
import { createReadStream } from "node:fs";
import { accessUnits } from "nalive/h264";

for await (const { sequence, picture, data } of accessUnits(createReadStream(process.argv[2]))) {
  console.log(sequence, picture.type, picture.pictureOrderCount, data.length);
}
