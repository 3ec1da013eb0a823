import type { SliceHeader } from "../syntax/slice-header.js";
import type { CavlcReader } from "./cavlc-reader.js";
import { bSubPredictions, bSubShapes, direct } from "./macroblock-types.js";
import { referenceIndices } from "./slice-data.js";

/** Partitions of a sub-macroblock by its shape (`bSubShapes`; of P, sub_mb_type is the shape). */
const partitionsOf = [1, 2, 2, 4] as const;
/** Largest absolute mvd: vectors across go from -2048 to 2047.75 samples, and are as far apart at most as twice that (table A-1). */
const mostVectorDifference = 32_768;

/** Reads mb_pred() and sub_mb_pred() of Inter macroblocks (7.3.5.1, 7.3.5.2) for their syntax alone; see `CavlcSliceData`. */
export class CavlcInterPrediction {
  readonly #reader: CavlcReader;
  /** `referenceIndices` of each list. */
  readonly #references = [1, 1];
  /** Of the four sub-macroblocks of the macroblock being read: lists, a bit each, and partitions. */
  readonly #predictions = [0, 0, 0, 0];
  readonly #partitions = [0, 0, 0, 0];

  constructor(reader: CavlcReader) {
    this.#reader = reader;
  }

  /** @param isFieldOfFrame the macroblocks that follow are those of a field pair in a frame */
  start(header: SliceHeader, isFieldOfFrame: boolean): void {
    for (const list of [0, 1] as const)
      this.#references[list] = referenceIndices(header, list, isFieldOfFrame);
  }

  /** mb_pred() of one or two partitions, `predictions` by partition. */
  readPartitions(predictions: readonly number[]): void {
    for (let list = 0; list < 2; list++) this.#readReferences(list, predictions);
    for (let list = 0; list < 2; list++) {
      for (const prediction of predictions) if ((prediction >> list) & 1) this.#readVectors(1);
    }
  }

  /**
   * sub_mb_pred().
   *
   * @param inference direct_8x8_inference_flag
   * @param isRef0 mb_type is P_8x8ref0: ref_idx_l0 is not sent
   * @returns whether transform_size_8x8_flag may follow: no partition is smaller than 8x8
   */
  readSubMacroblocks(isB: boolean, inference: boolean, isRef0: boolean): boolean {
    const predictions = this.#predictions;
    let mayTransform = true;
    for (let sub = 0; sub < 4; sub++) {
      const type = this.#reader.ue(isB ? 12 : 3);
      const prediction = isB ? bSubPredictions[type]! : 1;
      const shape = isB ? bSubShapes[type]! : type;
      predictions[sub] = prediction;
      this.#partitions[sub] = partitionsOf[shape]!;
      mayTransform &&= prediction === direct ? inference : shape === 0;
    }
    for (let list = 0; list < 2; list++) if (!isRef0) this.#readReferences(list, predictions);
    for (let list = 0; list < 2; list++) {
      for (let sub = 0; sub < 4; sub++)
        if ((predictions[sub]! >> list) & 1) this.#readVectors(this.#partitions[sub]!);
    }
    return mayTransform;
  }

  /** ref_idx_lX of all partitions that use the list. */
  #readReferences(list: number, predictions: readonly number[]): void {
    const most = this.#references[list]! - 1;
    if (most === 0) return;
    for (const prediction of predictions) if ((prediction >> list) & 1) this.#reader.te(most);
  }

  /** mvd_lX of so many partitions. */
  #readVectors(partitions: number): void {
    for (let left = partitions * 2; left > 0; left--) this.#reader.se(mostVectorDifference);
  }
}
