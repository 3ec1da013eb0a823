/** What happened, for the owner of a camera. The codes are the headings of docs/errors.md. */
const words: Readonly<Record<string, string>> = {
  "bytes-before-start-code": "The stream began with something that is not H.264",
  "nal-unit-too-long": "A piece of the stream was too long and was thrown away",
  "access-unit-too-large": "A picture was too large and was cut",
  "malformed-nal-unit": "Garbled data came from the camera",
  "malformed-parameter-set": "Garbled settings came from the camera",
  "malformed-slice-header": "Garbled data came from the camera",
  "malformed-sei": "Garbled extra information came; pictures are not affected",
  "missing-parameter-set": "The camera has not sent its settings yet",
  "before-random-access-point": "Waiting for the first key frame",
  "group-not-kept": "Too long without a key frame: who comes to watch now waits for the next one",
  "frame-num-gap": "Pictures were lost on the way from the camera",
  "damaged-picture": "A picture came damaged",
  "held-back": "A picture rests on one that was lost",
  "decode-error": "A picture could not be decoded",
  "late-picture": "A picture came out of order and was left out",
  "wrong-picture-end": "The network paused within a picture; nothing was lost",
  "framing-violated": "The sender changed how it cuts its pictures; nothing was lost",
  "dropped-late": "This viewer was too slow: pictures were dropped for it",
};

/** A sentence without its full stop. */
export function inWords(code: string, detail: string): string {
  return words[code] ?? detail;
}

/** Damage for which no picture is held back. */
export const harmless: ReadonlySet<string> = new Set([
  "malformed-sei",
  "group-not-kept",
  "wrong-picture-end",
  "framing-violated",
  "late-picture",
]);
