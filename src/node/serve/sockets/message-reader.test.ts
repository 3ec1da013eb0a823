import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttpsServer, Server as HttpsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { selfSignedCertificate } from "../config/self-signed.js";
import { MessageReader } from "./message-reader.js";

const maxMessageBytes = 200_000;

/** What the server received from one client. */
interface Received {
  /** Messages joined from their pieces, and the number of pieces. */
  readonly messages: Uint8Array[];
  pieces: number;
  tooLong: number;
  /** Messages that came through `ws`, binary ones as bytes. */
  readonly throughWs: (string | Uint8Array)[];
  closed: number | undefined;
}

let server: Server;
let received: Received;

/** A server whose publishers' sockets are read by a `MessageReader`. */
async function listen(of: Server): Promise<void> {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
  server = of;
  server.on("upgrade", (request, socket: Socket, head) => {
    const reader = new MessageReader(socket, maxMessageBytes);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      take(ws, request.url === "/" ? reader : undefined);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

/** @param reader undefined where it is not started */
function take(ws: WebSocket, reader: MessageReader | undefined): void {
  const of = received;
  let parts: Uint8Array[] = [];
  reader?.start({
    onPiece(piece, isLast) {
      of.pieces++;
      parts.push(piece.slice());
      if (!isLast) return;
      of.messages.push(Buffer.concat(parts));
      parts = [];
    },
    onTooLong: () => of.tooLong++,
  });
  ws.on("message", (data, isBinary) =>
    of.throughWs.push(isBinary ? new Uint8Array(data as Buffer) : data.toString()),
  );
  ws.on("error", () => undefined);
  ws.on("close", (code) => {
    of.closed = code;
  });
}

/**
 * Connects and completes the handshake.
 * @param early bytes to send with the handshake
 * @param path anything but `/` leaves all reading to `ws`
 */
async function open(early: Uint8Array = Buffer.alloc(0), path = "/") {
  received = { messages: [], pieces: 0, tooLong: 0, throughWs: [], closed: undefined };
  const { port } = server.address() as AddressInfo;
  const isSecure = server instanceof HttpsServer;
  const socket = isSecure ? connectSecurely({ port, rejectUnauthorized: false }) : connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  const answers: Buffer[] = [];
  socket.on("data", (bytes) => answers.push(bytes));
  socket.on("error", () => undefined);
  const handshake =
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  socket.write(Buffer.concat([Buffer.from(handshake), early]));
  await vi.waitFor(() => expect(Buffer.concat(answers).includes("\r\n\r\n")).toBe(true), { interval: 1 });
  answers.length = 0;
  return { socket, received, answers: () => Buffer.concat(answers) };
}

const binary = 0x82;
const text = 0x81;
const ping = 0x89;
const close = 0x88;

/** A frame of a client (RFC 6455, 5.2). */
function frame(first: number, payload: Uint8Array): Buffer {
  const key = randomBytes(4);
  const { length } = payload;
  const extended = length < 126 ? Buffer.alloc(0) : Buffer.alloc(length < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(length);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
  const short = extended.length === 0 ? length : extended.length === 2 ? 126 : 127;
  const masked = payload.map((octet, index) => octet ^ key[index % 4]!);
  return Buffer.concat([Buffer.of(first, 0x80 | short), extended, key, masked]);
}

const bytesOf = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 255);
const utf8 = (said: string) => new TextEncoder().encode(said);

const frames = fc.array(
  fc.record({
    kind: fc.constantFrom("binary", "binary", "text", "ping"),
    length: fc.oneof(fc.nat(140), fc.integer({ min: 65_000, max: 66_000 })),
  }),
  { minLength: 1, maxLength: 12 },
);

const servers = [
  { of: "a plain socket", create: createServer },
  { of: "TLS", create: () => createHttpsServer(selfSignedCertificate(["localhost"])) },
];

describe.each(servers)("MessageReader of $of", ({ create }) => {
  beforeAll(() => listen(create()));
  // Resolves only when no connection is left.
  afterAll(() => new Promise((ended) => server.close(ended)));

  it("reads binary messages as `ws` would and leaves it the rest, wherever the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        frames,
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }),
        async (all, cuts) => {
          const { socket, received, answers } = await open();
          const sent = all.map(({ kind, length }, index) => {
            if (kind === "binary") return frame(binary, bytesOf(length, index));
            return kind === "text"
              ? frame(text, utf8(`said ${index}`))
              : frame(ping, bytesOf(length % 126, index));
          });
          const stream = Buffer.concat([...sent, frame(text, utf8("end"))]);
          let cut = 0;
          for (let at = 0; at < stream.length; ) {
            // Small pieces at first, where the headers are.
            const size = at < 400 ? 1 + (cuts[cut++ % cuts.length]! % 9) : cuts[cut++ % cuts.length]! * 8;
            socket.write(stream.subarray(at, at + size));
            at += size;
            if (at < 400) await new Promise(setImmediate);
          }
          await vi.waitFor(() => expect(received.throughWs.at(-1)).toBe("end"), { interval: 1 });
          const binaries = all.flatMap(({ kind, length }, index) =>
            kind === "binary" ? [bytesOf(length, index)] : [],
          );
          const texts = all.flatMap(({ kind }, index) => (kind === "text" ? [`said ${index}`] : []));
          expect(received.messages.length).toBe(binaries.length);
          expect(
            received.messages.every((message, index) => Buffer.compare(message, binaries[index]!) === 0),
          ).toBe(true);
          expect(received.throughWs).toEqual([...texts, "end"]);
          const pongs = all.flatMap(({ kind, length }, index) =>
            kind === "ping" ? [Buffer.of(0x8a, length % 126), Buffer.from(bytesOf(length % 126, index))] : [],
          );
          await vi.waitFor(() => expect(answers()).toEqual(Buffer.concat(pongs)), { interval: 1 });
          socket.destroy();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("reports the bytes of a message before all of it has arrived", async () => {
    const { socket, received } = await open();
    const whole = frame(binary, bytesOf(1000, 1));
    socket.write(whole.subarray(0, 500));
    await vi.waitFor(() => expect(received.pieces).toBe(1), { interval: 1 });
    expect(received.messages).toEqual([]);
    socket.write(whole.subarray(500));
    await vi.waitFor(() => expect(received.messages.length).toBe(1), { interval: 1 });
    socket.destroy();
  });

  it("reads what arrived with the handshake", async () => {
    const { socket, received } = await open(frame(binary, bytesOf(10, 1)));
    await vi.waitFor(() => expect(received.messages).toEqual([Buffer.from(bytesOf(10, 1))]), { interval: 1 });
    socket.destroy();
  });

  it("leaves fragmented messages and everything after them to `ws`", async () => {
    const { socket, received } = await open();
    const [one, two, three] = [bytesOf(10, 1), bytesOf(300, 2), bytesOf(20, 3)];
    socket.write(
      Buffer.concat([frame(binary, one), frame(0x02, two), frame(0x80, three), frame(binary, one)]),
    );
    await vi.waitFor(() => expect(received.throughWs.length).toBe(2), { interval: 1 });
    expect(received.messages).toEqual([Buffer.from(one)]);
    expect(received.throughWs).toEqual([new Uint8Array([...two, ...three]), one]);
    socket.destroy();
  });

  it.each([
    ["a close frame is answered", frame(close, Uint8Array.of(0x03, 0xe8)), 1000],
    ["a frame without a mask is refused", Buffer.of(binary, 3, 1, 2, 3), 1002],
    ["an unknown opcode is refused", frame(0x83, bytesOf(3, 1)), 1002],
    ["an extension nobody agreed on is refused", frame(0xc2, bytesOf(3, 1)), 1002],
    ["a ping that is too long is refused", frame(ping, bytesOf(126, 1)), 1002],
  ])("%s by `ws`, also after messages that it has not seen", async (_what, bytes, code) => {
    const { socket, received, answers } = await open();
    socket.write(Buffer.concat([frame(binary, bytesOf(70_000, 1)), bytes]));
    await vi.waitFor(() => expect(answers()[0]).toBe(close), { interval: 1 });
    expect(answers().readUInt16BE(2)).toBe(code);
    expect(received.messages.length).toBe(1);
    socket.destroy();
    await vi.waitFor(() => expect(received.closed).toBeDefined(), { interval: 1 });
  });

  it("reports a message that is too long when it begins, drops it, and reads on", async () => {
    const { socket, received } = await open();
    const long = frame(binary, bytesOf(maxMessageBytes + 1, 1));
    socket.write(long.subarray(0, 14));
    await vi.waitFor(() => expect(received.tooLong).toBe(1), { interval: 1 });
    socket.write(Buffer.concat([long.subarray(14), frame(binary, bytesOf(10, 2))]));
    await vi.waitFor(() => expect(received.messages).toEqual([Buffer.from(bytesOf(10, 2))]), { interval: 1 });
    expect(received.tooLong).toBe(1);
    socket.destroy();
  });

  it("leaves everything to `ws` until it is started, whatever arrives on other connections", async () => {
    const { socket, received } = await open(undefined, "/other");
    const other = await open();
    const message = bytesOf(1000, 1);
    const whole = frame(binary, message);
    socket.write(whole.subarray(0, 500));
    await new Promise((later) => setTimeout(later, 20));
    other.socket.write(frame(binary, bytesOf(1000, 2)));
    await vi.waitFor(() => expect(other.received.messages.length).toBe(1), { interval: 1 });
    socket.write(whole.subarray(500));
    await vi.waitFor(() => expect(received.throughWs).toEqual([message]), { interval: 1 });
    socket.destroy();
    other.socket.destroy();
  });

  it("reports a lost connection when it ends within a message", async () => {
    const { socket, received } = await open();
    socket.end(frame(binary, bytesOf(1000, 1)).subarray(0, 500));
    await vi.waitFor(() => expect(received.closed).toBe(1006), { interval: 1 });
    expect(received.messages).toEqual([]);
  });
});
