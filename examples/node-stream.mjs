// Puts a decoder between a socket and a loop, as a Node stream: node node-stream.mjs PORT [HOST]
import net from "node:net";
import { pipeline } from "node:stream/promises";
import { LiveDecoder } from "nalive";

const socket = net.connect(Number(process.argv[2] ?? 5000), process.argv[3] ?? "127.0.0.1");
await pipeline(socket, new LiveDecoder({ format: "gray8" }).toNodeStream(), async (frames) => {
  for await (const frame of frames) {
    console.log(frame.width, frame.height, frame.data[0]);
    frame.close();
  }
});
