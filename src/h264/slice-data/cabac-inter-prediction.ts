import type { SliceHeader } from "../syntax/slice-header.js";
import type { CabacDecoder } from "./cabac-decoder.js";
import { readSubShapeOfP, readSubTypeOfB } from "./cabac-macroblock-types.js";
import { bSubPredictions, bSubShapes, direct } from "./macroblock-types.js";
import type { MacroblockNeighbours, Macroblocks } from "./macroblocks.js";
import { Damage, referenceIndexCount } from "./slice-data.js";

/**
 * Parses mb_pred() and sub_mb_pred() of Inter macroblocks (7.3.5.1, 7.3.5.2), and keeps in
 * `Macroblocks` what the contexts of later ones depend on; see `CabacSliceData`.
 */
export class CabacInterPrediction {
  readonly #cabac: CabacDecoder;
  readonly #macroblocks: Macroblocks;
  /** `referenceIndexCount` by list. */
  readonly #references = [1, 1];
  /**
   * Lists and shape of each sub-macroblock of the current macroblock (`bSubPredictions`,
   * `bSubShapes`).
   */
  readonly #predictions = new Uint8Array(4);
  readonly #shapes = new Uint8Array(4);

  constructor(cabac: CabacDecoder, macroblocks: Macroblocks) {
    this.#cabac = cabac;
    this.#macroblocks = macroblocks;
  }

  /** @param isFieldOfFrame the macroblocks that follow are field macroblocks of an MBAFF frame */
  start(header: SliceHeader, isFieldOfFrame: boolean): void {
    for (const list of [0, 1] as const)
      this.#references[list] = referenceIndexCount(header, list, isFieldOfFrame);
  }

  /** mb_pred(). @param predictions lists of each partition, as in `bPredictions` */
  readPartitions(
    neighbours: MacroblockNeighbours,
    shape: "16x16" | "16x8" | "8x16",
    predictions: readonly number[],
  ): void {
    const width = shape === "8x16" ? 2 : 4;
    const height = shape === "16x8" ? 2 : 4;
    for (let list = 0; list < 2; list++) {
      if (this.#references[list]! < 2) continue;
      for (let part = 0; part < predictions.length; part++) {
        if (!((predictions[part]! >> list) & 1)) continue;
        this.#readReference(neighbours, list, (4 - width) * part, (4 - height) * part, width, height);
      }
    }
    for (let list = 0; list < 2; list++) {
      for (let part = 0; part < predictions.length; part++) {
        if (!((predictions[part]! >> list) & 1)) continue;
        this.#readVector(neighbours, list, (4 - width) * part, (4 - height) * part, width, height);
      }
    }
  }

  /**
   * sub_mb_pred().
   *
   * @param inference direct_8x8_inference_flag
   * @returns whether transform_size_8x8_flag may follow: no partition is smaller than 8x8
   */
  readSubMacroblocks(neighbours: MacroblockNeighbours, isB: boolean, inference: boolean): boolean {
    let mayTransform = true;
    for (let sub = 0; sub < 4; sub++) {
      const type = isB ? readSubTypeOfB(this.#cabac) : 0;
      const prediction = isB ? bSubPredictions[type]! : 1;
      const shape = isB ? bSubShapes[type]! : readSubShapeOfP(this.#cabac);
      this.#predictions[sub] = prediction;
      this.#shapes[sub] = shape;
      mayTransform &&= prediction === direct ? inference : shape === 0;
    }
    this.#readSubPartitions(neighbours);
    return mayTransform;
  }

  #readSubPartitions(neighbours: MacroblockNeighbours): void {
    for (let list = 0; list < 2; list++) {
      if (this.#references[list]! < 2) continue;
      for (let sub = 0; sub < 4; sub++) {
        if (!((this.#predictions[sub]! >> list) & 1)) continue;
        this.#readReference(neighbours, list, (sub & 1) * 2, (sub >> 1) * 2, 2, 2);
      }
    }
    for (let list = 0; list < 2; list++) {
      for (let sub = 0; sub < 4; sub++) {
        const prediction = this.#predictions[sub]!;
        const shape = this.#shapes[sub]!;
        if (!((prediction >> list) & 1)) continue;
        const width = shape < 2 ? 2 : 1;
        const height = shape === 0 || shape === 2 ? 2 : 1;
        for (let y = 0; y < 2; y += height) {
          for (let x = 0; x < 2; x += width) {
            this.#readVector(neighbours, list, (sub & 1) * 2 + x, (sub >> 1) * 2 + y, width, height);
          }
        }
      }
    }
  }

  /** ref_idx_lX of a partition. Positions and sizes are in 4x4 blocks. */
  #readReference(
    neighbours: MacroblockNeighbours,
    list: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const cabac = this.#cabac;
    let context = this.#macroblocks.referenceContext(neighbours, list, x, y);
    let reference = 0;
    while (cabac.decision(54 + context)) {
      context = (context >> 2) + 4;
      if (++reference >= 32) throw new Damage();
    }
    if (reference >= this.#references[list]!) throw new Damage();
    this.#macroblocks.setReference(list, reference, x, y, width, height);
  }

  #readVector(
    neighbours: MacroblockNeighbours,
    list: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const macroblocks = this.#macroblocks;
    const across = this.#vectorDifference(40, macroblocks.vectorSum(neighbours, list, 0, x, y));
    const down = this.#vectorDifference(47, macroblocks.vectorSum(neighbours, list, 1, x, y));
    macroblocks.setVector(list, across, down, x, y, width, height);
  }

  /**
   * The absolute value of a component of mvd_lX: UEG3 with signedValFlag 1 and uCoff 9 (9.3.2.3).
   *
   * @param base ctxIdxOffset: 40 across, 47 down
   * @param sum absMvdComp, of the neighbouring partitions (9.3.3.1.1.7)
   */
  #vectorDifference(base: number, sum: number): number {
    const cabac = this.#cabac;
    if (cabac.decision(base + (sum < 3 ? 0 : sum > 32 ? 2 : 1)) === 0) return 0;
    let value = 1;
    let context = 3;
    while (value < 9 && cabac.decision(base + context)) {
      if (context < 6) context++;
      value++;
    }
    if (value >= 9) {
      let k = 3;
      while (cabac.bypass()) {
        value += 1 << k;
        if (++k > 24) throw new Damage();
      }
      while (k-- > 0) value += cabac.bypass() << k;
    }
    cabac.bypass();
    return value;
  }
}
