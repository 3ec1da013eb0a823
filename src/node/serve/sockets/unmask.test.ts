import fc from "fast-check";
import { expect, it } from "vitest";
import { unmask } from "./unmask.js";

it("follows the octet-by-octet rule of RFC 6455, 5.3, at any alignment and any position in the payload", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat(9),
      fc.nat(7),
      (payload, key, position, offset) => {
        const around = new Uint8Array(payload.length + 16).fill(0x55);
        const octets = around.subarray(offset, offset + payload.length);
        octets.set(payload);
        const mask = key[0]! | (key[1]! << 8) | (key[2]! << 16) | (key[3]! << 24);
        unmask(octets, mask, position);
        expect([...octets]).toEqual([...payload].map((octet, index) => octet ^ key[(position + index) % 4]!));
        const rest = [...around.subarray(0, offset), ...around.subarray(offset + payload.length)];
        expect(rest.every((octet) => octet === 0x55)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
