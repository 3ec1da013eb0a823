import { expect, it } from "vitest";
import { MessageBacklog } from "./message-backlog.js";

it("is full while 256 messages were sent and not read, also after the counts have wrapped around", () => {
  const memory = MessageBacklog.createMemory();
  const counts = new Int32Array(memory);
  for (const start of [0, 2 ** 31 - 100]) {
    counts.fill(start);
    const [sender, reader] = [new MessageBacklog(memory), new MessageBacklog(memory)];
    for (let sent = 0; sent < 255; sent++) sender.noteSent();
    expect(sender.isFull).toBe(false);
    sender.noteSent();
    expect(sender.isFull).toBe(true);
    reader.noteRead();
    expect(sender.isFull).toBe(false);
  }
});
