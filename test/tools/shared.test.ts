import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { accessUnitsOf } from "../../tools/shared/access-units.mjs";
import { itemAt } from "../../tools/shared/item-at.mjs";
import { freeTcpPort, portOf } from "../../tools/shared/ports.mjs";
import { processorSeconds, residentMiB, statusNumber, threadTimes } from "../../tools/shared/proc.mjs";
import { seededRandom } from "../../tools/shared/random.mjs";
import { median, quantile } from "../../tools/shared/statistics.mjs";
import { formatTable } from "../../tools/shared/table.mjs";
import { makeClip } from "../source/kit/clip.js";

describe("quantile", () => {
  it("is a value that occurs: the smallest that the share does not exceed", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2);
    expect(quantile([4, 1, 3, 2], 0.51)).toBe(3);
    expect(quantile([4, 1, 3, 2], 0)).toBe(1);
    expect(quantile([4, 1, 3, 2], 1)).toBe(4);
    expect(median([5])).toBe(5);
  });

  it("of nothing is no number", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("leaves its values in their order", () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("formatTable", () => {
  it("aligns figures to the right, and names and remarks to the left", () => {
    const table = formatTable(
      ["kind", "count", "causes"],
      [
        ["a", 5, "none"],
        ["longer", 12, "x"],
      ],
      {
        left: ["causes"],
      },
    );
    expect(table.split("\n")).toEqual([
      "kind    count  causes",
      "------  -----  ------",
      "a           5  none",
      "longer     12  x",
    ]);
  });
});

describe("seededRandom", () => {
  it("repeats itself for the same seed only", () => {
    const numbers = (seed: number) => Array.from({ length: 20 }, seededRandom(seed));
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
    expect(numbers(7).every((number) => number >= 0 && number < 1)).toBe(true);
  });

  it("keeps its numbers: seeds in reports stay valid", () => {
    const random = seededRandom(1);
    expect([random(), random()].map((number) => number.toFixed(9))).toEqual(["0.627073941", "0.002735721"]);
  });
});

describe("itemAt", () => {
  it("refuses an index that does not exist", () => {
    expect(itemAt([10, 20], 1)).toBe(20);
    expect(() => itemAt([10, 20], 2)).toThrow("There is no item 2 of 2");
    expect(() => itemAt(new Uint8Array(1), -1)).toThrow(RangeError);
  });
});

describe("ports", () => {
  it("are free", async () => {
    const port = await freeTcpPort();
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    expect(portOf(server)).toBe(port);
    server.close();
  });
});

describe.runIf(process.platform === "linux")("processes", () => {
  it("are read from /proc", () => {
    expect(residentMiB(process.pid)).toBeGreaterThan(10);
    expect(statusNumber(process.pid, "Threads")).toBe(threadTimes(process.pid).size);
    expect(threadTimes("self").get(`${process.pid}`)?.ran).toBeGreaterThan(0);
    expect(processorSeconds(process.pid)).toBeGreaterThan(0);
  });

  it("count as nothing after their end", () => {
    const ended = 2 ** 22 - 1;
    expect(residentMiB(ended)).toBe(0);
    expect(processorSeconds(ended)).toBe(0);
    expect(threadTimes(ended).size).toBe(0);
  });
});

describe("accessUnitsOf", () => {
  it("does not depend on how the stream is cut", async () => {
    const units = await makeClip("size=128x96&frames=5");
    const whole = Buffer.concat(units);
    const sequences = (chunks: Iterable<Uint8Array>) =>
      accessUnitsOf(chunks).map(({ position, data }) => `${position} ${data.length}`);
    expect(sequences([whole])).toHaveLength(5);
    expect(sequences(units)).toEqual(sequences([whole]));
  });
});
