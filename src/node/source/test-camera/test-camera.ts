import type { Dialer } from "../connection.js";
import { workerConnection } from "../worker/worker-connection.js";
import type { TestCameraSettings } from "./test-camera-settings.js";

/**
 * A synthetic camera: draws and encodes with libx264 in a worker thread, and sends each access unit
 * in one piece.
 */
export function testCameraDialer(settings: TestCameraSettings): Dialer {
  const script = new URL("./test-camera-worker.js", import.meta.url);
  return { framing: "none", dial: (events) => workerConnection(script, settings, events) };
}
