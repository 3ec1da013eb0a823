import { z } from "zod";
import { openLiveSource } from "./live-source.js";
import { isStreamName, streamNameRule } from "./stream-name.js";

const mebibyte = 1024 * 1024;
const bytes = (standard: number) => z.int().min(1).default(standard);
/** A timer takes no more: 24 days. */
const longestTimer = 2 ** 31 - 1;
const milliseconds = (standard: number) => z.int().min(1).max(longestTimer).default(standard);
const count = (standard: number) => z.int().min(1).default(standard);
/** Tokens go into URLs and headers. */
const token = z
  .string()
  .regex(/^[\x21-\x7e]{8,200}$/, "expected 8 to 200 characters without spaces")
  .optional();

/** As browsers send it: no path, not even a slash at the end. */
const origin = z
  .string()
  .regex(
    /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^/\sA-Z]+)$/,
    "expected an origin such as https://example.org, without a path or slash at the end, or *",
  );

const hostName = z
  .string()
  .regex(/^[^\s/:]+$/, "expected a host name alone, such as cameras.example.org, or *");

/** An address of `nalive --help` from which pictures come as a camera sends them. */
const liveSource = z.string().superRefine((url, context) => {
  try {
    openLiveSource(url);
  } catch (error) {
    context.addIssue((error as Error).message);
  }
});

/** What outsiders control, and how much of it is taken. */
const bounds = z.strictObject({
  /** Published streams at a time; beyond: NALIVE_TOO_MANY_STREAMS. */
  maxStreams: count(256),
  /** Viewers at a time, of all streams; beyond: NALIVE_TOO_MANY_VIEWERS. */
  maxViewers: count(2000),
  /** Longest WebSocket message of a publisher; beyond: NALIVE_MESSAGE_TOO_LONG. */
  maxMessageBytes: bytes(16 * mebibyte),
  /** Longest NAL unit; beyond: thrown away, `nal-unit-too-long`. */
  maxNalUnitBytes: bytes(16 * mebibyte),
  /** Largest access unit; beyond: cut, `access-unit-too-large`. */
  maxAccessUnitBytes: bytes(32 * mebibyte),
  /** Most NAL units of an access unit; beyond: cut, `access-unit-too-large`. */
  maxNalUnits: count(16_384),
  /** Largest picture, in luma samples; beyond: NALIVE_PICTURE_TOO_LARGE. Default that of level 6.2. */
  maxPictureSamples: count(139_264 * 256),
  /** What a stream keeps for viewers that join late. */
  maxCacheBytes: bytes(64 * mebibyte),
  /** What waits for one viewer. */
  maxWaitingBytes: bytes(16 * mebibyte),
  /** How long it waits. */
  maxWaitingMs: milliseconds(1000),
  /** How long a viewer that acknowledges may take to do so, before what follows waits. */
  maxUnackedMs: milliseconds(1000),
  /** A viewer that takes nothing for so long is sent away: NALIVE_VIEWER_STALLED. */
  viewerStallMs: milliseconds(30_000),
  /** A publisher that sends nothing for so long is sent away: NALIVE_IDLE. */
  publisherIdleMs: milliseconds(30_000),
  /** Idle HTTP connections are closed after so long. */
  httpIdleMs: milliseconds(60_000),
});

const recording = z.strictObject({
  /** Where recordings go; made when it is missing. */
  folder: z.string().min(1).default("recordings"),
  /** Streams that are recorded whenever somebody publishes; `*` is all. */
  always: z
    .array(z.string().refine((name) => name === "*" || isStreamName(name), `${streamNameRule}, or *`))
    .default([]),
  /** A new file after so many seconds, at the next random access point; 0: never. */
  segmentSeconds: z.number().min(0).default(0),
  /** A new file after so many MiB, at the next random access point; 0: never. */
  segmentMegabytes: z.number().min(0).default(0),
  /** Recording stops when the disk has less than this free. */
  minFreeMegabytes: z.number().min(0).default(256),
});

/** The configuration of a server: nalive.yaml, and the options of the command line laid over it. */
export const serveConfig = z.strictObject({
  /** Address to listen on. Loopback unless told otherwise. */
  host: z.string().min(1).default("127.0.0.1"),
  /** 0: any free port. */
  port: z.int().min(0).max(65_535).default(8264),
  /** Streams that the server fetches itself: name to source URL. */
  sources: z.record(z.string().refine(isStreamName, streamNameRule), liveSource).default({}),
  publish: z
    .strictObject({
      /** Publishers must show it; undefined: anybody may publish. */
      token,
      /** A second publisher of a name takes the place of the first; else it is sent away. */
      takeover: z.boolean().default(false),
      /** How long viewers wait for a publisher that has left. */
      waitMs: milliseconds(10_000),
      /** Publishers on a WebSocket are asked for a key frame this often at most. */
      keyFrameRequestMs: milliseconds(1000),
    })
    .prefault({}),
  view: z
    .strictObject({
      /** Viewers must show it; undefined: anybody may watch. */
      token,
    })
    .prefault({}),
  /** Pages of other origins that may use the server, such as https://example.org; `*` is all. */
  allowedOrigins: z.array(origin).default([]),
  /** Names by which a server on loopback is asked, besides localhost: those of a proxy before it; `*` is all. */
  allowedHosts: z.array(hostName).default([]),
  tls: z
    .union([z.literal("self-signed"), z.strictObject({ cert: z.string(), key: z.string() })], {
      error: "expected self-signed, or cert and key, each a PEM file",
    })
    .optional(),
  recording: recording.prefault({}),
  bounds: bounds.prefault({}),
  log: z.enum(["silent", "error", "warn", "info", "debug"]).default("info"),
});

/** The configuration with all its defaults. */
export type ServeConfig = z.infer<typeof serveConfig>;

/** The configuration as it is written. */
export type ServeConfigInput = z.input<typeof serveConfig>;
