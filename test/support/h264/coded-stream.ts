import * as fc from "fast-check";
import { concat } from "../bytes.js";
import {
  delimiter,
  fillerData,
  parameterSets,
  recoveryPointSei,
  type StreamSyntax,
  sliceNal,
  userDataSei,
} from "./coded-picture.js";

interface PictureSpec {
  readonly idr: boolean;
  readonly disposable: boolean;
  /** Slice data of each slice. */
  readonly slices: readonly Uint8Array[];
  readonly before: "nothing" | "delimiter" | "sei" | "recovery-point" | "sets" | "all";
  readonly filler: boolean;
  readonly zeroByte: boolean;
}

const picture: fc.Arbitrary<PictureSpec> = fc.record({
  idr: fc.nat(9).map((value) => value === 0),
  disposable: fc.boolean(),
  slices: fc.array(fc.uint8Array({ maxLength: 90 }), { minLength: 1, maxLength: 3 }),
  before: fc.constantFrom("nothing", "nothing", "delimiter", "sei", "recovery-point", "sets", "all"),
  filler: fc.boolean(),
  zeroByte: fc.boolean(),
});

/** Byte streams of sound pictures, in frames or in pairs of fields. */
export const codedStream: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.array(picture, { minLength: 1, maxLength: 8 }), fc.boolean())
  .map(([pictures, interlaced]) => write(pictures, interlaced));

function write(pictures: readonly PictureSpec[], interlaced: boolean): Uint8Array {
  const stream: StreamSyntax = interlaced ? { sps: { frameMbsOnly: false, heightInMapUnits: 8 } } : {};
  const sets = parameterSets(stream);
  const before = {
    nothing: [],
    delimiter: [delimiter],
    sei: [userDataSei],
    "recovery-point": [recoveryPointSei(3)],
    sets,
    all: [delimiter, ...sets, recoveryPointSei(0), userDataSei],
  };
  const parts: Uint8Array[] = [];
  let frameNum = 0;
  let order = 0;
  pictures.forEach((spec, index) => {
    const idr = spec.idr || index === 0;
    const nals = index === 0 ? sets.slice() : before[spec.before].slice();
    if (idr) [frameNum, order] = [0, 0];
    for (const field of interlaced ? (["top", "bottom"] as const) : [undefined]) {
      spec.slices.forEach((payload, slice) => {
        nals.push(
          sliceNal(
            {
              idr: idr && field !== "bottom",
              idrPicId: index % 2,
              nalRefIdc: spec.disposable && !idr ? 0 : 2,
              firstMbInSlice: slice * 20,
              frameNum,
              picOrderCntLsb: order + (field === "bottom" ? 1 : 0),
              payload,
              ...(field ? { field } : {}),
            },
            stream,
          ),
        );
      });
    }
    if (spec.filler) nals.push(fillerData);
    for (const nal of nals)
      parts.push(spec.zeroByte ? Uint8Array.of(0, 0, 0, 1) : Uint8Array.of(0, 0, 1), nal);
    if (!spec.disposable || idr) frameNum++;
    order += 2;
  });
  return concat(...parts);
}
