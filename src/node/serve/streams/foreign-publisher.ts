import { expectedH264, type FirstBytes } from "../../source/first-bytes.js";
import { ServeError } from "../serve-error.js";

/** Why a publisher is sent away of which it is certain what it sends: no H.264. */
export function notH264(what: string): ServeError {
  return new ServeError("NALIVE_NOT_H264", `${expectedH264}, but this is ${what}`);
}

/** What a publisher is told that has left, and of which there was no picture. */
export function whyNoPicture(firstBytes: FirstBytes): ServeError {
  const came = `${firstBytes.bytes} bytes came with no picture in them`;
  const what = firstBytes.describe();
  if (what !== undefined)
    return new ServeError("NALIVE_NOT_H264", `${expectedH264}, but ${came}; this is ${what}`);
  return new ServeError(
    "NALIVE_NO_PICTURE",
    `${came}: expected raw H.264 with parameter sets; /api/streams/NAME tells what was found (issues)`,
  );
}
