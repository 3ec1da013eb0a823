import { once } from "node:events";
import { WebSocket } from "ws";

/** @import { Runtime } from "node:inspector" */

const memoryUsage = "JSON.stringify(process.memoryUsage())";

/**
 * What a Node process holds after a forced collection. Its resident memory also has what the
 * allocators keep for later.
 *
 * @param {number} port of its inspector, on loopback
 * @returns {Promise<{ heapMebibytes: number, bufferMebibytes: number }>}
 */
export async function collectedMemory(port) {
  /** @type {{ webSocketDebuggerUrl: string }[]} */
  const [target] = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  if (!target) throw new Error(`No process is inspected on port ${port}`);
  const ws = new WebSocket(target.webSocketDebuggerUrl);
  await once(ws, "open");
  try {
    // What the first collection frees may hold more.
    for (let count = 0; count < 3; count++) await call(ws, "HeapProfiler.collectGarbage");
    const answer = await call(ws, "Runtime.evaluate", { expression: memoryUsage });
    const { result } = /** @type {Runtime.EvaluateReturnType} */ (answer);
    const { heapUsed, arrayBuffers } = JSON.parse(result.value);
    return { heapMebibytes: heapUsed / 1024 ** 2, bufferMebibytes: arrayBuffers / 1024 ** 2 };
  } finally {
    ws.close();
  }
}

/**
 * @param {WebSocket} ws
 * @param {string} method
 * @param {object} [params]
 * @returns {Promise<unknown>} its result
 */
async function call(ws, method, params) {
  ws.send(JSON.stringify({ id: 1, method, params }));
  for (;;) {
    const [data] = await once(ws, "message");
    const { id, result } = JSON.parse(data);
    if (id === 1) return result;
  }
}
