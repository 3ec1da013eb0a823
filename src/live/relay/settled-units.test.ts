import { describe, expect, it } from "vitest";
import { CollectingSink } from "../../../test/support/collecting-sink.js";
import { numbered, places } from "../../../test/support/h264/numbered-units.js";
import type { NumberedAccessUnit } from "../../h264/access-unit.js";
import { SettledUnits } from "./settled-units.js";

const guessed = { endedBy: "silence" } as const;

function make() {
  const sink = new CollectingSink<NumberedAccessUnit>();
  return { sink, settled: new SettledUnits(sink) };
}

describe("SettledUnits", () => {
  it("never passes on an access unit that is corrected later", () => {
    const { sink, settled } = make();
    settled.push(numbered(0, 0, guessed));
    settled.push(numbered(0, 0, { ...guessed, corrects: true, data: new Uint8Array(200) }));
    settled.push(numbered(0, 0, { corrects: true, data: new Uint8Array(300) }));
    settled.push(numbered(0, 1));
    expect(places(sink.items)).toEqual(["0.0", "0.1"]);
    expect(sink.items[0]?.unit.data).toHaveLength(300);
  });

  it("keeps none whose end is certain", () => {
    const { sink, settled } = make();
    settled.push(numbered(0, 0));
    expect(places(sink.items)).toEqual(["0.0"]);
  });

  it("passes on a guess when the next one begins, when told, and at the end", () => {
    const { sink, settled } = make();
    settled.push(numbered(0, 0, guessed));
    expect(sink.items).toHaveLength(0);
    settled.push(numbered(0, 1, guessed));
    expect(places(sink.items)).toEqual(["0.0"]);
    settled.settle();
    expect(places(sink.items)).toEqual(["0.0", "0.1"]);
    settled.push(numbered(0, 2, guessed));
    settled.close();
    expect(places(sink.items)).toEqual(["0.0", "0.1", "0.2"]);
    expect(sink.closed).toBe(true);
  });

  it("drops a correction of what was passed on", () => {
    const { sink, settled } = make();
    settled.push(numbered(0, 0));
    settled.push(numbered(0, 0, { corrects: true }));
    expect(sink.items).toHaveLength(1);
  });
});
