import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { streamOf } from "../../tools/faults/clips/stream.mjs";
import { concat } from "../support/bytes.js";
import { open, temporary } from "./stream-kit.js";

// Live, the first of these pictures are late: the fault suite's `order-learned`.
describe("a file gives every picture, in order, whatever its order counts:", () => {
  it.each([
    ["B pictures although the SPS states that nothing is reordered", "b-denied"],
    ["pictures that follow an IDR picture and are shown before it", "before-idr"],
    ["frames counted by one", "counts-by-one"],
  ])("%s", async (_, name) => {
    const { pictures } = streamOf(name);
    const path = temporary(`${name}.h264`);
    writeFileSync(path, concat(...pictures.map(({ bytes }) => bytes)));
    const shown: string[] = [];
    for await (const { data } of open(path, { format: "native" }))
      shown.push(createHash("md5").update(data).digest("hex"));
    const inOrder = [...pictures].sort((a, b) => a.order - b.order);
    expect(shown).toEqual(inOrder.map(({ digest }) => digest));
  });
});
