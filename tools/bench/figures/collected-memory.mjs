import { once } from "node:events";
import { WebSocket } from "ws";

const used = "JSON.stringify(process.memoryUsage())";

/**
 * What a process of Node.js holds after a forced collection: what it has resident tells as much of what the allocators keep for later.
 *
 * @param {number} port of its inspector, on loopback
 * @returns {Promise<{ heapMebibytes: number, bufferMebibytes: number }>}
 */
export async function collectedMemory(port) {
  const [{ webSocketDebuggerUrl }] = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const ws = new WebSocket(webSocketDebuggerUrl);
  await once(ws, "open");
  try {
    // What the first one frees may hold more.
    for (let count = 0; count < 3; count++) await call(ws, "HeapProfiler.collectGarbage");
    const { result } = await call(ws, "Runtime.evaluate", { expression: used });
    const { heapUsed, arrayBuffers } = JSON.parse(result.value);
    return { heapMebibytes: heapUsed / 1024 ** 2, bufferMebibytes: arrayBuffers / 1024 ** 2 };
  } finally {
    ws.close();
  }
}

async function call(ws, method, params) {
  ws.send(JSON.stringify({ id: 1, method, params }));
  for (;;) {
    const [data] = await once(ws, "message");
    const { id, result } = JSON.parse(data);
    if (id === 1) return result;
  }
}
