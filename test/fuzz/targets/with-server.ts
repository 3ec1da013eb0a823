import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { WebSocket } from "ws";
import { decodeAccessUnit } from "../../../src/wire/access-unit-message.js";
import { readServerMessage, writeControlMessage } from "../../../src/wire/control-message.js";
import { annexB } from "../../support/bytes.js";
import { Random } from "../../support/random.js";
import { encodedStreams } from "../base-streams.js";
import { arrivals, type FuzzInput } from "../input.js";
import { mutateBytes } from "../mutate-bytes.js";
import { splitNalUnits } from "../mutate-syntax.js";
import { root } from "../root.js";
import { anyViewerMessage, mutateJson } from "./control-messages.js";

type Built = typeof import("../../../dist/node/serve/server.js") &
  typeof import("../../../dist/node/serve/config/read-config.js");

/**
 * Turns of the event loop, of a millisecond at least, until the stream that nobody harms has shown
 * its next picture. The server runs in the same loop: where the machine lets this process run
 * seldom, turns take longer, but as much is done in each.
 */
const mostTurns = 10_000;
const webSocketKey = "dGhlIHNhbXBsZSBub25jZQ==";

let running: Promise<ServerUnderTest> | undefined;
let streams = 0;

/**
 * Sends an input to a running server, by a publisher of some kind, while viewers and readers of the
 * stream say and ask anything. Throws when a viewer is told what it cannot read, when the server
 * fails at an answer, or when a stream beside it stands still.
 *
 * @returns access units that viewers got
 */
export async function fuzzServer(input: FuzzInput): Promise<number> {
  const server = await (running ??= ServerUnderTest.start());
  const random = new Random(input.arrival, 3);
  const name = `fuzz-${streams++}`;
  const viewers: FuzzViewer[] = [];
  let reader: FuzzReader | undefined;
  const join = () => {
    for (let count = random.below(3); count > 0; count--)
      viewers.push(new FuzzViewer(server.url, name, random));
    if (random.chance(0.3)) reader = new FuzzReader(server.url, name, random);
  };
  const publish = random.pick([publishMessages, publishMessages, publishBody, publishFrames, askAnything]);
  await publish({ url: server.url, name, input, random, join });
  await server.witness();
  let units = 0;
  for (const viewer of viewers) units += viewer.end();
  reader?.end();
  return units;
}

/** Ends the server, if one runs. */
export async function stopServer(): Promise<void> {
  await (await running)?.stop();
  running = undefined;
}

/** A server with small bounds, and a stream on it that must go on whatever is done to others. */
class ServerUnderTest {
  readonly url: string;
  readonly #stop: () => Promise<void>;
  readonly #publisher: WebSocket;
  readonly #viewer: WebSocket;
  readonly #picture: Uint8Array;
  #received = 0;

  private constructor(url: string, stop: () => Promise<void>, publisher: WebSocket, viewer: WebSocket) {
    this.url = url;
    this.#stop = stop;
    this.#publisher = publisher;
    this.#viewer = viewer;
    const nals = splitNalUnits(encodedStreams().find((each) => each.name === "cavlc-p-only")!.bytes);
    const idr = nals.findIndex((nal) => (nal[0]! & 31) === 5);
    this.#picture = annexB(...nals.slice(0, idr + 1));
    viewer.on("message", (data: Buffer, isBinary) => {
      if (isBinary && decodeAccessUnit(data).unit.picture.idr) this.#received++;
    });
  }

  static async start(): Promise<ServerUnderTest> {
    const load = (file: string) => import(new URL(`dist/node/serve/${file}`, root).href) as Promise<Built>;
    const { startServer } = await load("server.js");
    const { completeConfig } = await load("config/read-config.js");
    const small = { maxMessageBytes: 2 ** 18, maxCacheBytes: 2 ** 20, maxWaitingBytes: 2 ** 18 };
    // On a busy machine an input can take longer than the stream beside may be silent.
    const bounds = { ...small, publisherIdleMs: 600_000, viewerStallMs: 600_000 };
    const publish = { waitMs: 100, takeover: true };
    const { url, stop } = await startServer(completeConfig({ port: 0, log: "silent", bounds, publish }));
    const [publisher, viewer] = [socket(url, "/publish/witness"), socket(url, "/streams/witness/ws")];
    await Promise.all([once(publisher, "open"), once(viewer, "open")]);
    return new ServerUnderTest(url, stop, publisher, viewer);
  }

  /** One more picture of the stream beside comes through, and the server answers. */
  async witness(): Promise<void> {
    const before = this.#received;
    for (let turns = 0; this.#received === before; turns++) {
      if (turns > mostTurns) throw new Error("hang: the stream beside stands still");
      if (turns % 100 === 0) this.#publisher.send(this.#picture);
      await sleep(1);
    }
    const { status } = await fetch(`${this.url}/healthz`);
    if (status !== 200) throw new Error(`/healthz answered ${status}`);
  }

  async stop(): Promise<void> {
    this.#publisher.terminate();
    this.#viewer.terminate();
    await this.#stop();
  }
}

/** Says anything to the server, and reads all that it is told. */
class FuzzViewer {
  readonly #ws: WebSocket;
  #units = 0;
  #failure: unknown;

  constructor(url: string, name: string, random: Random) {
    this.#ws = socket(url, `/streams/${name}/ws`);
    this.#ws.on("open", () => this.#speak(random));
    this.#ws.on("message", (data: Buffer, isBinary) => {
      try {
        if (isBinary) this.#units += Number(decodeAccessUnit(data).unit.nalUnits.length > 0);
        else readServerMessage(data.toString());
      } catch (error) {
        this.#failure ??= error;
      }
      if (random.chance(0.1)) this.#speak(random);
    });
  }

  #speak(random: Random): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    const text = mutateJson(writeControlMessage(anyViewerMessage(random)), random);
    this.#ws.send(random.chance(0.9) ? text : random.bytes(random.size(300)));
  }

  /** @returns access units received */
  end(): number {
    this.#ws.terminate();
    if (this.#failure) throw this.#failure;
    return this.#units;
  }
}

/** Reads the stream as H.264, MP4 or pictures, and leaves at some time. */
class FuzzReader {
  readonly #request: ReturnType<typeof request>;

  constructor(url: string, name: string, random: Random) {
    const path = random.pick(["live.h264", "live.mp4", "live.mp4", "snapshot.jpg", "live.mjpeg"]);
    this.#request = request(`${url}/streams/${name}/${path}`, (response: IncomingMessage) =>
      response.on("error", () => undefined).resume(),
    );
    this.#request.on("error", () => undefined);
    this.#request.end();
  }

  end(): void {
    this.#request.destroy();
  }
}

/**
 * What is published, and where. Each way to publish it calls `join` when there is something to see.
 */
interface Publication {
  readonly url: string;
  readonly name: string;
  readonly input: FuzzInput;
  readonly random: Random;
  readonly join: () => void;
}

/** By WebSocket, a message for each piece. */
async function publishMessages({ url, name, input, random, join }: Publication): Promise<void> {
  const ws = socket(url, `/publish/${name}`);
  await Promise.race([once(ws, "open"), once(ws, "close")]);
  join();
  for (const { data, pauseMs } of arrivals(input)) {
    if (ws.readyState !== WebSocket.OPEN) break;
    ws.send(random.chance(0.02) ? mutateJson('{"type":"key"}', random) : data);
    await pause(pauseMs);
  }
  if (random.chance(0.5)) ws.close();
  await turn();
  ws.terminate();
}

/** As the body of an HTTP request. */
async function publishBody({ url, name, input, random, join }: Publication): Promise<void> {
  const method = random.pick(["POST", "PUT"]);
  const sender = request(`${url}/publish/${name}`, { method });
  let answer = "";
  let hasJoined = false;
  const ended = new Promise<void>((resolve) => {
    sender.on("close", resolve);
    sender.on("error", () => resolve());
    sender.on("response", (response: IncomingMessage) => {
      response.setEncoding("utf8").on("data", (text: string) => (answer += text));
      response.on("error", () => resolve());
      response.on("end", resolve);
    });
  });
  for (const { data, pauseMs } of arrivals(input)) {
    if (sender.destroyed) break;
    sender.write(data);
    if (!hasJoined) join();
    hasJoined = true;
    await pause(pauseMs);
  }
  if (random.chance(0.3)) sender.destroy();
  else sender.end();
  await ended;
  checkAnswer(answer);
}

/** WebSocket frames written by hand, and damaged, after a handshake that is as it should be. */
async function publishFrames({ url, name, input, random, join }: Publication): Promise<void> {
  const path = random.chance(0.5) ? `/publish/${name}` : `/streams/${name}/ws`;
  const head = [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${webSocketKey}`,
  ];
  const parts: Uint8Array[] = [];
  for (const { data } of arrivals(input)) {
    parts.push(maskedFrame(data.subarray(0, 60_000), random));
    if (parts.length > 200) break;
  }
  let frames: Uint8Array = Buffer.concat(parts);
  for (let count = random.below(4); count > 0; count--) frames = mutateBytes(frames, random, input.bytes);
  await rawRequest(url, Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), frames]), random, join);
}

/** Requests that are damaged, or of what nobody offers. */
async function askAnything({ url, name, input, random, join }: Publication): Promise<void> {
  const method = random.pick(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "FETCH"]);
  const path = random.pick([
    `/publish/${name}`,
    `/api/streams/${name}`,
    `/api/streams/${name}/recording`,
    "/api/streams",
    "/api/recordings",
    "/api/recordings/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/api/recordings/../../package.json",
    "/publish/%00",
    "/publish/%ff",
    `/publish/${"x".repeat(random.size(20_000))}`,
    "/streams/%e0%a4%a/ws",
    `/watch/${encodeURIComponent('"><script>')}`,
    "/metrics",
    "//",
    "*",
  ]);
  const bodies = ["", "0\r\n\r\n", "ffffffffffffffff\r\n", "5\r\nhello\r\n0\r\n\r\n"];
  const headers = random.pick([
    "",
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Origin: null\r\n",
    "Authorization: Bearer \u0001\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\n",
    "Expect: 100-continue\r\n",
  ]);
  let bytes: Uint8Array = Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${random.pick(bodies)}`,
  );
  for (let count = random.below(3); count > 0; count--) bytes = mutateBytes(bytes, random, input.bytes);
  await rawRequest(url, bytes, random, join);
}

/** Sends bytes as they are, in a few pieces, and waits a little for an answer. */
async function rawRequest(url: string, bytes: Uint8Array, random: Random, join: () => void): Promise<void> {
  const { port, hostname } = new URL(url);
  const raw = connect(Number(port), hostname);
  let answer = "";
  raw.on("error", () => undefined);
  raw.setEncoding("latin1").on("data", (text: string) => {
    if (answer.length < 100_000) answer += text;
  });
  await Promise.race([once(raw, "connect"), once(raw, "close")]);
  for (let at = 0; at < bytes.length && !raw.destroyed; ) {
    const size = random.size(bytes.length);
    raw.write(bytes.subarray(at, at + size));
    at += size;
    await turn();
  }
  join();
  await Promise.race([once(raw, "close"), sleep(random.pick([1, 5, 20]))]);
  raw.destroy();
  checkAnswer(answer);
}

function checkAnswer(answer: string): void {
  if (answer.includes("something failed in the server")) throw new Error(`the server failed: ${answer}`);
}

/** A frame as a client sends it (RFC 6455, 5.2), its mask nothing but zeros. */
function maskedFrame(data: Uint8Array, random: Random): Buffer {
  const opcode = random.pick([2, 2, 2, 2, 0, 1, 8, 9, 10, 3]);
  const fin = random.chance(0.9) ? 0x80 : 0;
  const length = data.length < 126 ? [0x80 | data.length] : [0xfe, data.length >> 8, data.length & 255];
  return Buffer.concat([Buffer.from([fin | opcode, ...length, 0, 0, 0, 0]), data]);
}

async function pause(ms: number): Promise<void> {
  if (ms >= 20) await sleep(1);
  else if (ms > 0) await turn();
}

function socket(url: string, path: string): WebSocket {
  const ws = new WebSocket(url.replace("http", "ws") + path, { perMessageDeflate: false });
  ws.on("error", () => undefined);
  return ws;
}
