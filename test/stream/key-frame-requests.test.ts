import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { startCli } from "../cli/run-cli.js";
import { nalTypes } from "../source/kit/clip.js";
import { clip, LiveDecoder, listening } from "./stream-kit.js";

const idr = 5;
const sequenceParameterSet = 7;

it("a WebSocket sender is asked for a key frame when pictures are held back, at a bounded rate", async () => {
  const { units } = await clip("size=128x96&frames=60&gop=100000");
  const reasons: string[] = [];
  const { stream, port } = await listening("ws://127.0.0.1:0/?listen", {
    onKeyFrameNeeded: (reason) => reasons.push(reason),
  });
  const sender = new WebSocket(`ws://127.0.0.1:${port}/`);
  const messages: unknown[] = [];
  sender.on("message", (data, isBinary) => messages.push([isBinary, JSON.parse(String(data))]));
  await once(sender, "open");
  const startedAt = performance.now();
  for (const [index, unit] of units.entries()) {
    if (index !== 20) sender.send(unit);
    await sleep(10);
  }
  await sleep(50);
  // 39 pictures are held back, in 0.4 s or more.
  const most = 1 + Math.floor((performance.now() - startedAt) / 500);
  expect(messages[0]).toEqual([false, { type: "key-frame-request", reason: "held-back" }]);
  expect(messages.length).toBeLessThanOrEqual(most);
  expect(reasons.length).toBeLessThanOrEqual(most);
  sender.close();
  await stream.close();
});

it("a program that receives by itself is told that a key frame is needed", async () => {
  const { units } = await clip("size=128x96&frames=60&gop=100000");
  const reasons: string[] = [];
  const decoder = new LiveDecoder({ onKeyFrameNeeded: (reason) => reasons.push(reason) });
  for (const unit of units.slice(3)) decoder.write(unit);
  decoder.end();
  await expect(decoder[Symbol.asyncIterator]().next()).rejects.toThrow(/without one whole picture/);
  expect(reasons).toEqual(["missing-parameter-set"]);
});

it("nalive send gives the test camera's key frame to the WebSocket receiver that asks", async () => {
  const send = startCli(["send", "test:?size=128x96&fps=50&gop=100000", "ws://127.0.0.1:0/?listen"]);
  const receiver = new WebSocket(`ws://127.0.0.1:${await send.port()}/`);
  const pictures: number[][] = [];
  const came = async (count: number) => {
    while (pictures.length < count) await once(receiver, "message");
  };
  receiver.on("message", (data) => pictures.push(nalTypes(data as Buffer)));
  await came(20);
  expect(pictures.slice(1).flat()).not.toContain(idr);
  const before = pictures.length;
  receiver.send(JSON.stringify({ type: "something-else" }));
  receiver.send("no JSON");
  receiver.send(JSON.stringify({ type: "key-frame-request", reason: "held-back" }));
  await came(before + 20);
  const keyFrames = pictures.slice(before).filter((types) => types.includes(idr));
  expect(keyFrames).toHaveLength(1);
  expect(keyFrames[0]).toContain(sequenceParameterSet);
  receiver.close();
});
