import { beforeAll, describe, expect, it } from "vitest";
import { cutPictures } from "../../src/node/source/files/cut-pictures.js";
import { makeClip } from "./kit/clip.js";
import { pattern } from "./kit/recording-sink.js";

let clip: Buffer[];
beforeAll(async () => {
  clip = (await makeClip("size=128x96&frames=12&gop=5&slices=2")).map((unit) => Buffer.from(unit));
});

async function cut(bytes: Buffer, pieceBytes: number): Promise<Buffer[]> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const pictures: Buffer[] = [];
  for await (const { data } of cutPictures(pieces())) pictures.push(Buffer.from(data));
  return pictures;
}

describe("cutPictures", () => {
  it.each([1, 2, 3, 7, 100, 1000, 1_000_000])(
    "returns whole pictures from pieces of %i bytes",
    async (size) => {
      expect(await cut(Buffer.concat(clip), size)).toEqual(clip);
    },
  );

  it("keeps every byte of data that is damaged or not H.264", async () => {
    const damaged = Buffer.concat([pattern(500), ...clip]);
    pattern(300).copy(damaged, 2000);
    expect(Buffer.concat(await cut(damaged, 64)).equals(damaged)).toBe(true);
    expect(Buffer.concat(await cut(pattern(5000), 64)).equals(pattern(5000))).toBe(true);
  });
});
