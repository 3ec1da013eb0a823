import type {
  Access,
  RecordingList,
  RecordingState,
  StreamDetails,
  StreamList,
} from "../../../src/node/serve/api/schema.js";
import { at } from "./addresses.js";
import { token } from "./token.js";

export type {
  Recording,
  RecordingList,
  RecordingState,
  Stream,
  StreamDetails,
  StreamList,
  TestCamera,
} from "../../../src/node/serve/api/schema.js";

/** The server answered with an error. */
export class ServerRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const apiPath = (path: string) => at(`api/${path}`);
const streamPath = (name: string) => apiPath(`streams/${encodeURIComponent(name)}`);
const recordingPath = (name: string) => `${streamPath(name)}/recording`;

/** The address of a recorded file. */
export const filePath = (file: string) => apiPath(`recordings/${encodeURIComponent(file)}`);

/**
 * The JSON API. Each call throws `ServerRefusal` if the server answers with an error, and TypeError
 * if it does not answer.
 */
export const api = {
  getAccess: () => ask<Access>("GET", apiPath("access")),
  listStreams: () => ask<StreamList>("GET", apiPath("streams")),
  getStream: (name: string) => ask<StreamDetails>("GET", streamPath(name)),
  dismissStream: (name: string) => ask<void>("DELETE", streamPath(name)),
  startRecording: (name: string) => ask<RecordingState>("POST", recordingPath(name)),
  stopRecording: (name: string) => ask<RecordingState>("DELETE", recordingPath(name)),
  listRecordings: () => ask<RecordingList>("GET", apiPath("recordings")),
  deleteRecording: (file: string) => ask<void>("DELETE", filePath(file)),
  startTestCamera: () => ask<unknown>("POST", apiPath("test-camera")),
  stopTestCamera: () => ask<void>("DELETE", apiPath("test-camera")),
};

async function ask<T>(method: string, path: string): Promise<T> {
  const headers: Record<string, string> = token() === undefined ? {} : { Authorization: `Bearer ${token()}` };
  const response = await fetch(path, { method, headers, cache: "no-store" });
  if (response.status === 204) return undefined as T;
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ServerRefusal(response.status, body.message ?? response.statusText);
  return body as T;
}
