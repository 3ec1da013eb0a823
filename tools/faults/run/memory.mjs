// The bound on memory that every run is held to.

/** Node, FFmpeg, and all clips with what they decode to. */
const baseMiB = 320;
/** A stream of these sizes: what it may keep is far less than what is bounded, since it gets no more. */
const streamMiB = 48;

/** Resident memory of this process now, in which the receivers run too. */
export const residentMiB = () => process.memoryUsage.rss() / 2 ** 20;

/** What it may be while so many runs go on. */
export const mostResidentMiB = (atOnce) => baseMiB + atOnce * streamMiB;

/** A sentence when it is more. */
export function memoryFailures(atOnce) {
  const resident = residentMiB();
  const most = mostResidentMiB(atOnce);
  return resident > most
    ? [`growth: ${resident.toFixed(0)} MiB resident, expected ${most} at most with ${atOnce} runs at once`]
    : [];
}
