import { describe, expect, it } from "vitest";
import { CollectingSink } from "../../../test/support/collecting-sink.js";
import { numbered, places } from "../../../test/support/h264/numbered-units.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";
import { FinalUnits } from "./final-units.js";

const guessed = { endedBy: "silence" } as const;

function make() {
  const sink = new CollectingSink<NumberedAccessUnit>();
  return { sink, final: new FinalUnits(sink) };
}

describe("FinalUnits", () => {
  it("passes on the last correction of an access unit, and nothing before it", () => {
    const { sink, final } = make();
    final.push(numbered(0, 0, guessed));
    final.push(numbered(0, 0, { ...guessed, corrects: true, data: new Uint8Array(200) }));
    final.push(numbered(0, 0, { corrects: true, data: new Uint8Array(300) }));
    final.push(numbered(0, 1));
    expect(places(sink.items)).toEqual(["0.0", "0.1"]);
    expect(sink.items[0]?.unit.data).toHaveLength(300);
  });

  it("passes on an access unit with a certain end at once", () => {
    const { sink, final } = make();
    final.push(numbered(0, 0));
    expect(places(sink.items)).toEqual(["0.0"]);
  });

  it("passes on a guessed end when the next access unit begins, on flush and on close", () => {
    const { sink, final } = make();
    final.push(numbered(0, 0, guessed));
    expect(sink.items).toHaveLength(0);
    final.push(numbered(0, 1, guessed));
    expect(places(sink.items)).toEqual(["0.0"]);
    final.flush();
    expect(places(sink.items)).toEqual(["0.0", "0.1"]);
    final.push(numbered(0, 2, guessed));
    final.close();
    expect(places(sink.items)).toEqual(["0.0", "0.1", "0.2"]);
    expect(sink.closed).toBe(true);
  });

  it("drops the correction of an access unit that it has passed on", () => {
    const { sink, final } = make();
    final.push(numbered(0, 0));
    final.push(numbered(0, 0, { corrects: true }));
    expect(sink.items).toHaveLength(1);
  });

  it("takes a correction as new where the one that it replaces did not come", () => {
    const { sink, final } = make();
    final.push(numbered(0, 0));
    final.push(numbered(0, 1, { corrects: true }));
    final.push(numbered(0, 2));
    expect(places(sink.items)).toEqual(["0.0", "0.1", "0.2"]);
  });
});
