import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { MessageLink } from "./message-link.js";

/** A socket without the other side: what is written is kept. */
function socket() {
  const written: Buffer[] = [];
  const stream = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      written.push(bytes);
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(written) };
}

test("what comes out does not depend on how the bytes were cut", () => {
  const messages = [{ type: "reset" }, { data: new Uint8Array(70_000).fill(3), none: undefined }, "x", []];
  const from = socket();
  const sender = new MessageLink<unknown, never>(from.stream, () => undefined);
  for (const message of messages) sender.send(message);
  const sent = from.bytes();
  for (const largest of [1, 2, 3, 5, 1000, sent.length]) {
    const to = socket();
    const received: unknown[] = [];
    new MessageLink<never, unknown>(to.stream, (message) => received.push(message));
    for (let at = 0; at < sent.length; at += largest) to.stream.emit("data", sent.subarray(at, at + largest));
    expect(received).toEqual(messages);
  }
});
