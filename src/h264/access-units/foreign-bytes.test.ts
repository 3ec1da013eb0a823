import { describe, expect, it } from "vitest";
import { concat, toHex } from "../../../test/support/bytes.js";
import { encodeTestPictures } from "../../../test/support/h264/x264.js";
import { receive } from "../../../test/support/receiving.js";
import type { Framing } from "../../core/chunk.js";

const clips = Object.fromEntries(
  ["CABAC", "CAVLC"].map((coding) => {
    const parameters = `cabac=${coding === "CABAC" ? 1 : 0}:keyint=6:slices=2`;
    return [
      coding,
      encodeTestPictures({ width: 96, height: 64, pictures: 12, preset: "medium", parameters }),
    ];
  }),
);

type Sent = readonly Uint8Array[];

/** The access units that come of chunks, as they are in the end. */
function unitsOf(chunks: Sent, isLive: boolean, framing: Framing = "none") {
  const { units, issues, clock, input, send } = receive({ isLive });
  for (const chunk of chunks) {
    send(chunk, framing);
    clock.advance(33);
  }
  input.close();
  const final = units.items.filter(({ sequence }, index) => units.items[index + 1]?.sequence !== sequence);
  return {
    bytes: final.map(({ data }) => toHex(data)),
    parameterSets: toHex(final.at(-1)!.parameterSets),
    broken: final.filter(({ broken }) => broken).length,
    corrections: units.items.length - final.length,
    endedBySilence: final.filter(({ endedBy }) => endedBy === "silence").length,
    issues: issues.list().map(({ code, count, detail }) => `${code} ${count}: ${detail}`),
  };
}

const tail = (index: number) => Uint8Array.of(0x54, 0x41, 0x49, 0x4c, index, 0xff, index + 1);
const said = "foreign-bytes 1: each picture is followed by 7 bytes beginning 'TAIL', which are no H.264";
/** Senders put their bytes after a picture, or before it. */
const followed = (clip: Sent) => clip.map((unit, index) => concat(unit, tail(index)));
const preceded = (clip: Sent) => clip.map((unit, index) => concat(tail(index), unit));

describe.each(["CABAC", "CAVLC"])("bytes between pictures: %s", (coding) => {
  const clip = clips[coding]!;

  it.each([
    ["after each picture of a file", followed(clip), false],
    ["before each picture of a file", preceded(clip), false],
    ["before each picture of a live stream", preceded(clip), true],
  ])("are cut, and said once: %s", (_, chunks, isLive) => {
    const found = unitsOf(chunks, isLive);
    const clean = unitsOf(clip, isLive);
    expect(found.bytes).toEqual(clean.bytes);
    expect(found.parameterSets).toBe(clean.parameterSets);
    expect([found.broken, found.corrections]).toEqual([0, 0]);
    // They teach nothing about gaps inside pictures.
    expect(found.endedBySilence).toBe(clean.endedBySilence);
    expect(found.issues.filter((issue) => !issue.startsWith("bytes-before"))).toEqual([said]);
  });

  it("are cut after each picture of a live stream; the first of CAVLC is given out again", () => {
    const found = unitsOf(followed(clip), true);
    expect(found.bytes).toEqual(unitsOf(clip, true).bytes);
    expect(found.issues).toEqual([said]);
    expect(found.corrections).toBe(coding === "CAVLC" ? 1 : 0);
  });

  it("are cut after every NAL unit, parameter sets too", () => {
    let index = 0;
    const chunks = clip.map((unit) =>
      concat(...splitStart(unit).map((nal) => concat(Uint8Array.of(0, 0, 0, 1), nal, tail(index++)))),
    );
    const found = unitsOf(chunks, false);
    expect(found.bytes).toEqual(unitsOf(clip, false).bytes);
    expect(found.issues).toEqual([said]);
  });

  it("are damage where datagrams may be lost", () => {
    expect(unitsOf(followed(clip), true, "datagram").issues.join()).not.toContain("foreign-bytes");
  });
});

describe("bytes between pictures, where the first pictures have none", () => {
  const lateIn = (clip: Sent, has: (index: number) => boolean) =>
    unitsOf(
      clip.map((unit, index) => (has(index) ? concat(unit, tail(index)) : unit)),
      true,
    );

  // A counter of four bytes looks like zero bytes and emulation prevention until it exceeds 3.
  it("are cut from CABAC slices, which are read to their ends in any case", () => {
    const clip = clips.CABAC!;
    const found = lateIn(clip, (index) => index >= 4);
    expect(found.bytes).toEqual(unitsOf(clip, true).bytes);
    expect(found.broken).toBe(0);
    expect(found.issues).toEqual([said]);
  });

  it("stay behind CAVLC slices", () => {
    const found = lateIn(clips.CAVLC!, (index) => index === 4);
    expect(found.bytes[4]!.endsWith(toHex(tail(4)))).toBe(true);
  });
});

function splitStart(unit: Uint8Array): Uint8Array[] {
  const text = toHex(unit);
  return text
    .split("00 00 00 01 ")
    .flatMap((part) => part.split(" 00 00 01 "))
    .filter((part) => part.trim() !== "")
    .map((part) => Uint8Array.from(part.trim().split(" "), (byte) => Number.parseInt(byte, 16)));
}
