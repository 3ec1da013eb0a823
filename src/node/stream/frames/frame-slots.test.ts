import { describe, expect, it } from "vitest";
import { createSlotControl, SlotReader, type SlotTicket, SlotWriter, slotCount } from "./frame-slots.js";

const size = 16;

function makeSlots(capacity: number, whenFull: "replace" | "wait") {
  const control = createSlotControl();
  const writer = new SlotWriter(control, { capacity, whenFull });
  const reader = new SlotReader(control);
  const write = (value: number, bytes = size): { ticket: SlotTicket; memory: SharedArrayBuffer } => {
    const place = writer.acquire(bytes)!;
    new Uint8Array(place.memory).fill(value);
    const ticket = writer.announce(place.slot);
    writer.publish(ticket);
    return { ticket, memory: place.memory };
  };
  return { writer, reader, write };
}

describe("slots with capacity 1 that replace", () => {
  it("give the newest frame: those before it are gone", () => {
    const { writer, reader, write } = makeSlots(1, "replace");
    const [first, second, third] = [write(1), write(2), write(3)];
    expect(reader.take(first.ticket)).toBe("gone");
    expect(reader.take(second.ticket)).toBe("gone");
    expect(reader.take(third.ticket)).toBe("taken");
    expect(new Uint8Array(third.memory)[0]).toBe(3);
    expect(writer.replaced).toBe(2);
  });

  it("never write to a frame that was taken", () => {
    const { reader, write } = makeSlots(1, "replace");
    const taken = write(1);
    expect(reader.take(taken.ticket)).toBe("taken");
    for (let value = 2; value < 200; value++) write(value);
    expect(new Set(new Uint8Array(taken.memory))).toEqual(new Set([1]));
  });

  it("use the memory of two frames only, however many are written", () => {
    const { reader, write } = makeSlots(1, "replace");
    const memories = new Set<SharedArrayBuffer>();
    for (let value = 0; value < 100; value++) {
      const { ticket, memory } = write(value);
      memories.add(memory);
      if (value % 3 === 0 && reader.take(ticket) === "taken") reader.giveBack(ticket);
    }
    expect(memories.size).toBeLessThanOrEqual(2);
  });

  it("always have room", () => {
    const { writer, write } = makeSlots(1, "replace");
    write(1);
    write(2);
    expect(writer.hasRoom).toBe(true);
  });
});

describe("slots with a larger capacity that replace", () => {
  it("keep frames up to it, then replace all that wait", () => {
    const { writer, reader, write } = makeSlots(3, "replace");
    const old = [write(1), write(2), write(3)];
    expect(writer.replaced).toBe(0);
    const next = write(4);
    expect(writer.replaced).toBe(3);
    expect(old.map(({ ticket }) => reader.take(ticket))).toEqual(["gone", "gone", "gone"]);
    expect(reader.take(next.ticket)).toBe("taken");
  });
});

describe("slots that wait", () => {
  it("have no room while as many frames as the capacity wait or are in use", () => {
    const { writer, reader, write } = makeSlots(2, "wait");
    const [first, second] = [write(1), write(2)];
    expect(writer.hasRoom).toBe(false);
    reader.take(first.ticket);
    expect(writer.hasRoom).toBe(false);
    reader.giveBack(first.ticket);
    expect(writer.hasRoom).toBe(true);
    reader.discard(second.ticket);
    expect(writer.replaced).toBe(0);
  });
});

describe("a ticket", () => {
  it("is for one frame, not for the slot: a later frame in it is not taken by it", () => {
    const { reader, write } = makeSlots(64, "replace");
    const first = write(1);
    expect(reader.take(first.ticket)).toBe("taken");
    reader.giveBack(first.ticket);
    const second = write(2);
    expect(second.ticket.slot).toBe(first.ticket.slot);
    expect(reader.take(first.ticket)).toBe("gone");
    expect(reader.take(second.ticket)).toBe("taken");
  });

  it("is taken once", () => {
    const { reader, write } = makeSlots(1, "replace");
    const { ticket } = write(1);
    expect(reader.take(ticket)).toBe("taken");
    expect(reader.take(ticket)).toBe("gone");
  });
});

describe("a frame that is announced", () => {
  it("is not taken until it is written", () => {
    const { writer, reader } = makeSlots(1, "replace");
    const ticket = writer.announce(writer.acquire(size)!.slot);
    expect(reader.take(ticket)).toBe("unfinished");
    writer.publish(ticket);
    expect(reader.take(ticket)).toBe("taken");
  });

  it("is gone when its writer is", () => {
    const { writer, reader } = makeSlots(1, "replace");
    const ticket = writer.announce(writer.acquire(size)!.slot);
    reader.freeUnfinished();
    expect(reader.take(ticket)).toBe("gone");
  });
});

describe("memory", () => {
  it("grows with the frames, and is used again for smaller ones", () => {
    const { reader, write } = makeSlots(1, "replace");
    const give = (bytes: number) => {
      const { ticket, memory } = write(0, bytes);
      reader.take(ticket);
      reader.giveBack(ticket);
      return memory;
    };
    const small = give(10);
    const large = give(1000);
    expect([small.byteLength, large.byteLength]).toEqual([10, 1000]);
    expect(give(500)).toBe(large);
  });

  it("has an end: when all slots are in use, the frame is left out and counted", () => {
    const { writer, reader, write } = makeSlots(1, "replace");
    const taken = Array.from({ length: slotCount }, (_, value) => {
      const { ticket } = write(value);
      reader.take(ticket);
      return ticket;
    });
    expect(writer.acquire(size)).toBeUndefined();
    expect(writer.replaced).toBe(1);
    reader.giveBack(taken[5]!);
    expect(writer.acquire(size)?.slot).toBe(taken[5]!.slot);
  });
});
