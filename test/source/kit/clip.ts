import { openSource } from "./built.js";
import { RecordingSink } from "./recording-sink.js";

/** A raw H.264 clip from the built test camera, as one access unit each. */
export async function makeClip(options: string): Promise<Uint8Array[]> {
  const sink = new RecordingSink();
  openSource(`test:?pace=false&${options}`).start(sink);
  const reason = await sink.closeReason();
  if (reason) throw reason;
  return sink.sessions[0]!.chunks.map(({ data }) => data);
}

/** Types of the NAL units in an Annex B stream. */
export function nalTypes(bytes: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at + 3 < bytes.length; at++)
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) types.push(bytes[at + 3]! & 31);
  return types;
}
