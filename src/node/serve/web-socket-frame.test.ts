import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { binaryFrame, longestFrameHeader, messageOf } from "./web-socket-frame.js";

test("a client reads frames of every length, in order with what ws itself sends", async () => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];
  const server = new WebSocketServer({ port: 0, perMessageDeflate: false });
  await once(server, "listening");
  server.on("connection", (ws, request) => {
    for (const length of lengths) {
      const message = new Uint8Array(longestFrameHeader + length).subarray(longestFrameHeader).fill(length);
      (request.socket as Socket).write(binaryFrame(message));
      ws.send(`${length}`);
    }
    ws.close(1000);
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
  const received: (string | number)[] = [];
  client.on("message", (data, isBinary) => {
    const bytes = data as Buffer;
    if (isBinary) expect(bytes.every((byte) => byte === bytes.length % 256)).toBe(true);
    received.push(isBinary ? bytes.length : data.toString());
  });
  const [code] = await once(client, "close");
  expect(code).toBe(1000);
  expect(received).toEqual(lengths.flatMap((length) => [length, `${length}`]));
  server.close();
});

test("a frame is the message's own memory, and the message is found in it", () => {
  for (const length of [0, 125, 126, 65_535, 65_536]) {
    const message = new Uint8Array(longestFrameHeader + length).subarray(longestFrameHeader).fill(length);
    const frame = binaryFrame(message);
    expect(frame.buffer).toBe(message.buffer);
    const found = messageOf(frame);
    expect([found.byteOffset, found.length]).toEqual([message.byteOffset, length]);
  }
});
