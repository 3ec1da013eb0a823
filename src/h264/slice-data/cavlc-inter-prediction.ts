import type { SliceHeader } from "../syntax/slice-header.js";
import type { CavlcReader } from "./cavlc-reader.js";
import { bSubPredictions, bSubShapes, direct } from "./macroblock-types.js";
import { referenceIndexCount } from "./slice-data.js";

/**
 * Partitions of a sub-macroblock by its shape (`bSubShapes`; in P slices sub_mb_type is the shape).
 */
const partitionsOf = [1, 2, 2, 4] as const;
/** In quarter samples: mvd_lX goes from -8192 to 8191.75 luma samples (7.4.5.1). */
const maxVectorDifference = 32_768;

/**
 * Parses mb_pred() and sub_mb_pred() of Inter macroblocks (7.3.5.1, 7.3.5.2) without keeping their
 * values; see `CavlcSliceData`.
 */
export class CavlcInterPrediction {
  readonly #reader: CavlcReader;
  /** `referenceIndexCount` by list. */
  readonly #references = [1, 1];
  /** Lists and number of partitions of each sub-macroblock of the current macroblock. */
  readonly #predictions = [0, 0, 0, 0];
  readonly #partitions = [0, 0, 0, 0];

  constructor(reader: CavlcReader) {
    this.#reader = reader;
  }

  /** @param isFieldOfFrame the macroblocks that follow are field macroblocks of an MBAFF frame */
  start(header: SliceHeader, isFieldOfFrame: boolean): void {
    for (const list of [0, 1] as const)
      this.#references[list] = referenceIndexCount(header, list, isFieldOfFrame);
  }

  /** mb_pred(). @param predictions lists of each partition, as in `bPredictions` */
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
   * @param isRef0 mb_type is P_8x8ref0, which has no ref_idx_l0
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

  /** ref_idx_lX of each partition that uses the list. */
  #readReferences(list: number, predictions: readonly number[]): void {
    const max = this.#references[list]! - 1;
    if (max === 0) return;
    for (const prediction of predictions) if ((prediction >> list) & 1) this.#reader.te(max);
  }

  /** mvd_lX of `partitions` partitions, two components each. */
  #readVectors(partitions: number): void {
    for (let left = partitions * 2; left > 0; left--) this.#reader.se(maxVectorDifference);
  }
}
