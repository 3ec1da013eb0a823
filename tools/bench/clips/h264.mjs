// The built bitstream layer, with what it needs from outside when nothing is live.
export { receiveAccessUnits } from "../../../dist/h264/access-units/receive-access-units.js";

export const noClock = { now: () => 0, startTimer: () => () => {} };
export const issuesIgnored = { report() {} };
