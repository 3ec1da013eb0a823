import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { WebSocket } from "ws";
import { AccessUnitMemory } from "../../dist/h264/access-units/access-unit-memory.js";
import { type RunningServer, type ServerOptions, startServer } from "../../dist/node/serve/index.js";
import { decodeAccessUnit, type ReceivedAccessUnit } from "../../src/wire/access-unit-message.js";
import { readServerMessage, type ServerMessage, type ViewerMessage } from "../../src/wire/control-message.js";
import { makeClip } from "../source/kit/clip.js";

AccessUnitMemory.isStrict = true;

const servers: RunningServer[] = [];
const sockets: WebSocket[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const ws of sockets.splice(0)) ws.terminate();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const server of servers.splice(0)) await server.stop();
});

const folder = mkdtempSync(join(tmpdir(), "nalive-serve-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A path in a folder that is removed after the tests of a file. */
export const temporary = (name: string) => join(folder, name);

/** A server on a free port, stopped after the test. */
export async function serve(config: ServerOptions = {}): Promise<RunningServer> {
  const recording = { folder: temporary(`recordings-${servers.length}-${Date.now()}`), ...config.recording };
  const server = await startServer({ port: 0, log: "silent", ...config, recording });
  servers.push(server);
  return server;
}

/**
 * Runs a process, killed after the test. Its output, errors and exit code come as a promise.
 */
export function run(command: string, args: readonly string[], input?: Uint8Array) {
  const child = spawn(command, args, { stdio: [input ? "pipe" : "ignore", "pipe", "pipe"] });
  children.push(child);
  const output: Buffer[] = [];
  let errors = "";
  child.stdout?.on("data", (bytes: Buffer) => output.push(bytes));
  child.stderr?.on("data", (bytes: Buffer) => (errors += bytes));
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  const done = once(child, "close").then(([code]) => ({
    code: code as number | null,
    output: Buffer.concat(output),
    errors,
  }));
  return { child, done };
}

export const wsUrl = (server: RunningServer, path: string) => `${server.url.replace("http", "ws")}${path}`;

/** A WebSocket that records what it receives. */
export class Peer {
  readonly ws: WebSocket;
  readonly texts: string[] = [];
  readonly binaries: Buffer[] = [];
  closed: { code: number; reason: string } | undefined;
  #changed: (() => void)[] = [];

  constructor(url: string, options: Record<string, unknown> = {}) {
    this.ws = new WebSocket(url, { perMessageDeflate: false, ...options });
    sockets.push(this.ws);
    this.ws.on("message", (data, isBinary) => {
      if (isBinary) this.binaries.push(data as Buffer);
      else this.texts.push(data.toString());
      this.#change();
    });
    this.ws.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#change();
    });
    this.ws.on("error", () => this.#change());
  }

  async open(): Promise<this> {
    if (this.ws.readyState !== WebSocket.OPEN) await once(this.ws, "open");
    return this;
  }

  /** Waits until `look` returns something. */
  async until<T>(look: () => T | undefined | false | null): Promise<T> {
    for (;;) {
      const found = look();
      if (found) return found;
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  #change(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** A viewer that reads the wire form. */
export class Viewer extends Peer {
  constructor(server: RunningServer, name: string, query = "", options: Record<string, unknown> = {}) {
    super(wsUrl(server, `/streams/${name}/ws${query}`), options);
  }

  get messages(): ServerMessage[] {
    return this.texts.flatMap((text) => readServerMessage(text) ?? []);
  }

  get units(): ReceivedAccessUnit[] {
    return this.binaries.map(decodeAccessUnit);
  }

  say(message: ViewerMessage): void {
    this.ws.send(JSON.stringify(message));
  }

  async told<T extends ServerMessage["type"]>(type: T): Promise<ServerMessage & { type: T }> {
    return this.until(() =>
      this.messages.find((message): message is ServerMessage & { type: T } => message.type === type),
    );
  }

  async received(count: number): Promise<ReceivedAccessUnit[]> {
    await this.until(() => this.binaries.length >= count);
    return this.units;
  }
}

const clips = new Map<string, Promise<Uint8Array[]>>();

/**
 * The access units of a clip of the test camera; small and of 60 pictures unless told otherwise.
 */
export function clipUnits(options = "size=320x240&gop=30&frames=60&bitrate=400K"): Promise<Uint8Array[]> {
  const known = clips.get(options);
  if (known) return known;
  const made = makeClip(options);
  clips.set(options, made);
  return made;
}

/** A server with a publisher of `cam`, and the access units of a clip to publish. */
export async function published(config: Parameters<typeof serve>[0] = {}, query = "") {
  const server = await serve(config);
  const peer = await new Peer(wsUrl(server, `/publish/cam${query}`)).open();
  return { server, peer, ws: peer.ws, units: await clipUnits() };
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Publishes access units over a WebSocket, one message each, `everyMs` apart. */
export async function publishUnits(ws: WebSocket, units: readonly Uint8Array[], everyMs = 0): Promise<void> {
  for (const unit of units) {
    ws.send(unit);
    if (everyMs > 0) await sleep(everyMs);
  }
}

/** GET as text or JSON. */
export async function get(server: RunningServer, path: string, init: RequestInit = {}) {
  const response = await fetch(server.url + path, init);
  const text = await response.text();
  return { status: response.status, text, headers: response.headers };
}

/** A TCP port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
