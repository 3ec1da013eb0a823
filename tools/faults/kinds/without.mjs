import { soundPlan } from "../plan.mjs";

/**
 * @import { Stream, StreamPicture } from "../clips/stream.mjs"
 * @import { Transport } from "../plan.mjs"
 */

/**
 * The stream without the access units of these pictures.
 *
 * @param {Stream} stream
 * @param {readonly StreamPicture[]} lost
 * @param {Transport} [transport]
 */
export function without(stream, lost, transport = "tcp") {
  const plan = soundPlan(stream, transport);
  for (const { position } of lost) plan.touched.add(position);
  plan.parts = plan.parts.filter(({ picture }) => !lost.includes(picture));
  return plan;
}
