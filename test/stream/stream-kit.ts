import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { type Frame, open, type SourceState, type VideoStream } from "../../dist/node/index.js";
import { numberBlockSize } from "../../src/node/source/test-camera/test-picture.js";
import { makeClip } from "../source/kit/clip.js";
import { concat } from "../support/bytes.js";

export * from "../../dist/node/index.js";

const folder = mkdtempSync(join(tmpdir(), "nalive-stream-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A path in a folder that is gone after the tests of a file. */
export const temporary = (name: string) => join(folder, name);

/**
 * Clips, as options of a `test:` address: the smallest; one with something to see; both with B
 * pictures; few pictures of many bytes.
 */
export const small = "size=128x96&frames=40&gop=20&bitrate=200k";
export const middle = "size=320x180&frames=100&gop=30&bitrate=1M";
export const smallWithB = "size=128x96&frames=31&gop=12&bframes=2&bitrate=200k";
export const withB = "size=320x180&frames=61&gop=24&bframes=2&bitrate=1M";
export const heavy = "size=640x360&frames=20&gop=1&bitrate=100M";

export const invalidArgument = expect.objectContaining({ code: "NALIVE_INVALID_ARGUMENT" });

/** A raw H.264 clip of the test camera. */
export interface Clip {
  readonly path: string;
  /** One access unit each, in decoding order. */
  readonly units: readonly Uint8Array[];
  readonly bytes: Uint8Array;
}

const clips = new Map<string, Promise<Clip>>();

/** A clip by the options of a `test:` address; made once in each file of tests. */
export function clip(options: string): Promise<Clip> {
  const known = clips.get(options);
  if (known) return known;
  const made = makeClip(options).then((units) => {
    const bytes = concat(...units);
    const path = temporary(`clip-${clips.size}.h264`);
    writeFileSync(path, bytes);
    return { path, units, bytes };
  });
  clips.set(options, made);
  return made;
}

/** What is left of a frame when it is closed. */
export interface Seen {
  /**
   * The number that the test camera has drawn into the picture; undefined in formats that cannot be
   * read here.
   */
  readonly number: number;
  readonly md5: string;
  readonly sequence: number;
  readonly epoch: number;
}

/** Blocks that hold the number, most significant bit first. */
const numberBits = 24;

const bytesPerPixel: Readonly<Record<string, number>> = { bgr24: 3, rgb24: 3, rgba: 4 };

/** The number that the test camera has drawn into a picture. */
export function readNumber({ data, width, stride, pixelFormat }: Frame): number {
  const side = numberBlockSize(width);
  const step = bytesPerPixel[pixelFormat] ?? 1;
  let number = 0;
  for (let bit = 0; bit < numberBits; bit++) {
    const sample = data[(side / 2) * stride + (bit * side + side / 2) * step]!;
    number = number * 2 + (sample > 128 ? 1 : 0);
  }
  return number;
}

export const md5 = (data: Uint8Array) => createHash("md5").update(data).digest("hex");

/** Looks at a frame as long as it is open. */
export function look(frame: Frame): Seen {
  const { sequence, epoch } = frame.provenance;
  return { number: readNumber(frame), md5: md5(frame.data), sequence, epoch };
}

/** All frames, or the first `count` of them. */
export async function lookAtAll(
  frames: AsyncIterable<Frame>,
  count = Number.POSITIVE_INFINITY,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const frame of frames) {
    seen.push(look(frame));
    if (seen.length >= count) break;
  }
  return seen;
}

/** MD5 of each picture of a file, by the picture's number. */
export async function reference({ path }: Clip, format: "bgr24" | "native" = "bgr24"): Promise<string[]> {
  return (await lookAtAll(open(path, { format }))).map((seen) => seen.md5);
}

export const numbersOf = (seen: readonly Seen[]) => seen.map(({ number }) => number);
export const md5sOf = (seen: readonly Seen[]) => seen.map((one) => one.md5);
export const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** The states of a stream, and a way to wait for one. */
export class States {
  readonly all: SourceState[] = [];
  #changed: (() => void)[] = [];

  readonly onState = (state: SourceState): void => {
    this.all.push(state);
    for (const resolve of this.#changed.splice(0)) resolve();
  };

  /** The `count`th state of this type. */
  async until<T extends SourceState["type"]>(type: T, count = 1): Promise<SourceState & { type: T }> {
    for (;;) {
      const found = this.all.filter((state): state is SourceState & { type: T } => state.type === type);
      if (found.length >= count) return found[count - 1]!;
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  async port(): Promise<number> {
    return (await this.until("listening")).port!;
  }
}

/** Opens a source that listens, and says where. */
export async function listening(
  url: string,
  options: Parameters<typeof open>[1] = {},
): Promise<{ stream: VideoStream; port: number; states: States }> {
  const states = new States();
  const stream = open(url, { ...options, onState: states.onState });
  return { stream, port: await states.port(), states };
}

/** A connection to a port of this machine that sends each write at once. */
export async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  // A receiver that has enough resets the connection.
  socket.on("error", () => undefined);
  return socket;
}

/** Sends pieces one by one, then leaves. */
export async function sendPieces(port: number, pieces: Iterable<Uint8Array>): Promise<void> {
  const socket = await connected(port);
  for (const piece of pieces)
    if (!socket.write(piece)) await Promise.race([once(socket, "drain"), once(socket, "close")]);
  socket.end();
}

/** Pieces of random sizes, the same each time. */
export function randomCuts(bytes: Uint8Array, largest: number, seed = 1): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let state = seed;
  for (let at = 0; at < bytes.length; ) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const end = at + 1 + ((state >>> 16) % largest);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** Keeps this thread busy: no event is handled meanwhile. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
