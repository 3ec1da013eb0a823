import { Worker } from "node:worker_threads";
import { describe, expect, it, vi } from "vitest";
import { clipUnits, get, Peer, publishUnits, serve, sleep, Viewer, wsUrl } from "./serve-kit.js";

describe("coming and going", () => {
  it("stops decoding images at any moment without interrupting a thread, which could crash the process", async () => {
    const terminate = vi.spyOn(Worker.prototype, "terminate");
    const units = await clipUnits("size=96x64&gop=1000&frames=1000");
    const stopWhileDecoding = async (afterMs: number) => {
      const server = await serve();
      const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
      await publishUnits(ws, units.slice(0, 20));
      await sleep(60);
      const asking = new AbortController();
      const { signal } = asking;
      const response = await fetch(`${server.url}/streams/cam/live.mjpeg`, { signal });
      await response.body!.getReader().read();
      await publishUnits(ws, units.slice(20));
      await sleep(afterMs);
      await server.stop();
      asking.abort();
    };
    for (let afterMs = 10; afterMs < 90; afterMs += 16) await stopWhileDecoding(afterMs);
    expect(terminate).not.toHaveBeenCalled();
    terminate.mockRestore();
  }, 60_000);

  it("continues to make images after their worker thread dies", async () => {
    const units = await clipUnits("size=96x64&gop=1000&frames=200");
    const server = await serve();
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    await publishUnits(ws, units.slice(0, 20));
    await sleep(60);
    const threads: Worker[] = [];
    const note = (thread: Worker) => threads.push(thread);
    process.on("worker", note);
    const asking = new AbortController();
    const response = await fetch(`${server.url}/streams/cam/live.mjpeg`, { signal: asking.signal });
    const reader = response.body!.getReader();
    await reader.read();
    // No thread survives this: an exception ends it.
    threads.at(-1)!.postMessage({ type: "unit", message: null });
    await sleep(300);
    let parts = 0;
    const reading = (async () => {
      for (; parts < 40; parts++) if ((await reader.read()).done) return;
    })();
    await publishUnits(ws, units.slice(20), 10);
    await reading;
    expect(parts).toBe(40);
    expect(threads.length).toBe(2);
    asking.abort();
    process.off("worker", note);
  });

  it("leaves no sockets, threads or timers behind", async () => {
    const server = await serve({ publish: { waitMs: 50, keepMs: 50 } });
    const units = await clipUnits();
    const resources = () => {
      const counts: Record<string, number> = {};
      for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
      return counts;
    };
    const visit = async (name: string) => {
      const { ws } = await new Peer(wsUrl(server, `/publish/${name}`)).open();
      await publishUnits(ws, units.slice(0, 10));
      const viewers = [await new Viewer(server, name).open(), await new Viewer(server, name).open()];
      await Promise.all(viewers.map((viewer) => viewer.received(5)));
      const reading = new AbortController();
      const reader = fetch(`${server.url}/streams/${name}/live.mp4`, { signal: reading.signal });
      const mjpeg = fetch(`${server.url}/streams/${name}/live.mjpeg`, { signal: reading.signal });
      for (const response of [await reader, await mjpeg]) await response.body!.getReader().read();
      expect((await get(server, `/streams/${name}/snapshot.jpg`)).status).toBe(200);
      reading.abort();
      for (const each of [...viewers.map((viewer) => viewer.ws), ws]) each.terminate();
    };
    const whenIdle = async () => {
      for (let tries = 0; tries < 80; tries++) {
        const { streams, viewers } = JSON.parse((await get(server, "/healthz")).text);
        if (streams === 0 && viewers === 0) break;
        await sleep(50);
      }
      await sleep(200);
    };
    await visit("first");
    await whenIdle();
    const before = resources();
    for (let round = 0; round < 8; round++) await visit(`cam${round}`);
    await whenIdle();
    const after = resources();
    for (const kind of ["MessagePort", "Worker", "TCPSocketWrap", "Timeout", "Immediate"]) {
      expect(after[kind] ?? 0, kind).toBeLessThanOrEqual((before[kind] ?? 0) + 1);
    }
    expect(JSON.parse((await get(server, "/healthz")).text)).toMatchObject({ streams: 0, viewers: 0 });
  }, 60_000);
});
