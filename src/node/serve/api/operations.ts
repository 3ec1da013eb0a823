import { z } from "zod";
import type { Action } from "../access/authorize.js";
import { isStreamName, streamNameRule } from "../config/stream-name.js";
import { answers } from "./schema.js";

/** What comes back when an operation succeeds. */
export interface Success {
  /** HTTP status. */
  readonly status: number;
  readonly description: string;
  /** The JSON in the body. */
  readonly json?: z.ZodType;
  /** Media types of the body if it is not JSON. */
  readonly media?: string;
}

/** One operation of the HTTP interface: its route, and all that its description says. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With the names of `params` in braces. */
  readonly path: string;
  /** A sentence without its full stop. */
  readonly summary: string;
  /** Which token it needs if the configuration sets that token; `none`: no token ever. */
  readonly access: Action | "none";
  /** What the path holds. */
  readonly params: z.ZodObject;
  /** Media types of the request's body. */
  readonly body?: readonly string[];
  readonly success: Success;
  /** Other ways to succeed. */
  readonly also?: readonly Success[];
}

const none = z.object({});
const ofStream = z.object({ name: z.string().describe("Name of the stream") });
const toPublish = z.object({
  name: z
    .string()
    .refine(isStreamName, `expected ${streamNameRule}`)
    .describe(`Name of the stream: ${streamNameRule}`),
});
const ofFile = z.object({ file: z.string().describe("Name of the file, as GET /api/recordings lists it") });

const json = <T extends z.ZodType>(description: string, json: T, status = 200) => ({
  status,
  description,
  json,
});
const media = (description: string, media: string, status = 200) => ({ status, description, media });
const noContent = (description: string) => ({ status: 204, description });

const recordingState = json("The state of the recording", answers.recordingState);
const publish = {
  path: "/publish/{name}",
  summary: "Publish raw H.264 (Annex B) in the body, for as long as it comes",
  access: "publish",
  params: toPublish,
  body: ["video/h264", "application/octet-stream"],
  success: json("The publisher ended the stream", answers.publishEnd),
} as const;
const read = (file: string, summary: string, success: Success & { readonly media: string }) =>
  ({
    method: "GET",
    path: `/streams/{name}/${file}`,
    summary,
    access: "view",
    params: ofStream,
    success,
  }) as const;

/**
 * The HTTP interface. The server makes its routes from this table, and `/api/openapi.json`
 * describes the same table.
 */
export const operations = {
  getHealth: {
    method: "GET",
    path: "/healthz",
    summary: "Check that the server works",
    access: "none",
    params: none,
    success: json("The server works", answers.health),
  },
  getMetrics: {
    method: "GET",
    path: "/metrics",
    summary: "Read the figures for Prometheus",
    access: "view",
    params: none,
    success: media("Prometheus text format", "text/plain"),
  },
  getDescription: {
    method: "GET",
    path: "/api/openapi.json",
    summary: "Read this description",
    access: "none",
    params: none,
    success: json("OpenAPI 3.1", z.looseObject({})),
  },

  getAccess: {
    method: "GET",
    path: "/api/access",
    summary: "Read what the token shown allows",
    access: "none",
    params: none,
    success: json("What it allows, for all streams", answers.access),
  },
  listStreams: {
    method: "GET",
    path: "/api/streams",
    summary: "List all streams",
    access: "view",
    params: none,
    success: json("All streams, sorted by name", answers.streamList),
  },
  getStream: {
    method: "GET",
    path: "/api/streams/{name}",
    summary: "Read everything about one stream",
    access: "view",
    params: ofStream,
    success: json("Everything the server knows about the stream", answers.streamDetails),
  },

  dismissStream: {
    method: "DELETE",
    path: "/api/streams/{name}",
    summary: "Take a stream off the list whose publisher has left",
    access: "manage",
    params: ofStream,
    success: noContent("The stream is off the list"),
  },
  getRecordingState: {
    method: "GET",
    path: "/api/streams/{name}/recording",
    summary: "Read whether a stream is being recorded",
    access: "view",
    params: ofStream,
    success: recordingState,
  },
  startRecording: {
    method: "POST",
    path: "/api/streams/{name}/recording",
    summary: "Start recording; no effect if the stream is being recorded",
    access: "manage",
    params: ofStream,
    success: json("The recording runs", answers.recordingState, 201),
  },
  stopRecording: {
    method: "DELETE",
    path: "/api/streams/{name}/recording",
    summary: "Stop recording; its files are complete when the answer comes",
    access: "manage",
    params: ofStream,
    success: recordingState,
  },
  listRecordings: {
    method: "GET",
    path: "/api/recordings",
    summary: "List all recorded files",
    access: "view",
    params: none,
    success: json("All recorded files, the newest first", answers.recordingList),
  },
  downloadRecording: {
    method: "GET",
    path: "/api/recordings/{file}",
    summary: "Download a recorded file",
    access: "view",
    params: ofFile,
    success: media("Fragmented MP4", "video/mp4"),
    also: [media("The part that the Range header asks for", "video/mp4", 206)],
  },
  deleteRecording: {
    method: "DELETE",
    path: "/api/recordings/{file}",
    summary: "Delete a recorded file",
    access: "manage",
    params: ofFile,
    success: noContent("The file is deleted"),
  },

  startTestCamera: {
    method: "POST",
    path: "/api/test-camera",
    summary: "Publish the built-in test camera; no effect if it runs",
    access: "publish",
    params: none,
    success: json("The test camera runs", answers.testCamera, 201),
  },
  stopTestCamera: {
    method: "DELETE",
    path: "/api/test-camera",
    summary: "Stop the test camera",
    access: "publish",
    params: none,
    success: noContent("The test camera has stopped"),
  },

  publishByPost: { method: "POST", ...publish },
  publishByPut: { method: "PUT", ...publish },

  readH264: read(
    "live.h264",
    "Read raw H.264 (Annex B) for as long as the stream goes on",
    media("Annex B, from the latest random access point on", "video/h264"),
  ),
  readMp4: read(
    "live.mp4",
    "Read fragmented MP4 for as long as the stream keeps its codec and size",
    media("Fragmented MP4, one fragment per picture", "video/mp4"),
  ),
  readMjpeg: read(
    "live.mjpeg",
    "Read motion JPEG for as long as the stream goes on",
    media("One JPEG per part", "multipart/x-mixed-replace"),
  ),
  snapshotJpeg: read("snapshot.jpg", "Read the newest complete picture as JPEG", media("JPEG", "image/jpeg")),
  snapshotPng: read("snapshot.png", "Read the newest complete picture as PNG", media("PNG", "image/png")),
} as const satisfies Readonly<Record<string, Operation>>;
