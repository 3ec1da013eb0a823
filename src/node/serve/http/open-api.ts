type Schema = Readonly<Record<string, unknown>>;

const number: Schema = { type: "number" };
const integer: Schema = { type: "integer" };
const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const list = (items: Schema): Schema => ({ type: "array", items });
const object = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const delay = object({ count: integer, p50: number, p95: number, p99: number, max: number });

const streamFields: Record<string, Schema> = {
  name: text,
  state: { type: "string", enum: ["live", "waiting"] },
  sinceSeconds: { ...integer, description: "How long it has been so" },
  publisher: object({ peer: text, via: { type: "string", enum: ["source", "websocket", "http"] } }),
  config: ref("StreamConfig"),
  picturesPerSecond: number,
  bitsPerSecond: integer,
  pictures: integer,
  viewers: { ...integer, description: "Viewers and readers, however they watch" },
  isRecording: flag,
};
const streamOptional = ["publisher", "config"];

const schemas: Readonly<Record<string, Schema>> = {
  Error: object({ code: { ...text, description: "A heading of docs/errors.md" }, message: text }),
  StreamConfig: object(
    {
      codec: { ...text, description: "As WebCodecs takes it, such as avc1.64001F" },
      width: integer,
      height: integer,
      sampleAspectRatio: object({ width: integer, height: integer }),
      pictureRate: number,
      reorderDepth: integer,
      colour: text,
      unsupported: text,
    },
    ["pictureRate", "reorderDepth", "colour", "unsupported"],
  ),
  Stream: object(streamFields, streamOptional),
  StreamDetails: object(
    {
      ...streamFields,
      receivedBytes: integer,
      sentBytes: integer,
      droppedForViewers: integer,
      cachedBytes: integer,
      keyFrameRequests: integer,
      isDecoding: { ...flag, description: "A thread decodes it for images" },
      delayMs: object({ receive: delay, complete: delay, relay: delay }, ["receive", "complete", "relay"]),
      recentPictures: list(
        object({
          group: integer,
          object: integer,
          type: { type: "string", enum: ["I", "P", "B"] },
          bytes: integer,
          reference: flag,
        }),
      ),
      issues: list(object({ code: text, count: integer, detail: text })),
      recording: ref("RecordingState"),
      readers: integer,
      viewerSessions: list(
        object(
          {
            peer: text,
            sent: integer,
            dropped: integer,
            waitingBytes: integer,
            report: { type: "object", description: "What the player has reported last" },
          },
          ["report"],
        ),
      ),
    },
    streamOptional,
  ),
  RecordingState: object(
    {
      isRecording: flag,
      files: list(text),
      bytes: integer,
      dropped: { ...integer, description: "Pictures that the recording lacks because the disk was too slow" },
      failure: text,
    },
    ["failure"],
  ),
  Recording: object({
    file: text,
    stream: text,
    bytes: integer,
    changedAt: { ...text, format: "date-time" },
    isOpen: flag,
  }),
  Health: object({ status: text, version: text, uptimeSeconds: integer, streams: integer, viewers: integer }),
};

const parameter = (name: string, description: string): Schema => ({
  name,
  in: "path",
  required: true,
  description,
  schema: text,
});
const name = parameter("name", "The stream");
const file = parameter("file", "A recording, as the list names it");

const failure = { description: "Why not", content: { "application/json": { schema: ref("Error") } } };
const answer = (description: string, content: Record<string, unknown>): Schema => ({
  "200": { description, content },
  default: failure,
});
const json = (description: string, schema: Schema) => answer(description, { "application/json": { schema } });
const media = (description: string, type: string) => answer(description, { [type]: {} });
const get = (summary: string, responses: Schema, parameters: readonly Schema[] = []) => ({
  get: { summary, parameters, responses },
});

const description = `Live raw H.264: published, watched, recorded. HEAD is answered where GET is. Besides, WebSockets are at
/publish/NAME for publishers and at /streams/NAME/ws for viewers; docs/wire.md has what they say.`;

/** The description of the HTTP interface, OpenAPI 3.1. */
export function openApi(version: string): Schema {
  const recording = json("The state of the recording", ref("RecordingState"));
  const body = { required: true, content: { "video/h264": {}, "application/octet-stream": {} } };
  const publish = {
    summary: "Publish raw H.264 (Annex B) in the body, for as long as it comes",
    parameters: [name],
    requestBody: body,
    responses: json("The publisher has ended the stream", object({ message: text })),
  };
  return {
    openapi: "3.1.0",
    info: { title: "nalive", version, description },
    security: [{ bearer: [] }, { token: [] }, {}],
    paths: {
      "/healthz": get("Whether the server works", json("It does", ref("Health"))),
      "/metrics": get("Figures for Prometheus", media("Text format", "text/plain")),
      "/api/openapi.json": get("This description", json("OpenAPI 3.1", { type: "object" })),
      "/api/streams": get("All streams", json("By name", object({ streams: list(ref("Stream")) }))),
      "/api/streams/{name}": get("One stream", json("All that is known", ref("StreamDetails")), [name]),
      "/api/streams/{name}/recording": {
        ...get("Whether it is recorded", recording, [name]),
        post: {
          summary: "Start recording; harmless when it runs",
          parameters: [name],
          responses: {
            "201": {
              description: "It runs",
              content: { "application/json": { schema: ref("RecordingState") } },
            },
            default: failure,
          },
        },
        delete: {
          summary: "Stop recording; the files are complete",
          parameters: [name],
          responses: recording,
        },
      },
      "/api/recordings": get(
        "All recordings",
        json("The newest first", object({ recordings: list(ref("Recording")) })),
      ),
      "/api/recordings/{file}": {
        ...get(
          "Download",
          {
            ...media("Fragmented MP4", "video/mp4"),
            "206": { description: "The part that Range asks for", content: { "video/mp4": {} } },
          },
          [file],
        ),
        delete: {
          summary: "Delete",
          parameters: [file],
          responses: { "204": { description: "It is gone" }, default: failure },
        },
      },
      "/api/test-camera": {
        post: {
          summary: "Publish the built-in test camera; harmless when it runs",
          responses: {
            "201": {
              description: "It runs",
              content: { "application/json": { schema: object({ stream: text }) } },
            },
            default: failure,
          },
        },
        delete: {
          summary: "Stop the test camera",
          responses: { "204": { description: "It has stopped" }, default: failure },
        },
      },
      "/publish/{name}": { post: publish, put: publish },
      "/streams/{name}/live.h264": get("Raw H.264, endless", media("Annex B", "video/h264"), [name]),
      "/streams/{name}/live.mp4": get("Fragmented MP4, endless", media("A fragment a picture", "video/mp4"), [
        name,
      ]),
      "/streams/{name}/live.mjpeg": get(
        "Motion JPEG, endless",
        media("multipart/x-mixed-replace", "multipart/x-mixed-replace"),
        [name],
      ),
      "/streams/{name}/snapshot.jpg": get("The newest whole picture", media("JPEG", "image/jpeg"), [name]),
      "/streams/{name}/snapshot.png": get("The newest whole picture", media("PNG", "image/png"), [name]),
    },
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        token: { type: "apiKey", in: "query", name: "token" },
      },
    },
  };
}
