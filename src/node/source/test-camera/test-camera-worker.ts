import { AV_LOG_QUIET, Log } from "../../ffmpeg.js";
import { messageOf } from "../sockets/socket-errors.js";
import { WorkerOutlet } from "../worker/worker-outlet.js";
import { H264Encoder } from "./h264-encoder.js";
import type { TestCameraSettings } from "./test-camera-settings.js";
import { TestPicture } from "./test-picture.js";

/** Without pace it waits while this many access units are not taken. */
const mostWaitingUnpaced = 8;
/**
 * With pace it does not wait, as a camera: it skips pictures while this many access units are not
 * taken.
 */
const mostWaitingPaced = 64;
/** A camera that is later than this skips to the present. */
const mostLateSeconds = 1;
/** Key frames are large, so more frequent requests are ignored. */
const leastSecondsBetweenRequests = 0.25;

const outlet = new WorkerOutlet();
const settings = outlet.settings as TestCameraSettings;

try {
  Log.setLevel(AV_LOG_QUIET);
  run();
  outlet.close(undefined, true);
} catch (error) {
  outlet.close({ code: "NALIVE_READ_FAILED", message: `The test camera failed: ${messageOf(error)}` }, true);
}

function run(): void {
  const { width, height, fps, seed, frames = Number.POSITIVE_INFINITY, pace } = settings;
  const picture = new TestPicture(width, height, seed);
  const encoder = new H264Encoder(settings, (accessUnit) => outlet.send(accessUnit));
  outlet.connected(`test camera ${width}x${height}, ${fps} pictures/s`);
  const startedAt = performance.now();
  let askedFor = 0;
  try {
    for (let number = 0; number < frames; number++) {
      if (!outlet.waitForRoom(pace ? Number.POSITIVE_INFINITY : mostWaitingUnpaced)) return;
      if (pace) {
        const due = (performance.now() - startedAt) * (fps / 1000);
        if (due - number > fps * mostLateSeconds) number = Math.floor(due);
        if (!outlet.sleep(((number - due) * 1000) / fps)) return;
        if (outlet.waiting >= mostWaitingPaced) continue;
      }
      const isAsked = outlet.takeKeyFrameRequest() && number - askedFor >= fps * leastSecondsBetweenRequests;
      if (isAsked) askedFor = number;
      const timeOfDay = new Date().toISOString().slice(11, 23);
      encoder.encode(number, (planes) => picture.draw(planes, number, number / fps, timeOfDay), isAsked);
    }
    encoder.flush();
  } finally {
    encoder.close();
  }
}
