import { isStreamName } from "../config/stream-name.js";

/**
 * The file name of a recording: stream and local time. The second file within the same second ends
 * in `-2`.
 */
export function recordingName(stream: string, time: Date, attempt: number): string {
  const pad = (value: number, digits = 2) => String(value).padStart(digits, "0");
  const date = `${pad(time.getFullYear(), 4)}${pad(time.getMonth() + 1)}${pad(time.getDate())}`;
  const clock = `${pad(time.getHours())}${pad(time.getMinutes())}${pad(time.getSeconds())}`;
  return `${stream}-${date}-${clock}${attempt > 1 ? `-${attempt}` : ""}.mp4`;
}

/**
 * The stream that a recording with this file name belongs to. Undefined for any other name,
 * including one with a path.
 */
export function streamOfRecording(file: string): string | undefined {
  const [, stream] = /^(.+)-\d{8}-\d{6}(?:-\d{1,3})?\.mp4$/s.exec(file) ?? [];
  return stream !== undefined && isStreamName(stream) ? stream : undefined;
}
