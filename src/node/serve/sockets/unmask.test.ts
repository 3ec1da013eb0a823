import fc from "fast-check";
import { expect, it } from "vitest";
import { unmask } from "./unmask.js";

it("is the octet-by-octet rule of RFC 6455, 5.3, wherever the bytes lie and wherever in the payload they begin", () => {
  const inputs = [
    fc.uint8Array({ maxLength: 70 }),
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.nat(9),
    fc.nat(7),
  ];
  fc.assert(
    fc.property(
      ...(inputs as [
        fc.Arbitrary<Uint8Array>,
        fc.Arbitrary<Uint8Array>,
        fc.Arbitrary<number>,
        fc.Arbitrary<number>,
      ]),
      (payload, key, position, offset) => {
        const words = new Int32Array((payload.length >>> 2) + 5);
        const around = new Uint8Array(words.buffer).fill(0x55);
        const bytes = around.subarray(offset, offset + payload.length);
        bytes.set(payload);
        const mask = key[0]! | (key[1]! << 8) | (key[2]! << 16) | (key[3]! << 24);
        unmask(around, words, offset, offset + payload.length, mask, position);
        expect([...bytes]).toEqual([...payload].map((octet, index) => octet ^ key[(position + index) % 4]!));
        const rest = [...around.subarray(0, offset), ...around.subarray(offset + payload.length)];
        expect(rest.every((octet) => octet === 0x55)).toBe(true);
      },
    ),
  );
});
