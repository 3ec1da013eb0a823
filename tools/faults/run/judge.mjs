// What must be true of every run.
import { isStart, picturesToShow } from "../clips/stream.mjs";

/** Time that the first picture after a fault may take beyond the arrival of the random access point. */
const allowedMs = 100;

/**
 * @param {object} kind
 * @param {import("../parts.mjs").Plan} plan
 * @param {{ turns: Map<number, number>, shown: { digest: string, at: number }[], issues: object[], receivedBytes: number, sawDelay: number,
 *   skipped?: number, starvedBetween?: (from: number, to: number) => number }} seen `skipped`: sound pictures that gave way to newer
 *   ones; `starvedBetween`: how long the machine kept the receiver from running
 */
export function judge(
  kind,
  plan,
  { turns, shown, issues, receivedBytes, sawDelay, skipped = 0, starvedBetween = () => 0 },
) {
  const { stream, touched } = plan;
  const failures = [];
  const late = [];
  const pictureOf = new Map(stream.pictures.map((picture) => [picture.digest, picture]));
  const positions = shown.map(({ digest }) => pictureOf.get(digest)?.position);

  const torn = positions.filter((position) => position === undefined).length;
  if (torn > 0 && !kind.unnoticeable) failures.push(`${torn} pictures differ from the reference decode`);

  const orders = positions.flatMap((position) =>
    position === undefined ? [] : [stream.pictures[position].order],
  );
  const wrong = orders.findIndex((order, index) => index > 0 && order <= orders[index - 1]);
  if (wrong > 0) failures.push(`picture ${orders[wrong]} was shown after picture ${orders[wrong - 1]}`);

  // When this machine is too busy to take it, the system has no room for a datagram, and throws away what came before the
  // reset of a connection: then other pictures are lost than planned.
  const systemLost = plan.sentBytes - receivedBytes;
  if (systemLost > 0) return { ...resultOf(), systemLost };

  const here = new Set(positions);
  const missing = picturesToShow(stream, touched, plan.first).filter((position) => !here.has(position));
  // Where damage may go unnoticed it is also noticed late, and takes sound pictures with it.
  if (missing.length > skipped && !kind.unnoticeable)
    failures.push(
      `sound pictures are not shown: ${missing.slice(0, 8).join(", ")}${missing.length > 8 ? ", …" : ""} (${missing.length})`,
    );

  const recoveries = recoveriesOf(plan, turns, shown, positions);
  for (const { position, from, took, limit, usual } of recoveries) {
    // On a busy machine all pictures are late: those just before the fault say by how much, and the scheduler.
    const starved = Number.isFinite(took) ? starvedBetween(from, from + took) : 0;
    if (took > limit + usual + sawDelay + starved && !kind.unnoticeable)
      late.push(
        `after picture ${position} the next good one came after ${took.toFixed(0)} ms, expected ${limit.toFixed(0)} at most`,
      );
  }

  const counted = issues.filter(({ code }) => kind.causes.includes(code)).map(({ code }) => code);
  const heldBack = plan.parts.filter(
    ({ position }) => !here.has(position) && (plan.arrived?.has(position) ?? true),
  );
  if (heldBack.length > skipped && counted.length === 0 && !kind.unnoticeable)
    failures.push(
      `no counter names the cause: ${issues.map(({ code, count }) => `${code} ${count}`).join(", ") || "none counted"}`,
    );

  return {
    ...resultOf(),
    causes: counted,
    recoveries: recoveries.map(({ took, limit }) => ({ took, over: took - (limit - allowedMs) })),
  };

  function resultOf() {
    return {
      stream: stream.name,
      sent: plan.parts.length,
      shown: shown.length,
      torn,
      failures,
      late,
      causes: [],
      issues: issues.map(({ code, count }) => `${code} ${count}`).join(", "),
    };
  }
}

/** For each fault the time from its turn to the next good picture, and how long that may take. */
function recoveriesOf({ stream, touched, first = 0 }, turns, shown, positions) {
  const results = [];
  const { pictures } = stream;
  let fault;
  for (const picture of pictures) {
    const { position } = picture;
    if (touched.has(position)) fault ??= position;
    else if (
      fault !== undefined &&
      isStart(picture, touched, first) &&
      turns.has(position) &&
      turns.has(fault)
    ) {
      const from = turns.get(fault);
      const later = shown.filter(
        (_, index) =>
          positions[index] !== undefined && positions[index] > fault && !touched.has(positions[index]),
      );
      const at = later.length > 0 ? Math.min(...later.map((one) => one.at)) : Number.POSITIVE_INFINITY;
      const limit = turns.get(position) - from + allowedMs;
      results.push({
        position: fault,
        from,
        took: at - from,
        limit,
        usual: usualDelay(turns, shown, positions, from),
      });
      fault = undefined;
    }
  }
  return results;
}

/** The largest delay of the last pictures shown before that time, ms. */
function usualDelay(turns, shown, positions, before) {
  const delays = shown.flatMap(({ at }, index) => {
    const turn = turns.get(positions[index]);
    return turn !== undefined && turn < before ? [at - turn] : [];
  });
  return Math.max(0, ...delays.slice(-20));
}
