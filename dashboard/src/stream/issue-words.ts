/** What happened, for the owner of a camera. The codes are the headings of docs/errors.md. */
const words: Readonly<Record<string, string>> = {
  "bytes-before-start-code": "The stream began with bytes that are not H.264",
  "foreign-bytes": "The camera sends bytes between its pictures that are not H.264; they are left out",
  "nal-unit-too-long": "A part of the stream was too long and was dropped",
  "access-unit-too-large": "A picture was too large, and its end was dropped",
  "malformed-nal-unit": "The camera's data arrived damaged",
  "malformed-parameter-set": "The camera's settings arrived damaged",
  "malformed-slice-header": "The camera's data arrived damaged",
  "malformed-sei": "Extra information arrived damaged; pictures are not affected",
  "missing-parameter-set": "The camera has not sent its settings yet",
  "changed-without-idr": "The camera changed its settings without a key frame",
  "repeated-slice": "A part of a picture arrived twice; nothing was lost",
  "before-random-access-point": "Waiting for the first key frame",
  "group-not-kept": "Too long without a key frame: new viewers wait for the next one",
  "frame-num-gap": "Pictures were lost on the way from the camera",
  "damaged-picture": "A picture arrived damaged",
  "held-back": "A picture needs one that was lost",
  "decode-error": "A picture could not be decoded",
  "late-picture": "A picture arrived out of order and was skipped",
  "wrong-picture-end": "The network paused within a picture; nothing was lost",
  "framing-violated": "The sender changed how it cuts its pictures; nothing was lost",
  "dropped-late": "This viewer fell behind, and pictures were dropped",
};

/** A sentence without its full stop. */
export function inWords(code: string, detail: string): string {
  return words[code] ?? detail;
}

/** Issues for which no picture is held back. */
export const harmless: ReadonlySet<string> = new Set([
  "malformed-sei",
  "repeated-slice",
  "group-not-kept",
  "wrong-picture-end",
  "framing-violated",
  "late-picture",
]);
