import * as fc from "fast-check";
import { expect, test } from "vitest";
import { recordingName, streamOfRecording } from "./recording-name.js";

test("a recording's name identifies its stream, whatever the stream is called", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
  fc.assert(
    fc.property(
      name,
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(2e12) }),
      fc.integer({ min: 1, max: 100 }),
      (stream, time, attempt) => {
        expect(streamOfRecording(recordingName(stream, time, attempt))).toBe(stream);
      },
    ),
  );
});

test("no other name belongs to a recording: no path leads out of the folder", () => {
  for (const file of [
    "../cam-20260102-030405.mp4",
    "/etc/cam-20260102-030405.mp4",
    "a/b-20260102-030405.mp4",
    "..\\cam-20260102-030405.mp4",
    "cam.mp4",
    "cam-20260102-030405.txt",
    "-20260102-030405.mp4",
    "cam\0-20260102-030405.mp4",
    ".-20260102-030405.mp4",
  ]) {
    expect(streamOfRecording(file), file).toBeUndefined();
  }
});
