import { z } from "zod";

/**
 * What the API answers. These schemas are the only description of it: the server's handlers and the
 * dashboard take their types from here, and `/api/openapi.json` is generated from here.
 */
export const components = z.registry<{ id: string }>();

/** A whole number that counts something. */
const count = () => z.int().min(0);
const milliseconds = () => z.number();

const streamConfig = z
  .object({
    codec: z.string().describe("The codec string for WebCodecs and MSE, such as avc1.64001F"),
    width: count().describe("Pixels, after cropping"),
    height: count().describe("Pixels, after cropping"),
    sampleAspectRatio: z
      .object({ width: count(), height: count() })
      .describe("Width to height of one sample; 1:1 if the stream does not state it"),
    pictureRate: z.number().optional().describe("Pictures per second as the VUI states it"),
    reorderDepth: count()
      .optional()
      .describe("Pictures that a decoder holds back to output them in order; absent if unknown"),
    colour: z.string().optional().describe("Matrix and range, if the stream states them"),
    unsupported: z.string().optional().describe("A feature of the stream that decoders lack"),
  })
  .describe("What a decoder and a page need to know about a stream")
  .register(components, { id: "StreamConfig" });

const stream = z
  .object({
    name: z.string(),
    state: z
      .enum(["live", "silent", "waiting"])
      .describe(
        "live: pictures come; silent: a publisher is connected, but nothing has come for longer than usual; waiting: none is connected",
      ),
    sinceSeconds: count().describe(
      "How long the stream has been in this state; if it is silent, how long ago its newest picture came",
    ),
    reason: z.string().optional().describe("Why no pictures come, as far as the server knows it"),
    publisher: z
      .object({
        peer: z.string().describe("Address of the publisher, or a name for it"),
        via: z
          .enum(["source", "websocket", "http"])
          .describe("source: the server itself connects to it (sources in the configuration)"),
      })
      .optional()
      .describe("Absent while the stream waits for a publisher"),
    isPermanent: z
      .boolean()
      .describe("The configuration has it as a source. Others end once their publisher has left"),
    config: streamConfig.optional(),
    picturesPerSecond: z.number().describe("Over the last second"),
    bitsPerSecond: count().describe("From the publisher, over the last second"),
    pictures: count().describe("Pictures relayed so far"),
    viewers: count().describe("Viewers on WebSockets and readers over HTTP together"),
    isRecording: z.boolean(),
  })
  .describe("A stream in the list")
  .register(components, { id: "Stream" });

const streamList = z
  .object({ streams: z.array(stream).describe("Sorted by name") })
  .register(components, { id: "StreamList" });

const delay = z
  .object({
    count: count().describe("Pictures measured"),
    p50: milliseconds(),
    p95: milliseconds(),
    p99: milliseconds(),
    max: milliseconds(),
  })
  .describe("Delay of the latest pictures, ms")
  .register(components, { id: "Delay" });

const recordingState = z
  .object({
    isRecording: z.boolean(),
    files: z.array(z.string()).describe("Files of this recording, the newest last"),
    bytes: count().describe("Size of the newest file"),
    dropped: count().describe("Pictures missing from the recording because the disk was too slow"),
    failure: z.string().optional().describe("Why the last recording ended, unless somebody stopped it"),
  })
  .describe("Whether a stream is being recorded")
  .register(components, { id: "RecordingState" });

const playerReport = z
  .object({
    type: z.literal("report"),
    tier: z.enum(["webcodecs", "mse", "mjpeg"]).describe("How the player shows pictures"),
    why: z.string().describe("Why the player uses this tier"),
    shown: count().describe("Pictures shown"),
    skipped: count().describe("Whole pictures not shown because a newer one was ready"),
    heldBack: count().describe("Pictures not shown because they need one that was lost or damaged"),
    delayMs: z
      .object({ p50: milliseconds(), p95: milliseconds() })
      .optional()
      .describe("From the last byte at the server to the picture on the page, ms"),
  })
  .describe("What a player counted since it connected")
  .register(components, { id: "PlayerReport" });

const streamDetails = stream
  .extend({
    receivedBytes: count().describe("Bytes received from publishers so far"),
    sentBytes: count().describe("Bytes sent to viewers and readers so far"),
    droppedForViewers: count().describe("Pictures not sent to viewers or readers that fell behind"),
    cachedBytes: count().describe("Bytes kept for viewers that join"),
    keyFrameRequests: count().describe("Key frames requested from publishers so far"),
    isDecoding: z.boolean().describe("A thread decodes the stream for JPEG and PNG"),
    delayMs: z
      .object({
        receive: delay.optional().describe("From the first to the last byte of a picture"),
        complete: delay.optional().describe("From the last byte until the picture is known to be complete"),
        relay: delay.optional().describe("From then until the picture is in the sockets of all viewers"),
      })
      .describe("Delay inside the server by stage; a stage without measurements is absent"),
    recentPictures: z
      .array(
        z.object({
          group: count().describe("Number of the group of pictures; a random access point begins one"),
          object: count().describe("Number of the picture within its group, from 0"),
          type: z.enum(["I", "P", "B"]),
          bytes: count(),
          reference: z.boolean().describe("Other pictures may refer to it"),
        }),
      )
      .describe("The latest pictures, the newest last"),
    issues: z
      .array(
        z.object({
          code: z.string().describe("A heading of docs/errors.md"),
          count: count(),
          detail: z.string().describe("About the latest occurrence"),
        }),
      )
      .describe("Damage and oddities in what publishers sent"),
    recording: recordingState,
    readers: count().describe("Readers over HTTP"),
    viewerSessions: z
      .array(
        z.object({
          peer: z.string(),
          sent: count().describe("Pictures sent to this viewer"),
          dropped: count().describe("Pictures dropped because this viewer fell behind"),
          waitingBytes: count().describe("Bytes queued for this viewer"),
          report: playerReport.optional(),
        }),
      )
      .describe("Viewers on WebSockets"),
  })
  .describe("Everything the server knows about one stream")
  .register(components, { id: "StreamDetails" });

const recording = z
  .object({
    file: z.string(),
    stream: z.string(),
    bytes: count(),
    changedAt: z.iso.datetime().describe("When the file was last written"),
    isOpen: z.boolean().describe("The file is still being written"),
  })
  .describe("A recorded file")
  .register(components, { id: "Recording" });

const recordingList = z
  .object({ recordings: z.array(recording).describe("The newest first") })
  .register(components, { id: "RecordingList" });

const testCamera = z
  .object({ stream: z.literal("test-camera").describe("Name of its stream") })
  .register(components, { id: "TestCamera" });

const health = z
  .object({
    status: z.literal("ok"),
    version: z.string().describe("Version of nalive"),
    uptimeSeconds: count(),
    streams: count(),
    viewers: count().describe("Viewers and readers of all streams"),
  })
  .register(components, { id: "Health" });

const access = z
  .object({
    view: z.boolean().describe("Watch, and read figures and recordings"),
    publish: z.boolean().describe("Publish, and start and stop the test camera"),
    manage: z.boolean().describe("Start, stop and delete recordings, and dismiss streams"),
  })
  .describe("What the token shown allows")
  .register(components, { id: "Access" });

const publishEnd = z
  .object({ message: z.string() })
  .describe("The publisher ended its stream")
  .register(components, { id: "PublishEnd" });

const failure = z
  .object({
    code: z.string().describe("A heading of docs/errors.md"),
    message: z.string().describe("What happened, what was expected, what to do"),
  })
  .describe("Why a request failed")
  .register(components, { id: "Error" });

/** All answers by the name they have in code. */
export const answers = {
  access,
  failure,
  health,
  publishEnd,
  recordingList,
  recordingState,
  streamDetails,
  streamList,
  testCamera,
};

/** What a schema describes, to read only. */
export type Answer<T extends z.ZodType> = Frozen<z.infer<T>>;
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** What the token shown allows: the answer of `GET /api/access`. */
export type Access = Answer<typeof access>;
/** A stream in the list of `GET /api/streams`. */
export type Stream = Answer<typeof stream>;
/** The answer of `GET /api/streams`. */
export type StreamList = Answer<typeof streamList>;
/** The answer of `GET /api/streams/{name}`: everything the server knows about one stream. */
export type StreamDetails = Answer<typeof streamDetails>;
/** Whether a stream is being recorded: the answer of `GET /api/streams/{name}/recording`. */
export type RecordingState = Answer<typeof recordingState>;
/** A recorded file in the list of `GET /api/recordings`. */
export type Recording = Answer<typeof recording>;
/** The answer of `GET /api/recordings`. */
export type RecordingList = Answer<typeof recordingList>;
/** The answer of `POST /api/test-camera`. */
export type TestCamera = Answer<typeof testCamera>;
