// Decodes the body of an HTTP response, as a web stream: node web-stream.mjs http://HOST/live.h264
import { LiveDecoder } from "nalive";

const { body } = await fetch(process.argv[2] ?? "http://127.0.0.1:8264/streams/cam/live.h264");
if (!body) throw new Error("The response has no body");
for await (const frame of body.pipeThrough(new LiveDecoder().toWebStream())) {
  console.log(frame.width, frame.height);
  frame.close();
}
