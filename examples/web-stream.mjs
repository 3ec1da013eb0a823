// Web streams: the body of an HTTP response in, frames out.
import { LiveDecoder } from "nalive";

const response = await fetch(process.argv[2]);
for await (const frame of response.body.pipeThrough(new LiveDecoder().toWebStream())) {
  console.log(frame.width, frame.height);
  frame.close();
}
