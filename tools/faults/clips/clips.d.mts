import type { AccessUnit } from "../../../dist/h264/index.js";

/** A picture of a clip, in decoding order. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly nalUnits: readonly Uint8Array[];
  readonly digest: string;
  readonly rank: number;
  readonly unit: AccessUnit;
}

export function clip(name: string): { readonly name: string; readonly pictures: readonly Picture[] };
