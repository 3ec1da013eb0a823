import type { Passing } from "../../../src/core/passing.js";
import { microseconds } from "../../../src/core/time.js";
import type { NumberedAccessUnit } from "../../../src/h264/access-unit.js";
import type { Packing } from "../../../src/live/relay/packed-items.js";
import { type AccessUnitSyntax, accessUnit } from "./access-units.js";

/** A numbered access unit of 100 bytes; object 0 is an IDR picture, the others P pictures. */
export function numbered(group: number, object: number, syntax: AccessUnitSyntax = {}): NumberedAccessUnit {
  const { picture = {}, ...rest } = syntax;
  const idr = object === 0 && rest.randomAccess === undefined;
  return {
    group,
    object,
    unit: accessUnit({
      sequence: group * 1000 + object,
      completeAt: microseconds(object),
      data: new Uint8Array(100),
      picture: { idr, ...picture },
      ...rest,
    }),
  };
}

/** Keeps the data as bytes, and all else as it is. */
export const numberedPacking: Packing<NumberedAccessUnit, NumberedAccessUnit, NumberedAccessUnit> = {
  bytes: ({ unit }) => unit.data,
  shared: (item) => item,
  unpack: (data, item) => ({ ...item, unit: { ...item.unit, data } }),
};

/** A non-reference picture. */
export const disposable = { picture: { reference: false } } as const;

/** `group.object` of each. */
export const places = (items: readonly Passing<NumberedAccessUnit>[]): string[] =>
  items.map(({ group, object }) => `${group}.${object}`);
