import { z } from "zod";
import { addressRange } from "./address-range.js";
import { isAllowableOrigin } from "./allowable-origin.js";
import { openLiveSource } from "./live-source.js";
import { isStreamName, streamNameRule } from "./stream-name.js";

const mebibyte = 1024 * 1024;
/** The longest delay that a Node timer takes: 24 days. */
const longestTimer = 2 ** 31 - 1;
const count = (standard: number) => z.int().min(1).default(standard);
const bytes = count;
const milliseconds = (standard: number) => z.int().min(1).max(longestTimer).default(standard);
const megabytes = (standard: number) => z.number().min(0).default(standard);

/** Tokens go into URLs and headers. */
const token = z
  .string()
  .regex(/^[\x21-\x7e]{8,200}$/, "Expected 8 to 200 characters without spaces")
  .optional();

/** An origin as browsers send it. */
const origin = z
  .string()
  .refine(
    isAllowableOrigin,
    "Expected an origin as browsers send it, such as https://example.org: without a path, a slash at " +
      "the end, a standard port or a wildcard. Or * for all, or null for files and sandboxed frames",
  );

const hostName = z
  .string()
  .regex(
    /^(\*|[^\s/:*]+)$/,
    "Expected a host name without a port or a wildcard, such as cameras.example.org, or * for all",
  );

const proxy = z
  .string()
  .refine((text) => addressRange(text) !== undefined, "Expected an IP address or a range such as 10.0.0.0/8");

const liveSource = z.string().superRefine((url, context) => {
  try {
    openLiveSource(url);
  } catch (error) {
    context.addIssue((error as Error).message);
  }
});

const publish = {
  /** Token that publishers must show. Without one anybody may publish. */
  token,
  /** True: a second publisher of a name replaces the first. False: it is refused. */
  takeover: z.boolean().default(false),
  /** How long readers and recordings wait for a publisher that has left, ms. */
  waitMs: milliseconds(10_000),
  /**
   * How long a stream whose publisher has left stays on the wall with its last picture, and its
   * viewers wait, ms. A new stream beyond `bounds.maxStreams` takes the place of the one that was
   * left first.
   */
  keepMs: milliseconds(3_600_000),
  /** The shortest time between two key frame requests to a WebSocket publisher, ms. */
  keyFrameRequestMs: milliseconds(1000),
};

const view = {
  /** Token that viewers must show. Without one anybody may watch. */
  token,
};

const recording = {
  /** Folder for recordings; it is made if it does not exist. */
  folder: z.string().min(1).default("recordings"),
  /** Streams that are recorded whenever somebody publishes them; `*` is all streams. */
  always: z
    .array(
      z
        .string()
        .refine(
          (name) => name === "*" || isStreamName(name),
          `Expected the name of a stream (${streamNameRule}), or *`,
        ),
    )
    .default([]),
  /** A new file begins at the first random access point after this time, s; 0: never. */
  segmentSeconds: z.number().min(0).default(0),
  /** A new file begins at the first random access point after this size, MiB; 0: never. */
  segmentMegabytes: megabytes(0),
  /** Recording stops when the disk has less than this free, MiB. */
  minFreeMegabytes: megabytes(256),
};

/** Levels of the log; each shows its messages and all before it. */
export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;

const bounds = {
  /** Published streams at a time; one more is refused: `NALIVE_TOO_MANY_STREAMS`. */
  maxStreams: count(256),
  /** Viewers of all streams at a time; one more is refused: `NALIVE_TOO_MANY_VIEWERS`. */
  maxViewers: count(2000),
  /** Longest WebSocket message of a publisher, bytes; beyond it: `NALIVE_MESSAGE_TOO_LONG`. */
  maxMessageBytes: bytes(16 * mebibyte),
  /** Longest NAL unit, bytes; a longer one is thrown away: `nal-unit-too-long`. */
  maxNalUnitBytes: bytes(16 * mebibyte),
  /** Largest access unit, bytes; the rest is thrown away: `access-unit-too-large`. */
  maxAccessUnitBytes: bytes(32 * mebibyte),
  /** Most NAL units in an access unit; the rest is thrown away: `access-unit-too-large`. */
  maxNalUnits: count(16_384),
  /**
   * Largest picture, luma samples, by default that of level 6.2; beyond it:
   * `NALIVE_PICTURE_TOO_LARGE`.
   */
  maxPictureSamples: count(139_264 * 256),
  /** What a stream keeps for viewers that join late, bytes. */
  maxCacheBytes: bytes(64 * mebibyte),
  /** What may wait for one viewer, bytes; beyond it pictures are dropped for that viewer. */
  maxWaitingBytes: bytes(16 * mebibyte),
  /** How long a picture may wait for one viewer, ms; after that pictures are dropped for it. */
  maxWaitingMs: milliseconds(1000),
  /** How long a viewer may owe an acknowledgement before later pictures wait, ms. */
  maxUnackedMs: milliseconds(1000),
  /** A viewer that takes nothing for this long is disconnected, ms: `NALIVE_VIEWER_STALLED`. */
  viewerStallMs: milliseconds(30_000),
  /**
   * A publisher that has sent nothing for this long, ms, is disconnected (`NALIVE_IDLE`) if its
   * connection is dead or nothing ever came. Otherwise it stays until another one wants its name.
   */
  publisherIdleMs: milliseconds(30_000),
  /** An idle HTTP connection is closed after this time, ms. */
  httpIdleMs: milliseconds(60_000),
};

const server = {
  /** Address to listen on. The default serves this machine only; `0.0.0.0` serves the network. */
  host: z.string().min(1).default("127.0.0.1"),
  /** Port to listen on; 0: any free port. */
  port: z.int().min(0).max(65_535).default(8264),
  /** Streams that the server fetches itself: source addresses by stream name. */
  sources: z
    .record(z.string().refine(isStreamName, `Expected a name of ${streamNameRule}`), liveSource)
    .default({}),
  /** Origins of other pages that may use the server, such as `https://example.org`; `*` is all. */
  allowedOrigins: z.array(origin).default([]),
  /** Names besides localhost by which requests may call a server on loopback; `*` is all. */
  allowedHosts: z.array(hostName).default([]),
  /**
   * Reverse proxies, by IP address or range such as `10.0.0.0/8`: the server believes what they say
   * about their clients (`X-Forwarded-For`, `X-Forwarded-Host`).
   */
  trustedProxies: z.array(proxy).default([]),
  /** Serve https: with a certificate that the server makes, or with these PEM files. */
  tls: z
    .union([z.literal("self-signed"), z.strictObject({ cert: z.string(), key: z.string() })], {
      error: "Expected self-signed, or cert and key, each a PEM file",
    })
    .optional(),
  /** What the log on standard output shows: the messages of this level and all before it. */
  log: z.enum(logLevels).default("info"),
};

/**
 * The configuration of a server: the fields of nalive.yaml and of `startServer`. Names, units,
 * rules and defaults stand in this file alone; docs/deployment.md lists them.
 */
export const serveConfig = z.strictObject({
  ...server,
  publish: z.strictObject(publish).prefault({}),
  view: z.strictObject(view).prefault({}),
  recording: z.strictObject(recording).prefault({}),
  bounds: z.strictObject(bounds).prefault({}),
});

/** The configuration with all its defaults. */
export type ServeConfig = z.infer<typeof serveConfig>;

/** The configuration as people write it: each field may be left out. */
export type ServeConfigInput = z.input<typeof serveConfig>;

/** Options by the name of their object: so the package's types keep the comments of the fields. */
type Options<T extends z.core.$ZodShape> = z.input<z.ZodObject<T, z.core.$strict>>;

/** Rules for publishers. */
export interface PublishOptions extends Options<typeof publish> {}

/** Rules for viewers. */
export interface ViewOptions extends Options<typeof view> {}

/** Where recordings go, and what is recorded without a request. */
export interface RecordingOptions extends Options<typeof recording> {}

/** Limits on whatever outsiders control. */
export interface BoundsOptions extends Options<typeof bounds> {}

/**
 * The configuration of a server, as in nalive.yaml, and a signal. Each field may be left out;
 * docs/deployment.md has the defaults.
 */
export interface ServerOptions extends Options<typeof server> {
  /** Rules for publishers. */
  publish?: PublishOptions | undefined;
  /** Rules for viewers. */
  view?: ViewOptions | undefined;
  /** Where recordings go, and what is recorded without a request. */
  recording?: RecordingOptions | undefined;
  /** Limits on whatever outsiders control. */
  bounds?: BoundsOptions | undefined;
  /** Aborting it stops the server, also one that is still starting. */
  signal?: AbortSignal | undefined;
}
