// Holds a server, and publishes a file to it as a camera would: node server.mjs clip.h264
import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "nalive/server";

const server = await startServer({ port: 0, log: "warn" });
console.log(`watch at ${server.url}/watch/cam`);
await fetch(`${server.url}/publish/cam`, { method: "POST", body: camera(), duplex: "half" });
await server.stop();

async function* camera() {
  for await (const bytes of createReadStream(process.argv[2] ?? "clip.h264", { highWaterMark: 1400 })) {
    await sleep(10);
    yield bytes;
  }
}
