import { systemClock } from "../../clock.js";
import type { StreamEngine } from "./stream-engine.js";
import { sixBusyPictures, twoLargePictures } from "./warm-up-streams.js";

/** How long the real engine must have received nothing, ms. */
const idleMs = 100;
/**
 * Runs after which V8 has compiled most of the code that reads slice_data(). Before, that code
 * takes 20 ms for a small picture.
 */
const repetitions = 2;

/**
 * Sends some pictures through a second engine, once the real one has received nothing for 0.1 s.
 * Code that runs for the first time costs the first picture 12 ms, and 30 ms if the picture is
 * small enough to be read for missing bytes: V8 compiles the code, FFmpeg makes its tables.
 *
 * @param isIdle true while the real engine has received nothing
 * @param makeEngine makes an engine like the real one, which is closed here
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
