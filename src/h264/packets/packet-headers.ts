import { joinBytes } from "../../core/bytes.js";
import type { Chunk } from "../../core/chunk.js";
import type { IssueReporter } from "../../core/issues.js";
import { mayEndAsNalUnit } from "../syntax/nal-unit-tail.js";
import { describeTail } from "./foreign-bytes.js";
import { findStartCode, startBytes, startCodeAt } from "./packet-start.js";
import {
  type Candidate,
  candidates,
  countsFromStartCode,
  maxHeader,
  readLength,
  type StatedLength,
} from "./stated-length.js";

/** Takes a stream without the headers of its packets. */
export interface PayloadSink {
  /** The next bytes. */
  push(chunk: Chunk): void;
  /** The next `bytes` bytes of the stream are part of no NAL unit. */
  skip(bytes: number): void;
}

/** Parameter sets and SEI at the beginning of a stream have fewer bytes. */
const maxHead = 4096;
/** Fewer bytes without a packet do not end the belief in headers: sound, or what a loss left. */
const maxSearch = 1024 * 1024;

/** The headers of a stream. */
interface Headers {
  readonly stated: StatedLength;
  /** Bytes; undefined where they differ. */
  readonly length: number | undefined;
}

type State =
  /** No packet has come. `head` holds all bytes so far. */
  | { readonly kind: "beginning"; readonly head: Uint8Array }
  /**
   * The stream did not begin with a start code, which these may explain. In order of `end`. `head`
   * holds its first bytes.
   */
  | { readonly kind: "checking"; readonly left: Candidate[]; head: Uint8Array }
  /** Inside a packet: `left` more bytes belong to it. */
  | { readonly kind: "packet"; readonly headers: Headers; left: number }
  /** After a packet. `searched` bytes have passed without the next one. */
  | { readonly kind: "between"; readonly headers: Headers; searched: number }
  /** No headers are known. */
  | { readonly kind: "none" };

/**
 * Takes out the headers that some senders put before each picture or NAL unit: scrcpy, PaVE, HXVF,
 * multipart, or a bare length.
 *
 * Only a stream that does not begin with a start code may have them. Its first bytes are a header
 * if a number in them says where the next header begins. From then on the stream is read packet by
 * packet. The end of a packet counts as the end of a message, and nobody looks for start codes in a
 * header.
 */
export class PacketHeaders {
  readonly #sink: PayloadSink;
  readonly #issues: IssueReporter;
  readonly #isLive: boolean;
  #state: State = { kind: "beginning", head: new Uint8Array(0) };
  /** Bytes that wait for those after them. */
  #held: Chunk | undefined;
  /** Offset in the stream of the first byte that was not given out. */
  #position = 0;
  #beganWithStartCode = false;

  /** @param isLive false for files, where the end of a packet is no news */
  constructor(sink: PayloadSink, issues: IssueReporter, isLive: boolean) {
    this.#sink = sink;
    this.#issues = issues;
    this.#isLive = isLive;
  }

  /** True if the connection began as a byte stream does (B.1.1). */
  get beganWithStartCode(): boolean {
    return this.#beganWithStartCode;
  }

  push(chunk: Chunk): void {
    // After a lost datagram a length says nothing.
    if (this.#state.kind === "none" || chunk.framing === "datagram") {
      this.#sink.push(chunk);
      return;
    }
    const held = this.#held;
    this.#held = undefined;
    let rest = held ? { ...chunk, data: joinBytes([held.data, chunk.data]) } : chunk;
    while (rest.data.length > 0) rest = this.#take(rest);
  }

  /** The connection has ended: gives out what may be a picture. The next one may have others. */
  endOfInput(): void {
    if (this.#held && this.#state.kind === "checking") this.#sink.push(this.#held);
    this.#held = undefined;
    this.#state = { kind: "beginning", head: new Uint8Array(0) };
    this.#position = 0;
    this.#beganWithStartCode = false;
  }

  /** @returns what is left of the chunk */
  #take(chunk: Chunk): Chunk {
    const state = this.#state;
    switch (state.kind) {
      case "beginning":
        return this.#begin(chunk, state.head);
      case "checking":
        return this.#check(chunk, state);
      case "packet": {
        const size = Math.min(state.left, chunk.data.length);
        state.left -= size;
        if (state.left > 0) return this.#give(chunk, size, "part");
        this.#state = { kind: "between", headers: state.headers, searched: 0 };
        return this.#give(chunk, size, "message");
      }
      case "between":
        return this.#findPacket(chunk, state);
      case "none":
        return this.#give(chunk, chunk.data.length);
    }
  }

  #begin(chunk: Chunk, before: Uint8Array): Chunk {
    const head = joinBytes([before, chunk.data.subarray(0, maxHeader - before.length)]);
    // Zero bytes may precede it (B.1.1). A length of 256 to 511 looks like one, and is none.
    const first = findStartCode(head, 0);
    this.#beganWithStartCode =
      beginsWithLongStartCode(head) || (first >= 0 && head.subarray(0, first).every((byte) => byte === 0));
    const left = this.#beganWithStartCode ? [] : candidatesIn(head);
    if (left.length > 0) this.#state = { kind: "checking", left, head: before };
    else if (this.#beganWithStartCode || head.length === maxHeader) this.#state = { kind: "none" };
    else {
      this.#state = { kind: "beginning", head };
      return this.#give(chunk, chunk.data.length);
    }
    return chunk;
  }

  #check(chunk: Chunk, state: Extract<State, { readonly kind: "checking" }>): Chunk {
    const { data } = chunk;
    const { left } = state;
    const known = state.head.length - this.#position;
    if (state.head.length < maxHead)
      state.head = joinBytes([state.head, data.subarray(known, known + maxHead - state.head.length)]);
    for (let candidate = left[0]; candidate; candidate = left[0]) {
      const at = candidate.end - this.#position;
      if (at >= data.length) return this.#give(chunk, data.length);
      const length = at < 0 ? undefined : headerLength(data, at, candidate);
      // A length that counts from the start code is the most likely one. For any other, bytes that
      // may end a picture do not wait.
      if (length === "incomplete" && countsFromStartCode(candidate.stated))
        return this.#hold(this.#give(chunk, at, "part"));
      if (typeof length === "number" && endsWithNalUnit(state.head, candidate.end)) {
        const { stated } = candidate;
        const isFixed = stated.kind === "binary";
        this.#issues.report("foreign-bytes", describeTail(data.subarray(at, at + length), isFixed));
        const headers = { stated, length: isFixed ? length : undefined };
        this.#state = { kind: "between", headers, searched: 0 };
        return this.#give(chunk, at, "message");
      }
      left.shift();
    }
    this.#state = { kind: "none" };
    return chunk;
  }

  #findPacket(chunk: Chunk, state: Extract<State, { readonly kind: "between" }>): Chunk {
    const { data } = chunk;
    const { headers } = state;
    const { stated, length } = headers;
    if (length !== undefined && data.length < length + startBytes) return this.#hold(chunk);
    const isThere = length !== undefined && startCodeAt(data, length) > 0;
    const at = isThere ? length : findStartCode(data, stated.kind === "binary" ? stated.before : 1);
    if (at >= 0) {
      const left = readLength(stated, data.subarray(0, at));
      this.#state = left === undefined ? { kind: "none" } : { kind: "packet", headers, left };
      return this.#skip(chunk, at);
    }
    // Sound, or the rest of a packet whose length was wrong.
    const foreign = Math.max(0, data.length - (length ?? maxHeader) - startBytes);
    state.searched += foreign;
    if (state.searched <= maxSearch) return this.#hold(this.#skip(chunk, foreign));
    this.#state = { kind: "none" };
    return chunk;
  }

  /** Gives out the first `size` bytes. @param end what their end means */
  #give(chunk: Chunk, size: number, end: "message" | "part" | "none" = "none"): Chunk {
    this.#position += size;
    const isWhole = size === chunk.data.length;
    const ofStream = this.#isLive ? end : "none";
    // What is cut off a message does not end where the message ends.
    const ofMessage = isWhole || end === "message" ? chunk.framing : "part";
    const framing = chunk.framing === "none" ? ofStream : ofMessage;
    if (size > 0) this.#sink.push({ ...chunk, data: chunk.data.subarray(0, size), framing });
    return { ...chunk, data: chunk.data.subarray(size) };
  }

  #skip(chunk: Chunk, size: number): Chunk {
    this.#position += size;
    if (size > 0) this.#sink.skip(size);
    return { ...chunk, data: chunk.data.subarray(size) };
  }

  /** Keeps all bytes for the next chunk. */
  #hold(chunk: Chunk): Chunk {
    this.#held = chunk;
    return { ...chunk, data: chunk.data.subarray(chunk.data.length) };
  }
}

/** True for `00 00 00 01` before any NAL unit, a malformed one too: no packet has one byte. */
function beginsWithLongStartCode(head: Uint8Array): boolean {
  return head.length > 4 && head.subarray(0, 3).every((byte) => byte === 0) && head[3] === 1 && head[4] !== 0;
}

/** True unless a NAL unit that cannot end there does: then the packet goes on. */
function endsWithNalUnit(head: Uint8Array, end: number): boolean {
  if (end > head.length) return true;
  let start = end;
  while (start >= 3 && !(head[start - 1] === 1 && head[start - 2] === 0 && head[start - 3] === 0)) start--;
  let last = end;
  while (last > start && head[last - 1] === 0) last--;
  return mayEndAsNalUnit(head.subarray(start, last));
}

/** What may explain the first bytes: a header before any of the start codes in them. */
function candidatesIn(head: Uint8Array): Candidate[] {
  const found: Candidate[] = [];
  for (let at = findStartCode(head, 1); at >= 0; at = findStartCode(head, at + 3)) {
    // The first of three zero bytes may end the header.
    for (const start of [at, at + 1]) {
      const startCode = startCodeAt(head, start);
      if (startCode > 0) found.push(...candidates(head.subarray(0, start), startCode));
    }
  }
  return found.sort((a, b) => a.end - b.end);
}

/** The length of the header at `at`, if it is one like the first and a packet follows it. */
function headerLength(
  data: Uint8Array,
  at: number,
  { leastHeader, mostHeader, isLikeFirst }: Candidate,
): number | "incomplete" | undefined {
  const length = findStartCode(data.subarray(0, at + mostHeader + startBytes), at + leastHeader) - at;
  if (length >= 0)
    return length <= mostHeader && isLikeFirst(data.subarray(at, at + length)) ? length : undefined;
  return data.length < at + mostHeader + startBytes ? "incomplete" : undefined;
}
