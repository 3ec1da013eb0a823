import { maxDpbFrames, reorderDepth } from "../syntax/sequence-parameter-set.js";
import { withReordering } from "./sps-reordering.js";

/** What a pyramid of 15 B pictures needs. A larger depth costs memory, and rarely helps. */
const usualDepth = 4;

/**
 * Makes a sequence parameter set state that pictures are reordered: by 1 where it denies that, by 4
 * where it says nothing and the DPB holds as many.
 *
 * A decoder that is asked for each picture then gives out none unasked. FFmpeg's decoder drops
 * pictures that precede, in output order, one that it gave out unasked.
 *
 * @param nal the NAL unit with its header byte and emulation prevention bytes
 * @returns `nal` itself if there is nothing to change, or it cannot be read
 */
export function patientSps(nal: Uint8Array): Uint8Array {
  return withReordering(nal, (sps) => {
    const stated = reorderDepth(sps);
    if (sps.picOrderCntType === 2 || (stated !== undefined && stated > 0)) return undefined;
    const depth = stated === undefined ? Math.min(usualDepth, maxDpbFrames(sps)) : 1;
    const buffering = sps.vui?.bitstreamRestriction?.maxDecFrameBuffering ?? 0;
    return { depth, buffering: Math.max(depth, sps.maxNumRefFrames, buffering) };
  });
}
