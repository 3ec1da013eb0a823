// Decodes the body of an HTTP response, as a web stream: node web-stream.mjs http://HOST/live.h264
import { LiveDecoder } from "nalive";

const response = await fetch(process.argv[2]);
for await (const frame of response.body.pipeThrough(new LiveDecoder().toWebStream())) {
  console.log(frame.width, frame.height);
  frame.close();
}
