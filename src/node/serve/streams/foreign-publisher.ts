import type { FirstBytes } from "../../source/first-bytes.js";
import { ServeError } from "../serve-error.js";

const rawH264 = "raw H.264 (NAL units after start codes 00 00 01)";

/** Why the server disconnects a publisher whose first bytes cannot be H.264. */
export function notH264(what: string): ServeError {
  return new ServeError("NALIVE_NOT_H264", `Expected ${rawH264}, but this is ${what}`);
}

/** The error for a publisher that left before it sent a picture. */
export function whyNoPicture(firstBytes: FirstBytes): ServeError {
  const sent = `The publisher sent ${firstBytes.bytes} bytes without a picture`;
  const what = firstBytes.describe();
  if (what !== undefined)
    return new ServeError("NALIVE_NOT_H264", `${sent}: expected ${rawH264}, but this is ${what}`);
  return new ServeError(
    "NALIVE_NO_PICTURE",
    `${sent}: expected raw H.264 with parameter sets; GET /api/streams/NAME lists what was damaged (issues)`,
  );
}
