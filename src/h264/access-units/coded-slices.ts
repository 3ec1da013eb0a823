import type { CodedPicture } from "../access-unit.js";
import { NalUnitType } from "../syntax/nal-unit.js";
import { isFirstSliceOfNewPicture, type SliceHeader, type SliceIdentity } from "../syntax/slice-header.js";
import type { TrackedPicture } from "./picture-tracker.js";

/** What the slice headers received so far say about one primary coded picture. */
export class CodedSlices {
  /** The header of the first slice. */
  readonly first: SliceHeader;
  readonly #picture: TrackedPicture;
  #count = 0;
  #hasP = false;
  #hasB = false;
  /** Bit n: a slice of colour plane n begins with macroblock 0. */
  #planesBegun = 0;
  #highestFirstMb = -1;
  #unsupported: string | undefined;

  constructor(first: SliceHeader, picture: TrackedPicture) {
    this.first = first;
    this.#picture = picture;
    if (first.pps.sliceGroups) this.#unsupported = "flexible macroblock ordering (slice groups)";
    this.add(first);
  }

  /** IdrPicFlag. */
  get isIdr(): boolean {
    return this.#picture.idr;
  }

  /** The name of a feature in use that FFmpeg lacks. */
  get unsupported(): string | undefined {
    return this.#unsupported;
  }

  /** Adds the next slice of the picture. */
  add(slice: SliceIdentity): void {
    const { sliceType, firstMbInSlice, colourPlaneId, nalUnitType } = slice;
    this.#count++;
    if (firstMbInSlice === 0) this.#planesBegun |= 1 << colourPlaneId;
    if (sliceType === "B") this.#hasB = true;
    if (sliceType === "P" || sliceType === "SP") this.#hasP = true;
    if (sliceType === "SP" || sliceType === "SI") this.#unsupported ??= "SP and SI slices (Extended profile)";
    if (nalUnitType === NalUnitType.codedSliceDataPartitionA) this.#unsupported ??= "data partitioning";
    if (colourPlaneId === 0) {
      if (firstMbInSlice < this.#highestFirstMb) this.#unsupported ??= "arbitrary slice order";
      this.#highestFirstMb = Math.max(this.#highestFirstMb, firstMbInSlice);
    }
  }

  /** True if `slice` belongs to another primary coded picture (7.4.1.2.4). */
  endBefore(slice: SliceIdentity): boolean {
    if (slice.redundantPicCnt > 0) return false;
    if (isFirstSliceOfNewPicture(this.first, slice)) return true;
    // A careless encoder may repeat idr_pic_id or frame_num, but macroblock 0 comes once per
    // picture.
    return slice.firstMbInSlice === 0 && (this.#planesBegun & (1 << slice.colourPlaneId)) !== 0;
  }

  /** The picture as these slices describe it. */
  codedPicture(): CodedPicture {
    const { structure, secondField, idr, reference, frameNum, pictureOrderCount, startsOrder } =
      this.#picture;
    const picture: CodedPicture = {
      structure,
      secondField,
      idr,
      reference,
      frameNum,
      pictureOrderCount,
      startsOrder,
      type: this.#hasB ? "B" : this.#hasP ? "P" : "I",
      sliceCount: this.#count,
    };
    return this.#unsupported === undefined ? picture : { ...picture, unsupported: this.#unsupported };
  }
}
