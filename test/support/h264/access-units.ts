import { microseconds } from "../../../src/core/time.js";
import type { AccessUnit, CodedPicture, SequenceFormat } from "../../../src/h264/access-unit.js";

/** What a test wants to differ from a P frame that others refer to. */
export interface AccessUnitSyntax extends Partial<Omit<AccessUnit, "picture" | "format">> {
  readonly picture?: Partial<CodedPicture>;
  readonly format?: Partial<SequenceFormat>;
}

/** An access unit as the assembler gives it out; its bytes are empty, its times 0. */
export function accessUnit({ picture = {}, format = {}, ...rest }: AccessUnitSyntax = {}): AccessUnit {
  return {
    epoch: 0,
    sequence: 0,
    data: new Uint8Array(),
    nalUnits: [],
    parameterSets: new Uint8Array(),
    picture: {
      structure: "frame",
      secondField: false,
      idr: false,
      reference: true,
      frameNum: 0,
      pictureOrderCount: 0,
      startsOrder: false,
      type: picture.idr ? "I" : "P",
      sliceCount: 1,
      ...picture,
    },
    format: {
      width: 320,
      height: 240,
      maxDpbFrames: 16,
      maxReferenceFrames: 4,
      maxFrameNum: 16,
      decodedBytes: 2_000_000,
      gapsInFrameNumAllowed: false,
      ...format,
    },
    randomAccess: picture.idr ? "idr" : undefined,
    recoveryFrameCount: 0,
    firstByteAt: microseconds(0),
    lastByteAt: microseconds(0),
    completeAt: microseconds(0),
    position: 0,
    endedBy: "next",
    corrects: false,
    broken: false,
    discontinuity: false,
    ...rest,
  };
}
