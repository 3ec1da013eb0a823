import { describe, expect, it } from "vitest";
import { SharedFrame, writtenOf } from "../../../../dist/node/stream/frames/shared-frame.js";

const description = {} as ConstructorParameters<typeof SharedFrame>[0];
const data = new Uint8Array(100);

describe("SharedFrame.written", () => {
  it("resolves once more of the frame is there, and never tells of more than there is", async () => {
    const answers = [0, 0, 40, 40, Number.POSITIVE_INFINITY];
    const frame = new SharedFrame(description, data, undefined, () => answers.shift());
    expect(await frame.written(0)).toBe(40);
    expect(await frame.written(40)).toBe(100);
  });

  it("rejects when the rest will not be written", async () => {
    const frame = new SharedFrame(description, data, undefined, () => undefined);
    await expect(frame.written(0)).rejects.toMatchObject({ code: "NALIVE_DECODER_LOST" });
  });

  it("is all of any other frame", async () => {
    expect(await writtenOf(new SharedFrame(description, data), 0)).toBe(100);
  });
});
