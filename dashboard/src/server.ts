import { token } from "./token.js";

/** A stream in the list of `/api/streams`. */
export interface Stream {
  readonly name: string;
  readonly state: "live" | "waiting";
  readonly sinceSeconds: number;
  readonly publisher?: { readonly peer: string; readonly via: "source" | "websocket" | "http" };
  readonly config?: {
    readonly codec: string;
    readonly width: number;
    readonly height: number;
    readonly pictureRate?: number;
    readonly reorderDepth?: number;
    readonly colour?: string;
    readonly unsupported?: string;
  };
  readonly picturesPerSecond: number;
  readonly bitsPerSecond: number;
  readonly pictures: number;
  readonly viewers: number;
  readonly isRecording: boolean;
}

/** `/api/streams/NAME`. */
export interface StreamDetails extends Stream {
  readonly receivedBytes: number;
  readonly droppedForViewers: number;
  readonly recentPictures: readonly {
    readonly group: number;
    readonly object: number;
    readonly type: "I" | "P" | "B";
    readonly bytes: number;
    readonly reference: boolean;
  }[];
  readonly issues: readonly { readonly code: string; readonly count: number; readonly detail: string }[];
  readonly recording: RecordingState;
}

export interface RecordingState {
  readonly isRecording: boolean;
  readonly files: readonly string[];
  readonly bytes: number;
  /** Pictures that it lacks because the disk was too slow. */
  readonly dropped: number;
  readonly failure?: string;
}

/** A file of `/api/recordings`. */
export interface Recording {
  readonly file: string;
  readonly stream: string;
  readonly bytes: number;
  readonly changedAt: string;
  readonly isOpen: boolean;
}

/** What the server said instead of an answer. */
export class ServerRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Asks the JSON API. @throws ServerRefusal when the server says no, TypeError when it cannot be reached */
export async function ask<T>(path: string, method = "GET"): Promise<T> {
  const headers: Record<string, string> = token() === undefined ? {} : { Authorization: `Bearer ${token()}` };
  const response = await fetch(path, { method, headers, cache: "no-store" });
  if (response.status === 204) return undefined as T;
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ServerRefusal(response.status, body.message ?? response.statusText);
  return body as T;
}

/** Addresses of a stream. */
export const streamPath = (name: string) => `/streams/${encodeURIComponent(name)}`;
export const apiPath = (name: string) => `/api/streams/${encodeURIComponent(name)}`;

/** The address as a program outside this page needs it: whole, with the token. */
export function absolute(path: string): string {
  return new URL(withToken(path), location.origin).href;
}

/** The address with the token, where no header can be sent: players, images, downloads. */
export function withToken(path: string): string {
  const shown = token();
  return shown === undefined ? path : `${path}?token=${encodeURIComponent(shown)}`;
}
