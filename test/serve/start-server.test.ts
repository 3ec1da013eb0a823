import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import {
  NaliveError,
  type RunningServer,
  type ServerOptions,
  startServer,
} from "../../dist/node/serve/index.js";
import { clipUnits, freePort, Viewer } from "./serve-kit.js";

const started: RunningServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

async function start(options: ServerOptions = {}): Promise<RunningServer> {
  const server = await startServer({ port: 0, log: "silent", ...options });
  started.push(server);
  return server;
}

/** True when nobody listens there. */
async function isFree({ url }: RunningServer): Promise<boolean> {
  const holder = createServer().listen(Number(new URL(url).port), "127.0.0.1");
  const isFree = await once(holder, "listening").then(
    () => true,
    () => false,
  );
  holder.close();
  return isFree;
}

describe("startServer", () => {
  it("gives a program its server: an address to publish to and to watch, and nothing else", async () => {
    const server = await start();
    expect(Object.keys(server).sort()).toEqual(["stop", "url"]);
    const units = await clipUnits();
    const body = (async function* () {
      for (const unit of units) {
        yield unit;
        await sleep(5);
      }
    })();
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      body: body as unknown as BodyInit,
      duplex: "half",
    };
    const published = fetch(`${server.url}/publish/cam`, init);
    await sleep(100);
    await new Viewer(server, "cam").received(20);
    expect((await published).status).toBe(200);
  });

  it("takes the configuration of nalive.yaml, by the same rules, and says in the same words what is wrong", async () => {
    const wrong = {
      bounds: { maxViewers: "many" },
      hosst: "x",
      sources: { "a b": "test:" },
    } as unknown as ServerOptions;
    const error = await startServer(wrong).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(NaliveError);
    expect(error).toMatchObject({ code: "NALIVE_INVALID_CONFIG" });
    expect((error as Error).message.split("\n")).toEqual([
      expect.stringMatching(/^options: bounds\.maxViewers: Expected a number, got "many"$/),
      expect.stringMatching(/^options: hosst: No such field, expected host, port, /),
      expect.stringMatching(/^options: sources\.a b: Expected a name/),
    ]);
  });

  it("takes no other signal than an AbortSignal", async () => {
    await expect(start({ signal: "SIGTERM" as unknown as AbortSignal })).rejects.toMatchObject({
      code: "NALIVE_INVALID_CONFIG",
      message: "options: signal: Expected an AbortSignal",
    });
  });

  it("says that the port is in use, as the command line does", async () => {
    const server = await start();
    await expect(start({ port: Number(new URL(server.url).port) })).rejects.toMatchObject({
      code: "NALIVE_PORT_IN_USE",
    });
  });

  it("stops at the end of the block that holds it", async () => {
    let held: RunningServer;
    {
      await using server = await startServer({ port: 0, log: "silent" });
      held = server;
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    }
    expect(await isFree(held)).toBe(true);
  });

  it("stops when its signal is aborted, and when the program says so, once", async () => {
    const end = new AbortController();
    const server = await start({ signal: end.signal });
    end.abort();
    await server.stop();
    expect(server.stop()).toBe(server.stop());
    expect(await isFree(server)).toBe(true);
  });

  it("does not start once its signal is aborted, and frees what it has begun", async () => {
    const reason = new Error("no longer wanted");
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const end = new AbortController();
    const port = await freePort();
    const starting = start({ port, signal: end.signal });
    end.abort(reason);
    await expect(starting).rejects.toBe(reason);
    await start({ port });
  });

  it("holds several servers in one program, each by itself", async () => {
    const [one, other] = [await start(), await start({ view: { token: "view-secret" } })];
    expect((await fetch(`${one.url}/api/streams`)).status).toBe(200);
    expect((await fetch(`${other.url}/api/streams`)).status).toBe(401);
    await one.stop();
    expect((await fetch(`${other.url}/healthz`)).status).toBe(200);
  });
});
