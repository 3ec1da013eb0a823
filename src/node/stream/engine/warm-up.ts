import { systemClock } from "../../clock.js";
import type { StreamEngine } from "./stream-engine.js";
import { sixBusyPictures, twoLargePictures } from "./warm-up-streams.js";

/** Bytes may come at once: then the stream itself is the first that the code sees. */
const idleMs = 100;
/**
 * After so many V8 has compiled most of what reads slice_data(), which before takes 20 ms for a
 * small picture.
 */
const repetitions = 2;

/**
 * Sends some pictures through an engine that nobody watches, once the real one has run for a tenth
 * of a second without a byte. Code that never ran takes 12 ms of the time until the first picture
 * is seen, and 30 ms of the first one small enough to be looked at for missing bytes: V8 compiles
 * it, FFmpeg makes its tables.
 *
 * @param isIdle whether the real engine has received nothing; looked at every few milliseconds
 * @param makeEngine makes an engine such as the real one; it is closed here
 */
export function warmUpWhenIdle(isIdle: () => boolean, makeEngine: () => StreamEngine): void {
  const begin = () => {
    if (!isIdle()) return;
    const engine = makeEngine();
    engine.attach({ pause() {}, resume() {} });
    engine.begin({ epoch: 0, peer: "nobody" });
    run(engine, [twoLargePictures, ...new Array<Uint8Array>(repetitions).fill(sixBusyPictures)]);
  };
  const run = (engine: StreamEngine, [data, ...rest]: readonly Uint8Array[]) => {
    if (data && isIdle()) {
      engine.push({ data, receivedAt: systemClock.now(), framing: "none" });
      setImmediate(() => run(engine, rest));
    } else {
      engine.end();
      engine.close();
    }
  };
  setTimeout(begin, idleMs).unref();
}
