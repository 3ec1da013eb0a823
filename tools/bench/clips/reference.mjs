import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { words } from "./words.mjs";

/**
 * A digest of the bytes of a picture.
 *
 * @param {Uint8Array} frame
 */
export const digestOf = (frame) => createHash("md5").update(frame).digest("base64");

/**
 * Digests of a clip's pictures (yuv420p) by their number, as ffmpeg decodes the file.
 *
 * @param {import("./clips.mjs").Clip} clip
 * @param {"none" | "noref"} [skipLoopFilter] of which pictures
 */
export function referenceDigests({ path, spec }, skipLoopFilter = "none") {
  const size = (spec.width * spec.height * 3) / 2;
  const args = words`-loglevel error -skip_loop_filter ${skipLoopFilter} -i ${path} -fps_mode passthrough
    -f rawvideo -pix_fmt yuv420p -`;
  const { stdout, status } = spawnSync("ffmpeg", args, {
    maxBuffer: size * (spec.pictures + 1),
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0 || stdout.length !== size * spec.pictures)
    throw new Error(`ffmpeg did not decode ${path}`);
  return Array.from({ length: spec.pictures }, (_, number) =>
    digestOf(stdout.subarray(number * size, (number + 1) * size)),
  );
}
