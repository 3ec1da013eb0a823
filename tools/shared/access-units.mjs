// Streams that are known as a whole, cut into access units by the built package.
import { IssueCounter } from "../../dist/core/issues.js";
import { microseconds } from "../../dist/core/time.js";
import { receiveAccessUnits } from "../../dist/h264/access-units/receive-access-units.js";

/**
 * @import { IssueReporter } from "../../dist/core/issues.js"
 * @import { Sink } from "../../dist/core/sink.js"
 * @import { Clock } from "../../dist/core/time.js"
 * @import { AccessUnit } from "../../dist/h264/access-unit.js"
 */

const start = microseconds(0);

/**
 * Time stands still, so no silence ends a picture.
 *
 * @type {Clock}
 */
const stillClock = { now: () => start, startTimer: () => () => {} };

/**
 * Sends a stream through the receiver of access units, and closes it.
 *
 * @param {Iterable<Uint8Array>} chunks
 * @param {Sink<AccessUnit>} sink
 * @param {IssueReporter} [issues]
 * @param {{ isLive?: boolean }} [options]
 */
export function receiveAll(chunks, sink, issues = new IssueCounter(), { isLive = false } = {}) {
  const { input } = receiveAccessUnits(sink, stillClock, issues, { isLive });
  for (const data of chunks) input.push({ data, receivedAt: start, framing: "none" });
  input.close();
}

/**
 * @param {Iterable<Uint8Array>} chunks
 * @returns {AccessUnit[]}
 */
export function accessUnitsOf(chunks) {
  /** @type {AccessUnit[]} */
  const units = [];
  receiveAll(chunks, { push: (unit) => void units.push(unit), close() {} });
  return units;
}
