import { systemClock } from "../clock.js";
import type { StreamEngine } from "./stream-engine.js";

/** A flat IDR picture and a P picture of 1280x720, from x264 (High profile, CABAC): of a size that is converted in strips. */
const twoPictures = Buffer.from(
  "AAAAAWdkAB+stAKALdgIgAAAAwCAAAAeB4wZUAAAAAFo7w/LAAABZYiECv/6ff+M/sL69nUtY37KOXwAn/gYP8vsAAADAAAD" +
    "AAADAAADAACMjGmEHRr9MkrqAAADAAADAOoAAboABMwAD2AAMkAA4gAD+AATIACGgAPsABigAOsAAAMAAAMAAAMAAAMAAAMA" +
    "AAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMA" +
    "AAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMAADZhAAAAAUGaJiE//fEAAAMAAAMAAAMAAAMAAAMAAAMAAAMAAAMABvQ=",
  "base64",
);
/** Bytes may come at once: then the stream itself is the first that the code sees. */
const idleMs = 100;

/**
 * Sends two pictures through an engine that nobody watches, once the real one has run for a tenth of a second without a byte. Code that
 * never ran takes 12 ms of the time until the first picture is seen: V8 compiles it, FFmpeg makes its tables.
 *
 * @param isIdle whether the real engine has received nothing
 * @param makeEngine makes an engine such as the real one; it is closed here
 */
export function warmUpWhenIdle(isIdle: () => boolean, makeEngine: () => StreamEngine): void {
  const timer = setTimeout(() => {
    if (!isIdle()) return;
    const engine = makeEngine();
    engine.attach({ pause() {}, resume() {} });
    engine.begin({ epoch: 0, peer: "nobody" });
    engine.push({ data: twoPictures, receivedAt: systemClock.now(), framing: "none" });
    engine.end();
    engine.close();
  }, idleMs);
  timer.unref();
}
