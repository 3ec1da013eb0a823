import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../core/errors.js";
import {
  type PublisherMessage,
  readPublisherMessage,
  readServerMessage,
  readViewerMessage,
  type ServerMessage,
  type StreamConfig,
  type ViewerMessage,
  writeControlMessage,
} from "./control-message.js";
import { wireVersion } from "./version.js";

const config: StreamConfig = {
  codec: "avc1.64001F",
  width: 1280,
  height: 720,
  sampleAspectRatio: { width: 1, height: 1 },
  pictureRate: 30_000 / 1001,
  reorderDepth: 2,
  colour: "BT.709, limited range",
};
const place = { epoch: 1, group: 20, object: 3 };

const serverMessages: ServerMessage[] = [
  { type: "hello", version: wireVersion, stream: "cam", state: "waiting", now: 5, ackEveryMs: 250 },
  {
    type: "hello",
    version: wireVersion,
    stream: "cam",
    state: "live",
    config,
    edge: place,
    now: 5.5,
    ackEveryMs: 250,
  },
  { type: "config", config },
  {
    type: "config",
    config: { codec: "avc1.42C01E", width: 1, height: 2, sampleAspectRatio: { width: 4, height: 3 } },
  },
  { type: "config", config: { ...config, unsupported: "data partitioning" } },
  { type: "gone", reason: "the connection broke", waitsMs: 10_000 },
  { type: "gone", reason: "the camera was switched off" },
  { type: "silent", since: 17.5 },
  { type: "back", epoch: 2 },
  { type: "damage", code: "malformed-nal-unit", count: 3, detail: "forbidden_zero_bit was 1" },
  { type: "dropped", count: 12, next: place },
  { type: "clock", sentAt: 1.25, now: 7 },
  { type: "bye", reason: "The server is stopping" },
];

const viewerMessages: ViewerMessage[] = [
  { type: "ack", ...place },
  { type: "clock", sentAt: 1.25 },
  { type: "report", tier: "mse", why: "no WebCodecs", shown: 1, skipped: 2, heldBack: 3 },
  {
    type: "report",
    tier: "webcodecs",
    why: "it works",
    shown: 1,
    skipped: 2,
    heldBack: 3,
    delayMs: { p50: 4.5, p95: 9 },
  },
];

const publisherMessages: PublisherMessage[] = [
  { type: "key-frame-request", reason: "a viewer came" },
  { type: "bye", reason: "another publisher took over" },
];

const readers = [
  { side: "server", read: readServerMessage, messages: serverMessages },
  { side: "viewer", read: readViewerMessage, messages: viewerMessages },
  { side: "publisher", read: readPublisherMessage, messages: publisherMessages },
] as const;

describe.each(readers)("messages of the $side's wire", ({ read, messages }) => {
  it("are read as they were written", () => {
    for (const message of messages) expect(read(writeControlMessage(message))).toEqual(message);
  });

  it("are read without fields that this version does not know", () => {
    for (const message of messages) {
      expect(read(JSON.stringify({ ...message, later: "version" }))).toEqual(message);
    }
  });

  it("are ignored if this version does not know their type", () => {
    expect(read('{"type":"of a later version"}')).toBeUndefined();
  });

  it("throw a ProtocolError if a required field is missing or of another type", () => {
    for (const message of messages) {
      for (const name of Object.keys(message)) {
        const broken = { ...message, [name]: ["no", "such", "value"] };
        expect(() => read(JSON.stringify(broken)), JSON.stringify(broken)).toThrow(ProtocolError);
      }
    }
  });

  it("throw a ProtocolError or are ignored if they are garbage", () => {
    const garbage = fc.oneof(fc.string(), fc.json(), fc.constant("x".repeat(20_000)));
    fc.assert(
      fc.property(garbage, (text) => {
        try {
          expect(read(text)).toBeUndefined();
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe("a malformed control message", () => {
  it("reports what was expected and what came", () => {
    expect(() => readViewerMessage('{"type":"ack","epoch":0,"group":-1,"object":0}')).toThrow(
      "In a control message, group was -1, expected a whole number from 0 to 4294967295",
    );
    expect(() => readServerMessage('{"type":"config","config":{"codec":5}}')).toThrow(
      "In a control message, config.sampleAspectRatio was nothing, expected an object",
    );
    expect(() => readServerMessage("[]")).toThrow("A control message was [], expected an object");
    expect(() => readServerMessage("nonsense")).toThrow("A control message was no JSON: nonsense");
  });
});
