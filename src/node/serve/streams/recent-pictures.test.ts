import { describe, expect, it } from "vitest";
import { RecentPictures } from "./recent-pictures.js";

describe("RecentPictures", () => {
  it("lists the newest 150 pictures unchanged, oldest first", () => {
    const pictures = new RecentPictures();
    expect(pictures.list()).toEqual([]);
    for (let index = 0; index < 400; index++) {
      pictures.add(
        Math.floor(index / 30),
        index % 30,
        index % 30 === 0 ? "I" : index % 2 ? "B" : "P",
        1000 + index,
        index % 2 === 0,
      );
    }
    const list = pictures.list();
    expect(list).toHaveLength(150);
    expect(list[0]).toEqual({ group: 8, object: 10, type: "P", bytes: 1250, reference: true });
    expect(list.at(-1)).toEqual({ group: 13, object: 9, type: "B", bytes: 1399, reference: false });
    expect(list.find(({ object }) => object === 0)?.type).toBe("I");
  });
});
