// The bound on memory that every run is held to.

/** Node, FFmpeg, and all clips with what they decode to. */
const baseMiB = 320;
/** One stream of these sizes: far below the bounds, because it gets no more than that. */
const streamMiB = 48;

/** Resident memory of this process, in which the receivers run too. */
export const residentMiB = () => process.memoryUsage.rss() / 2 ** 20;

/**
 * What it may be during this many runs.
 *
 * @param {number} atOnce
 */
export const mostResidentMiB = (atOnce) => baseMiB + atOnce * streamMiB;

/**
 * A sentence when it is more.
 *
 * @param {number} atOnce
 */
export function memoryFailures(atOnce) {
  const resident = residentMiB();
  const most = mostResidentMiB(atOnce);
  return resident > most
    ? [`growth: ${resident.toFixed(0)} MiB resident, expected at most ${most} with ${atOnce} runs at once`]
    : [];
}
